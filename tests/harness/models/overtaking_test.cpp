#include "harness/models/overtaking.h"

#include <gtest/gtest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace upout::harness::models {
namespace {

/// Six repetitions about a mean, which is theirs.
std::vector<double> around(double mean, double spread) {
  return {mean * (1 - spread),     mean * (1 - spread / 2), mean * (1 - spread / 4),
          mean * (1 + spread / 4), mean * (1 + spread / 2), mean * (1 + spread)};
}

struct Place {
  double at, one, other;
};

std::vector<Contest> contests(const std::vector<Place>& places, double spread) {
  std::vector<Contest> all;
  for (const auto& [at, one, other] : places) all.push_back({at, around(one, spread), around(other, spread)});
  return all;
}

TEST(Overtaking, IsWhereTheLogarithmOfTheRatioPassesZero) {
  // The ratio is 1/2 on 2 and 4 on 8: a third of the way in logarithms.
  const Overtaking found = overtaking(contests({{1, 8, 1}, {2, 8, 4}, {8, 8, 32}}, 0.02));
  EXPECT_EQ(found.outcome, Outcome::other_overtakes);
  EXPECT_NEAR(found.at.value(), 4, 1e-9);
  EXPECT_EQ(found.changes, 1U);
  ASSERT_TRUE(found.ci95);
  EXPECT_LT(found.ci95->low, 4);
  EXPECT_GT(found.ci95->low, 3.8);
  EXPECT_GT(found.ci95->high, 4);
  EXPECT_LT(found.ci95->high, 4.2);
  EXPECT_TRUE(found.is_decided());
}

TEST(Overtaking, IsToldOfEitherSide) {
  const Overtaking found = overtaking(contests({{0, 1, 2}, {100, 2, 1}}, 0.02));
  EXPECT_EQ(found.outcome, Outcome::one_overtakes);
  EXPECT_NEAR(found.at.value(), 50, 1e-9);
  EXPECT_NEAR(found.probability_of(Outcome::one_overtakes), 1, 1e-9);
}

TEST(Overtaking, IsNoneWhereOneLeadsFromEndToEnd) {
  const Overtaking found = overtaking(contests({{1, 2, 1}, {2, 4, 3}}, 0.02));
  EXPECT_EQ(found.outcome, Outcome::one_leads);
  EXPECT_FALSE(found.at);
  EXPECT_FALSE(found.ci95);
  EXPECT_TRUE(found.is_decided());
}

TEST(Overtaking, CountsTheLastOfSeveralChanges) {
  const Overtaking found = overtaking(contests({{1, 2, 1}, {2, 1, 2}, {4, 2, 1}, {8, 1, 2}}, 0.02));
  EXPECT_EQ(found.outcome, Outcome::other_overtakes);
  EXPECT_EQ(found.changes, 3U);
  EXPECT_NEAR(found.at.value(), 6, 1e-9);
}

TEST(Overtaking, OfWhatIsLevelEverywhereIsNotDecided) {
  const Overtaking found = overtaking(contests({{1, 1, 1}, {2, 2, 2.001}, {4, 4, 3.999}}, 0.05));
  EXPECT_FALSE(found.is_decided());
  for (const Outcome outcome :
       {Outcome::one_leads, Outcome::other_leads, Outcome::other_overtakes, Outcome::one_overtakes})
    EXPECT_GT(found.probability_of(outcome), 0.1) << static_cast<int>(outcome);
  EXPECT_NEAR(std::accumulate(found.probability.begin(), found.probability.end(), 0.0), 1, 1e-9);
}

TEST(Overtaking, ThatMayBeBeyondTheRangeHasAnIntervalWithoutThatEnd) {
  const Overtaking late = overtaking(contests({{1, 2, 1}, {2, 2, 1.3}, {4, 2, 2.01}}, 0.05));
  EXPECT_EQ(late.outcome, Outcome::other_overtakes);
  EXPECT_FALSE(late.is_decided());
  EXPECT_GT(late.ci95->low, 3);
  EXPECT_TRUE(std::isinf(late.ci95->high));
  const Overtaking early = overtaking(contests({{1, 2.01, 2}, {2, 1.3, 2}}, 0.05));
  EXPECT_EQ(early.ci95->low, -std::numeric_limits<double>::infinity());
  EXPECT_LT(early.ci95->high, 1.5);
}

TEST(Overtaking, OfTheSameThroughputsIsLevel) {
  const Overtaking found = overtaking(contests({{1, 1, 1}, {2, 2, 2}}, 0));
  EXPECT_EQ(found.outcome, Outcome::level);
  EXPECT_EQ(found.probability_of(Outcome::level), 1) << "there is no scatter";
}

TEST(Overtaking, PassesOverATie) {
  const Overtaking found = overtaking(contests({{1, 2, 1}, {2, 1, 1}, {3, 1, 2}}, 0));
  EXPECT_EQ(found.outcome, Outcome::other_overtakes);
  EXPECT_NEAR(found.at.value(), 2, 1e-9);
}

TEST(Overtaking, HasNoProbabilityFromAFewRepetitions) {
  std::vector<Contest> few = contests({{1, 2, 1}, {2, 1, 2}}, 0.02);
  few[1].other.resize(3);
  const Overtaking found = overtaking(few);
  EXPECT_EQ(found.no_probability_because,
            "3 repetitions at 2, of the 6 at each place that an interval takes");
  EXPECT_EQ(found.outcome, Outcome::other_overtakes);
  EXPECT_TRUE(found.at);
  EXPECT_FALSE(found.ci95);
  EXPECT_FALSE(found.is_decided());
}

TEST(Overtaking, CoversWhereItIsAsOftenAsItSays) {
  constexpr int trials = 400;
  int covered = 0;
  for (int seed = 0; seed < trials; ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    std::normal_distribution<double> noise(1, 0.03);
    std::vector<Contest> all = contests({{1, 8, 6}, {2, 8, 7}, {4, 8, 9}, {8, 8, 11}}, 0);
    for (Contest& contest : all) {
      for (double& value : contest.one) value *= noise(random);
      for (double& value : contest.other) value *= noise(random);
    }
    const double truth = 2 + 2 * std::log(7.0 / 8) / (std::log(7.0 / 8) - std::log(9.0 / 8));
    const Overtaking found = overtaking(all, {.count = 400});
    covered += found.ci95 && found.ci95->low <= truth && truth <= found.ci95->high ? 1 : 0;
  }
  const boost::math::binomial_distribution<double> nominal(trials, 0.95);
  EXPECT_GE(covered, boost::math::quantile(nominal, 5e-5));
  EXPECT_LE(covered, boost::math::quantile(boost::math::complement(nominal, 5e-5)));
}

}  // namespace
}  // namespace upout::harness::models
