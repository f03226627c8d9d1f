#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <random>
#include <thread>

#include "kernel/log/checkpoint.h"
#include "kernel/transaction.h"
#include "tests/kernel/log_bench.h"

namespace upout::kernel::testing {
namespace {

namespace fs = std::filesystem;

constexpr unsigned workers = 3;
constexpr Key accounts = 50;
constexpr std::uint64_t each_begins_with = 1000;
constexpr Key first_counter = 1000;

std::uint64_t number_in(const Contents& contents, Key key) {
  std::uint64_t number = 0;
  std::memcpy(&number, contents.at(key).data(), sizeof(number));
  return number;
}

/// Moves money between accounts, and counts in a record of its own how often it has, in the same transaction.
/// `acknowledged`: how often it knows that it will not be lost.
class Teller {
 public:
  Teller(Store<Shared>& store, Log& log, unsigned number)
      : writer_(log.writer()),
        worker_(store.heap(), &writer_),
        store_(&store),
        number_(number),
        random_(number) {}

  void work(const std::atomic<bool>& is_over, std::atomic<std::uint64_t>& acknowledged) {
    Transaction<Shared> transaction(*store_, worker_);
    std::uint64_t done = 0;
    std::uint64_t awaited = 0;  // that so many are durable
    Epoch awaited_epoch = 0;
    while (!is_over) {
      if (transfer(transaction, done + 1)) ++done;
      announce_quiescent();
      std::this_thread::yield();  // serial transactions that follow at once leave nobody else in
      if (writer_.state().durable.load() < awaited_epoch) continue;
      acknowledged = awaited;
      awaited = done;
      awaited_epoch = writer_.epoch();
    }
  }

 private:
  bool transfer(Transaction<Shared>& transaction, std::uint64_t count) {
    const Key from = random_() % accounts;
    const Key to = (from + 1 + random_() % (accounts - 1)) % accounts;
    const std::uint64_t amount = random_() % 10;
    if (!transaction.try_begin()) return false;
    std::uint64_t balance = 0;
    const auto change = [&](Key key, std::uint64_t by) {
      std::uint32_t copied = 0;
      const auto bytes = std::as_writable_bytes(std::span(&balance, 1));
      if (transaction.read(key, 0, bytes, copied).now() != Status::ok) return false;
      balance += by;
      return transaction.update(key, 0, bytes).now() == Status::ok;
    };
    if (change(from, -amount) && change(to, amount)) {
      // A record that comes, and goes again each third time.
      const Key counter = first_counter + number_;
      if (count % 3 == 0) static_cast<void>(transaction.remove(counter + 100).now());
      if (count % 3 == 1) static_cast<void>(transaction.insert(counter + 100, pattern(700, count)).now());
      static_cast<void>(transaction.update(counter, 0, std::as_bytes(std::span(&count, 1))).now());
    }
    return transaction.commit();
  }

  LogWriter writer_;
  Worker worker_;
  Store<Shared>* store_;
  unsigned number_;
  std::mt19937_64 random_;
};

using Acknowledged = std::array<std::atomic<std::uint64_t>, workers>;

std::vector<std::jthread> begin_work(Store<Shared>& store, Log& log, const std::atomic<bool>& is_over,
                                     Acknowledged& acknowledged) {
  std::vector<std::jthread> tellers;
  for (unsigned i = 0; i < workers; ++i) {
    tellers.emplace_back([&, i] {
      const ReaderRegistration registration;
      Teller(store, log, i).work(is_over, acknowledged[i]);
    });
  }
  return tellers;
}

class LogConcurrent : public ::testing::TestWithParam<ConcurrencyControl> {
 protected:
  void load(Store<Shared>& store, Log& log) {
    LogWriter writer = log.writer();
    Worker worker(store.heap(), &writer);
    const auto put = [&](Key key, std::uint64_t number) {
      ASSERT_EQ(store.put(worker, key, std::as_bytes(std::span(&number, 1))), Status::ok);
    };
    for (Key key = 0; key < accounts; ++key) put(key, each_begins_with);
    for (Key key = 0; key < workers; ++key) put(first_counter + key, 0);
    ASSERT_TRUE(log.flush());
  }

  /// What a crash at this moment would leave.
  void expect_whole_transactions(const Acknowledged& acknowledged) {
    std::array<std::uint64_t, workers> expected{};
    for (unsigned i = 0; i < workers; ++i) expected[i] = acknowledged[i];
    const harness::TemporaryFolder copy;
    const std::vector<LogFileName> files = log_files(folder_ / "", log_extension).value();
    for (const LogFileName& file : files) fs::copy(file.path, copy / file.path.filename());
    const auto contents = recovered<Shared>(copy / "");
    ASSERT_TRUE(contents) << contents.error().to_string();
    std::uint64_t sum = 0;
    for (Key key = 0; key < accounts; ++key) sum += number_in(*contents, key);
    EXPECT_EQ(sum, accounts * each_begins_with) << "a part of a transaction";
    for (unsigned i = 0; i < workers; ++i) {
      const std::uint64_t count = number_in(*contents, first_counter + i);
      EXPECT_GE(count, expected[i]) << "acknowledged, and lost";
      EXPECT_EQ(contents->contains(first_counter + 100 + i), count % 3 != 0);
      if (count % 3 != 0) {
        EXPECT_EQ(contents->at(first_counter + 100 + i), pattern(700, count / 3 * 3 + 1));
      }
    }
  }

  harness::TemporaryFolder folder_;
};

/// With rings so small that workers wait within an epoch, and files so small that there are many.
TEST_P(LogConcurrent, EachMomentLeavesWholeTransactionsAndAllThatWereAcknowledged) {
  const auto log =
      std::move(Log::create({.folder = folder_ / "", .ring_bytes = 1 << 12, .file_bytes = 1 << 18})).value();
  const auto store = std::move(*Store<Shared>::create({.concurrency_control = GetParam()}));
  std::jthread([&] {
    const ReaderRegistration registration;
    load(*store, *log);
  }).join();
  std::atomic<bool> is_over{false};
  Acknowledged acknowledged{};
  std::jthread flushing([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) ASSERT_TRUE(log->flush());
  });
  std::vector<std::jthread> tellers = begin_work(*store, *log, is_over, acknowledged);
  const auto all_have_some = [&] {
    return std::ranges::all_of(acknowledged, [](const auto& count) { return count.load() > 0; });
  };
  for (int moment = 0; moment < 12 || !all_have_some(); ++moment) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    expect_whole_transactions(acknowledged);
  }
  is_over = true;
  tellers.clear();
}

/// A part of an epoch is on disk when the crash comes: a worker that does not leave it needs room. None of it
/// comes back, nor does it when the log has gone on with epochs of its own.
TEST(LogOfAnEpoch, ThatNeverEndedIsGivenUpForEver) {
  const harness::TemporaryFolder folder;
  const harness::TemporaryFolder copy;
  const auto copy_all = [&] {
    for (const auto& entry : fs::directory_iterator(folder / ""))
      fs::copy(entry.path(), copy / entry.path().filename());
  };
  {
    LoggedBench<Exclusive> bench({.folder = folder / "", .ring_bytes = 1 << 12, .file_bytes = 1 << 18}, {});
    EXPECT_EQ(bench.store->put(bench.worker, 1, pattern(50, 1)), Status::ok);
    ASSERT_TRUE(bench.log->flush());
    std::jthread flushing([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) ASSERT_TRUE(bench.log->flush());
    });
    const LogScope scope(&bench.writer);
    for (Key key = 0; key < 50; ++key)
      EXPECT_EQ(bench.store->put(bench.worker, key, pattern(700, 2)), Status::ok);
    EXPECT_GT(bench.log->written_bytes(), 30'000U);
    copy_all();
  }
  const Contents before{{1, pattern(50, 1)}};
  EXPECT_EQ(differences(recovered<Exclusive>(copy / "").value(), before), "");
  Contents expected = before;
  for (Key life = 0; life < 3; ++life) {
    const auto image = LogImage::open(copy / "");
    ASSERT_TRUE(image) << image.error().to_string();
    LoggedBench<Exclusive> bench(image->go_on().value(), {});
    for (int epoch = 0; epoch < 20; ++epoch) {
      expected[100 + life] = pattern(60, static_cast<std::uint64_t>(epoch));
      EXPECT_EQ(bench.store->put(bench.worker, 100 + life, expected[100 + life]), Status::ok);
      ASSERT_TRUE(bench.log->flush());
    }
  }
  EXPECT_EQ(differences(recovered<Exclusive>(copy / "").value(), expected), "");
}

/// Which write in place, and take it back.
TEST(LogOfSerialTransactions, ACheckpointHasNothingThatWasAborted) {
  const harness::TemporaryFolder folder;
  const Contents expected{{1, pattern(400, 1)}};
  {
    const auto log = std::move(Log::create({.folder = folder / ""})).value();
    const auto store = std::move(*Store<Shared>::create({.concurrency_control = ConcurrencyControl::serial}));
    std::atomic<int> aborted{0};
    std::jthread aborting([&](const std::stop_token& stop) {
      const ReaderRegistration registration;
      LogWriter writer = log->writer();
      Worker worker(store->heap(), &writer);
      ASSERT_EQ(store->put(worker, 1, expected.at(1)), Status::ok);
      Transaction<Shared> transaction(*store, worker);
      for (; !stop.stop_requested(); ++aborted) {
        if (!transaction.try_begin()) continue;
        static_cast<void>(transaction.update(1, 0, pattern(400, 2)).now());
        static_cast<void>(transaction.insert(2, pattern(100, 3)).now());
        transaction.abort();
        announce_quiescent();
      }
    });
    while (aborted == 0) std::this_thread::yield();
    for (int checkpoint = 0; checkpoint < 20; ++checkpoint) {
      std::jthread([&] {
        const ReaderRegistration registration;
        Worker worker(store->heap());
        auto writer = CheckpointWriter::begin(*log);
        ASSERT_TRUE(writer) << writer.error().to_string();
        ASSERT_TRUE(writer->add(*store, worker));
        ASSERT_TRUE(writer->finish());
      }).join();
      EXPECT_EQ(differences(recovered<Exclusive>(folder / "").value(), expected), "");
    }
  }
}

/// Each waits for the lock of the one record, whose owner waits for room in a ring, for which the log must
/// not wait until the others are done.
TEST(LogOfOneRecord, WhoWaitsForRoomHoldsNobodyUp) {
  const harness::TemporaryFolder folder;
  const auto log = std::move(Log::create({.folder = folder / "", .ring_bytes = 1 << 12})).value();
  const auto store = std::move(*Store<Shared>::create({}));
  std::jthread flushing([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) ASSERT_TRUE(log->flush());
  });
  std::vector<std::jthread> writing;
  for (unsigned i = 0; i < workers; ++i) {
    writing.emplace_back([&] {
      const ReaderRegistration registration;
      LogWriter writer = log->writer();
      Worker worker(store->heap(), &writer);
      std::vector<Operation> operations(64);
      std::vector<Operation*> batch;
      const Bytes value = pattern(700, 1);
      for (Operation& operation : operations) {
        operation = {.kind = OperationKind::put, .key = 1, .input = value};
        batch.push_back(&operation);
      }
      for (int round = 0; round < 50; ++round) store->execute(worker, batch);
    });
  }
  writing.clear();
  EXPECT_EQ(store->size(), 1U);
}

/// Of which each makes older files superfluous.
TEST_P(LogConcurrent, CheckpointsBesideTheWorkLoseNothing) {
  const auto store =
      std::move(*Store<Shared>::create({.index = IndexKind::ordered, .concurrency_control = GetParam()}));
  Acknowledged acknowledged{};
  {
    const auto log =
        std::move(Log::create({.folder = folder_ / "", .ring_bytes = 1 << 12, .file_bytes = 1 << 16}))
            .value();
    std::jthread([&] {
      const ReaderRegistration registration;
      load(*store, *log);
    }).join();
    std::atomic<bool> is_over{false};
    std::jthread flushing([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) ASSERT_TRUE(log->flush());
    });
    std::vector<std::jthread> tellers = begin_work(*store, *log, is_over, acknowledged);
    std::jthread([&] {
      for (int checkpoint = 0; checkpoint < 10; ++checkpoint) {
        auto writer = CheckpointWriter::begin(*log);
        ASSERT_TRUE(writer) << writer.error().to_string();
        {
          const ReaderRegistration registration;
          Worker worker(store->heap());
          ASSERT_TRUE(writer->add(*store, worker));
        }
        const auto finished = writer->finish();
        ASSERT_TRUE(finished) << finished.error().to_string();
      }
    }).join();
    is_over = true;
    tellers.clear();
  }
  EXPECT_EQ(log_files(folder_ / "", checkpoint_extension).value().size(), 1U);
  // Nobody copies files that are being removed.
  const harness::TemporaryFolder copy;
  for (const auto& entry : fs::directory_iterator(folder_ / ""))
    fs::copy(entry.path(), copy / entry.path().filename());
  const auto contents = recovered<Shared>(copy / "", IndexKind::ordered);
  ASSERT_TRUE(contents) << contents.error().to_string();
  std::uint64_t sum = 0;
  for (Key key = 0; key < accounts; ++key) sum += number_in(*contents, key);
  EXPECT_EQ(sum, accounts * each_begins_with);
  for (unsigned i = 0; i < workers; ++i)
    EXPECT_GE(number_in(*contents, first_counter + i), acknowledged[i].load());
}

INSTANTIATE_TEST_SUITE_P(All, LogConcurrent,
                         ::testing::Values(ConcurrencyControl::occ, ConcurrencyControl::serial),
                         [](const auto& kind) {
                           return kind.param == ConcurrencyControl::occ ? "Occ" : "Serial";
                         });

}  // namespace
}  // namespace upout::kernel::testing
