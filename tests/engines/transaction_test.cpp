#include "engines/shared_nothing/transaction.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "tests/engines/transaction_bench.h"

/// Single transactions over the ranks of a simulated network.
namespace upout::engines::shared_nothing {
namespace {

using kernel::AbortCause;
using kernel::ConcurrencyControl;
using kernel::Key;
using kernel::Status;
using kernel::Task;
using platform::Timestamp;
using namespace std::chrono_literals;

class Transactions : public TransactionBench {};

TEST_P(Transactions, OnOwnPartitionsSendNothing) {
  make(2);
  load(key_of(0), 5);
  start(0, [&](Ranks& on) { return increment_to_commit(on, {key_of(0)}, 10, counts); });
  run();
  EXPECT_EQ(value(key_of(0)), 15U);
  EXPECT_EQ(counts.committed, 10U);
  EXPECT_EQ(network->sent(), 0U);
}

/// A message and its answer for each access, the promise and the decision; serial begins before.
TEST_P(Transactions, OnOneOtherPartitionPromiseInOneMessage) {
  make(2);
  load(key_of(0), 5);
  load(key_of(1), 6);
  start(0, [&](Ranks& on) { return increment_to_commit(on, {key_of(0), key_of(1)}, 1, counts); });
  run();
  EXPECT_EQ(value(key_of(0)), 6U);
  EXPECT_EQ(value(key_of(1)), 7U);
  EXPECT_EQ(network->sent(), GetParam() == ConcurrencyControl::occ ? 8U : 10U);
}

TEST_P(Transactions, ThatAbortLeaveNothingBehind) {
  make(2);
  load(key_of(0), 5);
  load(key_of(1), 6);
  const auto text = [](Ranks& on, std::vector<Key> keys, Key fresh) -> Task<bool> {
    Tx tx(on);
    co_await tx.begin(keys);
    const std::uint64_t word = 1;
    EXPECT_EQ(co_await tx.update(keys[0], 0, bytes_of(word)), Status::ok);
    EXPECT_EQ(co_await tx.remove(keys[1]), Status::ok);
    EXPECT_EQ(co_await tx.insert(fresh, bytes_of(word)), Status::ok);
    EXPECT_EQ(co_await tx.insert(fresh, bytes_of(word)), Status::exists);
    EXPECT_EQ(co_await tx.remove(keys[1]), Status::not_found);
    tx.abort();
    co_return true;
  };
  start(0, [&](Ranks& on) { return text(on, {key_of(0), key_of(1)}, key_of(1, 1)); });
  run();
  EXPECT_EQ(value(key_of(0)), 5U);
  EXPECT_EQ(value(key_of(1)), 6U);
  EXPECT_EQ(value(key_of(1, 1)), std::nullopt);
}

TEST_P(Transactions, ThatMeetAreRetriedAndCommit) {
  make(3);
  load(key_of(0), 0);
  load(key_of(1), 0);
  for (int rank = 0; rank < 3; ++rank) {
    for (int text = 0; text < 4; ++text) {
      start(rank, [&](Ranks& on) { return increment_to_commit(on, {key_of(0), key_of(1)}, 5, counts); });
    }
  }
  run();
  EXPECT_EQ(counts.committed, 60U);
  EXPECT_EQ(value(key_of(0)), 60U);
  EXPECT_EQ(value(key_of(1)), 60U);
  std::uint64_t aborted = 0;
  for (const std::uint64_t of_cause : counts.aborted) aborted += of_cause;
  if (GetParam() == ConcurrencyControl::occ) {
    EXPECT_GT(aborted, 0U) << "there was no conflict to see";
  } else {
    EXPECT_EQ(aborted, 0U) << "they queue";
  }
}

/// Each names its partitions in another order.
TEST_P(Transactions, OverCrossingPartitionsDoNotWaitForEachOther) {
  make(3, 20ms);
  for (int rank = 0; rank < 3; ++rank) load(key_of(rank), 0);
  for (int rank = 0; rank < 3; ++rank) {
    for (int text = 0; text < 3; ++text) {
      const std::vector<Key> keys{key_of((text + rank) % 3), key_of((text + rank + 1) % 3),
                                  key_of((text + rank + 2) % 3)};
      start(rank, [&, keys](Ranks& on) { return increment_to_commit(on, keys, 4, counts); });
    }
  }
  run();
  EXPECT_EQ(counts.committed, 36U);
  EXPECT_EQ(counts.aborted[static_cast<std::size_t>(AbortCause::no_answer)], 0U);
  for (int rank = 0; rank < 3; ++rank) EXPECT_EQ(value(key_of(rank)), 36U);
}

/// Each reads what the other one is going to write, on partitions on which both write something else, too. If
/// one could promise before the other has locked everywhere, both could commit.
TEST_P(Transactions, ThatReadWhatTheOtherWritesDoNotBothCommit) {
  const auto write_if_none_has = [](Ranks& on, std::array<Key, 3> keys, unsigned& committed) -> Task<bool> {
    const auto& [read, with_it, written] = keys;
    const std::uint64_t one = 1;
    std::uint64_t seen = 0;
    std::uint32_t copied = 0;
    Tx tx(on);
    co_await tx.begin(keys);
    co_await tx.read(read, 0, std::as_writable_bytes(std::span(&seen, 1)), copied);
    co_await tx.update(with_it, 0, bytes_of(one));
    co_await tx.update(written, 0, bytes_of(one));
    if (co_await tx.commit() && seen == 0) ++committed;
    co_return true;
  };
  unsigned alone = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    ranks.clear();
    make(4, 50ms, {.seed = seed, .mean_further_delay = 5us});
    std::array<Key, 2> crossing{key_of(2), key_of(3)};
    std::array<Key, 2> beside{key_of(2, 1), key_of(3, 1)};
    for (const Key key : {crossing[0], crossing[1], beside[0], beside[1]}) load(key, 0);
    unsigned committed = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::array<Key, 3> keys{crossing[i], beside[i], crossing[1 - i]};
      start(static_cast<int>(i), [&, keys](Ranks& on) { return write_if_none_has(on, keys, committed); });
    }
    run();
    ASSERT_LE(committed, 1U) << "with seed " << seed;
    alone += committed;
  }
  EXPECT_GT(alone, 50U);
}

/// The link goes down in the moment of the decision. Nobody sees the old value any more: single operations,
/// of the participant's own client and of others, and scans, come back when it knows.
TEST_P(Transactions, AreToldToTheParticipantsInTheEnd) {
  make(3);
  load(key_of(0), 5);
  load(key_of(1), 6);
  Timestamp decided{};
  const auto transact = [&](Ranks& on, std::vector<Key> keys) -> Task<bool> {
    Tx tx(on);
    co_await tx.begin(keys);
    co_await increment(on, tx, keys);
    EXPECT_TRUE(co_await tx.commit());
    network->set_link(0, 1, false);
    decided = network->now();
    co_return true;
  };
  const auto look = [&](Ranks& on, Key key, bool scans) -> Task<bool> {
    std::array<std::byte, 64> output{};
    std::uint32_t copied = 0;
    while (decided == Timestamp{}) co_await on.get(key + 1000, {}, copied);
    const Status status =
        scans ? co_await on.scan(key, 1, output, copied) : co_await on.get(key, output, copied);
    EXPECT_EQ(status, Status::ok);
    std::uint64_t word = 0;
    std::memcpy(&word, output.data() + copied - sizeof(word), sizeof(word));
    EXPECT_EQ(word, 7U);
    EXPECT_GT(network->now() - decided, 15ms) << "the participant cannot have known";
    co_return true;
  };
  start(0, [&](Ranks& on) { return transact(on, {key_of(0), key_of(1)}); });
  start(1, [&](Ranks& on) { return look(on, key_of(1), false); });
  for (const bool scans : {false, true})
    start(2, [&, scans](Ranks& on) { return look(on, key_of(1), scans); });
  network->at(20ms, [&] { network->set_link(0, 1, true); });
  run();
  EXPECT_EQ(value(key_of(1)), 7U);
}

TEST_P(Transactions, OfARankThatGoesBeforeTheyPromiseAreGivenUp) {
  make(2, 5ms);
  load(key_of(1), 6);
  bool has_written = false;
  const auto transact = [&](Ranks& on, std::vector<Key> keys) -> Task<bool> {
    Tx tx(on);
    co_await tx.begin(keys);
    co_await increment(on, tx, keys);
    has_written = true;
    network->crash(0);
    co_await tx.pause(1);
    co_return co_await tx.commit();
  };
  const auto follow = [&](Ranks& on, std::vector<Key> keys) -> Task<bool> {
    std::uint32_t copied = 0;
    while (!has_written) co_await on.get(keys[0] + 1000, {}, copied);
    while (counts.committed == 0) co_await increment_to_commit(on, keys, 1, counts);
    co_return true;
  };
  start(0, [&](Ranks& on) { return transact(on, {key_of(1)}); });
  start(1, [&](Ranks& on) { return follow(on, {key_of(1)}); });
  run();
  EXPECT_EQ(counts.committed, 1U);
  EXPECT_EQ(value(key_of(1)), 7U);
}

/// What a participant has promised it must keep, though nobody will ever tell it what was decided.
TEST_P(Transactions, OfARankThatGoesAfterTheyHavePromisedAreKept) {
  make(2, 5ms);
  load(key_of(1), 6);
  Status status = Status::ok;
  const auto transact = [&](Ranks& on, std::vector<Key> keys) -> Task<bool> {
    Tx tx(on);
    co_await tx.begin(keys);
    co_await increment(on, tx, keys);
    const bool committed = co_await tx.commit();
    network->crash(0);
    co_return committed;
  };
  const auto look = [&](Ranks& on, Key key) -> Task<bool> {
    std::uint32_t copied = 0;
    while (network->is_alive(0)) co_await on.get(key + 1000, {}, copied);
    status = co_await on.get(key, {}, copied);
    co_return true;
  };
  start(0, [&](Ranks& on) { return transact(on, {key_of(1)}); });
  start(1, [&](Ranks& on) { return look(on, key_of(1)); });
  run();
  EXPECT_EQ(status, Status::no_answer);
}

TEST_P(Transactions, ThatAreIdleForTooLongAreForgotten) {
  make(2, 1ms);
  load(key_of(1), 6);
  const auto transact = [&](Ranks& on, std::vector<Key> keys) -> Task<bool> {
    Tx tx(on);
    co_await tx.begin(keys);
    co_await increment(on, tx, keys);
    for (const Timestamp idle_until = network->now() + 3ms; network->now() < idle_until;)
      co_await tx.pause(1);
    EXPECT_FALSE(co_await tx.commit());
    EXPECT_EQ(tx.cause(), AbortCause::forgotten);
    co_return true;
  };
  start(0, [&](Ranks& on) { return transact(on, {key_of(1)}); });
  run();
  EXPECT_EQ(value(key_of(1)), 6U);
}

TEST_P(Transactions, DeclareTheirPartitionsIfTheyAreSerial) {
  make(2);
  load(key_of(0), 5);
  load(key_of(1), 6);
  start(0, [&](Ranks& on) -> Task<bool> {
    return [](Ranks& executor, Key declared, Key another) -> Task<bool> {
      const bool is_serial = GetParam() == ConcurrencyControl::serial;
      const std::uint64_t word = 1;
      Tx tx(executor);
      co_await tx.begin(std::span(&declared, 1));
      EXPECT_EQ(co_await tx.update(declared, 0, bytes_of(word)), Status::ok);
      const Status status = co_await tx.update(another, 0, bytes_of(word));
      EXPECT_EQ(status, is_serial ? Status::conflict : Status::ok);
      EXPECT_EQ(co_await tx.commit(), !is_serial);
      co_return true;
    }(on, key_of(0), key_of(1));
  });
  run();
  const bool is_serial = GetParam() == ConcurrencyControl::serial;
  EXPECT_EQ(value(key_of(0)), is_serial ? 5U : 1U);
  EXPECT_EQ(value(key_of(1)), is_serial ? 6U : 1U);
}

TEST_P(Transactions, OnARankThatHasGoneEndAtTheDeadline) {
  make(2, 5ms);
  network->crash(1);
  start(0, [&](Ranks& on) { return increment_to_commit(on, {key_of(0), key_of(1)}, 1, counts); });
  load(key_of(0), 5);
  network->run([&](int rank) { return ranks[static_cast<std::size_t>(rank)].step(); },
               [&] { return ranks[0].is_over || network->now() > 1s; });
  EXPECT_LT(network->now(), 100ms);
  EXPECT_EQ(counts.committed, 0U);
  EXPECT_EQ(counts.aborted[static_cast<std::size_t>(AbortCause::no_answer)], 1U);
  EXPECT_EQ(value(key_of(0)), 5U);
}

INSTANTIATE_TEST_SUITE_P(, Transactions,
                         ::testing::Values(ConcurrencyControl::occ, ConcurrencyControl::serial),
                         [](const auto& control) {
                           return control.param == ConcurrencyControl::occ ? "Occ" : "Serial";
                         });

}  // namespace
}  // namespace upout::engines::shared_nothing
