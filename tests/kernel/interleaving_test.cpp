#include <gtest/gtest.h>

#include <set>
#include <vector>

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
  co_await worker.interleaver().prefetched(&visits);
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

TEST(Interleaver, ACoroutineOutsideOfARunGoesOnAtOnce) {
  Bench<Exclusive> bench;
  std::vector<int> visits;
  Task<int> task = visit(bench.worker, 1, visits);
  task.start();
  EXPECT_TRUE(task.done());
}

template <class Policy>
class InterleavedGetTest : public ::testing::Test {};
using Policies = ::testing::Types<Shared, Exclusive>;
TYPED_TEST_SUITE(InterleavedGetTest, Policies);

template <class Policy>
Task<Status> read_all(Worker& worker, Bench<Policy>& bench, Key first, Key count, std::uint64_t& right) {
  for (Key key = first; key < first + count; ++key) {
    Bytes value(8);
    std::uint32_t copied = 0;
    const Status status = co_await bench.store->get_interleaved(worker, key, 0, value, copied);
    if (status == Status::ok && value == pattern(8, key)) ++right;
  }
  co_return Status::ok;
}

TYPED_TEST(InterleavedGetTest, ManyCoroutinesReadWhatIsThere) {
  Bench<TypeParam> bench;
  constexpr Key lanes = 16;
  constexpr Key keys_a_lane = 500;
  for (Key key = 0; key < lanes * keys_a_lane; ++key) bench.insert(key, pattern(8, key));
  std::uint64_t right = 0;
  std::vector<Task<Status>> tasks;
  for (Key lane = 0; lane < lanes; ++lane) {
    tasks.push_back(read_all(bench.worker, bench, lane * keys_a_lane, keys_a_lane, right));
  }
  bench.worker.interleaver().run([&] {
    for (Task<Status>& task : tasks) task.start();
  });
  EXPECT_EQ(right, lanes * keys_a_lane);
}

TYPED_TEST(InterleavedGetTest, SurvivesGrowthAndRemovalBetweenItsTurns) {
  Bench<TypeParam> bench;
  for (Key key = 0; key < 100; ++key) bench.insert(key, pattern(8, key));
  Bytes value(8);
  std::uint32_t copied = 0;
  Task<Status> kept = bench.store->get_interleaved(bench.worker, 7, 0, value, copied);
  Bytes removed_value(8);
  std::uint32_t removed_copied = 0;
  Task<Status> removed = bench.store->get_interleaved(bench.worker, 8, 0, removed_value, removed_copied);
  bench.worker.interleaver().run([&] {
    kept.start();
    removed.start();
    for (Key key = 1000; key < 20'000; ++key) bench.insert(key, pattern(8, key));
    bench.remove(8);
    bench.insert(100'000, pattern(8, 1));
  });
  EXPECT_EQ(kept.value(), Status::ok);
  EXPECT_EQ(value, pattern(8, 7));
  EXPECT_EQ(removed.value(), Status::not_found);
}

}  // namespace
}  // namespace upout::kernel
