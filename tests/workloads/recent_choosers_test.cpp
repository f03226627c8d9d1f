#include "workloads/recent_choosers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "tests/workloads/chi_square.h"
#include "tests/workloads/ycsb_reference.h"
#include "workloads/choosers.h"
#include "workloads/insert_frontier.h"

namespace upout::workloads {
namespace {

TEST(LatestChooser, FavoursTheNewestOfTheLoadedRecords) {
  constexpr std::uint64_t records = 1000;
  const auto frontier = std::make_shared<InsertFrontier>(1);
  frontier->join(0);
  for (const double theta : {0.5, 0.77, 0.99, 1.2}) {
    std::vector<double> probabilities = reference::rank_probabilities(records, theta);
    std::ranges::reverse(probabilities);
    const auto counts = counts_of(LatestChooser(records, frontier, theta), records, 1'600'000);
    EXPECT_LT(chi_square_excess(counts, probabilities), 4) << theta;
    EXPECT_LT(grouped_chi_square_excess(counts, probabilities), 4) << theta;
  }
}

TEST(RecentRecords, DealDistancesToTheWorkersOfThisProcessInTurn) {
  // A deployment of 4 workers, of which 1 and 3 are here; both have added two records: 10 + n * 4 + worker.
  const auto frontier = std::make_shared<InsertFrontier>(4);
  frontier->publish(frontier->join(1), 2);
  frontier->publish(frontier->join(3), 2);
  RecentRecords chooser(10, frontier);
  EXPECT_TRUE(chooser.refresh());
  EXPECT_EQ(chooser.count(), 14U);
  const std::vector<std::uint64_t> newest_first{15, 17, 11, 13, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  for (std::size_t distance = 0; distance < newest_first.size(); ++distance) {
    EXPECT_EQ(chooser.at(distance), newest_first[distance]) << distance;
  }
}

TEST(RecentRecords, AreOnlyThoseThatAreThereWhenOneWorkerIsFarAhead) {
  const auto frontier = std::make_shared<InsertFrontier>(2);
  frontier->publish(frontier->join(0), 1000);
  frontier->join(1);
  RecentRecords chooser(10, frontier);
  chooser.refresh();
  for (std::uint64_t distance = 0; distance < 1010; ++distance) {
    const std::uint64_t record = chooser.at(distance);
    EXPECT_TRUE(record < 10 || (record % 2 == 0 && record < 10 + 2000)) << distance << " " << record;
  }
}

TEST(LatestChooser, SeesWhatIsAddedMeanwhile) {
  const auto frontier = std::make_shared<InsertFrontier>(1);
  const std::size_t place = frontier->join(0);
  Chooser chooser = LatestChooser(100, frontier);
  Random random(1, 1);
  std::array<std::uint64_t, 64> batch{};
  choose(chooser, random, batch);
  EXPECT_LT(*std::ranges::max_element(batch), 100U);
  frontier->publish(place, 50);
  choose(chooser, random, batch);
  EXPECT_EQ(*std::ranges::max_element(batch), 149U);
}

TEST(LatestChooser, FollowsTheDistributionAfterGrowth) {
  constexpr std::uint64_t loaded = 500;
  constexpr std::uint64_t records = 600;
  const auto frontier = std::make_shared<InsertFrontier>(1);
  const std::size_t place = frontier->join(0);
  LatestChooser chooser(loaded, frontier);
  frontier->publish(place, records - loaded);
  chooser.refresh(1);
  // YCSB: zeta and the number of items grow, the shape (eta) keeps the number of items of the start.
  const double zeta = reference::zeta(records, 0.99);
  const double eta = (1 - std::pow(2.0 / loaded, 0.01)) / (1 - reference::zeta(2, 0.99) / zeta);
  std::vector<double> probabilities(records);
  constexpr int grid = 2'000'000;
  for (int i = 0; i < grid; ++i) {
    const double u = (i + 0.5) / grid;
    auto distance = static_cast<std::uint64_t>(records * std::pow(eta * u - eta + 1, 100));
    if (u * zeta < 1 + std::pow(0.5, 0.99)) distance = 1;
    if (u * zeta < 1) distance = 0;
    probabilities[records - 1 - distance] += 1.0 / grid;
  }
  const auto counts = counts_of(std::move(chooser), records, 1'600'000);
  EXPECT_LT(chi_square_excess(counts, probabilities), 4);
  EXPECT_LT(grouped_chi_square_excess(counts, probabilities), 4);
}

/// How probable each record is: YCSB's distances have the density g e^(-gd), and those of `records` and more
/// are drawn again.
std::vector<double> exponential_probabilities(std::uint64_t records, double g) {
  std::vector<double> probabilities(records);
  const double all = 1 - std::exp(-g * static_cast<double>(records));
  for (std::uint64_t distance = 0; distance < records; ++distance) {
    const auto d = static_cast<double>(distance);
    probabilities[records - 1 - distance] = (std::exp(-g * d) - std::exp(-g * (d + 1))) / all;
  }
  return probabilities;
}

TEST(ExponentialChooser, FavoursTheNewestOfTheLoadedRecords) {
  struct Shape {
    double percentile;
    double fraction;
  };
  constexpr std::uint64_t records = 1000;
  const auto frontier = std::make_shared<InsertFrontier>(1);
  frontier->join(0);
  for (const auto [percentile, fraction] : {Shape{95, 0.8571428571}, Shape{50, 0.2}, Shape{1, 1}}) {
    const double g = -std::log(1 - percentile / 100) / (records * fraction);
    const auto probabilities = exponential_probabilities(records, g);
    const auto counts =
        counts_of(ExponentialChooser(records, frontier, percentile, fraction), records, 1'600'000);
    EXPECT_LT(grouped_chi_square_excess(counts, probabilities), 4) << percentile;
    // Classes of which hardly one draw is expected make no chi-square.
    if (fraction > 0.5) {
      EXPECT_LT(chi_square_excess(counts, probabilities), 4) << percentile;
    }
  }
}

TEST(ExponentialChooser, TakesYcsbsValuesByItself) {
  const auto frontier = std::make_shared<InsertFrontier>(1);
  frontier->join(0);
  EXPECT_EQ(counts_of(ExponentialChooser(100, frontier), 100, 1600),
            counts_of(ExponentialChooser(100, frontier, 95, 0.8571428571), 100, 1600));
}

TEST(ExponentialChooser, KeepsItsMeanAndReachesAllRecordsAfterGrowth) {
  constexpr std::uint64_t loaded = 500;
  constexpr std::uint64_t records = 1000;
  const auto frontier = std::make_shared<InsertFrontier>(1);
  const std::size_t place = frontier->join(0);
  ExponentialChooser chooser(loaded, frontier);
  frontier->publish(place, records - loaded);
  const auto probabilities = exponential_probabilities(records, -std::log(0.05) / (loaded * 0.8571428571));
  const auto counts = counts_of(std::move(chooser), records, 3'200'000);
  EXPECT_LT(chi_square_excess(counts, probabilities), 4);
  EXPECT_LT(grouped_chi_square_excess(counts, probabilities), 4);
}

TEST(ExponentialDistances, StayBelowTheNumberOfRecords) {
  const double almost_one = 1 - 0x1p-53;
  for (const double percentile : {0.001, 50.0, 99.999}) {
    for (const double fraction : {0.001, 1.0}) {
      for (const std::uint64_t records : {1ULL, 2ULL, 1000ULL, 1ULL << 40}) {
        const ExponentialDistances distances(records, percentile, fraction);
        EXPECT_LT(distances.distance_of(almost_one), records);
        EXPECT_EQ(distances.distance_of(0), 0U);
      }
    }
  }
}

TEST(InsertFrontier, GivesAWorkerThatComesAgainItsOldPlaceCleared) {
  InsertFrontier frontier(2);
  const std::size_t place = frontier.join(1);
  frontier.publish(place, 9);
  EXPECT_EQ(frontier.join(1), place);
  EXPECT_EQ(frontier.inserts(place), 0U);
  EXPECT_EQ(frontier.members(), 1U);
}

}  // namespace
}  // namespace upout::workloads
