#include "harness/statistics/bootstrap.h"

#include <gtest/gtest.h>

#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/harness/statistics/noise.h"

namespace upout::harness {
namespace {

std::vector<double> one_to(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

/// The median of n values drawn again is at most the k-th of them if at least half of the draws are: the
/// binomial distribution of n draws with probability k / n says how often. Of 9, it is 0.0014 for k = 1,
/// 0.0304 for 2, 0.9696 for 7; of 11, 0.0072 for 2, 0.0513 for 3, 0.9488 for 8.
TEST(Bootstrap, HasTheQuantilesThatTheDistributionOfTheMedianHas) {
  const std::vector<double> two{2};
  const MedianInterval of_nine = ratio_of_medians(one_to(9), two);
  EXPECT_EQ(of_nine.median, 2.5);
  EXPECT_EQ(of_nine.low, 1);
  EXPECT_EQ(of_nine.high, 4);
  EXPECT_EQ(of_nine.confidence, 0.95);
  const MedianInterval of_eleven = difference_of_medians(one_to(11), two);
  EXPECT_EQ(of_eleven.median, 4);
  EXPECT_EQ(of_eleven.low, 1);
  EXPECT_EQ(of_eleven.high, 7);
}

TEST(Bootstrap, OfTheDenominatorTurnsTheRatioRound) {
  const std::vector<double> two{2};
  const MedianInterval ratio = ratio_of_medians(two, one_to(9));
  EXPECT_DOUBLE_EQ(ratio.median, 2.0 / 5);
  EXPECT_DOUBLE_EQ(ratio.low, 2.0 / 8);
  EXPECT_DOUBLE_EQ(ratio.high, 2.0 / 2);
}

TEST(Bootstrap, OfFourSamplesHasTheirPlacesInTheRatio) {
  const std::vector<double> two{2};
  const std::vector<double> eight{8};
  for (const auto& [found, low, high] : {std::tuple{ratio_of_ratios(one_to(9), two, two, eight), 4.0, 16.0},
                                         {ratio_of_ratios(two, two, two, one_to(9)), 2 / 2.0, 8 / 2.0}}) {
    EXPECT_DOUBLE_EQ(found.low, low);
    EXPECT_DOUBLE_EQ(found.high, high);
  }
  const MedianInterval turned = ratio_of_ratios(eight, one_to(9), two, two);
  EXPECT_DOUBLE_EQ(turned.median, 8.0 / 5);
  EXPECT_DOUBLE_EQ(turned.low, 8.0 / 8);
  EXPECT_DOUBLE_EQ(ratio_of_ratios(eight, two, one_to(9), two).high, 8.0 / 2);
}

TEST(Bootstrap, DrawsTheSameForTheSameValues) {
  samples::Noise noise(3);
  const auto a = noise.normal(10, 100, 0.02);
  const auto b = noise.normal(10, 100, 0.02);
  EXPECT_EQ(ratio_of_medians(a, b).low, ratio_of_medians(a, b).low);
  EXPECT_EQ(difference_of_medians(a, b).high, difference_of_medians(a, b).high);
}

/// How often the interval of a ratio misses it.
int misses(int trials, double truth, auto&& draw) {
  int missed = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const auto [numerator, denominator] = draw();
    const MedianInterval ratio = ratio_of_medians(numerator, denominator);
    missed += ratio.low <= truth && truth <= ratio.high ? 0 : 1;
  }
  return missed;
}

using Pair = std::pair<std::vector<double>, std::vector<double>>;

TEST(Bootstrap, MissesTheRatioOfThroughputsInOneOfTwentyAtMost) {
  samples::Noise noise(11);
  constexpr int trials = 300;
  const int missed =
      misses(trials, 0.5, [&] { return Pair(noise.normal(10, 50, 0.02), noise.normal(10, 100, 0.02)); });
  EXPECT_GT(missed, 0);  // an interval that is never wrong is too wide
  EXPECT_LE(missed, samples::most_of(trials, 0.05));
}

TEST(Bootstrap, MissesTheRatioOfSkewedValuesInOneOfTwentyAtMost) {
  samples::Noise noise(12);
  constexpr int trials = 300;
  const int missed = misses(trials, 1, [&] { return Pair(noise.skewed(10, 0.5), noise.skewed(12, 0.5)); });
  EXPECT_GT(missed, 0);
  EXPECT_LE(missed, samples::most_of(trials, 0.05));
}

}  // namespace
}  // namespace upout::harness
