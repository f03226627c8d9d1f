#include "harness/load_profile.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <vector>

#include "harness/arrivals.h"

namespace upout::harness {
namespace {

using namespace std::chrono_literals;

LoadProfile profile(const char* text) {
  auto parsed = parse_profile(text);
  EXPECT_TRUE(parsed) << parsed.error().to_string();
  return *std::move(parsed);
}

TEST(LoadProfile, OfARampRisesInALine) {
  const RateCurve curve = profile("ramp=100..300/s").curve(2, 10);
  EXPECT_DOUBLE_EQ(curve.rate_at(1), 200) << "the mean, before the window";
  EXPECT_DOUBLE_EQ(curve.rate_at(2), 100);
  EXPECT_DOUBLE_EQ(curve.rate_at(7), 200);
  EXPECT_NEAR(curve.rate_at(11.999), 300, 0.1);
  EXPECT_DOUBLE_EQ(curve.expected_until(2), 400);
  EXPECT_DOUBLE_EQ(curve.expected_until(7), 400 + 750);
  EXPECT_DOUBLE_EQ(curve.expected_until(12), 400 + 2000);
  EXPECT_DOUBLE_EQ(profile("ramp=100..300").mean_rate(10), 200);
}

TEST(LoadProfile, OfStepsHasEachForAnEqualTime) {
  const LoadProfile steps = profile("steps=1K,4K,0");
  const RateCurve curve = steps.curve(0, 3);
  EXPECT_DOUBLE_EQ(curve.rate_at(0.9), 1000);
  EXPECT_DOUBLE_EQ(curve.rate_at(1.1), 4000);
  EXPECT_DOUBLE_EQ(curve.rate_at(2.5), 0);
  EXPECT_DOUBLE_EQ(curve.expected_until(3), 5000);
  EXPECT_NEAR(steps.mean_rate(3), 5000.0 / 3, 1e-9);
}

TEST(LoadProfile, OfBurstsHasOneAtTheEndOfEachPeriod) {
  const RateCurve curve = profile("bursts=100,900,1s,250ms").curve(0, 1.9);
  EXPECT_DOUBLE_EQ(curve.rate_at(0.7), 100);
  EXPECT_DOUBLE_EQ(curve.rate_at(0.8), 900);
  EXPECT_DOUBLE_EQ(curve.rate_at(1.1), 100);
  EXPECT_DOUBLE_EQ(curve.rate_at(1.8), 900) << "the window ends within it";
  EXPECT_NEAR(curve.expected_until(1), 75 + 225, 1e-9);
  EXPECT_NEAR(curve.expected_until(1.9), 300 + 75 + 0.15 * 900, 1e-9);
}

/// The time of an operation and the number of operations until a time are each other's inverse.
TEST(LoadProfile, SaysWhenSoManyAreToBeExpected) {
  for (const char* text :
       {"ramp=0..5K", "ramp=5K..0", "ramp=1K..1K", "steps=1K,0,3K", "bursts=0,2K,300ms,100ms"}) {
    const RateCurve curve = profile(text).curve(0.5, 2);
    double before = 0;
    for (double operations = 1; operations < curve.expected_until(3); operations += 7) {
      const double when = curve.when_expected(operations);
      ASSERT_NEAR(curve.expected_until(when), operations, 1e-6) << text;
      ASSERT_GE(when, before) << text;
      before = when;
    }
  }
}

/// Each tenth of a window has as many Poisson arrivals as its part of the curve says, give or take what
/// chance makes of them.
TEST(Arrivals, FollowTheProfile) {
  for (const char* text : {"ramp=0..1M", "steps=100K,900K,300K", "bursts=50K,2M,200ms,20ms"}) {
    const OfferedLoad load{.per_second = profile(text).mean_rate(1), .profile = profile(text)};
    const RateCurve curve = load.curve(0.25, 1);
    const Window window{10s + 250ms, 11s + 250ms};
    constexpr std::uint32_t workers = 3;
    std::vector<double> seen(10);
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      Arrivals arrivals(load, {worker, workers}, 7, 0, 10s, window);
      for (; !arrivals.are_over(); arrivals.advance()) {
        if (window.has(arrivals.next()))
          ++seen[static_cast<std::size_t>((arrivals.next() - window.begin) / 100ms)];
      }
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const double begin = 0.25 + 0.1 * static_cast<double>(i);
      const double expected = curve.expected_until(begin + 0.1) - curve.expected_until(begin);
      EXPECT_NEAR(seen[i], expected, 4.5 * std::sqrt(expected) + 1) << text << ", tenth " << i;
    }
  }
}

TEST(Arrivals, ThatNobodyCameToAreExpectedAsTheProfileSays) {
  const OfferedLoad load{.per_second = 1e5, .profile = profile("ramp=0..200K")};
  const Window window{10s, 12s};
  const Arrivals arrivals(load, {1, 4}, 7, 0, 10s, window);
  EXPECT_NEAR(static_cast<double>(arrivals.offered(11s)), 50e3 / 4, 50);
  EXPECT_NEAR(static_cast<double>(arrivals.offered(12s)), 200e3 / 4, 50);
}

TEST(LoadProfile, OfAnythingElseIsRefused) {
  for (const char* text :
       {"", "ramp", "ramp=", "ramp=1K", "ramp=1K..", "ramp=0..0", "ramp=1K..2K..3K", "steps=1K",
        "steps=1K,,2K", "steps=0,0", "steps=1K,-1", "bursts=1K,2K", "bursts=1K,2K,1s,1s",
        "bursts=1K,2K,0s,0s", "bursts=1K,2K,1s,100", "burst=1K,2K,1s,100ms", "bursts=1K,2K,1s,100ms,1"}) {
    const auto refused = parse_profile(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().found, "'" + std::string(text) + "'");
    EXPECT_NE(refused.error().expected.find("ramp=100K..2M"), std::string::npos);
  }
}

}  // namespace
}  // namespace upout::harness
