#include "harness/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>

namespace upout::harness {
namespace {

TEST(Histogram, IsExactBelow128Nanoseconds) {
  for (std::uint64_t value = 0; value < 128; ++value) {
    EXPECT_EQ(Histogram::upper_end(Histogram::bucket_of(value)), value);
  }
}

TEST(Histogram, ErrsByLessThanOneSixtyFourthAndNeverDownwards) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    const std::uint64_t end = Histogram::upper_end(Histogram::bucket_of(value));
    ASSERT_GE(end, value);
    ASSERT_LE(end - value, value / 64) << value;
  }
}

TEST(Histogram, EachBucketBeginsWhereTheLastOneEnds) {
  for (std::size_t bucket = 0; bucket + 1 < Histogram::buckets; ++bucket) {
    const std::uint64_t end = Histogram::upper_end(bucket);
    ASSERT_EQ(Histogram::bucket_of(end), bucket);
    ASSERT_EQ(Histogram::bucket_of(end + 1), bucket + 1);
  }
}

TEST(Histogram, HoldsTheGreatestValueThereIs) {
  Histogram histogram;
  constexpr auto greatest = std::numeric_limits<std::uint64_t>::max();
  histogram.record(greatest);
  EXPECT_EQ(histogram.count(), 1u);
  EXPECT_EQ(histogram.quantile(0.5), greatest);
}

TEST(Histogram, QuantilesAreThoseOfTheSortedValues) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value) histogram.record(value);
  EXPECT_EQ(histogram.quantile(0), 1u);
  EXPECT_EQ(histogram.quantile(0.07), 7u);  // 0.07 * 100 is more than 7 in binary
  EXPECT_EQ(histogram.quantile(0.5), 50u);
  EXPECT_EQ(histogram.quantile(0.501), 51u);
  EXPECT_EQ(histogram.quantile(0.99), 99u);
  EXPECT_EQ(histogram.quantile(0.999), 100u);
  EXPECT_EQ(histogram.quantile(1), 100u);
}

TEST(Histogram, NoQuantileExceedsTheMaximum) {
  Histogram histogram;
  histogram.record(1'000'001);
  EXPECT_EQ(histogram.quantile(0.5), 1'000'001u);
}

TEST(Histogram, IsAllZerosWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_EQ(histogram.quantile(0.99), 0u);
}

TEST(Histogram, MergedIsAsIfOneHadRecordedAll) {
  Histogram first, second, both;
  for (std::uint64_t value = 10; value < 100'000; value = value * 3 / 2) {
    first.record(value, 3);
    second.record(value * 7);
    both.record(value, 3);
    both.record(value * 7);
  }
  first.merge(second);
  EXPECT_TRUE(std::ranges::equal(first.counts(), both.counts()));
  EXPECT_EQ(first.max(), both.max());
  EXPECT_EQ(first.count(), both.count());
}

}  // namespace
}  // namespace upout::harness
