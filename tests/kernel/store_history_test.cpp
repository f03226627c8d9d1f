#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "kernel/reclamation.h"
#include "kernel/store.h"
#include "tests/history/linearizability.h"
#include "tests/kernel/interruption.h"
#include "tests/kernel/register_client.h"

namespace upout::kernel {
namespace {

using history::Recorder;
using history::RegisterOperation;
using testing::RegisterClient;
using testing::RegisterValue;

constexpr unsigned threads = 4;
constexpr Key keys = 2;            // of each history
constexpr std::size_t steps = 60;  // of each thread in each history

/// Many short histories, one after the other, each with keys of its own, so that the index grows meanwhile.
template <class StoreLike>
std::vector<RegisterOperation> record(StoreLike& store, std::uint64_t seed, std::size_t histories) {
  Recorder<RegisterOperation> recorder(threads);
  const testing::Interruption interruption;
  std::atomic<std::size_t> arrived = 0;
  std::atomic<unsigned> finished = 0;
  {
    std::vector<std::jthread> running;
    for (unsigned thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] {
        for (std::size_t i = 0; i < histories; ++i) {
          // All at once; woken up one after the other, they would hardly meet.
          ++arrived;
          while (arrived < (i + 1) * threads) std::this_thread::yield();
          // For each history anew: a registered thread must not wait for others.
          const ReaderRegistration registration;
          Worker worker(store.heap());
          RegisterClient client(store, worker, recorder.log(thread), (seed + i) * threads + thread);
          client.run(steps, i * keys, keys);
        }
        ++finished;
      });
    }
    for (std::size_t i = 0; finished < threads; ++i) {
      interruption.stop(running[i % threads].native_handle());
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }
  return recorder.take();
}

std::unique_ptr<Store<Shared>> make_store(IndexKind index = IndexKind::hash) {
  return std::move(*Store<Shared>::create({.index = index}));
}

class StoreHistoryOf : public ::testing::TestWithParam<IndexKind> {};

TEST_P(StoreHistoryOf, SingleKeyOperationsAreLinearizable) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::size_t histories = 100;
#else
  constexpr std::size_t histories = 250;
#endif
  for (std::uint64_t seed = 0; seed < 8 * histories; seed += histories) {
    const auto store = make_store(GetParam());
    const auto verdict = history::check_linearizable(record(*store, seed, histories));
    ASSERT_TRUE(verdict) << "seeds " << seed << " to " << seed + histories - 1 << ": " << verdict.explanation;
  }
}

INSTANTIATE_TEST_SUITE_P(Index, StoreHistoryOf, ::testing::Values(IndexKind::hash, IndexKind::ordered),
                         [](const auto& kind) { return kind.param == IndexKind::hash ? "Hash" : "Ordered"; });

// What the test above would see of a store that were wrong: each of these breaks one promise of the real one.
// --------------------------------------------------------------------------------------------------------------

class BrokenStore {
 public:
  Heap& heap() noexcept { return store_->heap(); }
  void execute(Worker& worker, std::span<Operation* const> operations) noexcept {
    store_->execute(worker, operations);
  }
  Status get(Key key, std::size_t offset, std::span<std::byte> output, std::uint32_t& copied) {
    return store_->get(key, offset, output, copied);
  }
  Status put(Worker& worker, Key key, std::span<const std::byte> value) {
    return store_->put(worker, key, value);
  }
  Status insert(Worker& worker, Key key, std::span<const std::byte> value) {
    return store_->insert(worker, key, value);
  }
  Status remove(Worker& worker, Key key) { return store_->remove(worker, key); }
  Status update(Worker& worker, Key key, std::size_t offset, std::span<const std::byte> input) {
    return store_->update(worker, key, offset, input);
  }
  template <class Change>
  Status read_modify_write(Worker& worker, Key key, Change&& change) {
    return store_->read_modify_write(worker, key, std::forward<Change>(change));
  }

 private:
  std::unique_ptr<Store<Shared>> store_ = make_store();
};

template <class StoreLike>
history::Verdict verdict_of() {
  StoreLike store;
  return history::check_linearizable(record(store, 0, 200));
}

TEST(StoreHistory, AnIntactDoubleIsAccepted) {
  const auto verdict = verdict_of<BrokenStore>();
  EXPECT_TRUE(verdict) << verdict.explanation;
}

/// As a reader that does not look at the header again after it has copied the value.
struct StoreWithTornReads : BrokenStore {
  Status get(Key key, std::size_t offset, std::span<std::byte> output, std::uint32_t& copied) {
    const auto head = output.first(RegisterValue::head_bytes);
    const Status status = BrokenStore::get(key, offset, head, copied);
    if (status != Status::ok) return status;
    std::this_thread::yield();
    std::uint32_t rest = 0;
    BrokenStore::get(key, offset + head.size(), output.subspan(head.size()), rest);
    copied += rest;
    return status;
  }
};

TEST(StoreHistory, AReadOfTwoVersionsIsRejected) {
  EXPECT_FALSE(verdict_of<StoreWithTornReads>());
}

/// As a reader that finds, now and then, a record that has long been replaced.
class StoreWithStaleReads : public BrokenStore {
 public:
  Status get(Key key, std::size_t offset, std::span<std::byte> output, std::uint32_t& copied) {
    const std::scoped_lock lock(mutex_);
    if (const auto old = seen_.find(key); old != seen_.end() && ++reads_ % 8 == 0) {
      copied = static_cast<std::uint32_t>(old->second.size());
      std::copy(old->second.begin(), old->second.end(), output.begin());
      return Status::ok;
    }
    const Status status = BrokenStore::get(key, offset, output, copied);
    if (status == Status::ok) {
      seen_.try_emplace(key, output.begin(), output.begin() + static_cast<std::ptrdiff_t>(copied));
    }
    return status;
  }

 private:
  std::mutex mutex_;
  std::map<Key, std::vector<std::byte>> seen_;
  std::size_t reads_ = 0;
};

TEST(StoreHistory, AReadOfAnOldVersionIsRejected) {
  EXPECT_FALSE(verdict_of<StoreWithStaleReads>());
}

/// As a read_modify_write that does not hold the lock from end to end.
struct StoreWithLostUpdates : BrokenStore {
  template <class Change>
  Status read_modify_write(Worker& worker, Key key, Change&& change) {
    std::array<std::byte, RegisterValue::most_bytes> value{};
    std::uint32_t copied = 0;
    const Status status = get(key, 0, value, copied);
    if (status != Status::ok) return status;
    std::this_thread::yield();
    change(std::span(value).first(copied));
    return update(worker, key, 0, std::span(value).first(RegisterValue::head_bytes));
  }
};

TEST(StoreHistory, AReadModifyWriteInTwoStepsIsRejected) {
  EXPECT_FALSE(verdict_of<StoreWithLostUpdates>());
}

/// As an insert that looks for the key before it takes the latch.
struct StoreWithDoubleInserts : BrokenStore {
  Status insert(Worker& worker, Key key, std::span<const std::byte> value) {
    std::uint32_t copied = 0;
    if (get(key, 0, {}, copied) == Status::ok) return Status::exists;
    std::this_thread::yield();
    return put(worker, key, value);
  }
};

TEST(StoreHistory, AnInsertInTwoStepsIsRejected) {
  EXPECT_FALSE(verdict_of<StoreWithDoubleInserts>());
}

/// As a put that takes the old record out before the new one is in.
struct StoreWithGaps : BrokenStore {
  Status put(Worker& worker, Key key, std::span<const std::byte> value) {
    remove(worker, key);
    std::this_thread::yield();
    return BrokenStore::put(worker, key, value);
  }
};

TEST(StoreHistory, AReplacementWithAGapIsRejected) {
  EXPECT_FALSE(verdict_of<StoreWithGaps>());
}

}  // namespace
}  // namespace upout::kernel
