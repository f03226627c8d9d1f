#include "harness/rebalance.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "harness/answer.h"

namespace upout::harness {
namespace {

/// A window of ten seconds in a thousand stretches, with 100 operations in each.
std::vector<std::uint64_t> even() {
  return std::vector<std::uint64_t>(1000, 100);
}

TEST(FindDip, FindsNoneWhereNothingHappened) {
  const Dip dip = find_dip(even(), 500, 600, 10);
  EXPECT_DOUBLE_EQ(dip.before, 10000);
  EXPECT_DOUBLE_EQ(dip.lowest, 10000);
  EXPECT_DOUBLE_EQ(dip.seconds, 0);
  EXPECT_DOUBLE_EQ(dip.lost_operations, 0);
}

TEST(FindDip, MeasuresDepthLengthAndLoss) {
  std::vector<std::uint64_t> timeline = even();
  for (std::size_t i = 520; i < 620; ++i) timeline[i] = 40;
  const Dip dip = find_dip(timeline, 500, 600, 10);
  EXPECT_DOUBLE_EQ(dip.before, 10000);
  EXPECT_DOUBLE_EQ(dip.lowest, 4000);
  EXPECT_NEAR(dip.seconds, 1, 0.1) << "a hundred stretches of a hundredth of a second";
  EXPECT_NEAR(dip.lost_operations, 6000, 300);
}

TEST(FindDip, TakesNeitherNoiseNorWhatWasBeforeNorASecondDipForIt) {
  std::vector<std::uint64_t> timeline = even();
  for (std::size_t i = 0; i < 1000; i += 2) timeline[i] += 15;
  for (std::size_t i = 1; i < 1000; i += 2) timeline[i] -= 15;
  for (std::size_t i = 100; i < 110; ++i) timeline[i] = 0;
  for (std::size_t i = 550; i < 570; ++i) timeline[i] = 0;
  for (std::size_t i = 800; i < 900; ++i) timeline[i] = 0;
  const Dip dip = find_dip(timeline, 500, 600, 10);
  EXPECT_NEAR(dip.seconds, 0.3, 0.1);
  EXPECT_NEAR(dip.lost_operations, 2000, 100);
}

TEST(FindDip, LastsUntilTheWindowEndsIfItMust) {
  std::vector<std::uint64_t> timeline = even();
  for (std::size_t i = 500; i < 1000; ++i) timeline[i] = 50;
  EXPECT_NEAR(find_dip(timeline, 500, 600, 10).seconds, 5, 0.11);
}

nlohmann::json repetition_that_lost(double operations) {
  return {{"rebalance",
           {{"partition", 3},
            {"from_rank", 0},
            {"to_rank", 1},
            {"complete", true},
            {"records", 1000},
            {"bytes", 24000},
            {"copying_seconds", 0.05},
            {"frozen_seconds", 0.0001},
            {"throughput_before", 2e6},
            {"lowest_throughput", 1.5e6},
            {"dip_seconds", 0.06},
            {"lost_operations", operations}}}};
}

/// What happens later in the window has another cause.
TEST(FindDip, DoesNotTakeALaterDipForIt) {
  std::vector<std::uint64_t> timeline = even();
  for (std::size_t i = 700; i < 800; ++i) timeline[i] = 0;
  EXPECT_DOUBLE_EQ(find_dip(timeline, 500, 600, 10).seconds, 0);
  EXPECT_GT(find_dip(timeline, 500, 750, 10).seconds, 0.9);
}

TEST(RebalanceSentence, TellsTheMiddleOneOfTheMoves) {
  const nlohmann::json run{
      {"workload", {{"name", "ycsb-a"}}},
      {"repetitions", {repetition_that_lost(9e6), repetition_that_lost(1e6), repetition_that_lost(2e6)}}};
  EXPECT_EQ(
      rebalance_sentence(run),
      "Rebalancing (ycsb-a): partition 3 went from rank 0 to 1, 1000 records and 0.0 MB, copied in 50.0 ms "
      "and then not served for 0.100 ms; throughput fell from 2.000 to 1.500 M operations/s, for 60.0 ms, "
      "which cost 2.000 M operations (the middle one of 3 moves).");
}

TEST(RebalanceSentence, SaysNothingWhereNothingMoved) {
  const nlohmann::json run{{"workload", {{"name", "ycsb-a"}}},
                           {"repetitions", nlohmann::json::array({nlohmann::json::object()})}};
  EXPECT_EQ(rebalance_sentence(run), "");
}

}  // namespace
}  // namespace upout::harness
