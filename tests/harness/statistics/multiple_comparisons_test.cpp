#include "harness/statistics/multiple_comparisons.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/harness/statistics/noise.h"

namespace upout::harness {
namespace {

/// As R's p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") has them.
TEST(Holm, MultipliesByHowManyAreLeftAndKeepsTheOrder) {
  const std::vector<double> p{0.01, 0.04, 0.03, 0.005};
  const std::vector<double> corrected = holm_corrected(p);
  const std::vector<double> expected{0.03, 0.06, 0.06, 0.02};
  ASSERT_EQ(corrected.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_DOUBLE_EQ(corrected[i], expected[i]) << i;
}

TEST(Holm, LeavesASingleTestAloneAndNoProbabilityAboveOne) {
  EXPECT_EQ(holm_corrected(std::vector{0.3}), std::vector{0.3});
  EXPECT_EQ(holm_corrected(std::vector{0.6, 0.7}), (std::vector{1.0, 1.0}));
  EXPECT_TRUE(holm_corrected(std::vector<double>()).empty());
}

TEST(Holm, KeepsTheErrorOfAllTogether) {
  std::mt19937_64 random(9);
  std::uniform_real_distribution<double> p_value(0, 1);
  constexpr int trials = 4000;
  int families_with_one = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> p(20);
    for (double& value : p) value = p_value(random);
    families_with_one += std::ranges::min(holm_corrected(p)) < 0.05 ? 1 : 0;
  }
  EXPECT_LE(families_with_one, samples::most_of(trials, 0.05));
  EXPECT_GE(families_with_one, trials * 0.03);  // uncorrected, 64 % of them have one
}

}  // namespace
}  // namespace upout::harness
