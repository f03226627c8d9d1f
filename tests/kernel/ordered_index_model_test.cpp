#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>

#include "tests/kernel/ordered_bench.h"

namespace upout::kernel {
namespace {

using testing::OrderedBench;

/// Random operations on an index and on std::set side by side.
template <class Policy>
class OrderedIndexModelTest : public ::testing::Test {
 protected:
  /// Grows and shrinks in turns; keys are the first `keys` multiples of `stride`.
  void run(std::uint64_t seed, std::size_t steps, Key keys, Key stride) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed << ", " << keys << " keys, stride " << stride);
    std::mt19937_64 random(seed);
    OrderedBench<Policy> bench;
    std::set<Key> model;
    for (std::size_t step = 0; step < steps; ++step) {
      SCOPED_TRACE(::testing::Message() << "step " << step);
      const bool grows = step / (2 * keys) % 2 == 0;
      const Key key = (random() % keys) * stride;
      if (random() % 10 < (grows ? 7 : 3)) {
        ASSERT_EQ(bench.insert(key), model.insert(key).second) << key;
      } else {
        ASSERT_EQ(bench.erase(key), model.erase(key) != 0) << key;
      }
      const Key other = (random() % keys) * stride + random() % 2;
      ASSERT_EQ(bench.has(other), model.contains(other)) << other;
      if (step % 64 == 0) check_scan(bench, model, other, random() % 300, random() % 2 == 0);
      if (HasFatalFailure()) return;
    }
    check_scan(bench, model, 0, ~std::size_t{0}, true);
    check_scan(bench, model, largest_key, ~std::size_t{0}, false);
    for (const Key key : model) ASSERT_TRUE(bench.erase(key)) << key;
    EXPECT_EQ(bench.nodes(), 1u) << "an empty index is one leaf";
  }

 private:
  static void check_scan(OrderedBench<Policy>& bench, const std::set<Key>& model, Key start,
                         std::size_t limit, bool ascending) {
    SCOPED_TRACE(::testing::Message() << "scan from " << start << (ascending ? " up" : " down"));
    std::vector<Key> expected;
    if (ascending) {
      for (auto at = model.lower_bound(start); at != model.end() && expected.size() < limit; ++at)
        expected.push_back(*at);
    } else {
      for (auto at = model.upper_bound(start); at != model.begin() && expected.size() < limit;)
        expected.push_back(*--at);
    }
    ASSERT_EQ(bench.scan(start, ascending ? Direction::ascending : Direction::descending, limit), expected);
  }
};

using Policies = ::testing::Types<Shared, Exclusive>;
TYPED_TEST_SUITE(OrderedIndexModelTest, Policies);

TYPED_TEST(OrderedIndexModelTest, BehavesAsAMapOnFewKeys) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) this->run(seed, 2000, 150, 1);
}

TYPED_TEST(OrderedIndexModelTest, BehavesAsAMapOnManyKeys) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) this->run(seed, 30'000, 6000, 3);
}

TYPED_TEST(OrderedIndexModelTest, BehavesAsAMapOnKeysOfTheWholeRange) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) this->run(seed, 10'000, 2000, largest_key / 1999);
}

/// Searches that rest at every step while the index changes under them.
TYPED_TEST(OrderedIndexModelTest, SearchesThatRestWhileOthersWriteFindWhatIsThere) {
  constexpr Key keys = 6000;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    std::mt19937_64 random(seed);
    OrderedBench<TypeParam> bench;
    for (Key key = 0; key < keys; key += 10) bench.insert(key);
    using Descent = typename OrderedIndex<TypeParam>::Descent;
    std::vector<Descent> descents;
    std::vector<std::pair<Key, LeafVersion>> absent;
    for (std::size_t step = 0; step < 30'000; ++step) {
      // Every tenth key is there all the time.
      const Key key = random() % keys / 10 * 10 + 1 + random() % 9;
      if (random() % 10 < (step / 10'000 % 2 == 0 ? 8 : 2))
        bench.insert(key);
      else
        bench.erase(key);
      if (descents.size() < 8) {
        descents.push_back(bench.index->begin(random() % (keys / 10) * 10));
        continue;
      }
      Descent& descent = descents[random() % descents.size()];
      if (!descent.step()) continue;
      ASSERT_NE(descent.record(), nullptr) << descent.key() << " in step " << step << ", seed " << seed;
      ASSERT_EQ(descent.record()->key(), descent.key());
      descent = descents.back();
      descents.pop_back();
    }
  }
}

/// Scans that rest between steps while the index changes under them.
TYPED_TEST(OrderedIndexModelTest, ScansThatRestWhileOthersWriteReadWhatStaysInOrder) {
  constexpr Key keys = 6000;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    const Direction direction = seed % 2 == 0 ? Direction::ascending : Direction::descending;
    std::mt19937_64 random(seed);
    OrderedBench<TypeParam> bench;
    for (Key key = 0; key <= keys; key += 10) bench.insert(key);
    for (int scans = 0; scans < 10; ++scans) {
      const Key start = seed % 2 == 0 ? 0 : keys;
      typename OrderedIndex<TypeParam>::Scan scan(*bench.index, start, direction, ~std::size_t{0});
      std::vector<Key> read;
      while (!scan.is_over()) {
        for (int writes = 0; writes < 20; ++writes) {
          const Key key = random() % keys / 10 * 10 + 1 + random() % 9;
          if (random() % 10 < (scans % 2 == 0 ? 8 : 2))
            bench.insert(key);
          else
            bench.erase(key);
        }
        if (!scan.step()) continue;
        std::array<typename OrderedIndex<TypeParam>::Entry, 20> entries;
        const std::size_t count = scan.read(entries);
        for (std::size_t i = 0; i < count; ++i) read.push_back(entries[i].key);
      }
      if (direction == Direction::descending) std::reverse(read.begin(), read.end());
      ASSERT_TRUE(std::is_sorted(read.begin(), read.end()));
      ASSERT_EQ(std::adjacent_find(read.begin(), read.end()), read.end()) << "a key was read twice";
      for (Key key = 0; key <= keys; key += 10)
        ASSERT_TRUE(std::binary_search(read.begin(), read.end(), key)) << key;
    }
  }
}

}  // namespace
}  // namespace upout::kernel
