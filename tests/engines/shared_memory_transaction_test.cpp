#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "engines/transaction.h"

/// Transactions of worker threads over the store that they share.
namespace upout::engines::shared_memory {
namespace {

using kernel::ConcurrencyControl;
using kernel::Key;
using kernel::Status;
using kernel::Verdict;

std::unique_ptr<Engine> make(unsigned threads, ConcurrencyControl control) {
  static const platform::Topology topology = std::move(*platform::Topology::discover());
  return std::move(
             Engine::create(topology, platform::WorkerMap::create(topology).value(),
                            {.threads = threads, .oversubscribe = true, .concurrency_control = control}))
      .value();
}

struct Numbers {
  unsigned texts = 0;  ///< between their first access and their last
  unsigned most_texts = 0;
  std::uint64_t committed = 0;
  kernel::TransactionCounts counts;
};

/// Adds one to each of two counters, and inserts them where they are missing.
kernel::Task<Verdict> increment(Transaction& tx, std::span<const Key> keys, Numbers& numbers) {
  numbers.most_texts = std::max(numbers.most_texts, ++numbers.texts);
  for (const Key key : keys) {
    std::uint64_t counter = 0;
    std::uint32_t copied = 0;
    const auto bytes = std::as_writable_bytes(std::span(&counter, 1));
    const Status status = co_await tx.read(key, 0, bytes, copied);
    ++counter;
    if (status == Status::not_found) {
      co_await tx.insert(key, bytes);
    } else if (status == Status::ok) {
      co_await tx.update(key, 0, bytes);
    }
  }
  --numbers.texts;
  co_return Verdict::commit;
}

kernel::Task<bool> increment_once(TransactionClient& client, Numbers& numbers, std::array<Key, 2> keys) {
  Transaction tx(client);
  numbers.committed += co_await run_to_commit(tx, numbers.counts, keys,
                                              [&](Transaction& on) { return increment(on, keys, numbers); });
  co_return true;
}

/// Increments of pairs of a few counters, by one worker.
Numbers work(Engine::Session& session, std::size_t depth, unsigned transactions, unsigned seed) {
  Numbers numbers;
  TransactionClient client(session, depth);
  client.run([&, i = 0U]() mutable -> std::optional<kernel::Task<bool>> {
    if (i == transactions) return std::nullopt;
    const Key first = (seed + 7 * i++) % 5;
    return increment_once(client, numbers, {first, (first + 1 + i % 3) % 5});
  });
  return numbers;
}

std::uint64_t sum_of_counters(Engine& engine) {
  struct Total {
    std::uint64_t sum = 0;
    void visit(Key, std::span<const std::byte> value) {
      std::uint64_t counter = 0;
      std::copy_n(value.begin(), sizeof(counter), std::as_writable_bytes(std::span(&counter, 1)).begin());
      sum += counter;
    }
    void merge(const Total& other) { sum += other.sum; }
  };
  return engine.aggregate(Total{}).sum;
}

/// Has no access, and lets the others have many turns.
kernel::Task<bool> take_many_turns(TransactionClient& client, Numbers& numbers) {
  Transaction tx(client);
  numbers.most_texts = std::max(numbers.most_texts, ++numbers.texts);
  for (int turn = 0; turn < 100; ++turn) co_await tx.pause(1);
  --numbers.texts;
  co_return true;
}

/// Where there is nothing to do one looks for it, and all have their part again when there is; however long
/// it takes, as those that are at work have to rest now and then.
TEST(SharedMemoryTransactionClient, RunsAsManyAsItMaySideBySideAlsoIfThereWasNothingToDo) {
  constexpr std::size_t depth = 4;
  const auto engine = make(1, ConcurrencyControl::occ);
  for (const unsigned vain : {0U, 1U, 3U, 5'000U, 50'000U}) {
    engine->run_on_workers([&](Engine::Session& session, WorkerId) {
      TransactionClient client(session, depth);
      for (int wave = 0; wave < 2; ++wave) {
        Numbers numbers;
        unsigned looks = 0;
        unsigned started = 0;
        client.run(
            [&]() -> std::optional<kernel::Task<bool>> {
              if (looks++ < vain || started == 2 * depth) return std::nullopt;
              ++started;
              return take_many_turns(client, numbers);
            },
            [&] { return started == 2 * depth; });
        EXPECT_EQ(started, 2 * depth);
        EXPECT_EQ(numbers.most_texts, depth) << vain;
        EXPECT_EQ(numbers.texts, 0U);
      }
    });
  }
}

class SharedMemoryTransactions : public ::testing::TestWithParam<ConcurrencyControl> {};

TEST_P(SharedMemoryTransactions, LoseNoIncrement) {
  for (const unsigned threads : {1U, 2U, 3U}) {
    const auto engine = make(threads, GetParam());
    std::mutex adding;
    std::uint64_t committed = 0;
    engine->run_on_workers([&](Engine::Session& session, WorkerId id) {
      const Numbers numbers = work(session, 8, 20'000, id.global);
      EXPECT_EQ(numbers.committed, numbers.counts.committed);
      const std::lock_guard lock(adding);
      committed += numbers.committed;
    });
    EXPECT_EQ(committed, threads * 20'000U);
    EXPECT_EQ(sum_of_counters(*engine), 2 * committed);
  }
}

TEST_P(SharedMemoryTransactions, WaitForMemorySideBySide) {
  const auto engine = make(1, GetParam());
  engine->run_on_workers([&](Engine::Session& session, WorkerId) {
    // Serial ones have the partition one after the other; of the others each waits while others go on.
    const unsigned expected = GetParam() == ConcurrencyControl::occ ? 8 : 1;
    EXPECT_EQ(work(session, 8, 100, 1).most_texts, expected);
    EXPECT_EQ(work(session, 1, 100, 1).most_texts, 1U);
  });
}

INSTANTIATE_TEST_SUITE_P(, SharedMemoryTransactions,
                         ::testing::Values(ConcurrencyControl::occ, ConcurrencyControl::serial),
                         [](const auto& each) {
                           return each.param == ConcurrencyControl::occ ? "Occ" : "Serial";
                         });

}  // namespace
}  // namespace upout::engines::shared_memory
