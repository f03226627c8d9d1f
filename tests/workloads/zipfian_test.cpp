#include "workloads/zipfian.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/workloads/ycsb_reference.h"
#include "workloads/power.h"

namespace upout::workloads {
namespace {

TEST(IntegerPower, AgreesWithPow) {
  for (const unsigned n : {0U, 1U, 2U, 3U, 50U, 100U, 127U}) {
    for (const double x : {0.0, 0.5, 0.8, 0.999, 1.0, 1.5}) {
      EXPECT_NEAR(integer_power(x, n) / std::max(std::pow(x, n), 1e-300), x == 0 && n > 0 ? 0 : 1, 1e-13)
          << x << "^" << n;
    }
  }
}

TEST(QuickLog2, IsTheLogarithmToTheFourteenthDigit) {
  Random random(1, 1);
  for (int i = 0; i < 100'000; ++i) {
    const double wide = std::exp2(128 * (random.unit() - 0.5));
    const double near_one = 1 + (random.unit() - 0.5) / 100;
    for (const double x : {wide, near_one}) ASSERT_NEAR(quick_log2(x), std::log2(x), 1e-14) << x;
  }
  for (int exponent = -1000; exponent <= 1000; ++exponent)
    ASSERT_NEAR(quick_log2(std::exp2(exponent)), exponent, 1e-13 * std::abs(exponent) + 1e-14);
}

TEST(QuickExp2, IsThePowerToTheThirteenthDigit) {
  Random random(1, 2);
  for (int i = 0; i < 100'000; ++i) {
    const double y = 2000 * (random.unit() - 0.5);
    ASSERT_NEAR(quick_exp2(y) / std::exp2(y), 1, 1e-13) << y;
  }
  for (int exponent = -1000; exponent <= 1000; ++exponent)
    ASSERT_EQ(quick_exp2(exponent), std::exp2(exponent));
}

TEST(ZetaSums, AgreeWithTheSumOfTheirTerms) {
  for (const double theta : {0.3, 0.5, 0.99}) {
    const ZetaSums zeta(theta);
    for (const std::uint64_t n : {1U, 2U, 999U, 1000U, 1001U, 1500U, 100'000U}) {
      EXPECT_NEAR(zeta(n) / reference::zeta(n, theta), 1, 1e-12) << theta << " " << n;
    }
  }
}

TEST(ZetaSums, TakeAnyTheta) {
  for (const double theta : {0.0, 1.2, 2.0, 5.0, 10.0}) {
    const ZetaSums zeta(theta);
    for (const std::uint64_t n : {1U, 2U, 1000U, 1001U, 100'000U}) {
      EXPECT_NEAR(zeta(n) / reference::zeta(n, theta), 1, 1e-12) << theta << " " << n;
    }
  }
  // What is taken for 1 is a millionth less.
  EXPECT_NEAR(ZetaSums(1)(100'000) / reference::zeta(100'000, 1), 1, 1e-5);
  EXPECT_NEAR(ZetaSums(1)(100'000) / reference::zeta(100'000, 1 - 1e-6), 1, 1e-9);
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
  for (const double theta : {0.0, 0.01, 0.77, 0.999, 1.001, 1.2, 2.0, 10.0}) {
    const double zeta = reference::zeta(items, theta);
    const ZipfianRanks ranks(items, theta, zeta);
    int different = 0;
    for (int i = 0; i < 1000; ++i) {
      const double u = (i + 0.5) / 1000;
      different += ranks.rank_of(u) == reference::rank(u, 1000, theta, zeta) ? 0 : 1;
    }
    EXPECT_LE(different, 1) << theta;  // rounding may move a number over the edge between two ranks
  }
}

TEST(ZipfianRanks, OfThetaOneAreThoseOfItsNeighbours) {
  const ZipfianRanks ranks(1000, 1, ZetaSums(1)(1000));
  const ZipfianRanks below(1000, 0.9999, ZetaSums(0.9999)(1000));
  const ZipfianRanks above(1000, 1.0001, ZetaSums(1.0001)(1000));
  for (int i = 0; i < 1000; ++i) {
    const double u = (i + 0.5) / 1000;
    EXPECT_LE(ranks.rank_of(u), below.rank_of(u)) << u;
    EXPECT_GE(ranks.rank_of(u), above.rank_of(u)) << u;
  }
}

TEST(ZipfianRanks, ComeByTheBatchAsTheyComeOneByOne) {
  for (const double theta : {0.77, 0.99, 1.2}) {
    const ZipfianRanks ranks(1'000'000, theta, ZetaSums(theta)(1'000'000));
    Random random(4, 4);
    Random same = random;
    std::vector<std::uint64_t> batch(100);
    ranks.fill(random, batch);
    for (const std::uint64_t rank : batch) EXPECT_EQ(rank, ranks.next(same));
  }
}

/// Ranks 0 and 1 are exact, those behind follow a curve that is up to a quarter off.
TEST(ZipfianRanks, AreCloseToZipfsLaw) {
  constexpr int numbers = 1'000'000;
  for (const double theta : {0.5, 0.99, 1.0, 1.5}) {
    const double zeta = reference::zeta(100, theta);
    const ZipfianRanks ranks(100, theta, ZetaSums(theta)(100));
    std::vector<double> shares(100);
    for (int i = 0; i < numbers; ++i) shares[ranks.rank_of((i + 0.5) / numbers)] += 1.0 / numbers;
    for (std::size_t rank = 0; rank < 100; ++rank) {
      const double law = std::pow(static_cast<double>(rank + 1), -theta) / zeta;
      EXPECT_NEAR(shares[rank] / law, 1, rank < 2 ? 1e-4 : 0.25) << theta << " " << rank;
    }
  }
}

TEST(ZipfianRanks, StayBelowTheNumberOfItems) {
  const double almost_one = 1 - 0x1p-53;
  for (const double theta : {0.0, 0.3, 0.5, 0.99, 1.0, 1.2, 2.0, 10.0}) {
    for (const std::uint64_t items : {1U, 2U, 3U, 4U, 1000U}) {
      const ZipfianRanks ranks(items, theta, ZetaSums(theta)(items));
      EXPECT_LT(ranks.rank_of(almost_one), items) << theta;
      EXPECT_EQ(ranks.rank_of(0), 0U) << theta;
    }
  }
}

}  // namespace
}  // namespace upout::workloads
