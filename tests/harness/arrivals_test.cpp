#include "harness/arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <vector>

namespace upout::harness {
namespace {

using namespace std::chrono_literals;
using platform::Timestamp;
using workloads::WorkerSlot;

constexpr Timestamp start = 1000s;
constexpr Window no_window{};

OfferedLoad load(ArrivalKind kind, double per_second) {
  return {.per_second = per_second, .arrivals = kind};
}

std::vector<Timestamp> times(Arrivals arrivals, std::size_t count) {
  std::vector<Timestamp> all;
  for (; all.size() < count; arrivals.advance()) all.push_back(arrivals.next());
  return all;
}

std::vector<double> gaps_of(const std::vector<Timestamp>& times) {
  std::vector<double> gaps;
  Timestamp before = start;
  for (const Timestamp time : times) {
    gaps.push_back(static_cast<double>((time - before).count()));
    before = time;
  }
  return gaps;
}

/// The greatest distance between the distribution of these gaps and an exponential one (Kolmogorov and
/// Smirnov), times the square root of their number: 1.95 is exceeded once in a thousand times.
double distance_from_exponential(std::vector<double> gaps, double mean) {
  std::ranges::sort(gaps);
  const auto count = static_cast<double>(gaps.size());
  double greatest = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double expected = -std::expm1(-gaps[i] / mean);
    const auto below = static_cast<double>(i);
    greatest = std::max({greatest, expected - below / count, (below + 1) / count - expected});
  }
  return greatest * std::sqrt(count);
}

std::vector<Timestamp> merged(const OfferedLoad& load, std::uint32_t workers, std::size_t of_each) {
  std::vector<Timestamp> all;
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    const auto own = times(Arrivals(load, WorkerSlot{worker, workers}, 42, 0, start, no_window), of_each);
    all.insert(all.end(), own.begin(), own.end());
  }
  std::ranges::sort(all);
  return all;
}

TEST(Arrivals, OfAPoissonProcessHaveExponentialGaps) {
  constexpr std::size_t count = 200'000;
  constexpr double mean = 100'000;  // nanoseconds: what a nanosecond rounds away does not show
  for (std::uint32_t worker = 0; worker < 3; ++worker) {
    const auto gaps = gaps_of(times(
        Arrivals(load(ArrivalKind::poisson, 3e4), WorkerSlot{worker, 3}, 42, 0, start, no_window), count));
    double sum = 0;
    for (const double gap : gaps) sum += gap;
    EXPECT_NEAR(sum / count, mean, 4 * mean / std::sqrt(double(count))) << worker;
    EXPECT_LT(distance_from_exponential(gaps, mean), 1.95) << worker;
  }
}

/// Whoever serves all of them sees one process of the whole rate.
TEST(Arrivals, OfSeveralWorkersAddUpToOnePoissonProcess) {
  const auto all = merged(load(ArrivalKind::poisson, 1e5), 4, 50'000);
  auto gaps = gaps_of(all);
  gaps.resize(150'000);  // behind them some of the workers have ended
  EXPECT_LT(distance_from_exponential(gaps, 1e4), 1.95);
}

/// Neighbouring gaps have nothing to do with each other, nor have those of two workers, repetitions or seeds.
TEST(Arrivals, OfAPoissonProcessAreIndependent) {
  constexpr std::size_t count = 100'000;
  const OfferedLoad offered = load(ArrivalKind::poisson, 1e4);
  const auto of = [&](std::uint32_t worker, std::uint32_t round, std::uint64_t seed) {
    return gaps_of(times(Arrivals(offered, WorkerSlot{worker, 2}, seed, round, start, no_window), count));
  };
  const auto correlation = [&](const std::vector<double>& a, const std::vector<double>& b,
                               std::size_t shift) {
    constexpr double mean = 2e5;
    double sum = 0;
    for (std::size_t i = shift; i < count; ++i) sum += (a[i] - mean) * (b[i - shift] - mean) / (mean * mean);
    return sum / static_cast<double>(count - shift);
  };
  const double chance = 4 / std::sqrt(double(count));
  const auto first = of(0, 0, 1);
  EXPECT_NEAR(correlation(first, first, 0), 1, 0.05) << "an exponential gap's variance";
  EXPECT_NEAR(correlation(first, first, 1), 0, chance);
  EXPECT_NEAR(correlation(first, of(1, 0, 1), 0), 0, chance);
  EXPECT_NEAR(correlation(first, of(0, 1, 1), 0), 0, chance);
  EXPECT_NEAR(correlation(first, of(0, 0, 2), 0), 0, chance);
  EXPECT_EQ(first, of(0, 0, 1));
}

/// Equal gaps over all workers, and after many of them still at the right time: a seventh of a microsecond is
/// no number of nanoseconds, nor are three sevenths, and a gap that is rounded adds up.
TEST(Arrivals, ThatAreUniformComeInTurnAndDoNotDrift) {
  const auto all = merged(load(ArrivalKind::uniform, 7e6), 3, 200'000);
  ASSERT_EQ(all.size(), 600'000U);
  double worst = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>((all[i] - start).count()) -
                                     static_cast<double>(i + 1) * 1e3 / 7));
  EXPECT_LE(worst, 1.0) << "ns";
}

TEST(Arrivals, InTheWindowAreCounted) {
  const Window window{start + 1s, start + 3s};
  Arrivals arrivals(load(ArrivalKind::uniform, 1000), WorkerSlot{0, 2}, 1, 0, start, window);
  for (; arrivals.next() < start + 2s; arrivals.advance()) {
  }
  EXPECT_NEAR(static_cast<double>(arrivals.offered(start + 2s)), 500, 1);
  EXPECT_NEAR(static_cast<double>(arrivals.offered(window.end)), 1000, 1) << "those to come are expected";
  for (; arrivals.next() < start + 4s; arrivals.advance()) {
  }
  EXPECT_NEAR(static_cast<double>(arrivals.offered(window.end)), 1000, 1) << "those behind it do not count";
}

TEST(Arrivals, ThatNobodyHasComeToAreExpectedAtTheRate) {
  const Window window{start + 1s, start + 3s};
  for (const ArrivalKind kind : {ArrivalKind::poisson, ArrivalKind::uniform}) {
    const Arrivals arrivals(load(kind, 1e6), WorkerSlot{1, 4}, 1, 0, start, window);
    EXPECT_NEAR(static_cast<double>(arrivals.offered(window.end)), 5e5, 1);
  }
}

TEST(Rate, IsANumberPerhapsWithALetterAndPerSecond) {
  EXPECT_EQ(*parse_rate("2M/s"), 2e6);
  EXPECT_EQ(*parse_rate("1.5K"), 1500);
  EXPECT_EQ(*parse_rate("20k/s"), 20'000);
  EXPECT_EQ(*parse_rate("300000"), 300'000);
  EXPECT_EQ(*parse_rate("0.5/s"), 0.5);
  EXPECT_EQ(*parse_rate("1G/s"), 1e9);
  EXPECT_EQ(*parse_rate("0.001/s"), 0.001);
}

TEST(Rate, OfAnythingElseIsRefused) {
  for (const char* text : {"", "M/s", "0", "0M/s", "-1", "2 M/s", "2m", "2MM", "2M/min", "1e6", "nan", "inf",
                           "1.1G", "0.0009"}) {
    const auto refused = parse_rate(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().found, "'" + std::string(text) + "'");
    EXPECT_NE(refused.error().expected.find("2M/s"), std::string::npos);
  }
}

}  // namespace
}  // namespace upout::harness
