#include "kernel/record.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernel/hash.h"

namespace upout::kernel {
namespace {

TEST(Header, KeepsVersionSizeAndFlagsApart) {
  const Header header = Header::present(7, max_value_bytes);
  EXPECT_EQ(header.version(), 7u);
  EXPECT_EQ(header.size(), max_value_bytes);
  EXPECT_FALSE(header.is_locked());
  EXPECT_FALSE(header.is_absent());
  EXPECT_TRUE(header.locked().is_locked());
  EXPECT_EQ(header.locked().size(), max_value_bytes);
  EXPECT_EQ(header.locked().version(), 7u);
}

TEST(Header, NextVersionIsUnlockedAndNewer) {
  const Header next = Header::present(7, 100).locked().next(0);
  EXPECT_EQ(next.version(), 8u);
  EXPECT_EQ(next.size(), 0u);
  EXPECT_FALSE(next.is_locked());
}

TEST(Header, GoneIsAbsentUnlockedAndNewer) {
  const Header gone = Header::present(7, 100).locked().gone();
  EXPECT_TRUE(gone.is_absent());
  EXPECT_FALSE(gone.is_locked());
  EXPECT_EQ(gone.version(), 8u);
}

TEST(KeyHash, NeverGivesTheTagOfAnEmptySlot) {
  for (Key key = 0; key < 1'000'000; ++key) {
    ASSERT_NE(KeyHash(key).tag(), 0u);
    ASSERT_LT(KeyHash(key).tag(), 65536u);
  }
}

TEST(KeyHash, DealsKeysOutEvenlyToAnyNumberOfPartitions) {
  for (const std::uint32_t partitions : {1u, 2u, 3u, 7u, 64u}) {
    std::vector<int> counts(partitions);
    constexpr int keys = 100'000;
    for (Key key = 0; key < keys; ++key) {
      const std::uint32_t partition = KeyHash(key).partition(partitions);
      ASSERT_LT(partition, partitions);
      ++counts[partition];
    }
    const double expected = double(keys) / partitions;
    double chi_square = 0;
    for (const int count : counts) chi_square += (count - expected) * (count - expected) / expected;
    EXPECT_LT(chi_square, partitions + 5 * std::sqrt(2.0 * partitions) + 10) << partitions << " partitions";
  }
}

}  // namespace
}  // namespace upout::kernel
