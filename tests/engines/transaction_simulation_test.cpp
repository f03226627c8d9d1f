#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

#include "tests/engines/transacting_rank.h"
#include "tests/engines/weather.h"
#include "tests/history/serializability.h"

/// Transactions over the ranks of a simulated network, and single operations beside them: what their clients
/// see is strictly serializable, whatever is lost, late, cut or crashed, and wherever partitions go.
namespace upout::engines::shared_nothing {
namespace {

using history::Version;
using kernel::AbortCause;
using kernel::ConcurrencyControl;

constexpr kernel::Key keys = 10;
constexpr unsigned texts = 16;  // of each rank
/// So that a partition that moves mostly takes more than one.
constexpr std::size_t message_bytes = 640;

struct Outcome {
  std::vector<history::Transaction> history;
  /// Somebody has seen what an operation wrote of which nobody knows what it overwrote.
  bool is_incomplete = false;
  kernel::TransactionCounts counts;
  std::uint64_t lost = 0;
  unsigned unanswered = 0;
  std::uint64_t refused = 0;
  std::size_t moved = 0;

  std::uint64_t aborted(AbortCause cause) const { return counts.aborted[static_cast<std::size_t>(cause)]; }
  void add(const Outcome& other) {
    counts.committed += other.counts.committed;
    for (std::size_t cause = 0; cause < kernel::abort_causes; ++cause)
      counts.aborted[cause] += other.counts.aborted[cause];
    lost += other.lost;
    unanswered += other.unanswered;
    moved += other.moved;
  }
};

/// Versions that committed transactions have read or overwritten.
std::unordered_set<Version> seen_versions(const std::vector<history::Transaction>& all) {
  std::unordered_set<Version> seen;
  for (const history::Transaction& each : all) {
    if (!each.committed) continue;
    for (const auto& step : each.steps) {
      const auto* read = std::get_if<history::Read>(&step);
      const auto* write = std::get_if<history::Write>(&step);
      const auto version = read != nullptr ? read->version : write->overwrote;
      if (version) seen.insert(*version);
    }
  }
  return seen;
}

template <class Ranks>
void collect(Ranks& ranks, history::Recorder<history::Transaction>& recorder, Outcome& outcome) {
  std::unordered_set<Version> inserted;
  std::unordered_set<Version> exchanged;
  for (auto& rank : ranks) {
    const auto& client = rank.client();
    outcome.counts.committed += client.counts().committed;
    for (std::size_t cause = 0; cause < kernel::abort_causes; ++cause)
      outcome.counts.aborted[cause] += client.counts().aborted[cause];
    outcome.unanswered += client.unanswered();
    outcome.refused += rank.session().refused();
    for (const PartitionMove& move : rank.session().moves()) outcome.moved += move.is_complete ? 1 : 0;
    inserted.insert(client.doubtful_inserts().begin(), client.doubtful_inserts().end());
    exchanged.insert(client.doubtful_exchanges().begin(), client.doubtful_exchanges().end());
  }
  outcome.history = recorder.take();
  const auto seen = seen_versions(outcome.history);
  for (const Version& version : exchanged) outcome.is_incomplete |= seen.contains(version);
  for (history::Transaction& each : outcome.history) {
    const auto* write = each.steps.size() == 1 ? std::get_if<history::Write>(&each.steps[0]) : nullptr;
    if (write == nullptr || !write->installed || !inserted.contains(*write->installed)) continue;
    each.committed = seen.contains(*write->installed);
  }
}

/// `operates`: whether there are single operations, too.
template <class T = SimTransport>
Outcome simulate(const Weather& weather, ConcurrencyControl control, bool operates = true) {
  const int ranks = 3 + static_cast<int>(weather.network.seed % 3);
  // Few partitions are read and written by the same transactions; of many, some move.
  const std::uint32_t partitions = weather.network.seed / 3 % 2 == 0 ? 6 : static_cast<std::uint32_t>(ranks);
  SimNetwork network(ranks, message_bytes, weather.network);
  const Options deployment{.index = weather.index, .concurrency_control = control, .partitions = partitions};
  history::Recorder<history::Transaction> recorder(static_cast<unsigned>(ranks));
  std::deque<TransactingRank<T>> all;
  for (int rank = 0; rank < ranks; ++rank) {
    all.emplace_back(network, rank, deployment, weather.deadline, recorder.log(static_cast<unsigned>(rank)),
                     keys, texts, operates);
  }
  make_weather(network, weather, partitions, [&all](int rank, std::uint32_t partition, int to) {
    all[static_cast<std::size_t>(rank)].session().begin_move(partition, to);
  });
  run_until_over(network, all);
  Outcome outcome;
  outcome.lost = network.lost();
  collect(all, recorder, outcome);
  return outcome;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_slow = true;
#else
constexpr bool is_slow = false;
#endif

class TransactionSimulation : public ::testing::TestWithParam<ConcurrencyControl> {};

TEST_P(TransactionSimulation, OfAnyWeatherIsStrictlySerializable) {
  constexpr std::uint64_t count = is_slow ? 100 : 1000;
  const Seeds seeds(count);
  Outcome all;
  std::size_t incomplete = 0;
  for (std::uint64_t seed = seeds.first; seed < seeds.end; ++seed) {
    const std::string replay = Seeds::replay(seed, "TransactionSimulation.OfAnyWeather");
    const Outcome outcome = simulate(weather_of(seed), GetParam());
    ASSERT_EQ(outcome.refused, 0U) << replay;
    all.add(outcome);
    incomplete += outcome.is_incomplete ? 1 : 0;
    if (outcome.is_incomplete) continue;
    const auto verdict = history::check_strictly_serializable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.anomaly << ": " << verdict.explanation << "\n" << replay;
  }
  for (std::size_t cause = 0; cause < kernel::abort_causes; ++cause) {
    RecordProperty(std::string(kernel::name_of(static_cast<AbortCause>(cause))),
                   std::to_string(all.counts.aborted[cause]));
  }
  RecordProperty("committed", std::to_string(all.counts.committed));
  if (seeds.is_one()) return;
  EXPECT_LT(incomplete, count / 5);
  EXPECT_GT(all.counts.committed, 10 * count) << "too few to show anything";
  EXPECT_GT(all.lost, 10 * count) << "the weather was too fine";
  EXPECT_GT(all.unanswered, count / 10);
  EXPECT_GT(all.moved, count / 2);
  EXPECT_GT(all.aborted(AbortCause::no_answer), count / 2);
  EXPECT_GT(all.aborted(AbortCause::partition_moved), count / 10);
}

TEST_P(TransactionSimulation, InFineWeatherAnswersEverything) {
  const Outcome outcome = simulate({.deadline = std::chrono::milliseconds(50)}, GetParam());
  EXPECT_EQ(outcome.unanswered, 0U);
  EXPECT_EQ(outcome.aborted(AbortCause::no_answer), 0U);
  EXPECT_EQ(outcome.refused, 0U);
  for (const history::Transaction& each : outcome.history) EXPECT_NE(each.ended, history::never);
}

/// Steps are numbered: what comes twice is done once, and what comes after its transaction has ended leaves
/// nothing behind that others would have to wait for.
TEST_P(TransactionSimulation, OfMessagesThatArriveTwiceIsStrictlySerializable) {
  for (std::uint64_t seed = 1; seed <= (is_slow ? 15 : 100); ++seed) {
    Weather weather{.deadline = std::chrono::milliseconds(50)};
    weather.network.seed = seed;
    weather.network.mean_further_delay = std::chrono::microseconds(seed % 50);
    const Outcome outcome = simulate<StutteringTransport>(weather, GetParam(), false);
    ASSERT_EQ(outcome.aborted(AbortCause::no_answer), 0U) << "seed " << seed;
    const auto verdict = history::check_strictly_serializable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.anomaly << ": " << verdict.explanation << "\nseed " << seed;
  }
}

/// Participants are given up, and called to life again by what comes late, while their transactions go on.
TEST_P(TransactionSimulation, OfMessagesThatArriveTwiceAndTooLateIsStrictlySerializable) {
  constexpr std::uint64_t count = is_slow ? 100 : 1000;
  std::uint64_t forgotten = 0;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    std::mt19937_64 random(seed);
    Weather weather{.deadline = std::chrono::microseconds(30 + random() % 100)};
    weather.network.seed = seed;
    weather.network.mean_further_delay = std::chrono::microseconds(10 + random() % 50);
    const Outcome outcome = simulate<StutteringTransport>(weather, GetParam(), false);
    const auto verdict = history::check_strictly_serializable(outcome.history);
    ASSERT_TRUE(verdict) << verdict.anomaly << ": " << verdict.explanation << "\nseed " << seed;
    forgotten += outcome.aborted(AbortCause::forgotten);
  }
  EXPECT_GT(forgotten, count / 2);
}

INSTANTIATE_TEST_SUITE_P(, TransactionSimulation,
                         ::testing::Values(ConcurrencyControl::occ, ConcurrencyControl::serial),
                         [](const auto& control) {
                           return control.param == ConcurrencyControl::occ ? "Occ" : "Serial";
                         });

}  // namespace
}  // namespace upout::engines::shared_nothing
