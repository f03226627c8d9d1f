#include "harness/statistics/trend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "tests/harness/statistics/noise.h"

namespace upout::harness {
namespace {

/// 1 ... n, of which so many neighbouring exchanges have put pairs into the wrong order.
std::vector<double> order_with_inversions(std::size_t n, std::size_t inversions) {
  std::vector<double> order(n);
  std::iota(order.begin(), order.end(), 1.0);
  for (std::size_t end = n; inversions > 0; --end) {
    for (std::size_t i = 0; i + 1 < end && inversions > 0; ++i, --inversions)
      std::swap(order[i], order[i + 1]);
  }
  return order;
}

/// One-sided probabilities of Kendall's S as tables have them (e.g. Gilbert, Statistical Methods for
/// Environmental Pollution Monitoring, 1987, table A18).
struct Row {
  std::size_t n, s;
  double p;
};

class KendallTable : public testing::TestWithParam<Row> {};

TEST_P(KendallTable, Holds) {
  const auto [n, s, p] = GetParam();
  auto order = order_with_inversions(n, (n * (n - 1) / 2 - s) / 2);
  EXPECT_NEAR(mann_kendall(order).p_value, 2 * p, 0.0011);
  EXPECT_GT(mann_kendall(order).change, 0);
  std::ranges::reverse(order);
  EXPECT_NEAR(mann_kendall(order).p_value, 2 * p, 0.0011);
  EXPECT_LT(mann_kendall(order).change, 0);
}

INSTANTIATE_TEST_SUITE_P(Published, KendallTable,
                         testing::Values(Row{4, 6, 0.042}, Row{5, 8, 0.042}, Row{6, 13, 0.0083},
                                         Row{6, 15, 0.0014}, Row{8, 16, 0.031}, Row{8, 18, 0.016},
                                         Row{9, 18, 0.038}, Row{10, 21, 0.036}, Row{10, 23, 0.023},
                                         Row{10, 25, 0.014}));

/// By hand: S = 56, and var S = 12 x 11 x 29 less 18 for the two and 2 x 66 and 18 for the equal ones, over
/// 18, 206.
TEST(Drift, CorrectsForTies) {
  const std::vector<double> values{1, 2, 2, 3, 3, 3, 4, 5, 4, 6, 7, 6};
  EXPECT_NEAR(mann_kendall(values).p_value, 0.00012709, 1e-8);
}

TEST(Drift, IsTheMedianSlopeOverAllValues) {
  const std::vector<double> values{100, 101, 102, 150, 104, 105, 106};
  EXPECT_DOUBLE_EQ(mann_kendall(values).change, 6.0 / 104);
}

TEST(Drift, OfEqualOrFewValuesIsNotToBeTold) {
  EXPECT_EQ(mann_kendall(std::vector{7.0, 7.0, 7.0, 7.0}).p_value, 1);
  EXPECT_EQ(mann_kendall(std::vector{1.0, 2.0}).p_value, 1);
  EXPECT_EQ(mann_kendall(std::vector<double>()).p_value, 1);
}

TEST(Drift, IsFoundWhereThereIsNoneAsOftenAsTheLevelAllows) {
  samples::Noise noise(21);
  constexpr int trials = 4000;
  int found = 0;
  for (int trial = 0; trial < trials; ++trial)
    found += mann_kendall(noise.skewed(10, 0.3)).p_value < 0.05 ? 1 : 0;
  EXPECT_LE(found, samples::most_of(trials, 0.0466));  // S of 23 and more
  EXPECT_GE(found, trials * 0.03);
}

TEST(Drift, IsFoundIfItIsGreaterThanTheNoise) {
  samples::Noise noise(22);
  int found = 0;
  for (int trial = 0; trial < 200; ++trial) {
    auto values = noise.normal(10, 100, 0.01);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += double(i);  // 9 % over all, 1 % noise
    found += mann_kendall(values).p_value < 0.01 ? 1 : 0;
  }
  EXPECT_GE(found, 190);
}

/// By hand: mean 100 and squares 4 of the rest, so that t is 10 / sqrt(4 / 5 x (1 + 1 / 6)), of five degrees
/// of freedom; three places were looked at.
TEST(InitialShift, HasTheTStatisticOfTheFirstAgainstTheRest) {
  const std::vector<double> values{90, 101, 99, 101, 99, 100, 100};
  const InitialShift shift = initial_shift(values);
  const double t = 10 / std::sqrt(4.0 / 5 * (1 + 1.0 / 6));
  EXPECT_EQ(shift.values, 1U);
  EXPECT_DOUBLE_EQ(shift.change, -0.1);
  EXPECT_NEAR(shift.p_value, 3 * 2 * (1 - boost::math::cdf(boost::math::students_t(5), t)), 1e-9);
}

TEST(InitialShift, SaysHowManyOfTheFirstDifferMost) {
  const std::vector<double> values{80, 82, 81, 100, 101, 99, 100, 101, 99, 100};
  EXPECT_EQ(initial_shift(values).values, 3U);
  EXPECT_LT(initial_shift(values).p_value, 1e-6);
}

TEST(InitialShift, IsOfTheFirstHalfAlone) {
  const std::vector<double> values{100, 101, 99, 100, 101, 99, 100, 100, 101, 80};
  EXPECT_GT(initial_shift(values).p_value, 0.05);
}

TEST(InitialShift, OfEqualOrFewValuesIsNotToBeTold) {
  EXPECT_EQ(initial_shift(std::vector{7.0, 7.0, 7.0, 7.0}).p_value, 1);
  EXPECT_EQ(initial_shift(std::vector{1.0, 2.0, 2.0}).p_value, 1);
  EXPECT_EQ(initial_shift(std::vector{1.0, 2.0, 2.0, 2.0}).p_value, 0);
}

TEST(InitialShift, IsFoundWhereThereIsNoneAsOftenAsTheLevelAllows) {
  samples::Noise noise(23);
  constexpr int trials = 4000;
  int found = 0;
  for (int trial = 0; trial < trials; ++trial)
    found += initial_shift(noise.normal(10, 100, 0.02)).p_value < 0.05 ? 1 : 0;
  EXPECT_LE(found, samples::most_of(trials, 0.05));
  EXPECT_GE(found, trials * 0.02);  // a Bonferroni bound is on the safe side, but not by much
}

/// What Worsley's test is for here: one window, the first, is 5 % slower, and the noise is 0.5 %.
TEST(InitialShift, IsFoundOfASingleWindow) {
  samples::Noise noise(24);
  int found = 0;
  for (int trial = 0; trial < 200; ++trial) {
    auto values = noise.normal(10, 100, 0.005);
    values.front() *= 0.95;
    const InitialShift shift = initial_shift(values);
    found += shift.p_value < 0.01 && shift.values == 1 ? 1 : 0;
  }
  EXPECT_GE(found, 180);
}

}  // namespace
}  // namespace upout::harness
