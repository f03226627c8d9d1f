#include <gtest/gtest.h>

#include <map>

#include "kernel/scan_entry.h"
#include "tests/kernel/no_memory.h"
#include "tests/kernel/values.h"

namespace upout::kernel {
namespace {

using testing::Bench;
using testing::Bytes;
using testing::NoMemory;
using testing::pattern;

template <class Policy, IndexKind index>
struct Kind : Bench<Policy> {
  Kind() : Bench<Policy>({.index = index}) {}

  /// Inserts records of one size until there is no memory for another one.
  void fill(std::size_t value_size, std::map<Key, std::size_t>& sizes) {
    const Bytes value = pattern(value_size, value_size);
    for (int i = 0; i < 10; ++i) {  // so that the heap has something to run out of
      ASSERT_EQ(this->insert(sizes.size(), value), Status::ok);
      sizes[sizes.size()] = value_size;
    }
    for (Key key = sizes.size();; ++key) {
      Status status = Status::ok;
      {
        const NoMemory no_memory;
        status = this->insert(key, value);
      }
      if (status == Status::out_of_memory) return;
      ASSERT_EQ(status, Status::ok);
      sizes[key] = value_size;
    }
  }

  void expect_exactly(const std::map<Key, std::size_t>& sizes) {
    ASSERT_EQ(this->store->size(), sizes.size());
    Bytes value;
    for (const auto& [key, size] : sizes) {
      ASSERT_EQ(this->get(key, value), Status::ok) << key;
      ASSERT_EQ(value, pattern(size, size)) << key;
    }
    ASSERT_EQ(this->get(sizes.size(), value), Status::not_found);
  }
};

template <class Bench>
class StoreWithoutMemoryTest : public ::testing::Test {};
using Kinds = ::testing::Types<Kind<Shared, IndexKind::hash>, Kind<Exclusive, IndexKind::hash>,
                               Kind<Shared, IndexKind::ordered>, Kind<Exclusive, IndexKind::ordered>>;
TYPED_TEST_SUITE(StoreWithoutMemoryTest, Kinds);

TYPED_TEST(StoreWithoutMemoryTest, RefusesRecordsAndKeepsThoseThatItHas) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer itself ends the program when it gets no memory";
#endif
  TypeParam bench;
  std::map<Key, std::size_t> sizes;
  bench.fill(100'000, sizes);
  bench.fill(64,
             sizes);  // of the size of an overflow bucket and small: the last memory goes, for all else too
  bench.expect_exactly(sizes);
}

TYPED_TEST(StoreWithoutMemoryTest, KeepsTheOldValueIfThereIsNoRoomForALongerOne) {
  TypeParam bench;
  std::map<Key, std::size_t> sizes;
  bench.fill(100'000, sizes);
  {
    const Bytes longer = pattern(200'000, 1);
    const NoMemory no_memory;
    EXPECT_EQ(bench.put(3, longer), Status::out_of_memory);
  }
  bench.expect_exactly(sizes);
}

TYPED_TEST(StoreWithoutMemoryTest, GoesOnToReadUpdateAndRemove) {
  TypeParam bench;
  std::map<Key, std::size_t> sizes;
  bench.fill(100'000, sizes);
  const Bytes value = pattern(100'000, 5);
  {
    const NoMemory no_memory;
    EXPECT_EQ(bench.store->update(bench.worker, 0, 0, value), Status::ok);
    EXPECT_EQ(bench.remove(1), Status::ok);
  }
  Bytes read;
  EXPECT_EQ(bench.get(0, read), Status::ok);
  EXPECT_EQ(read, value);
  EXPECT_EQ(bench.get(1, read), Status::not_found);
  EXPECT_EQ(bench.store->size(), sizes.size() - 1);
}

TYPED_TEST(StoreWithoutMemoryTest, TakesRecordsAgainWhenThereIsMemory) {
  TypeParam bench;
  std::map<Key, std::size_t> sizes;
  bench.fill(100'000, sizes);
  const Key more = sizes.size() + 5'000;
  for (Key key = sizes.size(); key < more; ++key) {
    ASSERT_EQ(bench.insert(key, pattern(64, 64)), Status::ok);
    sizes[key] = 64;
  }
  bench.expect_exactly(sizes);
}

/// A bucket of which a growing index finds no memory for its overflow is moved when there is memory again.
TEST(HashIndexWithoutMemory, GrowsOnWhenThereIsMemoryAgain) {
  Kind<Exclusive, IndexKind::hash> bench;
  std::map<Key, std::size_t> sizes;
  const auto insert = [&](Key key) {
    ASSERT_EQ(bench.insert(key, pattern(64, 64)), Status::ok);
    sizes[key] = 64;
  };
  // Of more keys than a bucket holds, which all belong into the first one, however large the table is.
  constexpr std::uint64_t low_bits = (1U << 20) - 1;
  for (Key key = 1'000'000; sizes.size() < 2 * HashIndex<Exclusive>::slots_per_bucket; ++key) {
    if ((KeyHash(key).bucket_bits() & low_bits) == 0) insert(key);
  }
  Key next = 0;
  while (next < 1000 || !bench.store->hash()->is_growing()) insert(next++);
  {
    const NoMemory no_memory;
    const SizeClass of_buckets = SizeClass::of_index(sizeof(HashIndex<Exclusive>::Bucket));
    while (bench.worker.cache().allocate(of_buckets) != nullptr) {
    }
    ASSERT_EQ(bench.remove(0), Status::ok);
    ASSERT_EQ(bench.insert(0, pattern(64, 64)), Status::ok);
  }
  while (next < 5000) insert(next++);
  EXPECT_FALSE(bench.store->hash()->is_growing());
  bench.expect_exactly(sizes);
}

}  // namespace
}  // namespace upout::kernel
