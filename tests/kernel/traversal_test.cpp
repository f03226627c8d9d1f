#include "kernel/traversal.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/kernel/values.h"

namespace upout::kernel {
namespace {

using testing::Bench;
using testing::Bytes;
using testing::pattern;

template <class Policy, IndexKind index>
struct Kind : Bench<Policy> {
  Kind() : Bench<Policy>({.index = index}) {}

  /// How often each record is visited by all parts of a division, and whether its value is right.
  std::map<Key, std::size_t> visits(std::size_t parts) {
    std::map<Key, std::size_t> counts;
    Traversal<Policy> traversal(*this->store, this->worker);
    for (std::size_t i = 0; i < parts; ++i) {
      traversal.run({i, parts}, [&](Key key, std::span<const std::byte> value) {
        EXPECT_TRUE(std::ranges::equal(value, value_of(key))) << key;
        ++counts[key];
      });
    }
    return counts;
  }
  static Bytes value_of(Key key) { return pattern(key % 1000 == 7 ? 20'000 : key % 40, key); }
};

template <class Bench>
class TraversalTest : public ::testing::Test {};
using Kinds = ::testing::Types<Kind<Shared, IndexKind::hash>, Kind<Exclusive, IndexKind::hash>,
                               Kind<Shared, IndexKind::ordered>, Kind<Exclusive, IndexKind::ordered>>;
TYPED_TEST_SUITE(TraversalTest, Kinds);

TYPED_TEST(TraversalTest, HoldsEachRecordInOnePartWhateverTheirNumber) {
  for (const Key stride : {Key{1}, Key{977}, largest_key / 4000}) {
    TypeParam bench;
    std::map<Key, std::size_t> expected;
    for (std::size_t size = 0; size < 3000; ++size) {
      const bool is_looked_at = size < 3 || size == 100 || size == 2999;
      for (const std::size_t parts : {1u, 2u, 7u, 64u, 5000u}) {
        if (!is_looked_at) break;
        ASSERT_EQ(bench.visits(parts), expected) << size << " records in " << parts << " parts";
      }
      ASSERT_EQ(bench.insert(size * stride, bench.value_of(size * stride)), Status::ok);
      expected[size * stride] = 1;
    }
  }
}

TYPED_TEST(TraversalTest, PassesOverRecordsThatHaveGone) {
  TypeParam bench;
  std::map<Key, std::size_t> expected;
  for (Key key = 0; key < 2000; ++key) ASSERT_EQ(bench.insert(key, bench.value_of(key)), Status::ok);
  for (Key key = 0; key < 2000; ++key) {
    if (key % 3 == 0) {
      ASSERT_EQ(bench.remove(key), Status::ok);
    } else {
      expected[key] = 1;
    }
  }
  EXPECT_EQ(bench.visits(5), expected);
}

TEST(TraversalOfAGrowingIndex, FindsWhatHasMovedAndWhatHasNot) {
  Kind<Shared, IndexKind::hash> bench;
  std::map<Key, std::size_t> expected;
  std::size_t times_growing = 0;
  for (Key key = 0; key < 4000; ++key) {
    ASSERT_EQ(bench.insert(key, bench.value_of(key)), Status::ok);
    expected[key] = 1;
    if (!bench.store->hash()->is_growing() || ++times_growing % 20 != 0) continue;
    ASSERT_EQ(bench.visits(3), expected);
  }
  ASSERT_GT(times_growing, 100U);
}

}  // namespace
}  // namespace upout::kernel
