#include "kernel/cursor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>

/// A copy that is made a few records at a time, while the store is written.
namespace upout::kernel {
namespace {

class CursorOf : public ::testing::TestWithParam<IndexKind> {
 protected:
  static constexpr Key count = 3000;

  CursorOf() {
    for (Key key = 0; key < count; ++key) insert(spread(key), key);
  }

  /// Keys that are not next to each other, so that others fit between them.
  static Key spread(Key key) { return key * 1000; }

  void insert(Key key, std::uint64_t value) {
    ASSERT_EQ(store_->insert(worker_, key, std::as_bytes(std::span(&value, 1))), Status::ok);
  }
  /// Goes to the end and does something between any two steps; counts how often each key was visited.
  template <class Between>
  std::map<Key, int> visits(Between&& between) {
    std::map<Key, int> visits;
    Cursor cursor(*store_);
    for (int step = 0; !cursor.is_over(); ++step) {
      cursor.step(worker_, [&](const Redo& put) {
        EXPECT_EQ(put.bytes.size(), sizeof(std::uint64_t));
        ++visits[put.key];
      });
      between(step);
    }
    return visits;
  }

  std::unique_ptr<Store<Exclusive>> store_ =
      std::move(*Store<Exclusive>::create({.expected_records = count, .index = GetParam()}));
  Worker worker_{store_->heap()};
};

TEST_P(CursorOf, VisitsEachRecordOnce) {
  const auto all = visits([](int) {});
  EXPECT_EQ(all.size(), count);
  for (const auto& [key, times] : all) EXPECT_EQ(times, 1) << key;
}

/// Twenty times as many records come in between: a hash index doubles several times, leaves split.
TEST_P(CursorOf, VisitsWhatIsThereAllTheTimeOnceWhileTheIndexGrows) {
  Key next = 0;
  const auto all = visits([&](int) {
    for (Key end = std::min(next + 1000, 20 * count); next < end; ++next)
      insert(spread(next % count) + 1 + next / count, next);
  });
  EXPECT_GT(next, 10 * count) << "it did not grow";
  for (Key key = 0; key < count; ++key) EXPECT_EQ(all.at(spread(key)), 1) << key;
}

TEST_P(CursorOf, VisitsWhatIsThereAllTheTimeOnceWhileOthersGo) {
  std::set<Key> gone;
  const auto all = visits([&](int step) {
    for (int i = 0; i < 10; ++i) {
      const Key key = spread((static_cast<Key>(step) * 7919 + static_cast<Key>(i) * 104729) % count);
      if (key % 3 != 0 || !gone.insert(key).second) continue;
      ASSERT_EQ(store_->remove(worker_, key), Status::ok);
    }
  });
  EXPECT_GT(gone.size(), 50U);
  for (Key key = 0; key < count; ++key) {
    if (gone.contains(spread(key))) continue;
    EXPECT_EQ(all.at(spread(key)), 1) << key;
  }
}

TEST(CursorOfNothing, IsSoonOver) {
  for (const IndexKind kind : {IndexKind::hash, IndexKind::ordered}) {
    auto store = std::move(*Store<Exclusive>::create({.index = kind}));
    Worker worker(store->heap());
    Cursor cursor(*store);
    for (int step = 0; step < 10 && !cursor.is_over(); ++step) {
      cursor.step(worker, [](const Redo& put) { FAIL() << put.key; });
    }
    EXPECT_TRUE(cursor.is_over());
  }
}

/// The greatest key has none after it.
TEST(CursorOfTheGreatestKey, EndsThere) {
  auto store = std::move(*Store<Exclusive>::create({.index = IndexKind::ordered}));
  Worker worker(store->heap());
  ASSERT_EQ(store->insert(worker, largest_key, {}), Status::ok);
  Cursor cursor(*store);
  int visited = 0;
  for (int step = 0; step < 10 && !cursor.is_over(); ++step) {
    cursor.step(worker, [&](const Redo&) { ++visited; });
  }
  EXPECT_EQ(visited, 1);
  EXPECT_TRUE(cursor.is_over());
}

INSTANTIATE_TEST_SUITE_P(, CursorOf, ::testing::Values(IndexKind::hash, IndexKind::ordered),
                         [](const auto& kind) { return kind.param == IndexKind::hash ? "Hash" : "Ordered"; });

}  // namespace
}  // namespace upout::kernel
