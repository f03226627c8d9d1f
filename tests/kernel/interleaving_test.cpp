#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "kernel/search.h"
#include "kernel/task.h"
#include "tests/kernel/values.h"

namespace upout::kernel {
namespace {

using testing::Bench;
using testing::Bytes;
using testing::pattern;

TEST(FramePool, HandsAFreedFrameOutAgain) {
  FramePool pool;
  void* frame = pool.allocate(200);
  FramePool::free(frame);
  EXPECT_EQ(pool.allocate(200), frame);
  FramePool::free(frame);
}

TEST(FramePool, LiveFramesAreDifferent) {
  FramePool pool;
  std::set<void*> frames;
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(frames.insert(pool.allocate(static_cast<std::size_t>(i * 100))).second);
  for (void* frame : frames) FramePool::free(frame);
}

Task<int> visit(Worker& worker, int number, std::vector<int>& visits) {
  visits.push_back(number);
  co_await worker.interleaver().yield();
  visits.push_back(number);
  co_return number;
}

TEST(Interleaver, CoroutinesTakeTurns) {
  Bench<Exclusive> bench;
  std::vector<int> visits;
  Task<int> first = visit(bench.worker, 1, visits);
  Task<int> second = visit(bench.worker, 2, visits);
  bench.worker.interleaver().run([&] {
    first.start();
    second.start();
  });
  EXPECT_EQ(visits, (std::vector<int>{1, 2, 1, 2}));
  EXPECT_EQ(first.value(), 1);
  EXPECT_EQ(second.value(), 2);
}

Task<bool> ask(Worker& worker, int turns) {
  for (int turn = 0; turn < turns; ++turn) co_await worker.interleaver().yield();
  co_return worker.interleaver().is_alone();
}

TEST(Interleaver, ACoroutineIsAloneWhenNobodyElseHasATurnToCome) {
  Bench<Exclusive> bench;
  Task<bool> first = ask(bench.worker, 1);
  Task<bool> last = ask(bench.worker, 2);
  bench.worker.interleaver().run([&] {
    first.start();
    last.start();
  });
  EXPECT_FALSE(first.value());
  EXPECT_TRUE(last.value());
}

TEST(Interleaver, ACoroutineOutsideOfARunGoesOnAtOnce) {
  Bench<Exclusive> bench;
  std::vector<int> visits;
  Task<int> task = visit(bench.worker, 1, visits);
  task.start();
  EXPECT_TRUE(task.done());
}

struct Kind {
  template <class Policy, IndexKind index>
  struct Of : Bench<Policy> {
    Of() : Bench<Policy>({.index = index}) {}
  };
};
template <class B>
class InterleavedGetTest : public ::testing::Test {};
using Benches =
    ::testing::Types<Kind::Of<Shared, IndexKind::hash>, Kind::Of<Exclusive, IndexKind::hash>,
                     Kind::Of<Shared, IndexKind::ordered>, Kind::Of<Exclusive, IndexKind::ordered>>;
TYPED_TEST_SUITE(InterleavedGetTest, Benches);

/// Reads the keys one after the other; counts those that are right.
template <class B>
Task<std::uint64_t> read_all(Worker& worker, B& bench, Key first, Key count) {
  std::uint64_t right = 0;
  for (Key key = first; key < first + count; ++key) {
    Bytes value(8);
    std::uint32_t copied = 0;
    const Status status = co_await bench.store->get_interleaved(worker, key, 0, value, copied);
    if (status == Status::ok && value == pattern(8, key)) ++right;
  }
  co_return right;
}

TYPED_TEST(InterleavedGetTest, ManyCoroutinesReadWhatIsThere) {
  TypeParam bench;
  constexpr Key lanes = 16;
  constexpr Key keys_a_lane = 500;
  for (Key key = 0; key < lanes * keys_a_lane; ++key) bench.insert(key, pattern(8, key));
  std::vector<Task<std::uint64_t>> tasks;
  for (Key lane = 0; lane < lanes; ++lane)
    tasks.push_back(read_all(bench.worker, bench, lane * keys_a_lane, keys_a_lane));
  bench.worker.interleaver().run([&] {
    for (auto& task : tasks) task.start();
  });
  for (const auto& task : tasks) EXPECT_EQ(task.value(), keys_a_lane);
}

template <class Policy>
std::vector<Search<Policy>> searches_for(const Store<Policy>& store, Key keys) {
  std::vector<Search<Policy>> searches;
  for (Key key = 0; key < keys; ++key) searches.emplace_back(store, key, 8);
  return searches;
}

TYPED_TEST(InterleavedGetTest, SearchesSideBySideAllEnd) {
  TypeParam bench;
  constexpr Key keys = 2000;
  for (Key key = 0; key < keys; key += 2) bench.insert(key, pattern(8, key));
  for (const Key searched : {Key{0}, Key{1}, keys}) {
    auto searches = searches_for(*bench.store, searched);
    bring_near(searches);
    EXPECT_TRUE(searches.empty());
  }
}

TYPED_TEST(InterleavedGetTest, SurvivesGrowthAndRemovalBetweenItsTurns) {
  TypeParam bench;
  for (Key key = 0; key < 100; ++key) bench.insert(key, pattern(8, key));
  Task<std::uint64_t> kept = read_all(bench.worker, bench, 7, 1);
  Task<std::uint64_t> removed = read_all(bench.worker, bench, 8, 1);
  bench.worker.interleaver().run([&] {
    kept.start();
    removed.start();
    for (Key key = 1000; key < 20'000; ++key) bench.insert(key, pattern(8, key));
    bench.remove(8);
    bench.insert(100'000, pattern(8, 1));
  });
  EXPECT_EQ(kept.value(), 1u);
  EXPECT_EQ(removed.value(), 0u);
}

}  // namespace
}  // namespace upout::kernel
