#include "kernel/transaction.h"

#include <gtest/gtest.h>

#include "kernel/retry.h"
#include "tests/kernel/no_memory.h"
#include "tests/kernel/transaction_kinds.h"

namespace upout::kernel {
namespace {

using testing::Words;
using Found = std::vector<std::pair<Key, std::uint64_t>>;

/// One transaction at a time.
template <class Kind>
class TransactionTest : public ::testing::Test {
 protected:
  using Policy = typename Kind::Policy;

  void SetUp() override {
    for (const Key key : {10u, 20u, 30u, 40u}) bench.load(key, 10 * key);
    words.begin();
  }
  void TearDown() override { announce_quiescent(); }

  /// The records that are there, outside of any transaction.
  Found all() {
    Found found;
    for (Key key = 0; key < 200; ++key) {
      if (const auto value = bench.value(key)) found.emplace_back(key, *value);
    }
    return found;
  }

  const Found loaded{{10, 100}, {20, 200}, {30, 300}, {40, 400}};
  Kind bench;
  Transaction<Policy> transaction{*bench.store, bench.worker};
  Words<Policy> words{transaction};
};
TYPED_TEST_SUITE(TransactionTest, testing::AllKinds);

TYPED_TEST(TransactionTest, ReadsWhatIsThere) {
  EXPECT_EQ(this->words.read(10), 100u);
  EXPECT_EQ(this->words.read(11), std::nullopt);
  EXPECT_TRUE(this->transaction.commit());
}

TYPED_TEST(TransactionTest, ReadsItsOwnWrites) {
  EXPECT_EQ(this->words.update(10, 1), Status::ok);
  EXPECT_EQ(this->words.read(10), 1u);
  EXPECT_EQ(this->words.update(10, 2), Status::ok);
  EXPECT_EQ(this->words.read(10), 2u);
  EXPECT_EQ(this->words.insert(11, 3), Status::ok);
  EXPECT_EQ(this->words.read(11), 3u);
  EXPECT_EQ(this->words.update(11, 4), Status::ok);
  EXPECT_EQ(this->words.read(11), 4u);
  EXPECT_EQ(this->words.remove(20), Status::ok);
  EXPECT_EQ(this->words.read(20), std::nullopt);
  EXPECT_TRUE(this->transaction.commit());
  EXPECT_EQ(this->all(), (Found{{10, 2}, {11, 4}, {30, 300}, {40, 400}}));
  EXPECT_EQ(this->bench.store->size(), 4u);
}

TYPED_TEST(TransactionTest, TellsWhatCannotBeDone) {
  EXPECT_EQ(this->words.update(11, 1), Status::not_found);
  EXPECT_EQ(this->words.remove(11), Status::not_found);
  EXPECT_EQ(this->words.insert(10, 1), Status::exists);
  EXPECT_EQ(this->words.remove(10), Status::ok);
  EXPECT_EQ(this->words.remove(10), Status::not_found);
  EXPECT_EQ(this->words.update(10, 1), Status::not_found);
  EXPECT_EQ(this->words.insert(12, 1), Status::ok);
  EXPECT_EQ(this->words.insert(12, 2), Status::exists);
  EXPECT_TRUE(this->transaction.commit());
  EXPECT_EQ(this->all(), (Found{{12, 1}, {20, 200}, {30, 300}, {40, 400}}));
}

TYPED_TEST(TransactionTest, AKeyMayComeAndGoSeveralTimes) {
  EXPECT_EQ(this->words.remove(10), Status::ok);
  EXPECT_EQ(this->words.insert(10, 1), Status::ok);
  EXPECT_EQ(this->words.update(10, 2), Status::ok);
  EXPECT_EQ(this->words.read(10), 2u);
  EXPECT_EQ(this->words.insert(11, 3), Status::ok);
  EXPECT_EQ(this->words.remove(11), Status::ok);
  EXPECT_EQ(this->words.read(11), std::nullopt);
  EXPECT_EQ(this->words.insert(11, 4), Status::ok);
  EXPECT_EQ(this->words.remove(20), Status::ok);
  EXPECT_EQ(this->words.insert(20, 5), Status::ok);
  EXPECT_EQ(this->words.remove(20), Status::ok);
  EXPECT_EQ(this->words.update(30, 6), Status::ok);
  EXPECT_EQ(this->words.remove(30), Status::ok);
  EXPECT_EQ(this->words.insert(12, 7), Status::ok);
  EXPECT_EQ(this->words.remove(12), Status::ok);
  EXPECT_TRUE(this->transaction.commit());
  EXPECT_EQ(this->all(), (Found{{10, 2}, {11, 4}, {40, 400}}));
  EXPECT_EQ(this->bench.store->size(), 3u);
}

TYPED_TEST(TransactionTest, AnAbortLeavesAllAsItWas) {
  for (const bool is_prepared : {false, true}) {
    if (is_prepared) this->words.begin();
    this->words.update(10, 1);
    this->words.update(10, 2);
    this->words.remove(20);
    this->words.insert(20, 3);
    this->words.remove(30);
    for (Key key = 100; key < 150; ++key) ASSERT_EQ(this->words.insert(key, key), Status::ok);
    this->words.remove(120);
    if (is_prepared) {
      ASSERT_TRUE(this->transaction.prepare());
    }
    this->transaction.abort();
    EXPECT_EQ(this->transaction.cause(), AbortCause::requested);
    EXPECT_EQ(this->all(), this->loaded);
    EXPECT_EQ(this->bench.store->size(), 4u);
  }
}

TYPED_TEST(TransactionTest, OutlivesTheGrowthOfTheIndex) {
  constexpr Key many = 5'000;
  for (Key key = 1000; key < 1000 + many; ++key) ASSERT_EQ(this->words.insert(key, key), Status::ok);
  this->words.update(10, 1);
  ASSERT_TRUE(this->transaction.commit());
  for (Key key = 1000; key < 1000 + many; ++key) ASSERT_EQ(this->bench.value(key), key);
  EXPECT_EQ(this->bench.store->size(), 4 + many);
  this->words.begin();
  for (Key key = 1000; key < 1000 + many; ++key) ASSERT_EQ(this->words.remove(key), Status::ok);
  ASSERT_TRUE(this->transaction.commit());
  EXPECT_EQ(this->bench.store->size(), 4u);
}

TYPED_TEST(TransactionTest, UpdatesLieWithinTheValue) {
  const testing::Bytes word(8);
  const Status status = this->bench.run([](auto& tx, const testing::Bytes& input) -> Task<Status> {
    co_return co_await tx.update(10, 1, input);
  }(this->transaction, word));
  EXPECT_EQ(status, Status::out_of_range);
  EXPECT_TRUE(this->transaction.commit());
  EXPECT_EQ(this->all(), this->loaded);
}

TYPED_TEST(TransactionTest, ScansSeeItsOwnWrites) {
  if (TypeParam::index == IndexKind::hash) {
    this->transaction.abort();
    GTEST_SKIP() << "keeps no order";
  }
  this->words.insert(5, 5);
  this->words.insert(25, 25);
  this->words.insert(26, 26);
  this->words.insert(50, 50);
  this->words.remove(30);
  this->words.update(20, 2);
  EXPECT_EQ(this->words.scan(0, 100),
            (Found{{5, 5}, {10, 100}, {20, 2}, {25, 25}, {26, 26}, {40, 400}, {50, 50}}));
  EXPECT_EQ(this->words.scan(20, 3), (Found{{20, 2}, {25, 25}, {26, 26}}));
  EXPECT_EQ(this->words.scan(26, 4, Direction::descending), (Found{{26, 26}, {25, 25}, {20, 2}, {10, 100}}));
  EXPECT_EQ(this->words.scan(largest_key, 2, Direction::descending), (Found{{50, 50}, {40, 400}}));
  EXPECT_EQ(this->words.scan(51, 10), Found{});
  EXPECT_EQ(this->words.scan(50, 10), (Found{{50, 50}}));
  EXPECT_EQ(this->words.scan(0, 10, Direction::descending), Found{});
  EXPECT_TRUE(this->transaction.commit());
}

// Two optimistic ones at a time
// ---------------------------------------------------------------------------------------------------------

TYPED_TEST(TransactionTest, WithoutMemoryForItsTracesItEndsAndLeavesAllAsItWas) {
#if defined(__SANITIZE_ADDRESS__)
  this->transaction.abort();
  GTEST_SKIP() << "the sanitizer itself ends the program when it gets no memory";
#endif
  Status status = Status::ok;
  {
    const testing::NoMemory no_memory;
    for (std::uint64_t word = 0; status == Status::ok && word < 1'000'000; ++word)
      status = this->words.update(10, word);
  }
  EXPECT_EQ(status, Status::out_of_memory);
  EXPECT_TRUE(this->transaction.is_doomed());
  EXPECT_FALSE(this->transaction.commit());
  EXPECT_EQ(this->transaction.cause(), AbortCause::out_of_memory);
  EXPECT_EQ(this->all(), this->loaded);
}

template <class Kind>
class OccTransactionTest : public TransactionTest<Kind> {
 protected:
  void SetUp() override {
    TransactionTest<Kind>::SetUp();
    other.begin();
  }
  void expect_cause(AbortCause cause) {
    EXPECT_FALSE(this->transaction.commit());
    EXPECT_EQ(name_of(this->transaction.cause()), name_of(cause));
  }

  Transaction<typename Kind::Policy> other_transaction{*this->bench.store, this->bench.worker};
  Words<typename Kind::Policy> other{other_transaction};
};
TYPED_TEST_SUITE(OccTransactionTest, testing::OccKinds);

TYPED_TEST(OccTransactionTest, NothingIsVisibleBeforeTheCommit) {
  this->words.update(10, 1);
  this->words.insert(11, 1);
  this->words.remove(20);
  EXPECT_EQ(this->all(), this->loaded);
  EXPECT_EQ(this->other.read(10), 100u);
  EXPECT_TRUE(this->other_transaction.commit());
  ASSERT_TRUE(this->transaction.prepare());
  this->other.begin();
  EXPECT_EQ(this->other.read(11), std::nullopt);
  this->transaction.install();
  EXPECT_FALSE(this->other_transaction.commit());
  EXPECT_EQ(this->all(), (Found{{10, 1}, {11, 1}, {30, 300}, {40, 400}}));
}

TYPED_TEST(OccTransactionTest, NoUpdateIsLost) {
  EXPECT_EQ(this->words.read(10), 100u);
  EXPECT_EQ(this->other.read(10), 100u);
  this->words.update(10, 101);
  this->other.update(10, 102);
  EXPECT_TRUE(this->other_transaction.commit());
  this->expect_cause(AbortCause::read_changed);
  EXPECT_EQ(this->bench.value(10), 102u);
}

TYPED_TEST(OccTransactionTest, WritesAreNotSkewed) {
  this->words.read(10);
  this->words.update(20, 1);
  this->other.read(20);
  this->other.update(10, 1);
  EXPECT_TRUE(this->other_transaction.commit());
  this->expect_cause(AbortCause::read_changed);
}

TYPED_TEST(OccTransactionTest, NeitherOfTwoPreparedOnesMissesTheOther) {
  this->words.read(10);
  this->words.update(20, 1);
  this->other.read(20);
  this->other.update(10, 1);
  ASSERT_TRUE(this->other_transaction.prepare());
  this->expect_cause(AbortCause::record_locked);
  this->other_transaction.install();
}

TYPED_TEST(OccTransactionTest, WhoComesSecondToALockGivesWay) {
  this->words.update(10, 1);
  this->other.update(10, 2);
  ASSERT_TRUE(this->other_transaction.prepare());
  this->expect_cause(AbortCause::record_locked);
  this->other_transaction.abort();
  EXPECT_EQ(this->all(), this->loaded);
}

TYPED_TEST(OccTransactionTest, AReadOfWhatIsBeingWrittenIsAConflict) {
  this->other.update(10, 2);
  ASSERT_TRUE(this->other_transaction.prepare());
  EXPECT_EQ(this->words.read(10), std::nullopt);
  EXPECT_TRUE(this->transaction.is_doomed());
  this->expect_cause(AbortCause::record_locked);
  this->other_transaction.install();
}

TYPED_TEST(OccTransactionTest, AMissingKeyThatComesIsAConflict) {
  EXPECT_EQ(this->words.read(11), std::nullopt);
  this->words.update(20, 1);
  this->other.insert(11, 1);
  EXPECT_TRUE(this->other_transaction.commit());
  this->expect_cause(AbortCause::insert_conflict);
}

TYPED_TEST(OccTransactionTest, AMissingKeyThatComesAndIsThenUpdatedIsAConflict) {
  EXPECT_EQ(this->words.read(11), std::nullopt);
  this->other.insert(11, 1);
  EXPECT_TRUE(this->other_transaction.commit());
  EXPECT_EQ(this->words.update(11, 2), Status::ok);
  this->expect_cause(AbortCause::insert_conflict);
  EXPECT_EQ(this->bench.value(11), 1u);
}

TYPED_TEST(OccTransactionTest, AMissingKeyThatIsBeingInsertedIsAConflict) {
  EXPECT_EQ(this->words.read(11), std::nullopt);
  this->words.update(20, 1);
  this->other.insert(11, 1);
  ASSERT_TRUE(this->other_transaction.prepare());
  this->expect_cause(AbortCause::insert_conflict);
  this->other_transaction.install();
}

TYPED_TEST(OccTransactionTest, OfTwoInsertsOfAKeyOneWins) {
  this->words.insert(11, 1);
  this->other.insert(11, 2);
  EXPECT_TRUE(this->other_transaction.commit());
  this->expect_cause(AbortCause::insert_conflict);
  EXPECT_EQ(this->bench.value(11), 2u);
  EXPECT_EQ(this->bench.store->size(), 5u);
}

TYPED_TEST(OccTransactionTest, ARecordThatGoesIsAConflict) {
  EXPECT_EQ(this->words.read(10), 100u);
  this->other.remove(10);
  EXPECT_TRUE(this->other_transaction.commit());
  this->expect_cause(AbortCause::read_changed);
}

TYPED_TEST(OccTransactionTest, ARecordThatGoesAndComesBackIsAConflict) {
  EXPECT_EQ(this->words.read(10), 100u);
  this->other.remove(10);
  EXPECT_TRUE(this->other_transaction.commit());
  this->bench.load(10, 100);
  this->expect_cause(AbortCause::read_changed);
}

TYPED_TEST(OccTransactionTest, ARecordWhoseMemoryIsAnothersNowIsAConflict) {
  EXPECT_EQ(this->words.read(10), 100u);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(this->words.update(10, 1), Status::ok);
  for (std::uint64_t i = 0; i < 3; ++i) {  // versions pass by, whatever they begin with
    ASSERT_EQ(this->bench.remove(10 + i), Status::ok);
    this->bench.load(11 + i, 100);
    EXPECT_FALSE(this->transaction.commit());
    this->words.begin();
    EXPECT_EQ(this->words.read(11 + i), 100u);
  }
  this->transaction.abort();
  this->other_transaction.abort();
}

TYPED_TEST(OccTransactionTest, SingleKeyOperationsCountAsTransactions) {
  this->words.read(10);
  this->words.update(20, 1);
  const testing::Bytes value(8);
  ASSERT_EQ(this->bench.store->update(this->bench.worker, 10, 0, value), Status::ok);
  this->expect_cause(AbortCause::read_changed);
  this->other_transaction.abort();
  EXPECT_EQ(this->bench.value(20), 200u);
}

TYPED_TEST(OccTransactionTest, APhantomIsAConflict) {
  if (TypeParam::index == IndexKind::hash) {
    this->transaction.abort();
    this->other_transaction.abort();
    GTEST_SKIP() << "keeps no order";
  }
  for (const Direction direction : {Direction::ascending, Direction::descending}) {
    for (const bool inserts : {true, false}) {
      EXPECT_EQ(this->words.scan(direction == Direction::ascending ? 15 : 35, 2, direction).size(), 2u);
      this->words.update(10, 1);
      if (inserts) {
        EXPECT_EQ(this->other.insert(25, 1), Status::ok);
      } else {
        EXPECT_EQ(this->other.remove(25), Status::ok);
      }
      EXPECT_TRUE(this->other_transaction.commit());
      EXPECT_FALSE(this->transaction.commit());
      // A record that has gone was read, too.
      EXPECT_EQ(this->transaction.cause(), inserts ? AbortCause::phantom : AbortCause::read_changed);
      this->words.begin();
      this->other.begin();
    }
  }
  this->transaction.abort();
  this->other_transaction.abort();
}

TYPED_TEST(OccTransactionTest, ItsOwnInsertsAreNoPhantoms) {
  if (TypeParam::index == IndexKind::hash) {
    this->transaction.abort();
    this->other_transaction.abort();
    GTEST_SKIP() << "keeps no order";
  }
  // So many that leaves split.
  EXPECT_EQ(this->words.scan(0, 1000).size(), 4u);
  for (Key key = 100; key < 400; ++key) this->words.insert(key, key);
  EXPECT_EQ(this->words.scan(0, 1000).size(), 304u);
  EXPECT_TRUE(this->transaction.commit());
  EXPECT_TRUE(this->other_transaction.commit());
  EXPECT_EQ(this->bench.store->size(), 304u);
}

// Many, interleaved
// ---------------------------------------------------------------------------------------------------------

template <class Kind>
class InterleavedTransactionsTest : public ::testing::Test {};
TYPED_TEST_SUITE(InterleavedTransactionsTest, testing::AllKinds);

/// Moves one unit from a record to the next one, again and again.
template <class Policy>
Task<bool> move_units(Transaction<Policy>& transaction, TransactionCounts& counts, Key records, Key first) {
  bool all_committed = true;
  for (Key i = 0; i < 200; ++i) {
    all_committed &= co_await run_to_commit(transaction, counts, [&](Transaction<Policy>& tx) {
      return [](Transaction<Policy>& on, Key from, Key to) -> Task<Verdict> {
        std::uint64_t taken = 0;
        std::uint64_t given = 0;
        std::uint32_t copied = 0;
        if (co_await on.read_for_update(from, 0, std::as_writable_bytes(std::span(&taken, 1)), copied) !=
            Status::ok)
          co_return Verdict::abort;
        if (co_await on.read_for_update(to, 0, std::as_writable_bytes(std::span(&given, 1)), copied) !=
            Status::ok)
          co_return Verdict::abort;
        --taken;
        ++given;
        co_await on.update(from, 0, std::as_bytes(std::span(&taken, 1)));
        co_await on.update(to, 0, std::as_bytes(std::span(&given, 1)));
        co_return Verdict::commit;
      }(tx, (first + i) % records, (first + i + 1) % records);
    });
  }
  co_return all_committed;
}

TYPED_TEST(InterleavedTransactionsTest, NothingIsLostAndAllCommitInTheEnd) {
  using Policy = typename TypeParam::Policy;
  constexpr Key records = 5;
  constexpr std::size_t lanes = 8;
  TypeParam bench;
  for (Key key = 0; key < records; ++key) bench.load(key, 1'000'000);
  std::vector<std::unique_ptr<Transaction<Policy>>> transactions;
  TransactionCounts counts;
  std::vector<Task<bool>> tasks;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    transactions.push_back(std::make_unique<Transaction<Policy>>(*bench.store, bench.worker));
    tasks.push_back(move_units(*transactions.back(), counts, records, lane));
  }
  bench.worker.interleaver().run([&] {
    for (auto& task : tasks) task.start();
  });
  for (const auto& task : tasks) EXPECT_TRUE(task.value());
  std::uint64_t sum = 0;
  for (Key key = 0; key < records; ++key) sum += *bench.value(key);
  EXPECT_EQ(sum, records * 1'000'000);
  EXPECT_EQ(counts.committed, lanes * 200);
  const std::uint64_t aborted = counts.aborted[static_cast<std::size_t>(AbortCause::read_changed)];
  if (TypeParam::is_serial) {
    EXPECT_EQ(aborted, 0u);
  } else {
    EXPECT_GT(aborted, 0u) << "they have not met";
  }
}

TYPED_TEST(InterleavedTransactionsTest, AnAbortThatWasAskedForIsNotRetried) {
  using Policy = typename TypeParam::Policy;
  TypeParam bench;
  bench.load(1, 1);
  Transaction<Policy> transaction(*bench.store, bench.worker);
  TransactionCounts counts;
  int attempts = 0;
  const bool committed = bench.run(run_to_commit(transaction, counts, [&](Transaction<Policy>& tx) {
    return [](Transaction<Policy>& on, int& attempt) -> Task<Verdict> {
      ++attempt;
      co_await on.remove(1);
      co_return Verdict::abort;
    }(tx, attempts);
  }));
  EXPECT_FALSE(committed);
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(counts.committed, 0u);
  EXPECT_EQ(counts.aborted[static_cast<std::size_t>(AbortCause::requested)], 1u);
  EXPECT_EQ(bench.value(1), 1u);
}

}  // namespace
}  // namespace upout::kernel
