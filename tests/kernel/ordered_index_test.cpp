#include "kernel/ordered_index.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>

#include "tests/kernel/no_memory.h"
#include "tests/kernel/ordered_bench.h"

namespace upout::kernel {
namespace {

using testing::OrderedBench;

template <class Policy>
class OrderedIndexTest : public ::testing::Test, public OrderedBench<Policy> {
 protected:
  using Index = OrderedIndex<Policy>;

  LeafVersion seen_at(Key key) const {
    auto descent = this->index->begin(key);
    while (!descent.step()) {
    }
    return descent.leaf_version();
  }
  void insert_shuffled(Key keys, std::uint64_t seed = 1) {
    std::vector<Key> order(keys);
    std::iota(order.begin(), order.end(), Key{0});
    std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
    for (const Key key : order) this->insert(key);
  }
};
using Policies = ::testing::Types<Shared, Exclusive>;
TYPED_TEST_SUITE(OrderedIndexTest, Policies);

TYPED_TEST(OrderedIndexTest, FindsWhatWasAdded) {
  EXPECT_TRUE(this->insert(7));
  EXPECT_TRUE(this->has(7));
  EXPECT_FALSE(this->has(6));
  EXPECT_FALSE(this->has(8));
  EXPECT_FALSE(this->insert(7));
}

TYPED_TEST(OrderedIndexTest, TheSmallestAndTheLargestKeyAreKeysLikeOthers) {
  this->insert(5);
  EXPECT_FALSE(this->has(0));
  EXPECT_FALSE(this->has(largest_key));
  this->insert(largest_key);
  this->insert(0);
  for (Key key = 1000; key < 2000; ++key) this->insert(key);
  EXPECT_TRUE(this->has(0));
  EXPECT_TRUE(this->has(largest_key));
  EXPECT_EQ(this->scan(1999, Direction::ascending, 9), (std::vector<Key>{1999, largest_key}));
  EXPECT_EQ(this->scan(largest_key, Direction::descending, 2), (std::vector<Key>{largest_key, 1999}));
  EXPECT_EQ(this->scan(5, Direction::descending, 9), (std::vector<Key>{5, 0}));
  EXPECT_TRUE(this->erase(largest_key));
  EXPECT_TRUE(this->erase(0));
  EXPECT_FALSE(this->has(0));
  EXPECT_FALSE(this->has(largest_key));
}

TYPED_TEST(OrderedIndexTest, AScanStartsAtTheKeyOrBesideItAndEndsAtItsLimit) {
  EXPECT_TRUE(this->all().empty());
  for (Key key = 0; key < 3000; key += 3) this->insert(key);
  EXPECT_EQ(this->scan(30, Direction::ascending, 3), (std::vector<Key>{30, 33, 36}));
  EXPECT_EQ(this->scan(31, Direction::ascending, 2), (std::vector<Key>{33, 36}));
  EXPECT_EQ(this->scan(31, Direction::descending, 2), (std::vector<Key>{30, 27}));
  EXPECT_EQ(this->scan(30, Direction::descending, 2), (std::vector<Key>{30, 27}));
  EXPECT_EQ(this->scan(2998, Direction::ascending, 2), std::vector<Key>{});
  EXPECT_EQ(this->scan(30, Direction::ascending, 0), std::vector<Key>{});
  EXPECT_EQ(this->scan(0, Direction::ascending, 5000).size(), 1000u);
  EXPECT_EQ(this->scan(largest_key, Direction::descending, 5000).size(), 1000u);
}

TYPED_TEST(OrderedIndexTest, ReplacePutsAnotherRecordInTheSamePlace) {
  for (Key key = 0; key < 100; ++key) this->insert(key);
  const LeafVersion seen = this->seen_at(50);
  auto* other = this->make_record(50);
  { typename TestFixture::Index::Position(*this->index, 50).replace(other); }
  EXPECT_EQ(this->index->find(50), other);
  EXPECT_TRUE(this->index->is_current(seen)) << "no key has come or gone";
}

TYPED_TEST(OrderedIndexTest, AVersionIsCurrentUntilAKeyComesOrGoes) {
  for (Key key = 0; key < 100; key += 2) this->insert(key);
  LeafVersion seen = this->seen_at(51);
  EXPECT_TRUE(this->index->is_current(seen));
  EXPECT_FALSE(this->insert(50)) << "it is there";
  EXPECT_TRUE(this->index->is_current(seen));
  this->insert(51);
  EXPECT_FALSE(this->index->is_current(seen));
  seen = this->seen_at(51);
  this->erase(50);
  EXPECT_FALSE(this->index->is_current(seen));
}

/// What a serializable transaction does: it remembers all that it has scanned, inserts, and follows its own
/// changes. Then it must know all leaves that there are, and in their present versions.
TYPED_TEST(OrderedIndexTest, WhoInsertsCanFollowHisOwnChanges) {
  std::map<const void*, std::uint64_t> known;
  {
    std::vector<LeafVersion> seen;
    this->all(&seen);
    for (const LeafVersion& leaf : seen) known[leaf.leaf] = leaf.version;
  }
  std::mt19937_64 random(3);
  int splits = 0;
  int shares = 0;
  for (int i = 0; i < 8000; ++i) {
    LeafChange change;
    if (!this->insert(random() % 100'000, &change)) continue;
    ASSERT_EQ(known.at(change.own.leaf), change.own.before);
    known[change.own.leaf] = change.own.after;
    const LeafChange::Step& neighbour = change.neighbour;
    if (neighbour.leaf == nullptr) continue;
    if (neighbour.before == 0) {
      ++splits;
    } else {
      ++shares;
      ASSERT_EQ(known.at(neighbour.leaf), neighbour.before);
    }
    known[neighbour.leaf] = neighbour.after;
  }
  EXPECT_GT(splits, 50);
  EXPECT_GT(shares, 50);
  std::map<const void*, std::uint64_t> present;
  std::vector<LeafVersion> seen;
  this->all(&seen);
  for (const LeafVersion& leaf : seen) present[leaf.leaf] = leaf.version;
  EXPECT_EQ(known, present);
}

TYPED_TEST(OrderedIndexTest, NoVersionOfALeafIsEverRepeated) {
  std::map<std::pair<const void*, std::uint64_t>, std::vector<Key>> content;
  for (std::uint64_t round = 0; round < 10; ++round) {
    // Others use the memory in between, under Exclusive at once.
    this->insert_shuffled(300, round);
    for (Key key = 0; key < 300; ++key) {
      typename TestFixture::Index::Scan scan(*this->index, 0, Direction::ascending, 1000);
      while (!scan.is_over()) {
        if (!scan.step()) continue;
        std::array<typename TestFixture::Index::Entry, OrderedNode<TypeParam>::capacity> entries;
        std::vector<Key> keys;
        const std::size_t count = scan.read(entries);
        for (std::size_t i = 0; i < count; ++i) keys.push_back(entries[i].key);
        const LeafVersion seen = scan.leaf_version();
        ASSERT_EQ(content.try_emplace({seen.leaf, seen.version}, keys).first->second, keys);
      }
      this->erase(key * 7 % 300);
    }
    if constexpr (TypeParam::is_shared) drain_deferred_actions();
  }
}

TYPED_TEST(OrderedIndexTest, ALeafThatHasBecomeARecordIsNotCurrent) {
  for (Key key = 0; key < 500; ++key) this->insert(key);
  std::vector<LeafVersion> seen;
  this->all(&seen);
  for (Key key = 0; key < 500; ++key) this->erase(key);
  if constexpr (TypeParam::is_shared) drain_deferred_actions();
  const SizeClass size = SizeClass::of_index(sizeof(OrderedNode<TypeParam>));
  for (std::size_t i = 0; i < seen.size(); ++i) {
    auto* record = static_cast<Record<TypeParam>*>(this->cache.allocate(size));
    record->construct(1, Header::present(i + 1, 900), {});
  }
  for (const LeafVersion& leaf : seen) EXPECT_FALSE(this->index->is_current(leaf));
}

TYPED_TEST(OrderedIndexTest, AStaleRecordPointerToANodeReadsAnAbsentRecord) {
  this->insert(1);
  const auto* record = static_cast<const Record<TypeParam>*>(this->seen_at(1).leaf);
  EXPECT_TRUE(record->header().is_absent());
}

// Memory

TYPED_TEST(OrderedIndexTest, RandomInsertsCostAtMost24BytesARecord) {
  constexpr Key keys = 50'000;
  this->insert_shuffled(keys);
  EXPECT_LT(double(this->index->node_bytes()) / double(keys), 24.0);
}

TYPED_TEST(OrderedIndexTest, InsertsUpwardsLeaveFullLeaves) {
  constexpr Key keys = 20'000;
  for (Key key = 0; key < keys; ++key) this->insert(key);
  EXPECT_LT(double(this->index->node_bytes()) / double(keys), 18.0);
}

TYPED_TEST(OrderedIndexTest, InsertsDownwardsLeaveFullLeaves) {
  constexpr Key keys = 20'000;
  for (Key key = keys; key-- > 0;) this->insert(key);
  EXPECT_LT(double(this->index->node_bytes()) / double(keys), 18.0);
}

TYPED_TEST(OrderedIndexTest, AQueueStaysSmallAndQuickToScan) {
  constexpr Key length = 100;
  for (Key key = 0; key < 100'000; ++key) {
    this->insert(key);
    if (key >= length) {
      ASSERT_TRUE(this->erase(key - length));
    }
    ASSERT_LT(this->nodes(), 10u);
    if (key % 1000 != 999) continue;
    std::vector<LeafVersion> seen;
    ASSERT_EQ(this->all(&seen).size(), length);
    ASSERT_LT(seen.size(), 8u);
    if constexpr (TypeParam::is_shared) announce_quiescent();
  }
  if constexpr (TypeParam::is_shared) drain_deferred_actions();
}

TYPED_TEST(OrderedIndexTest, ErasingEverythingLeavesOneLeaf) {
  this->insert_shuffled(20'000);
  std::vector<Key> order(20'000);
  std::iota(order.begin(), order.end(), Key{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(2));
  for (const Key key : order) ASSERT_TRUE(this->erase(key));
  EXPECT_EQ(this->nodes(), 1u);
  EXPECT_TRUE(this->all().empty());
  EXPECT_TRUE(this->insert(1));
}

template <class Policy>
class OrderedIndexWithoutMemoryTest : public ::testing::Test {};
TYPED_TEST_SUITE(OrderedIndexWithoutMemoryTest, Policies);

TYPED_TEST(OrderedIndexWithoutMemoryTest, AnInsertFailsAndLeavesAllAsItWas) {
  constexpr Key full = OrderedNode<TypeParam>::capacity;
  // A root leaf that needs a neighbour and a root above; a root that needs a neighbour and a root as well.
  const std::pair<Key, std::size_t> cases[] = {{full, 2}, {full * full, 3}};
  for (const auto& [keys, nodes_needed] : cases) {
    OrderedBench<TypeParam> bench;
    for (Key key = 0; key < keys; ++key) bench.insert(key);
    const std::size_t nodes = bench.nodes();
    auto* record = bench.make_record(keys);
    const SizeClass size = SizeClass::of_index(sizeof(OrderedNode<TypeParam>));
    std::vector<void*> taken;
    taken.reserve(100'000);
    {
      const testing::NoMemory no_memory;
      while (void* block = bench.cache.allocate(size)) taken.push_back(block);
    }
    for (std::size_t given = 0; given <= nodes_needed; ++given) {
      bool added = false;
      {
        const testing::NoMemory no_memory;
        typename OrderedIndex<TypeParam>::Position position(*bench.index, keys);
        added = position.add(record, bench.cache);
      }
      ASSERT_EQ(added, given == nodes_needed) << given << " of " << nodes_needed << " nodes";
      ASSERT_EQ(bench.nodes(), nodes + (added ? nodes_needed : 0));
      ASSERT_EQ(bench.all().size(), keys + (added ? 1 : 0));
      bench.cache.free(taken.back(), size);
      taken.pop_back();
    }
  }
}

TYPED_TEST(OrderedIndexWithoutMemoryTest, NoIndexIsMade) {
  Heap heap;
  Heap::Cache& cache = heap.acquire_cache();
  const testing::NoMemory no_memory;
  EXPECT_EQ(OrderedIndex<TypeParam>::create(cache), nullptr);
}

}  // namespace
}  // namespace upout::kernel
