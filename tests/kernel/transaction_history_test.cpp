#include <gtest/gtest.h>

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

constexpr unsigned threads = 4;   // that run transactions; of one that runs operations beside them
constexpr unsigned lanes = 3;     // transactions in flight on each thread
constexpr Key keys = 4;           // of each history
constexpr unsigned attempts = 8;  // of each lane in each history
constexpr unsigned operations = 3 * attempts;  // single ones in each history

/// Random transactions of one lane on a few keys, one after the other; whether they commit or not, each is
/// recorded.
class Client {
 public:
  Client(Transaction<Shared>& transaction, Recorder::Log& log, bool scans, Key first_key, std::uint64_t seed)
      : transaction_(&transaction), log_(&log), scans_(scans), first_key_(first_key), random_(seed) {}

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
      const Key key = first_key_ + random_() % keys;
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
    const std::size_t limit = 1 + random_() % keys;
    const bool up = random_() % 2 == 0;
    std::vector<std::pair<Key, Version>> found;
    const Status status = co_await transaction_->scan(from, up ? Direction::ascending : Direction::descending,
                                                      limit, [&](Key key, std::span<const std::byte> value) {
                                                        std::uint64_t word = 0;
                                                        std::memcpy(&word, value.data(), sizeof(word));
                                                        if (key >= first_key_ && key < first_key_ + keys)
                                                          found.emplace_back(key, Version::of_word(word));
                                                      });
    if (status != Status::ok) co_return false;
    // The keys of other histories beside these are no business of this one.
    const bool is_cut = found.size() == limit;
    const Key end = is_cut ? found.back().first : up ? first_key_ + keys - 1 : first_key_;
    recorded.scan(std::min(from, end), std::max(from, end), std::move(found));
    co_return true;
  }

  Transaction<Shared>* transaction_;
  Recorder::Log* log_;
  bool scans_;
  Key first_key_;
  std::mt19937_64 random_;
};

/// Single-key operations beside the transactions: each is one of its own, which commits.
class Operations {
 public:
  Operations(Store<Shared>& store, Worker& worker, Recorder::Log& log, Key first_key, std::uint64_t seed)
      : store_(&store), worker_(&worker), log_(&log), first_key_(first_key), random_(seed) {}

  void run() {
    for (unsigned i = 0; i < operations; ++i) {
      constexpr std::array kinds{OperationKind::get, OperationKind::get, OperationKind::get,
                                 OperationKind::insert, OperationKind::read_modify_write};
      one(kinds[random_() % kinds.size()], first_key_ + random_() % keys);
    }
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

  Store<Shared>* store_;
  Worker* worker_;
  Recorder::Log* log_;
  Key first_key_;
  std::mt19937_64 random_;
};

/// One history after the other, each on keys of its own, which are removed again by nobody: the index grows
/// meanwhile.
class Histories {
 public:
  Histories(Store<Shared>& store, std::uint64_t seed) : store_(&store), seed_(seed) {}

  std::vector<std::vector<history::Transaction>> record(std::size_t count) {
    std::vector<std::vector<history::Transaction>> histories;
    std::deque<Recorder> recorders;
    for (std::size_t i = 0; i < count; ++i) recorders.emplace_back(threads + 1);
    const testing::Interruption interruption;
    std::atomic<unsigned> finished = 0;
    std::atomic<std::size_t> arrived = 0;
    {
      std::vector<std::jthread> running;
      for (unsigned thread = 0; thread <= threads; ++thread) {
        running.emplace_back([&, thread] {
          for (std::size_t i = 0; i < count; ++i) {
            ++arrived;
            while (arrived < (i + 1) * (threads + 1)) std::this_thread::yield();
            run(recorders[i].log(thread), thread, i);
          }
          ++finished;
        });
      }
      for (std::size_t i = 0; finished <= threads; ++i) {
        interruption.stop(running[i % (threads + 1)].native_handle());
        std::this_thread::sleep_for(std::chrono::microseconds(20));
      }
    }
    for (Recorder& recorder : recorders) histories.push_back(recorder.take());
    return histories;
  }

 private:
  void run(Recorder::Log& log, unsigned thread, std::size_t history) {
    const ReaderRegistration registration;
    Worker worker(store_->heap());
    const bool scans = store_->index_kind() == IndexKind::ordered;
    const Key first_key = history * keys;
    if (thread == threads) return Operations(*store_, worker, log, first_key, seed_ + history).run();
    std::deque<Transaction<Shared>> transactions;
    std::deque<Client> clients;
    std::vector<Task<bool>> tasks;
    for (unsigned lane = 0; lane < lanes; ++lane) {
      transactions.emplace_back(*store_, worker);
      clients.emplace_back(transactions.back(), log, scans, first_key,
                           ((seed_ + history) * threads + thread) * lanes + lane);
    }
    for (Client& client : clients) tasks.push_back(client.run());
    worker.interleaver().run([&] {
      for (auto& task : tasks) task.start();
    });
    announce_quiescent();
  }

  Store<Shared>* store_;
  std::uint64_t seed_;
};

class TransactionHistoryTest : public ::testing::TestWithParam<std::tuple<IndexKind, ConcurrencyControl>> {};

TEST_P(TransactionHistoryTest, IsStrictlySerializable) {
  constexpr std::size_t histories = 1000;
  const auto [index, control] = GetParam();
  auto store = std::move(*Store<Shared>::create({.index = index, .concurrency_control = control}));
  std::size_t committed = 0;
  std::size_t aborted = 0;
  std::uint64_t seed = 0;
  for (const auto& history : Histories(*store, seed).record(histories)) {
    const history::Verdict verdict = history::check_strictly_serializable(history);
    ASSERT_TRUE(verdict) << "history " << seed << ": " << verdict.anomaly << "\n" << verdict.explanation;
    for (const history::Transaction& transaction : history) ++(transaction.committed ? committed : aborted);
    ++seed;
  }
  EXPECT_GT(committed, histories);
  EXPECT_GT(aborted, histories / 10);
}

std::string name_of_kind(const ::testing::TestParamInfo<TransactionHistoryTest::ParamType>& kind) {
  const bool is_hash = std::get<IndexKind>(kind.param) == IndexKind::hash;
  const bool is_occ = std::get<ConcurrencyControl>(kind.param) == ConcurrencyControl::occ;
  return std::string(is_hash ? "Hash" : "Ordered") + (is_occ ? "Occ" : "Serial");
}

INSTANTIATE_TEST_SUITE_P(All, TransactionHistoryTest,
                         ::testing::Combine(::testing::Values(IndexKind::hash, IndexKind::ordered),
                                            ::testing::Values(ConcurrencyControl::occ,
                                                              ConcurrencyControl::serial)),
                         name_of_kind);

}  // namespace
}  // namespace upout::kernel
