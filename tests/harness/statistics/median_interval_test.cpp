#include "harness/statistics/median_interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace upout::harness {
namespace {

std::vector<double> one_to(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

/// Published ranks of the narrowest symmetric interval of at least 95 % (e.g. Conover, Practical
/// Nonparametric Statistics, table A3; Le Boudec, Performance Evaluation of Computer and Communication
/// Systems, appendix A).
struct TableRow {
  int n;
  double low, high, confidence;
};

class MedianIntervalTable : public testing::TestWithParam<TableRow> {};

TEST_P(MedianIntervalTable, Holds) {
  const auto [n, low, high, confidence] = GetParam();
  const MedianInterval interval = median_interval(one_to(n));
  EXPECT_EQ(interval.low, low);
  EXPECT_EQ(interval.high, high);
  EXPECT_NEAR(interval.confidence, confidence, 0.0005);
}

INSTANTIATE_TEST_SUITE_P(Published, MedianIntervalTable,
                         testing::Values(TableRow{6, 1, 6, 0.969}, TableRow{7, 1, 7, 0.984},
                                         TableRow{8, 1, 8, 0.992}, TableRow{9, 2, 8, 0.961},
                                         TableRow{10, 2, 9, 0.979}, TableRow{11, 2, 10, 0.988},
                                         TableRow{12, 3, 10, 0.961}, TableRow{15, 4, 12, 0.965},
                                         TableRow{20, 6, 15, 0.959}, TableRow{30, 10, 21, 0.957},
                                         TableRow{50, 18, 33, 0.967}, TableRow{70, 27, 44, 0.959}));

TEST(MedianIntervalOfTooFew, IsTheRangeAndSaysWhatItCovers) {
  EXPECT_EQ(median_interval(one_to(1)).confidence, 0);
  const MedianInterval five = median_interval(one_to(5));
  EXPECT_EQ(five.low, 1);
  EXPECT_EQ(five.high, 5);
  EXPECT_DOUBLE_EQ(five.confidence, 0.9375);
}

TEST(MedianInterval, TakesValuesInAnyOrder) {
  const std::vector<double> values{9, 1, 8, 2, 7, 3, 6, 4, 5, 10};
  EXPECT_EQ(median_interval(values).low, 2);
  EXPECT_EQ(median_interval(values).high, 9);
}

TEST(MedianInterval, IsTheMiddleOrTheMeanOfTheTwoMiddleValues) {
  EXPECT_EQ(median_interval(one_to(7)).median, 4);
  EXPECT_EQ(median_interval(one_to(8)).median, 4.5);
}

/// Skewed as throughputs are: many near the best, a tail of bad ones. The median of an exponential is ln 2.
class Coverage : public testing::TestWithParam<int> {};

TEST_P(Coverage, IsAsOftenAsPromised) {
  const int n = GetParam();
  constexpr int trials = 20'000;
  std::mt19937_64 random(7);
  std::exponential_distribution<double> distribution(1);
  std::vector<double> values(static_cast<std::size_t>(n));
  int covered = 0;
  double promised = 0;
  for (int trial = 0; trial < trials; ++trial) {
    for (double& value : values) value = distribution(random);
    const MedianInterval interval = median_interval(values);
    promised = interval.confidence;
    if (interval.low <= std::log(2) && std::log(2) <= interval.high) ++covered;
  }
  const double share = double(covered) / trials;
  EXPECT_GE(share, 0.95);
  EXPECT_NEAR(share, promised, 4 * std::sqrt(promised * (1 - promised) / trials));
}

INSTANTIATE_TEST_SUITE_P(Sizes, Coverage, testing::Values(6, 9, 10, 15, 31));

TEST(Ratio, SpansFromTheLeastToTheGreatestThatBothIntervalsAllow) {
  const MedianInterval result = ratio({100, 90, 110, 0.97}, {50, 40, 60, 0.96});
  EXPECT_DOUBLE_EQ(result.median, 2);
  EXPECT_DOUBLE_EQ(result.low, 1.5);
  EXPECT_DOUBLE_EQ(result.high, 2.75);
  EXPECT_DOUBLE_EQ(result.confidence, 0.93);
}

TEST(Ratio, OfHopelessIntervalsPromisesNothing) {
  EXPECT_EQ(ratio({1, 1, 1, 0.2}, {1, 1, 1, 0.2}).confidence, 0);
}

}  // namespace
}  // namespace upout::harness
