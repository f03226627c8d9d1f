#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "engines/shared_nothing/piecewise_transport.h"
#include "tests/engines/simulated_rank.h"
#include "tests/engines/weather.h"
#include "tests/history/linearizability.h"

/// Ranks of the real engine in a simulated network: what their clients see is linearizable, whatever is lost,
/// late, cut or crashed.
namespace upout::engines::shared_nothing {
namespace {

using history::RegisterOperation;
using platform::Timestamp;
using namespace std::chrono_literals;

struct Outcome {
  std::vector<RegisterOperation> history;
  Timestamp took{};
  std::uint64_t lost = 0;
  unsigned unanswered = 0;
  std::uint64_t refused = 0;
  std::size_t moved = 0;  ///< partitions
  std::size_t given_up = 0;
};

constexpr int ranks = 5;
constexpr std::uint32_t partitions = 6;
constexpr kernel::Key keys = 12;
constexpr unsigned operations = 60;  // of each rank
/// So that a partition that moves mostly takes more than one.
constexpr std::size_t message_bytes = 640;

/// Messages as long as usual, over a network whose own hold three frames: much of what is said goes in
/// pieces.
struct SimInPieces : PiecewiseTransport<SimTransport> {
  static constexpr std::size_t piece_bytes = 128;
  SimInPieces(SimNetwork& network, int rank) : PiecewiseTransport(message_bytes, network, rank) {}
};

template <class T = SimTransport>
Outcome simulate(const Weather& weather, std::size_t bytes = message_bytes) {
  SimNetwork network(ranks, bytes, weather.network);
  const Options deployment{.index = weather.index, .partitions = partitions};
  history::Recorder<RegisterOperation> recorder(ranks);
  std::deque<SimulatedRank<T>> all;
  for (int rank = 0; rank < ranks; ++rank) {
    all.emplace_back(network, rank, deployment, weather.deadline, recorder.log(static_cast<unsigned>(rank)),
                     keys, operations);
  }
  make_weather(network, weather, partitions, [&all](int rank, std::uint32_t partition, int to) {
    all[static_cast<std::size_t>(rank)].session().begin_move(partition, to);
  });
  run_until_over(network, all);
  Outcome outcome{.history = recorder.take(), .took = network.now(), .lost = network.lost()};
  for (auto& rank : all) {
    outcome.unanswered += rank.unanswered();
    outcome.refused += rank.refused();
    for (const PartitionMove& move : rank.session().moves()) {
      (move.is_complete ? outcome.moved : outcome.given_up) += 1;
    }
  }
  return outcome;
}

std::string replay(std::uint64_t seed) {
  return Seeds::replay(seed, "Simulation.OfAnyWeatherIsLinearizable");
}

TEST(Simulation, OfAnyWeatherIsLinearizable) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::uint64_t count = 300;
#else
  constexpr std::uint64_t count = 3000;
#endif
  const Seeds seeds(count);
  std::uint64_t lost = 0;
  unsigned unanswered = 0;
  std::size_t moved = 0;
  std::size_t given_up = 0;
  for (std::uint64_t seed = seeds.first; seed < seeds.end; ++seed) {
    const Outcome outcome = simulate(weather_of(seed));
    const auto verdict = history::check_linearizable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.explanation << "\n" << replay(seed);
    ASSERT_EQ(outcome.refused, 0U) << replay(seed);
    lost += outcome.lost;
    unanswered += outcome.unanswered;
    moved += outcome.moved;
    given_up += outcome.given_up;
  }
  if (seeds.is_one()) return;
  EXPECT_GT(lost, 10 * count) << "the weather was too fine to show anything";
  EXPECT_GT(unanswered, count);
  EXPECT_GT(moved, count);
  EXPECT_GT(given_up, 0U);
}

TEST(Simulation, InPiecesIsLinearizable) {
  const Seeds seeds(300);
  std::size_t moved = 0;
  for (std::uint64_t seed = seeds.first; seed < seeds.end; ++seed) {
    const Outcome outcome = simulate<SimInPieces>(weather_of(seed), SimInPieces::piece_bytes);
    const auto verdict = history::check_linearizable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.explanation << "\n"
                         << Seeds::replay(seed, "Simulation.InPiecesIsLinearizable");
    ASSERT_EQ(outcome.refused, 0U) << Seeds::replay(seed, "Simulation.InPiecesIsLinearizable");
    moved += outcome.moved;
  }
  if (seeds.is_one()) return;
  EXPECT_GT(moved, 300U) << "chunks are what is long";
}

TEST(Simulation, InFineWeatherAnswersEverything) {
  const Outcome outcome = simulate({});
  EXPECT_EQ(outcome.unanswered, 0U);
  EXPECT_EQ(outcome.lost, 0U);
  EXPECT_EQ(outcome.history.size(), std::size_t{ranks} * operations);
  for (const RegisterOperation& operation : outcome.history) EXPECT_FALSE(operation.is_pending());
}

TEST(Simulation, OfTheSameSeedIsTheSame) {
  const auto digest = [](const Outcome& outcome) {
    std::string all = std::to_string(outcome.took.count());
    for (const RegisterOperation& operation : outcome.history)
      all += to_string(operation) + std::to_string(operation.began) + "," + std::to_string(operation.ended) +
             ";";
    return all;
  };
  const Weather weather = weather_of(7);
  EXPECT_EQ(digest(simulate(weather)), digest(simulate(weather)));
  EXPECT_NE(digest(simulate(weather)), digest(simulate(weather_of(8))));
}

/// What the checker would see of an engine that did things twice.
TEST(Simulation, OfMessagesThatArriveTwiceIsRejected) {
  Weather weather;
  weather.network.mean_further_delay = 50us;
  unsigned rejected = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    weather.network.seed = seed;
    rejected += history::check_linearizable(simulate<StutteringTransport>(weather).history) ? 0 : 1;
  }
  EXPECT_GT(rejected, 25U);
}

TEST(Simulation, OfARankThatHasGoneEndsAtTheDeadline) {
  Weather weather;
  weather.crashes = true;
  const Outcome outcome = simulate(weather);
  EXPECT_GT(outcome.unanswered, 0U);
  EXPECT_LT(outcome.took, 100ms) << "of virtual time";
}

}  // namespace
}  // namespace upout::engines::shared_nothing
