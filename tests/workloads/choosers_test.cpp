#include "workloads/choosers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tests/workloads/chi_square.h"
#include "tests/workloads/ycsb_reference.h"
#include "workloads/divisor.h"
#include "workloads/random.h"

namespace upout::workloads {
namespace {

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

TEST(FnvHash, IsTheHashOfAllEightBytes) {
  for (unsigned shift = 1; shift < 64; ++shift) {
    const std::uint64_t number = 0x9e3779b97f4a7c15 >> shift;
    EXPECT_EQ(fnv_hash(number),
              static_cast<std::uint64_t>(reference::fnv(static_cast<std::int64_t>(number))));
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
  for (const double theta : {0.3, 0.77, 0.99, 1.2, 2.0}) {
    const double zeta = theta == 0.99 ? 26.46902820178302 : ZetaSums(theta)(10'000'000'001);
    std::vector<double> probabilities(records);
    for (int i = 0; i < grid; ++i) {
      const std::uint64_t rank = reference::rank((i + 0.5) / grid, 10'000'000'001.0, theta, zeta);
      probabilities[static_cast<std::uint64_t>(reference::fnv(static_cast<std::int64_t>(rank))) % records] +=
          1.0 / grid;
    }
    const auto counts = counts_of(ScrambledZipfianChooser(records, theta), records, 320'000);
    EXPECT_LT(chi_square_excess(counts, probabilities), 4) << theta;
  }
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

/// Where the hot records are as likely as each other, and the rest too.
std::vector<double> hotspot_probabilities(std::uint64_t records, std::uint64_t hot, double operations) {
  std::vector<double> probabilities(records, (1 - operations) / static_cast<double>(records - hot));
  std::fill_n(probabilities.begin(), hot, operations / static_cast<double>(hot));
  return probabilities;
}

TEST(HotspotChooser, GivesTheFirstRecordsTheirShare) {
  constexpr std::uint64_t records = 1000;
  const auto excess = [](double data, std::uint64_t hot, double operations) {
    const auto counts = counts_of(HotspotChooser(records, data, operations), records, 1'600'000);
    return chi_square_excess(counts, hotspot_probabilities(records, hot, operations));
  };
  EXPECT_LT(excess(0.2, 200, 0.8), 4);
  EXPECT_LT(excess(0.001, 1, 0.01), 4);
  EXPECT_LT(excess(0.9996, 999, 0.9), 4);  // what is left over of a record is none
  EXPECT_LT(excess(0.5, 500, 0.5), 4);
}

TEST(HotspotChooser, TakesOneSetAloneIfTheOtherIsEmptyOrGetsNothing) {
  const auto least_and_greatest = [](double data, double operations) {
    const auto counts = counts_of(HotspotChooser(100, data, operations), 100, 16'000);
    std::pair<std::size_t, std::size_t> ends{100, 0};
    for (std::size_t record = 0; record < counts.size(); ++record) {
      if (counts[record] == 0) continue;
      ends = {std::min(ends.first, record), std::max(ends.second, record)};
    }
    return ends;
  };
  const std::pair<std::size_t, std::size_t> all{0, 99};
  EXPECT_EQ(least_and_greatest(0, 0.8), all);
  EXPECT_EQ(least_and_greatest(0.009, 1), all);
  EXPECT_EQ(least_and_greatest(1, 0.1), all);
  EXPECT_EQ(least_and_greatest(0.2, 1), (std::pair<std::size_t, std::size_t>{0, 19}));
  EXPECT_EQ(least_and_greatest(0.2, 0), (std::pair<std::size_t, std::size_t>{20, 99}));
}

std::vector<std::uint64_t> turns_of(std::uint64_t records, std::uint32_t worker, std::uint32_t workers,
                                    std::size_t turns) {
  Chooser chooser = SequentialChooser(records, worker, workers);
  Random random(1, 1);
  std::vector<std::uint64_t> taken(turns);
  choose(chooser, random, std::span(taken).first(turns / 3));  // by the batch, of whatever size
  choose(chooser, random, std::span(taken).subspan(turns / 3));
  return taken;
}

TEST(SequentialChooser, TakesEachRecordInTurnAndBeginsAgain) {
  EXPECT_EQ(turns_of(4, 0, 1, 9), (std::vector<std::uint64_t>{0, 1, 2, 3, 0, 1, 2, 3, 0}));
  EXPECT_EQ(turns_of(1, 0, 1, 3), (std::vector<std::uint64_t>{0, 0, 0}));
}

TEST(SequentialChooser, DealsOutTheTurnsOfASharedCounter) {
  for (const std::uint64_t records : {1U, 2U, 5U, 6U, 100U}) {
    constexpr std::uint32_t workers = 3;
    constexpr std::size_t turns = 300;
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      const std::vector<std::uint64_t> taken = turns_of(records, worker, workers, turns);
      for (std::size_t turn = 0; turn < turns; ++turn)
        ASSERT_EQ(taken[turn], (turn * workers + worker) % records) << records << " " << worker;
    }
  }
}

}  // namespace
}  // namespace upout::workloads
