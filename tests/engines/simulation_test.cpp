#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "tests/engines/simulated_rank.h"
#include "tests/history/linearizability.h"

/// Ranks of the real engine in a simulated network: what their clients see is linearizable, whatever is lost,
/// late, cut or crashed.
namespace upout::engines::shared_nothing {
namespace {

using history::RegisterOperation;
using platform::Timestamp;
using namespace std::chrono_literals;

/// A network of which each message arrives twice, against the promise of the `Transport` concept.
class StutteringTransport : public SimTransport {
 public:
  using SimTransport::SimTransport;
  void send(int peer) {
    const auto free = buffer(peer);
    const std::vector<std::byte> copy(free.data() - filled(peer), free.data());
    SimTransport::send(peer);
    if (copy.empty()) return;
    std::ranges::copy(copy, buffer(peer).begin());
    fill(peer, copy.size());
    SimTransport::send(peer);
  }
};

struct Weather {
  SimOptions network = {};
  Timestamp deadline = 500us;
  unsigned cuts = 0;     ///< links that are down for a while
  bool crashes = false;  ///< one rank, in the middle
  unsigned moves = 0;    ///< of partitions from rank to rank
  kernel::IndexKind index = kernel::IndexKind::hash;
};

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

template <class T = SimTransport>
Outcome simulate(const Weather& weather) {
  SimNetwork network(ranks, message_bytes, weather.network);
  const Options deployment{.index = weather.index, .partitions = partitions};
  history::Recorder<RegisterOperation> recorder(ranks);
  std::deque<SimulatedRank<T>> all;
  for (int rank = 0; rank < ranks; ++rank) {
    all.emplace_back(network, rank, deployment, weather.deadline, recorder.log(static_cast<unsigned>(rank)),
                     keys, operations);
  }
  auto& random = network.random();
  for (unsigned i = 0; i < weather.cuts; ++i) {
    const int one = static_cast<int>(random() % ranks);
    const int other = static_cast<int>((one + 1 + static_cast<int>(random() % (ranks - 1))) % ranks);
    const Timestamp begin = std::chrono::microseconds(random() % 200);
    network.at(begin, [&network, one, other] { network.set_link(one, other, false); });
    network.at(begin + std::chrono::microseconds(random() % 700),
               [&network, one, other] { network.set_link(one, other, true); });
  }
  if (weather.crashes) {
    const int rank = static_cast<int>(random() % ranks);
    network.at(std::chrono::microseconds(random() % 100), [&network, rank] { network.crash(rank); });
  }
  for (unsigned i = 0; i < weather.moves; ++i) {
    const auto partition = static_cast<std::uint32_t>(random() % partitions);
    const int to = static_cast<int>(random() % ranks);
    network.at(std::chrono::microseconds(random() % 400), [&network, &all, partition, to] {
      for (int rank = 0; rank < ranks; ++rank) {  // of which one owns it
        if (network.is_alive(rank)) all[static_cast<std::size_t>(rank)].session().begin_move(partition, to);
      }
    });
  }
  network.run([&](int rank) { return all[static_cast<std::size_t>(rank)].step(); },
              [&] {
                for (int rank = 0; rank < ranks; ++rank) {
                  if (network.is_alive(rank) && !all[static_cast<std::size_t>(rank)].is_over()) return false;
                }
                return true;
              });
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

/// Everything that a seed decides.
Weather weather_of(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Weather weather;
  weather.network.seed = seed;
  weather.network.mean_further_delay = std::chrono::microseconds(random() % 60);
  // Often so short that responses come too late.
  weather.deadline = std::chrono::microseconds(20 + random() % 500);
  weather.network.loss = random() % 2 == 0 ? 0 : static_cast<double>(random() % 60) / 1000;
  weather.cuts = random() % 3 == 0 ? static_cast<unsigned>(random() % 8) : 0;
  weather.crashes = random() % 4 == 0;
  weather.moves = random() % 2 == 0 ? 0 : static_cast<unsigned>(random() % 12);
  weather.index = random() % 2 == 0 ? kernel::IndexKind::hash : kernel::IndexKind::ordered;
  return weather;
}

std::string replay(std::uint64_t seed) {
  return "to see it again: UPOUT_SIM_SEED=" + std::to_string(seed) +
         " ctest -R Simulation.OfAnyWeatherIsLinearizable -V";
}

TEST(Simulation, OfAnyWeatherIsLinearizable) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  std::uint64_t seeds = 300;
#else
  std::uint64_t seeds = 3000;
#endif
  std::uint64_t first = 1;
  if (const char* only = std::getenv("UPOUT_SIM_SEED"); only != nullptr) {
    first = std::strtoull(only, nullptr, 10);
    seeds = 1;
  }
  std::uint64_t lost = 0;
  unsigned unanswered = 0;
  std::size_t moved = 0;
  std::size_t given_up = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const Outcome outcome = simulate(weather_of(seed));
    const auto verdict = history::check_linearizable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.explanation << "\n" << replay(seed);
    ASSERT_EQ(outcome.refused, 0U) << replay(seed);
    lost += outcome.lost;
    unanswered += outcome.unanswered;
    moved += outcome.moved;
    given_up += outcome.given_up;
  }
  if (seeds == 1) return;
  EXPECT_GT(lost, 10 * seeds) << "the weather was too fine to show anything";
  EXPECT_GT(unanswered, seeds);
  EXPECT_GT(moved, seeds);
  EXPECT_GT(given_up, 0U);
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
