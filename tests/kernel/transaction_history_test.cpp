#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <random>
#include <thread>

#include "kernel/reclamation.h"
#include "kernel/transaction.h"
#include "tests/history/recorder.h"
#include "tests/history/serializability.h"
#include "tests/kernel/interruption.h"
#include "tests/kernel/transaction_kinds.h"

namespace upout::kernel {
namespace {

using history::Version;
using Recorder = history::Recorder<history::Transaction>;

constexpr unsigned lanes = 12;                 // of transactions, on all threads together
constexpr Key keys = 4;                        // of each history
constexpr unsigned attempts = 8;               // of each lane in each history
constexpr unsigned operations = 3 * attempts;  // single ones in each history
/// Between two keys of a history there is room for others, which are no part of it. They come and go, so that
/// leaves split and merge and memory is used again.
constexpr Key stride = 40;

/// The keys of one history.
struct Keys {
  Key first;

  template <class Random>
  Key any(Random& random) const {
    return first + random() % keys * stride;
  }
  template <class Random>
  Key any_between(Random& random) const {
    return any(random) + 1 + random() % (stride - 1);
  }
  Key last() const { return first + (keys - 1) * stride; }
  bool contain(Key key) const { return key >= first && key <= last() && (key - first) % stride == 0; }
};

/// Random transactions of one lane on a few keys, one after the other; whether they commit or not, each is
/// recorded.
template <class Policy>
class Client {
 public:
  Client(Transaction<Policy>& transaction, Recorder::Log& log, bool scans, Keys of, std::uint64_t seed)
      : transaction_(&transaction), log_(&log), scans_(scans), keys_(of), random_(seed) {}

  FramePool& frame_pool() noexcept { return transaction_->frame_pool(); }

  Task<bool> run() {
    for (unsigned i = 0; i < attempts; ++i) {
      history::Transaction& recorded = log_->begin();
      co_await transaction_->begin();
      const bool wants_to_commit = co_await attempt(recorded);
      if (wants_to_commit) {
        recorded.committed = transaction_->commit();
      } else {
        transaction_->abort();
      }
      log_->end(recorded);
    }
    co_return true;
  }

 private:
  /// True: it wants to commit.
  Task<bool> attempt(history::Transaction& recorded) {
    const std::uint64_t steps = 1 + random_() % 4;
    for (std::uint64_t step = 0; step < steps; ++step) {
      const Key key = keys_.any(random_);
      const bool is_scan = scans_ && random_() % 4 == 0;
      const bool goes_on = is_scan ? co_await scan(recorded, key) : co_await access(recorded, key);
      if (!goes_on) co_return false;
    }
    co_return random_() % 8 != 0;
  }

  /// Reads a record, and perhaps writes it. False: a conflict.
  Task<bool> access(history::Transaction& recorded, Key key) {
    std::uint64_t word = 0;
    std::uint32_t copied = 0;
    Status status = co_await transaction_->read(key, 0, std::as_writable_bytes(std::span(&word, 1)), copied);
    if (status == Status::conflict) co_return false;
    const bool is_there = status == Status::ok;
    const Version seen = Version::of_word(word);
    recorded.read(key, is_there ? std::optional(seen) : std::nullopt);
    const std::uint64_t what = random_() % 4;
    if (what == 0) co_return true;
    const Version version = log_->next_version();
    const std::uint64_t next = version.as_word();
    const auto value = std::as_bytes(std::span(&next, 1));
    if (!is_there) {
      status = co_await transaction_->insert(key, value);
      if (status == Status::ok) recorded.insert(key, version);
    } else if (what == 1) {
      status = co_await transaction_->remove(key);
      if (status == Status::ok) recorded.remove(key, seen);
    } else {
      status = co_await transaction_->update(key, 0, value);
      if (status == Status::ok) recorded.write(key, version, seen);
    }
    // Anything but ok: what was read is not so any more, which dooms the transaction at its end.
    co_return status == Status::ok;
  }

  Task<bool> scan(history::Transaction& recorded, Key from) {
    const std::size_t limit = 1 + random_() % (keys * stride / 2);
    const bool up = random_() % 2 == 0;
    std::size_t count = 0;
    Key last = from;
    std::vector<std::pair<Key, Version>> found;
    const Status status = co_await transaction_->scan(from, up ? Direction::ascending : Direction::descending,
                                                      limit, [&](Key key, std::span<const std::byte> value) {
                                                        ++count;
                                                        last = key;
                                                        std::uint64_t word = 0;
                                                        std::memcpy(&word, value.data(), sizeof(word));
                                                        if (keys_.contain(key))
                                                          found.emplace_back(key, Version::of_word(word));
                                                      });
    if (status != Status::ok) co_return false;
    // The keys of other histories beside these are no business of this one.
    const Key end = std::clamp(count == limit ? last
                               : up           ? keys_.last()
                                              : keys_.first,
                               keys_.first, keys_.last());
    recorded.scan(std::min(from, end), std::max(from, end), std::move(found));
    co_return true;
  }

  Transaction<Policy>* transaction_;
  Recorder::Log* log_;
  bool scans_;
  Keys keys_;
  std::mt19937_64 random_;
};

/// Single-key operations beside the transactions: each is one of its own, which commits. And the coming and
/// going of records between the history's.
template <class Policy>
class Operations {
 public:
  Operations(Store<Policy>& store, Worker& worker, Recorder::Log& log, Keys of, std::uint64_t seed)
      : store_(&store), worker_(&worker), log_(&log), keys_(of), random_(seed) {}

  FramePool& frame_pool() noexcept { return worker_->frame_pool(); }

  Task<bool> run() {
    for (unsigned i = 0; i < operations; ++i) {
      constexpr std::array kinds{OperationKind::get, OperationKind::get, OperationKind::get,
                                 OperationKind::insert, OperationKind::read_modify_write};
      one(kinds[random_() % kinds.size()], keys_.any(random_));
      others(i / (operations / 4) % 2 == 0 ? OperationKind::insert : OperationKind::remove);
      co_await worker_->interleaver().yield();
    }
    co_return true;
  }

 private:
  void one(OperationKind kind, Key key) {
    history::Transaction& recorded = log_->begin();
    const Version version = log_->next_version();
    const std::uint64_t next = version.as_word();
    std::uint64_t word = 0;
    Operation operation{.kind = kind,
                        .key = key,
                        .input = std::as_bytes(std::span(&next, 1)),
                        .output = std::as_writable_bytes(std::span(&word, 1))};
    Operation* pointer = &operation;
    store_->execute(*worker_, std::span(&pointer, 1));
    const Version seen = Version::of_word(word);
    if (operation.status == Status::not_found) {
      recorded.read(key, std::nullopt);
    } else if (kind == OperationKind::get) {
      recorded.read(key, seen);
    } else if (kind == OperationKind::read_modify_write) {
      recorded.write(key, version, seen);
    } else if (operation.status == Status::ok) {
      recorded.insert(key, version);
    }  // else there was a record, nobody knows which
    recorded.committed = true;
    log_->end(recorded);
  }

  void others(OperationKind kind) {
    const std::uint64_t value = 0;
    std::array<Operation, stride> batch;
    std::array<Operation*, stride> pointers;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i] = {
          .kind = kind, .key = keys_.any_between(random_), .input = std::as_bytes(std::span(&value, 1))};
      pointers[i] = &batch[i];
    }
    store_->execute(*worker_, pointers);
  }

  Store<Policy>* store_;
  Worker* worker_;
  Recorder::Log* log_;
  Keys keys_;
  std::mt19937_64 random_;
};

/// One history after the other, each on keys of its own, which are removed again by nobody: the index grows
/// meanwhile.
template <class Policy>
class Histories {
 public:
  explicit Histories(Store<Policy>& store) : store_(&store) {}

  std::vector<std::vector<history::Transaction>> record(std::size_t count) {
    std::vector<std::vector<history::Transaction>> histories;
    std::deque<Recorder> recorders;
    for (std::size_t i = 0; i < count; ++i) recorders.emplace_back(lanes + 1);
    if constexpr (Policy::is_shared) {
      record_together(recorders);
    } else {
      for (std::size_t i = 0; i < count; ++i) run(recorders[i], 0, i);
    }
    for (Recorder& recorder : recorders) histories.push_back(recorder.take());
    return histories;
  }

 private:
  /// Those of transactions, and one of operations. With `Exclusive`, one for all.
  static constexpr unsigned threads = Policy::is_shared ? 5 : 1;
  static constexpr unsigned lanes_a_thread = Policy::is_shared ? lanes / (threads - 1) : lanes;

  void record_together(std::deque<Recorder>& recorders) {
    const testing::Interruption interruption;
    std::atomic<unsigned> finished = 0;
    std::atomic<std::size_t> arrived = 0;
    std::vector<std::jthread> running;
    for (unsigned thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] {
        for (std::size_t i = 0; i < recorders.size(); ++i) {
          ++arrived;
          while (arrived < (i + 1) * threads) std::this_thread::yield();
          run(recorders[i], thread, i);
        }
        ++finished;
      });
    }
    for (std::size_t i = 0; finished < threads; ++i) {
      interruption.stop(running[i % threads].native_handle());
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }

  void run(Recorder& recorder, unsigned thread, std::size_t history) {
    const ReaderRegistration registration;
    Worker worker(store_->heap());
    const bool is_ordered = store_->index_kind() == IndexKind::ordered;
    const Keys of{history * keys * stride};
    std::deque<Transaction<Policy>> transactions;
    std::deque<Client<Policy>> clients;
    std::deque<Operations<Policy>> singles;
    std::vector<Task<bool>> tasks;
    tasks.reserve(lanes + 1);
    for (unsigned lane = thread * lanes_a_thread; lane < std::min(lanes, (thread + 1) * lanes_a_thread);
         ++lane) {
      clients.emplace_back(transactions.emplace_back(*store_, worker), recorder.log(lane), is_ordered, of,
                           history * (lanes + 1) + lane);
      tasks.push_back(clients.back().run());
    }
    if (thread + 1 == threads && may_operate_beside()) {
      singles.emplace_back(*store_, worker, recorder.log(lanes), of, history * (lanes + 1) + lanes);
      tasks.push_back(singles.back().run());
    }
    worker.interleaver().run([&] {
      for (auto& task : tasks) task.start();
    });
    announce_quiescent();
  }

  /// An operation waits for the partition; on its own thread it would do so for ever.
  bool may_operate_beside() const {
    return Policy::is_shared || store_->concurrency_control() != ConcurrencyControl::serial;
  }

  Store<Policy>* store_;
};

class TransactionHistoryTest : public ::testing::TestWithParam<std::tuple<IndexKind, ConcurrencyControl>> {};

template <class Policy>
void expect_strictly_serializable(IndexKind index, ConcurrencyControl control) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::size_t histories = 400;
#else
  constexpr std::size_t histories = 1000;
#endif
  auto store = std::move(*Store<Policy>::create({.index = index, .concurrency_control = control}));
  std::size_t committed = 0;
  std::size_t aborted = 0;
  std::uint64_t seed = 0;
  for (const auto& history : Histories<Policy>(*store).record(histories)) {
    const history::Verdict verdict = history::check_strictly_serializable(history);
    ASSERT_TRUE(verdict) << "history " << seed << ": " << verdict.anomaly << "\n" << verdict.explanation;
    for (const history::Transaction& transaction : history) ++(transaction.committed ? committed : aborted);
    ++seed;
  }
  EXPECT_GT(committed, histories);
  EXPECT_GT(aborted, histories / 10);
}

TEST_P(TransactionHistoryTest, OfManyThreadsIsStrictlySerializable) {
  const auto [index, control] = GetParam();
  expect_strictly_serializable<Shared>(index, control);
}

TEST_P(TransactionHistoryTest, OfOneThreadsCoroutinesIsStrictlySerializable) {
  const auto [index, control] = GetParam();
  expect_strictly_serializable<Exclusive>(index, control);
}

INSTANTIATE_TEST_SUITE_P(All, TransactionHistoryTest, testing::all_store_kinds(),
                         testing::name_of_store_kind);

}  // namespace
}  // namespace upout::kernel
