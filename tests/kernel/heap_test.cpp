#include "kernel/heap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "tests/kernel/no_memory.h"

namespace upout::kernel {
namespace {

TEST(SizeClass, HoldsWhatItIsAskedForAndWastesAtMostAnEighth) {
  for (std::size_t bytes = 16; bytes <= SizeClass::largest_block; bytes += bytes < 5000 ? 1 : 997) {
    const SizeClass size = SizeClass::of(bytes);
    ASSERT_GE(size.bytes(), bytes);
    ASSERT_LT(size.index(), SizeClass::count);
    ASSERT_LE(size.bytes() - bytes, bytes <= 256 ? 7 : bytes / 8) << bytes;
    ASSERT_EQ(SizeClass::of(size.bytes()), size) << "a class must hold blocks of its own size";
  }
}

TEST(Heap, BlocksOfAnIndexAndOfRecordsDoNotTurnIntoEachOther) {
  Heap heap;
  Heap::Cache& cache = heap.acquire_cache();
  for (const std::size_t bytes : {std::size_t{64}, std::size_t{960}}) {
    const SizeClass of_index = SizeClass::of_index(bytes);
    const SizeClass of_records = SizeClass::of(bytes);
    EXPECT_EQ(of_index.bytes(), of_records.bytes());
    EXPECT_LT(of_index.index(), SizeClass::count);
    void* part_of_index = cache.allocate(of_index);
    void* record = cache.allocate(of_records);
    cache.free(part_of_index, of_index);
    cache.free(record, of_records);
    EXPECT_EQ(cache.allocate(of_records), record);
    EXPECT_EQ(cache.allocate(of_index), part_of_index);
  }
}

TEST(Heap, BlocksDoNotOverlapAndAreAligned) {
  Heap heap;
  Heap::Cache& cache = heap.acquire_cache();
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (int i = 0; i < 2000; ++i) {
    const SizeClass size = SizeClass::of(16 + static_cast<std::size_t>(i * 37 % 3000));
    auto* block = static_cast<unsigned char*>(cache.allocate(size));
    ASSERT_NE(block, nullptr);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % 8, 0u);
    std::memset(block, i % 251, size.bytes());
    blocks.emplace_back(block, size.bytes());
  }
  for (int i = 0; i < 2000; ++i) {
    const auto [block, bytes] = blocks[static_cast<std::size_t>(i)];
    for (std::size_t at = 0; at < bytes; ++at) ASSERT_EQ(block[at], i % 251) << "block " << i;
  }
}

TEST(Heap, BlocksOfWholeLinesLieOnLines) {
  Heap heap;
  Heap::Cache& cache = heap.acquire_cache();
  static_cast<void>(cache.allocate(SizeClass::of(24)));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(cache.allocate(SizeClass::of(64))) % 64, 0u);
}

TEST(Heap, AFreedBlockIsHandedOutAgain) {
  Heap heap;
  Heap::Cache& cache = heap.acquire_cache();
  const SizeClass size = SizeClass::of(100);
  void* block = cache.allocate(size);
  cache.free(block, size);
  EXPECT_EQ(cache.allocate(size), block);
}

TEST(Heap, ARefusedBlockLeavesWhatThereIsToSmallerOnes) {
  Heap heap;
  Heap::Cache& cache = heap.acquire_cache();
  const SizeClass small = SizeClass::of(64);
  ASSERT_NE(cache.allocate(small), nullptr);
  const testing::NoMemory no_memory;
  EXPECT_EQ(cache.allocate(SizeClass::of(SizeClass::largest_block)), nullptr);
  EXPECT_NE(cache.allocate(small), nullptr);
}

TEST(Heap, ABlockFreedByAnotherThreadComesBackToItsOwner) {
  Heap heap;
  Heap::Cache& cache = heap.acquire_cache();
  const SizeClass size = SizeClass::of(100);
  std::set<void*> blocks;
  for (int i = 0; i < 100; ++i) blocks.insert(cache.allocate(size));
  std::thread([&] {
    for (void* block : blocks) {
      auto* freed = static_cast<FreeBlock*>(block);
      cache.free_remotely(freed, freed, size);
    }
  }).join();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(blocks.erase(cache.allocate(size)), 1u);
}

TEST(Heap, ACacheGivenBackServesTheNextWorker) {
  Heap heap;
  Heap::Cache& first = heap.acquire_cache();
  heap.release_cache(first);
  EXPECT_EQ(&heap.acquire_cache(), &first);
  EXPECT_NE(&heap.acquire_cache(), &first) << "it is in use now";
}

}  // namespace
}  // namespace upout::kernel
