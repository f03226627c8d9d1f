#include "harness/statistics/rank_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/harness/statistics/noise.h"

namespace upout::harness {
namespace {

/// The example of R's wilcox.test, from Hollander and Wolfe, Nonparametric Statistical Methods: W = 35,
/// one-sided p 0.1272.
TEST(RankTest, IsTheOneOfHollanderAndWolfe) {
  const std::vector<double> x{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const std::vector<double> y{1.15, 0.88, 0.90, 0.74, 1.21};
  const RankTest test = mann_whitney(x, y);
  EXPECT_EQ(test.u, 35);
  EXPECT_TRUE(test.is_exact);
  EXPECT_NEAR(test.p_value, 2 * 0.1272, 0.0001);
  EXPECT_DOUBLE_EQ(test.superiority, 0.7);
}

/// The example of scipy.stats.mannwhitneyu: U = 17, exact p 1/9.
TEST(RankTest, IsThatOfScipy) {
  const std::vector<double> males{19, 22, 16, 29, 24};
  const std::vector<double> females{20, 11, 17, 12};
  EXPECT_EQ(mann_whitney(males, females).u, 17);
  EXPECT_NEAR(mann_whitney(males, females).p_value, 1.0 / 9, 1e-12);
}

/// Ozone in May and in August of R's data set airquality, with ties: W = 127.5, p 0.0001208.
TEST(RankTest, CorrectsForTies) {
  const std::vector<double> may{41, 36, 12, 18, 28, 23, 19, 8, 7,  16, 11, 14,  18,
                                14, 34, 6,  30, 11, 1,  11, 4, 32, 23, 45, 115, 37};
  const std::vector<double> august{39, 9,  16, 78, 35, 66, 122, 89,  110, 44, 28,  65, 22,
                                   59, 23, 31, 44, 21, 9,  45,  168, 73,  76, 118, 84, 85};
  const RankTest test = mann_whitney(may, august);
  EXPECT_EQ(test.u, 127.5);
  EXPECT_FALSE(test.is_exact);
  EXPECT_NEAR(test.p_value, 0.0001208, 5e-8);
}

/// Samples of these sizes with this U, without ties: the first has the ranks from 1 on, but for its greatest
/// value, which goes up by one rank for each pair, and then the next one.
std::vector<double> sample_with_u(std::size_t first, std::size_t second, std::size_t u,
                                  std::vector<double>& rest) {
  std::vector<double> sample;
  for (std::size_t place = first; place > 0; --place) {
    const std::size_t up = std::min(u, second);
    sample.push_back(double(place + up));
    u -= up;
  }
  for (std::size_t rank = 1; rank <= first + second; ++rank) {
    if (std::ranges::find(sample, double(rank)) == sample.end()) rest.push_back(double(rank));
  }
  return sample;
}

/// The greatest U that is significant on the level 0.05, two-sided, as tables have it (e.g. Siegel and
/// Castellan, Nonparametric Statistics for the Behavioral Sciences, after Auble 1953).
struct Critical {
  std::size_t first, second, u;
};

class CriticalValue : public testing::TestWithParam<Critical> {};

TEST_P(CriticalValue, IsTheGreatestThatIsSignificant) {
  const auto [first, second, u] = GetParam();
  std::vector<double> rest;
  const auto sample = sample_with_u(first, second, u, rest);
  ASSERT_EQ(mann_whitney(sample, rest).u, double(u));
  EXPECT_LE(mann_whitney(sample, rest).p_value, 0.05);
  EXPECT_DOUBLE_EQ(mann_whitney(sample, rest).p_value, mann_whitney(rest, sample).p_value);
  rest.clear();
  const auto next = sample_with_u(first, second, u + 1, rest);
  EXPECT_GT(mann_whitney(next, rest).p_value, 0.05);
}

INSTANTIATE_TEST_SUITE_P(Published, CriticalValue,
                         testing::Values(Critical{5, 5, 2}, Critical{6, 6, 5}, Critical{8, 8, 13},
                                         Critical{4, 10, 5}, Critical{7, 12, 18}, Critical{10, 10, 23},
                                         Critical{20, 20, 127}));

TEST(RankTest, OfEqualValuesFindsNothing) {
  const std::vector<double> same(6, 3.0);
  const RankTest test = mann_whitney(same, same);
  EXPECT_EQ(test.p_value, 1);
  EXPECT_EQ(test.superiority, 0.5);
}

TEST(RankTest, HasALeastPValue) {
  const std::vector<double> low{1, 2, 3, 4};
  const std::vector<double> high{5, 6, 7, 8};
  EXPECT_DOUBLE_EQ(least_p_value(4, 4), 2.0 / 70);
  EXPECT_DOUBLE_EQ(mann_whitney(low, high).p_value, least_p_value(4, 4));
  EXPECT_EQ(mann_whitney(high, low).superiority, 1);
  EXPECT_EQ(least_p_value(1, 1), 1);
  EXPECT_LT(least_p_value(60, 60), 1e-15);
}

int significant(int trials, auto&& draw_first, auto&& draw_second) {
  int found = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const std::vector<double> first = draw_first();
    found += mann_whitney(first, draw_second()).p_value < 0.05 ? 1 : 0;
  }
  return found;
}

TEST(RankTest, FindsNothingThatIsNotThereMoreOftenThanItsLevel) {
  samples::Noise noise(5);
  constexpr int trials = 3000;
  const auto draw = [&] { return noise.normal(10, 100, 0.05); };
  const int found = significant(trials, draw, draw);
  EXPECT_LE(found, samples::most_of(trials, 0.0433));  // the level that ten and ten values have
  EXPECT_GE(found, trials * 0.0433 - (samples::most_of(trials, 0.0433) - trials * 0.0433));
}

/// One standard deviation apart, samples of 20 are told apart with a power of 0.86 by Student's test, and a
/// rank test has at least 0.955 of its efficiency there (Hodges and Lehmann 1956, 3 / pi).
TEST(RankTest, FindsADifferenceOfAStandardDeviation) {
  samples::Noise noise(6);
  constexpr int trials = 1000;
  const int found = significant(
      trials, [&] { return noise.normal(20, 100, 0.05); },
      [&] { return noise.normal(20, 105, 0.05 / 1.05); });
  EXPECT_GE(found, 0.78 * trials);
}

}  // namespace
}  // namespace upout::harness
