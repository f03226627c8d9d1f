#include "harness/latency_goal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "harness/goal_phase.h"

namespace upout::harness {
namespace {

using namespace std::chrono_literals;
using platform::Timestamp;

constexpr double capacity = 1e6;

/// A deployment whose latency is a function of the rate, and which gives up what is beyond its capacity.
class Deployment {
 public:
  using LatencyAt = std::function<Timestamp(double rate)>;

  explicit Deployment(LatencyAt latency_at) : latency_at_(std::move(latency_at)) {}

  RunRecord window(double rate) const {
    RunRecord record;
    add(record, rate);
    return record;
  }
  /// `bold`: how much of a rate is needed for a latency as in a single window; less in the long run.
  void all(RunRecord& record, double rate, double bold = 1) const {
    for (int i = 0; i < 3; ++i) add(record, rate / bold);
  }

 private:
  void add(RunRecord& record, double rate) const {
    const bool is_closed = rate == 0;
    Repetition repetition;
    repetition.seconds = 1;
    repetition.operations = static_cast<std::uint64_t>(is_closed ? capacity : std::min(rate, capacity));
    if (!is_closed) repetition.offered = static_cast<std::uint64_t>(rate);
    // As much again as in the window is done after it.
    repetition.answered = static_cast<std::uint64_t>(is_closed ? capacity : std::min(rate, 2 * capacity));
    record.latency["read"].record(static_cast<std::uint64_t>(latency_at_(rate).count()), repetition.answered);
    record.repetitions.push_back(repetition);
    record.regions.resize(1);
    record.regions[0].latency["read"].merge(record.latency["read"]);
    if (!record.staleness) record.staleness.emplace();
    record.staleness->unknown += 1;
  }

  LatencyAt latency_at_;
};

/// Of a queue: the fuller, the longer.
Timestamp queueing(double rate) {
  if (rate >= capacity) return 1s;
  return Timestamp(static_cast<std::int64_t>(10'000 / (1 - rate / capacity)));
}

RunRecord search(const char* goal, const Deployment& deployment, double bold = 1) {
  RunRecord record;
  measure_at_goal(
      *parse_goal(goal), record, [&](double rate, const std::string&) { return deployment.window(rate); },
      [&](double rate) { deployment.all(record, rate, bold); }, [] { return false; });
  return record;
}

TEST(Goal, IsALatencyAndATime) {
  const auto goal = parse_goal("p999=1.5ms");
  ASSERT_TRUE(goal);
  EXPECT_EQ(goal->name, "p999");
  EXPECT_EQ(goal->fraction, 0.999);
  EXPECT_EQ(goal->at_most, 1500us);
  for (const char* text :
       {"", "p99", "p99=", "p99=0us", "p98=1ms", "99=1ms", "p99=1", "p99=2h", "p99 = 1ms"}) {
    const auto refused = parse_goal(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().found, "'" + std::string(text) + "'");
  }
}

/// What was measured at a rate that turned out to be too high is forgotten, whatever it was.
TEST(Goal, KeepsNothingOfRatesThatMissedItInTheEnd) {
  const RunRecord record = search("p99=20us", Deployment(queueing), 0.8);
  ASSERT_TRUE(record.goal);
  ASSERT_GT(record.goal->probes.size(), 0U);
  ASSERT_FALSE(record.goal->probes.back().kept) << "the last probe is of a rate that was given up";
  EXPECT_EQ(record.repetitions.size(), 3U);
  EXPECT_EQ(record.staleness->unknown, 3U);
  // One, two and three repetitions' histograms were merged, as each has those before it.
  const std::uint64_t each = record.latency.at("read").count() / 3;
  EXPECT_EQ(record.regions[0].latency.at("read").count(), 6 * each);
}

TEST(Goal, IsKeptByTheHighestRateThatDoes) {
  for (const auto& [goal, rate] :
       {std::pair{"p99=20us", 0.5 * capacity}, std::pair{"p50=100us", 0.9 * capacity},
        std::pair{"max=11us", capacity / 11}}) {
    const RunRecord record = search(goal, Deployment(queueing));
    ASSERT_TRUE(record.goal) << goal;
    EXPECT_TRUE(record.goal->measured.kept) << goal;
    EXPECT_EQ(record.goal->measured.rate, record.load.per_second);
    EXPECT_LE(record.load.per_second, rate * 1.02) << goal;  // a histogram's buckets are wide
    EXPECT_GE(record.load.per_second, rate * 0.95) << goal;
    EXPECT_EQ(record.repetitions.size(), 3U);
    EXPECT_LT(record.goal->probes.size(), 20U);
  }
}

TEST(Goal, IsNotKeptByWhatGivesUpWhatArrives) {
  const RunRecord record = search("p99=1ms", Deployment([](double) { return 1us; }));
  EXPECT_TRUE(record.goal->measured.kept);
  EXPECT_LE(record.load.per_second, capacity * 1.001);
  EXPECT_GE(record.load.per_second, capacity * 0.95);
}

/// Of few operations, all that is missing could be in flight: what was given up tells.
TEST(Goal, IsKeptIfAllThatArrivesIsDoneAndTransactionsThatWantedToAbortAre) {
  const auto is_kept = [](std::uint64_t done, std::uint64_t answered, std::uint64_t wanted_to_abort) {
    RunRecord seen;
    seen.deployment.depth = 10;
    seen.latency["read"].record(1000, 1);
    Repetition& repetition = seen.repetitions.emplace_back();
    repetition.offered = 100;
    repetition.operations = done;
    repetition.answered = answered;
    repetition.aborts_by_cause =
        std::map<std::string, std::uint64_t>{{"requested", wanted_to_abort}, {"read_changed", 50}};
    return probe_of(*parse_goal("p99=2us"), 100, seen).kept;
  };
  EXPECT_TRUE(is_kept(90, 100, 0));
  EXPECT_FALSE(is_kept(90, 99, 0)) << "one was given up";
  EXPECT_FALSE(is_kept(89, 100, 0)) << "more than there can be in flight";
  EXPECT_TRUE(is_kept(60, 100, 30));
  EXPECT_FALSE(is_kept(60, 100, 29));
}

TEST(Goal, ThatIsKeptInOneWindowAndNotInAllIsTriedAgainAtALowerRate) {
  const RunRecord record = search("p99=20us", Deployment(queueing), 0.8);
  EXPECT_TRUE(record.goal->measured.kept);
  EXPECT_LE(record.load.per_second, 0.8 * 0.5 * capacity * 1.02);
  EXPECT_GE(record.load.per_second, 0.6 * 0.5 * capacity);
  EXPECT_EQ(record.repetitions.size(), 3U) << "of the last rate alone";
  EXPECT_EQ(record.latency.at("read").count(), 3 * record.repetitions[0].answered);
}

TEST(Goal, ThatNoRateKeepsIsSaidToBeMissed) {
  const RunRecord record = search("p99=5us", Deployment(queueing));
  EXPECT_FALSE(record.goal->measured.kept);
  EXPECT_LT(record.load.per_second, capacity / 1000);
  EXPECT_GT(record.load.per_second, 0);
}

}  // namespace
}  // namespace upout::harness
