#include "workloads/choosers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "tests/workloads/chi_square.h"
#include "workloads/divisor.h"
#include "workloads/insert_frontier.h"
#include "workloads/random.h"

namespace upout::workloads {
namespace {

std::vector<std::uint64_t> counts_of(Chooser chooser, std::uint64_t records, std::size_t draws) {
  Random random(7, 3);
  std::vector<std::uint64_t> counts(records);
  std::array<std::uint64_t, 16> batch{};
  for (std::size_t i = 0; i < draws / batch.size(); ++i) {
    choose(chooser, random, batch);
    for (const std::uint64_t record : batch) ++counts.at(record);
  }
  return counts;
}

/// YCSB's definitions once more, as plainly as they can be written.
namespace reference {

double zeta(std::uint64_t n, double theta) {
  double sum = 0;
  for (std::uint64_t i = 1; i <= n; ++i) sum += 1 / std::pow(static_cast<double>(i), theta);
  return sum;
}

std::uint64_t rank(double u, double items, double theta, double zeta_n) {
  const double eta = (1 - std::pow(2 / items, 1 - theta)) / (1 - zeta(2, theta) / zeta_n);
  if (u * zeta_n < 1) return 0;
  if (u * zeta_n < 1 + std::pow(0.5, theta)) return 1;
  return static_cast<std::uint64_t>(items * std::pow(eta * u - eta + 1, 1 / (1 - theta)));
}

std::int64_t fnv(std::int64_t value) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (int i = 0; i < 8; ++i) {
    hash ^= static_cast<std::uint64_t>(value & 0xff);
    value >>= 8;
    hash *= 1099511628211;
  }
  return std::abs(static_cast<std::int64_t>(hash));
}

}  // namespace reference

TEST(Random, StreamsOfOneSeedDiffer) {
  Random first(1, 0);
  Random second(1, 1);
  Random other_seed(2, 0);
  const std::uint64_t number = first.next();
  EXPECT_NE(number, second.next());
  EXPECT_NE(number, other_seed.next());
  EXPECT_EQ(number, Random(1, 0).next());
}

TEST(Random, EachBitIsSetHalfOfTheTime) {
  Random random(5, 5);
  std::array<std::uint64_t, 64> set{};
  constexpr int draws = 100'000;
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t number = random.next();
    for (unsigned bit = 0; bit < 64; ++bit) set[bit] += number >> bit & 1;
  }
  for (const std::uint64_t count : set)
    EXPECT_NEAR(static_cast<double>(count), draws / 2.0, 5 * std::sqrt(draws) / 2);
}

TEST(Mix64, IsABijection) {
  // An inverse of an odd number modulo 2^64, by Newton's iteration.
  const auto inverse = [](std::uint64_t odd) {
    std::uint64_t result = odd;
    for (int i = 0; i < 6; ++i) result *= 2 - odd * result;
    return result;
  };
  const auto unmix = [&inverse](std::uint64_t word) {
    word = (word ^ word >> 31 ^ word >> 62) * inverse(0x94d049bb133111eb);
    word = (word ^ word >> 27 ^ word >> 54) * inverse(0xbf58476d1ce4e5b9);
    return word ^ word >> 30 ^ word >> 60;
  };
  Random random(2, 2);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t word = random.next() >> (i % 64);
    ASSERT_EQ(unmix(mix64(word)), word);
  }
}

TEST(Divisor, AgreesWithDivision) {
  Random random(11, 0);
  std::vector<std::uint64_t> divisors{1,     2,        3, 7, 10, 1'000'000, 0xffffffff, 0x8000000000000000,
                                      ~0ULL, ~0ULL - 1};
  for (unsigned shift = 0; shift < 64; ++shift) divisors.push_back((random.next() >> shift) | 1);
  for (const std::uint64_t divisor : divisors) {
    const Divisor by(divisor);
    std::vector<std::uint64_t> dividends{0,           1,     divisor - 1, divisor,
                                         divisor + 1, ~0ULL, ~0ULL - 1,   ~0ULL / divisor * divisor};
    for (unsigned shift = 0; shift < 64; ++shift) dividends.push_back(random.next() >> shift);
    for (const std::uint64_t dividend : dividends) {
      const auto [quotient, remainder] = by.divide(dividend);
      ASSERT_EQ(quotient, dividend / divisor) << dividend << " / " << divisor;
      ASSERT_EQ(remainder, dividend % divisor) << dividend << " % " << divisor;
    }
  }
}

TEST(IntegerPower, AgreesWithPow) {
  for (const unsigned n : {0U, 1U, 2U, 3U, 50U, 100U, 127U}) {
    for (const double x : {0.0, 0.5, 0.8, 0.999, 1.0, 1.5}) {
      EXPECT_NEAR(integer_power(x, n) / std::max(std::pow(x, n), 1e-300), x == 0 && n > 0 ? 0 : 1, 1e-13)
          << x << "^" << n;
    }
  }
}

TEST(FnvHash, IsTheHashOfAllEightBytes) {
  for (unsigned shift = 1; shift < 64; ++shift) {
    const std::uint64_t number = 0x9e3779b97f4a7c15 >> shift;
    EXPECT_EQ(fnv_hash(number),
              static_cast<std::uint64_t>(reference::fnv(static_cast<std::int64_t>(number))));
  }
}

TEST(ZetaSums, AgreeWithTheSumOfTheirTerms) {
  for (const double theta : {0.3, 0.5, 0.99}) {
    const ZetaSums zeta(theta);
    for (const std::uint64_t n : {1U, 2U, 999U, 1000U, 1001U, 1500U, 100'000U}) {
      EXPECT_NEAR(zeta(n) / reference::zeta(n, theta), 1, 1e-12) << theta << " " << n;
    }
  }
}

TEST(ZetaSums, GiveYcsbsPrecomputedSumOfTenBillionTerms) {
  EXPECT_NEAR(ZetaSums(0.99)(10'000'000'000), ScrambledZipfianChooser::zeta, 1e-9);
}

TEST(ZipfianRanks, AreThoseOfTheDefinitionForEachNumber) {
  for (const double theta : {0.5, 0.8, 0.9, 0.99}) {  // alpha is 2, 5, 10 and 100: powers by squaring
    const std::uint64_t items = 100'000;
    const double zeta = reference::zeta(items, theta);
    const ZipfianRanks ranks(items, theta, zeta);
    int different = 0;
    for (int i = 0; i < 20'000; ++i) {
      const double u = (i + 0.5) / 20'000;
      different += ranks.rank_of(u) == reference::rank(u, static_cast<double>(items), theta, zeta) ? 0 : 1;
    }
    EXPECT_LE(different, 1) << theta;  // rounding may move a number over the edge between two ranks
  }
}

TEST(ZipfianRanks, TakeAnyTheta) {
  const std::uint64_t items = 1000;
  const double zeta = reference::zeta(items, 0.77);
  const ZipfianRanks ranks(items, 0.77, zeta);
  for (int i = 0; i < 1000; ++i) {
    const double u = (i + 0.5) / 1000;
    EXPECT_EQ(ranks.rank_of(u), reference::rank(u, 1000, 0.77, zeta)) << u;
  }
}

TEST(ZipfianRanks, StayBelowTheNumberOfItems) {
  const double almost_one = 1 - 0x1p-53;
  for (const std::uint64_t items : {1U, 2U, 3U, 4U, 1000U}) {
    const ZipfianRanks ranks(items, 0.99, reference::zeta(items, 0.99));
    EXPECT_LT(ranks.rank_of(almost_one), items);
    EXPECT_EQ(ranks.rank_of(0), 0U);
  }
}

TEST(UniformChooser, TakesEachRecordEquallyOften) {
  const std::vector<double> probabilities(1000, 1.0 / 1000);
  EXPECT_LT(chi_square_excess(counts_of(UniformChooser(1000), 1000, 1'600'000), probabilities), 4);
}

TEST(ScrambledZipfianChooser, ChoosesWhatTheDefinitionChooses) {
  constexpr std::uint64_t records = 123'457;
  constexpr std::size_t draws = 16'000;
  Chooser chooser = ScrambledZipfianChooser(records);
  Random random(3, 1);
  Random same = random;
  std::vector<std::uint64_t> chosen(draws);
  choose(chooser, random, chosen);
  std::size_t different = 0;
  for (const std::uint64_t record : chosen) {
    const std::uint64_t rank = reference::rank(same.unit(), 10'000'000'001.0, 0.99, 26.46902820178302);
    const std::int64_t expected = reference::fnv(static_cast<std::int64_t>(rank)) % std::int64_t{records};
    different += record == static_cast<std::uint64_t>(expected) ? 0 : 1;
  }
  // x^100 and pow(x, 99.99999999999991) differ in the 14th digit, and ranks go up to 10^10.
  EXPECT_LE(different, draws / 1000);
}

TEST(ScrambledZipfianChooser, FollowsTheDistributionOfTheDefinition) {
  // Each rank's probability is the length of the interval of numbers that stand for it; ranks that many
  // numbers share are summed over a fine grid.
  constexpr std::uint64_t records = 200;
  constexpr int grid = 2'000'000;
  std::vector<double> probabilities(records);
  for (int i = 0; i < grid; ++i) {
    const std::uint64_t rank = reference::rank((i + 0.5) / grid, 10'000'000'001.0, 0.99, 26.46902820178302);
    probabilities[static_cast<std::uint64_t>(reference::fnv(static_cast<std::int64_t>(rank))) % records] +=
        1.0 / grid;
  }
  EXPECT_LT(chi_square_excess(counts_of(ScrambledZipfianChooser(records), records, 320'000), probabilities),
            4);
}

TEST(ScrambledZipfianChooser, GivesTheHottestRecordOneShareInZeta) {
  constexpr std::uint64_t records = 1'000'000;
  constexpr double draws = 1'600'000;
  const std::vector<std::uint64_t> counts = counts_of(ScrambledZipfianChooser(records), records, 1'600'000);
  const auto hottest = std::ranges::max_element(counts);
  EXPECT_EQ(static_cast<std::uint64_t>(hottest - counts.begin()),
            static_cast<std::uint64_t>(reference::fnv(0)) % records);
  EXPECT_NEAR(static_cast<double>(*hottest) / draws, 1 / 26.46902820178302, 0.001);
}

TEST(LatestChooser, FavoursTheNewestOfTheLoadedRecords) {
  constexpr std::uint64_t records = 1000;
  const auto frontier = std::make_shared<InsertFrontier>(1);
  frontier->join(0);
  std::vector<double> probabilities(records);
  const double zeta = reference::zeta(records, 0.99);
  constexpr int grid = 2'000'000;
  for (int i = 0; i < grid; ++i) {
    const std::uint64_t distance = reference::rank((i + 0.5) / grid, records, 0.99, zeta);
    probabilities[records - 1 - distance] += 1.0 / grid;
  }
  const auto counts = counts_of(LatestChooser(records, frontier), records, 1'600'000);
  EXPECT_LT(chi_square_excess(counts, probabilities), 4);
  EXPECT_LT(grouped_chi_square_excess(counts, probabilities), 4);
}

TEST(LatestChooser, DealsDistancesToTheWorkersOfThisProcessInTurn) {
  // A deployment of 4 workers, of which 1 and 3 are here; both have added two records: 10 + n * 4 + worker.
  const auto frontier = std::make_shared<InsertFrontier>(4);
  frontier->publish(frontier->join(1), 2);
  frontier->publish(frontier->join(3), 2);
  const LatestChooser chooser(10, frontier);
  const std::vector<std::uint64_t> newest_first{15, 17, 11, 13, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  for (std::size_t distance = 0; distance < newest_first.size(); ++distance) {
    EXPECT_EQ(chooser.record_at(distance), newest_first[distance]) << distance;
  }
}

TEST(LatestChooser, PicksOnlyWhatIsThereWhenOneWorkerIsFarAhead) {
  const auto frontier = std::make_shared<InsertFrontier>(2);
  frontier->publish(frontier->join(0), 1000);
  frontier->join(1);
  const LatestChooser chooser(10, frontier);
  for (std::uint64_t distance = 0; distance < 1010; ++distance) {
    const std::uint64_t record = chooser.record_at(distance);
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
