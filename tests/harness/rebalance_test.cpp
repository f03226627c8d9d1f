#include "harness/rebalance.h"

#include <gtest/gtest.h>

#include <vector>

namespace upout::harness {
namespace {

/// A window of ten seconds in a thousand stretches, with 100 operations in each.
std::vector<std::uint64_t> even() {
  return std::vector<std::uint64_t>(1000, 100);
}

TEST(FindDip, FindsNoneWhereNothingHappened) {
  const Dip dip = find_dip(even(), 500, 10);
  EXPECT_DOUBLE_EQ(dip.before, 10000);
  EXPECT_DOUBLE_EQ(dip.lowest, 10000);
  EXPECT_DOUBLE_EQ(dip.seconds, 0);
  EXPECT_DOUBLE_EQ(dip.lost_operations, 0);
}

TEST(FindDip, MeasuresDepthLengthAndLoss) {
  std::vector<std::uint64_t> timeline = even();
  for (std::size_t i = 520; i < 620; ++i) timeline[i] = 40;
  const Dip dip = find_dip(timeline, 500, 10);
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
  const Dip dip = find_dip(timeline, 500, 10);
  EXPECT_NEAR(dip.seconds, 0.3, 0.1);
  EXPECT_NEAR(dip.lost_operations, 2000, 100);
}

TEST(FindDip, LastsUntilTheWindowEndsIfItMust) {
  std::vector<std::uint64_t> timeline = even();
  for (std::size_t i = 500; i < 1000; ++i) timeline[i] = 50;
  EXPECT_NEAR(find_dip(timeline, 500, 10).seconds, 5, 0.11);
}

}  // namespace
}  // namespace upout::harness
