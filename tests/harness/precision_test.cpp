#include "harness/precision.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace upout::harness {
namespace {

/// The range, which is the interval of six, goes 4 % down and 2 % up.
const std::vector<double> six{96, 100, 102, 100, 99, 101};

TEST(Precision, IsTheGreaterHalfOfTheIntervalOverTheMedian) {
  ASSERT_TRUE(half_width(six));
  EXPECT_DOUBLE_EQ(*half_width(six), 0.04);
  EXPECT_FALSE(half_width(std::vector{100.0, 100.0, 100.0, 100.0, 100.0}));  // no 95 % interval of five
  EXPECT_FALSE(half_width(std::vector<double>(6, 0.0)));
  EXPECT_FALSE(half_width(std::vector<double>()));
}

TEST(Precision, EndsARunThatHasReachedIt) {
  EXPECT_EQ(stop({.half_width = 0.041}, six, 6, 1), StoppedBy::precision);
  EXPECT_EQ(stop({.half_width = 0.039}, six, 6, 1), std::nullopt);
  // Even where the budget is over too: what was asked for was done.
  EXPECT_EQ(stop({.half_width = 0.041, .most_repetitions = 6, .budget_seconds = 1}, six, 6, 1),
            StoppedBy::precision);
}

TEST(Precision, GivesUpWhenTheRepetitionsOrTheBudgetAre) {
  const Precision precise{.half_width = 0.001, .most_repetitions = 8, .budget_seconds = 30};
  EXPECT_EQ(stop(precise, six, 7, 29), std::nullopt);
  EXPECT_EQ(stop(precise, six, 8, 29), StoppedBy::repetitions);
  EXPECT_EQ(stop(precise, six, 7, 30), StoppedBy::budget);
}

TEST(Precision, HasALimitWhereNoneWasGiven) {
  EXPECT_EQ(limited({.half_width = 0.05}, 10).most_repetitions, 100U);
  EXPECT_EQ(limited({.half_width = 0.05, .most_repetitions = 12}, 10).most_repetitions, 12U);
  EXPECT_EQ(limited({.half_width = 0.05, .budget_seconds = 60}, 10).most_repetitions, 0U);
}

TEST(Precision, IsReadAsAPercentage) {
  EXPECT_DOUBLE_EQ(*parse_precision("5%"), 0.05);
  EXPECT_DOUBLE_EQ(*parse_precision("0.5 %"), 0.005);
  for (const char* text : {"5", "0.05", "%", "0%", "100%", "-1%", "5%%", ""}) {
    const auto parsed = parse_precision(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().to_string().find("such as 5%"), std::string::npos);
  }
}

}  // namespace
}  // namespace upout::harness
