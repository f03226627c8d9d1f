#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "tests/kernel/ordered_bench.h"

namespace upout::kernel {
namespace {

using Index = OrderedIndex<Shared>;
using Rec = Record<Shared>;

constexpr unsigned threads = 4;

/// An index that some threads use at once, each with its own memory.
class ConcurrentOrderedIndex : public ::testing::Test {
 protected:
  struct User {
    Index& index;
    Heap::Cache& cache;
    std::mt19937_64 random;
    unsigned number;

    bool insert(Key key, LeafChange* change = nullptr) {
      // Records are not given back: what is tested is the index.
      auto* record = static_cast<Rec*>(cache.allocate(SizeClass::of(Rec::bytes_for(8))));
      record->construct(key, Header::present(1, 8), {});
      Index::Position position(index, key);
      return position.find() == nullptr && position.add(record, cache, change);
    }
    bool erase(Key key) {
      Index::Position position(index, key);
      if (position.find() == nullptr) return false;
      position.erase(cache);
      return true;
    }
    std::vector<Key> scan(Key start, Direction direction, std::size_t limit) const {
      std::vector<Key> keys;
      Index::Scan scan(index, start, direction, limit);
      while (!scan.is_over()) {
        if (!scan.step()) continue;
        std::array<Index::Entry, 30> entries;
        const std::size_t count = scan.read(entries);
        for (std::size_t i = 0; i < count; ++i) {
          EXPECT_EQ(entries[i].record->key(), entries[i].key);
          keys.push_back(entries[i].key);
        }
      }
      return keys;
    }
  };

  ~ConcurrentOrderedIndex() override { drain_deferred_actions(); }

  template <class Work>
  void together(Work&& work) {
    std::vector<std::jthread> running;
    for (unsigned thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] {
        const ReaderRegistration registration;
        User user{*index, heap.acquire_cache(), std::mt19937_64(thread), thread};
        work(user);
      });
    }
  }
  template <class Work>
  void alone(Work&& work) {
    const ReaderRegistration registration;
    User user{*index, heap.acquire_cache(), std::mt19937_64(99), threads};
    work(user);
  }

  Heap heap;
  std::unique_ptr<Index> index = Index::create(heap.acquire_cache());
};

TEST_F(ConcurrentOrderedIndex, EachKeyIsAddedOnce) {
  constexpr Key keys = 5000;
  std::atomic<std::uint64_t> added{0};
  together([&](User& user) {
    for (Key key = 0; key < keys; ++key) {
      if (user.insert(key * 977 % keys)) ++added;
      if (key % 64 == 0) announce_quiescent();
    }
  });
  EXPECT_EQ(added, keys);
  alone([&](User& user) { EXPECT_EQ(user.scan(0, Direction::ascending, 2 * keys).size(), keys); });
}

/// Two threads add and take out keys in waves, so that leaves split, share, merge and vanish, while two
/// others search and scan. Every sixteenth key stays.
TEST_F(ConcurrentOrderedIndex, WhatStaysIsAlwaysFoundAndScansAreInOrder) {
  constexpr Key keys = 8000;
  constexpr Key step = 16;
  alone([&](User& user) {
    for (Key key = 0; key < keys; key += step) user.insert(key);
  });
  std::atomic<unsigned> writing{2};
  std::atomic<std::uint64_t> missed{0};
  std::atomic<std::uint64_t> disordered{0};
  together([&](User& user) {
    if (user.number < 2) {
      for (int wave = 0; wave < 20; ++wave) {
        for (Key i = 0; i < keys; ++i) {
          const Key key = user.random() % keys;
          if (key % step == 0) continue;
          if (wave % 2 == 0)
            user.insert(key);
          else
            user.erase(key);
          if (i % 64 == 0) announce_quiescent();
        }
      }
      --writing;
      return;
    }
    for (int round = 0; writing != 0 || round < 10; ++round) {
      for (int i = 0; i < 20; ++i) {
        const Key key = user.random() % (keys / step) * step;
        const Rec* record = index->find(key);
        if (record == nullptr || record->key() != key) ++missed;
      }
      const bool up = round % 2 == 0;
      const Key start = user.random() % keys;
      std::vector<Key> read =
          user.scan(start, up ? Direction::ascending : Direction::descending, round % 7 == 0 ? keys : 300);
      if (!up) std::reverse(read.begin(), read.end());
      if (std::adjacent_find(read.begin(), read.end(), std::greater_equal<>()) != read.end()) ++disordered;
      if (!read.empty()) {
        if (up ? read.front() < start : read.back() > start) ++disordered;
        for (Key key = (read.front() + step - 1) / step * step; key < read.back(); key += step)
          if (!std::binary_search(read.begin(), read.end(), key)) ++missed;
      }
      announce_quiescent();
    }
  });
  EXPECT_EQ(missed, 0u);
  EXPECT_EQ(disordered, 0u);
}

TEST_F(ConcurrentOrderedIndex, InsertsAndErasesOfTheSameKeysAddUp) {
  constexpr Key keys = 600;
  std::array<std::atomic<int>, keys> balance{};
  together([&](User& user) {
    for (int i = 0; i < 20'000; ++i) {
      const Key key = user.random() % keys;
      if (user.random() % 10 < (i / 4000 % 2 == 0 ? 7u : 2u)) {
        if (user.insert(key)) ++balance[key];
      } else {
        if (user.erase(key)) --balance[key];
      }
      if (i % 32 == 0) announce_quiescent();
    }
  });
  alone([&](User& user) {
    std::vector<Key> expected;
    for (Key key = 0; key < keys; ++key) {
      ASSERT_TRUE(balance[key] == 0 || balance[key] == 1) << key;
      if (balance[key] == 1) expected.push_back(key);
    }
    EXPECT_EQ(user.scan(0, Direction::ascending, keys), expected);
    for (const Key key : expected) ASSERT_TRUE(user.erase(key));
    EXPECT_EQ(index->node_bytes(), sizeof(OrderedNode<Shared>));
  });
}

/// Each thread's queue runs through the others' keys: leaves die at one end and are made at the other.
TEST_F(ConcurrentOrderedIndex, QueuesSideBySideStaySmall) {
  constexpr Key length = 50;
  together([&](User& user) {
    for (Key i = 0; i < 10'000; ++i) {
      ASSERT_TRUE(user.insert(i * threads + user.number));
      if (i >= length) {
        ASSERT_TRUE(user.erase((i - length) * threads + user.number));
      }
      if (i % 32 == 0) announce_quiescent();
    }
  });
  alone([&](User& user) { EXPECT_EQ(user.scan(0, Direction::ascending, 100'000).size(), threads * length); });
  EXPECT_LT(index->node_bytes() / sizeof(OrderedNode<Shared>), 100u);
}

/// A reader that saw no key and whose leaf is still current has overlooked none.
TEST_F(ConcurrentOrderedIndex, AKeyThatAppearsMakesTheLeafsVersionOld) {
  constexpr Key keys = 4000;
  std::array<std::atomic<bool>, keys> announced{};
  std::atomic<std::uint64_t> overlooked{0};
  together([&](User& user) {
    for (Key i = 0; i < keys; ++i) {
      const Key key = i * 7 % keys;
      if (user.number < 2) {
        if (key % 2 == user.number) {
          user.insert(key);
          announced[key].store(true);
        }
      } else {
        const Key wanted = user.random() % keys;
        auto descent = index->begin(wanted);
        while (!descent.step()) {
        }
        const bool was_there = descent.record() != nullptr;
        const bool is_there = announced[wanted].load();
        if (!was_there && is_there && index->is_current(descent.leaf_version())) ++overlooked;
      }
      if (i % 32 == 0) announce_quiescent();
    }
  });
  EXPECT_EQ(overlooked, 0u);
}

}  // namespace
}  // namespace upout::kernel
