#include <gtest/gtest.h>

#include <array>

#include "kernel/scan_entry.h"
#include "kernel/transaction.h"
#include "tests/kernel/transaction_kinds.h"

namespace upout::kernel {
namespace {

using testing::Words;

/// A transaction that stays where it is, while its own thread goes on to use the store.
template <class Kind>
class PreparedTransactionTest : public ::testing::Test {
 protected:
  using Policy = typename Kind::Policy;

  void SetUp() override {
    for (const Key key : {10u, 20u, 30u, 40u}) bench.load(key, 10 * key);
    words.begin();
  }

  /// One operation on a word.
  Status execute(OperationKind kind, Key key, std::uint64_t input = 0) {
    word = 0;
    operation = {.kind = kind,
                 .key = key,
                 .limit = 10,
                 .input = std::as_bytes(std::span(&input, 1)),
                 .output = is_scan(kind) ? std::span<std::byte>(scanned)
                                         : std::as_writable_bytes(std::span(&word, 1))};
    Operation* pointer = &operation;
    bench.store->execute(bench.worker, std::span(&pointer, 1));
    return operation.status;
  }
  std::vector<Key> scanned_keys() const {
    ScanReader reader(std::span<const std::byte>(scanned).first(operation.output_size));
    std::vector<Key> keys;
    std::span<const std::byte> value;
    for (Key key = 0; reader.next(key, value);) keys.push_back(key);
    return keys;
  }

  Kind bench;
  Transaction<Policy> transaction{*bench.store, bench.worker};
  Words<Policy> words{transaction};
  Operation operation;
  std::uint64_t word = 0;
  std::array<std::byte, 1000> scanned;
};

// Operations beside it
// ------------------------------------------------------------------------------------------------------------

template <class Kind>
using BesidePreparedTest = PreparedTransactionTest<Kind>;
TYPED_TEST_SUITE(BesidePreparedTest, testing::ImpatientKinds<ConcurrencyControl::occ>);

constexpr std::array single_key_kinds_all{OperationKind::get,    OperationKind::put,
                                          OperationKind::insert, OperationKind::update,
                                          OperationKind::remove, OperationKind::read_modify_write};

/// Also an insert of what is about to be removed: whoever knows of the removal already may insert.
TYPED_TEST(BesidePreparedTest, OperationsOnWhatItHoldsAreConflicts) {
  this->words.update(10, 1);
  this->words.insert(11, 2);
  this->words.remove(20);
  ASSERT_TRUE(this->transaction.lock());
  for (const bool is_validated : {false, true}) {
    if (is_validated) {
      ASSERT_TRUE(this->transaction.validate());
    }
    for (const OperationKind kind : single_key_kinds_all) {
      for (const Key key : {10u, 11u, 20u}) EXPECT_EQ(this->execute(kind, key, 7), Status::conflict);
      EXPECT_EQ(this->operation.output_size, 0u);
    }
    std::uint32_t copied = 1;
    std::array<std::byte, 8> bytes;
    EXPECT_EQ(this->bench.store->get(10, 0, bytes, copied), Status::conflict);
    EXPECT_EQ(copied, 0u);
    EXPECT_EQ(this->bench.store->read_modify_write(this->bench.worker, 10, [](auto) {}), Status::conflict);
  }
  EXPECT_EQ(this->execute(OperationKind::read_modify_write, 30, 3), Status::ok);
  EXPECT_EQ(this->execute(OperationKind::insert, 40), Status::exists);
  EXPECT_EQ(this->execute(OperationKind::get, 12), Status::not_found);
  this->transaction.install();
  EXPECT_EQ(this->execute(OperationKind::get, 10), Status::ok);
  EXPECT_EQ(this->word, 1u);
  EXPECT_EQ(this->execute(OperationKind::get, 11), Status::ok);
  EXPECT_EQ(this->execute(OperationKind::insert, 20, 5), Status::ok);
}

TYPED_TEST(BesidePreparedTest, WhatItHeldIsFreeAfterAnAbortInAnyStep) {
  for (const unsigned steps : {0u, 1u, 2u}) {
    this->words.update(10, 1);
    this->words.insert(11, 2);
    this->words.remove(20);
    if (steps > 0) {
      ASSERT_TRUE(this->transaction.lock());
    }
    if (steps > 1) {
      ASSERT_TRUE(this->transaction.validate());
    }
    this->transaction.abort();
    EXPECT_FALSE(this->transaction.is_active());
    EXPECT_EQ(this->execute(OperationKind::get, 10), Status::ok);
    EXPECT_EQ(this->word, 100u);
    EXPECT_EQ(this->execute(OperationKind::get, 11), Status::not_found);
    EXPECT_EQ(this->execute(OperationKind::get, 20), Status::ok);
    this->words.begin();
  }
  this->transaction.abort();
}

/// Other parts of the transaction may be visible already, so an insert must not be passed over.
TYPED_TEST(BesidePreparedTest, AScanStopsBeforeWhatItHolds) {
  if (TypeParam::index == IndexKind::hash) {
    this->transaction.abort();
    GTEST_SKIP() << "keeps no order";
  }
  this->words.insert(25, 1);
  ASSERT_TRUE(this->transaction.prepare());
  EXPECT_EQ(this->execute(OperationKind::scan, 0), Status::conflict);
  EXPECT_EQ(this->scanned_keys(), (std::vector<Key>{10, 20}));
  EXPECT_EQ(this->execute(OperationKind::scan_backwards, 100), Status::conflict);
  EXPECT_EQ(this->scanned_keys(), (std::vector<Key>{40, 30}));
  EXPECT_EQ(this->execute(OperationKind::scan, 26), Status::ok);
  this->transaction.install();
  EXPECT_EQ(this->execute(OperationKind::scan, 0), Status::ok);
  EXPECT_EQ(this->scanned_keys(), (std::vector<Key>{10, 20, 25, 30, 40}));
}

template <class Kind>
using BesideSerialTest = PreparedTransactionTest<Kind>;
TYPED_TEST_SUITE(BesideSerialTest, testing::ImpatientKinds<ConcurrencyControl::serial>);

TYPED_TEST(BesideSerialTest, OperationsAndTransactionsFindThePartitionTaken) {
  this->words.update(10, 1);
  ASSERT_TRUE(this->transaction.lock());
  ASSERT_TRUE(this->transaction.validate());
  for (const OperationKind kind : single_key_kinds_all)
    EXPECT_EQ(this->execute(kind, 30, 7), Status::conflict);
  EXPECT_EQ(this->execute(OperationKind::scan, 0), Status::conflict);
  EXPECT_EQ(this->operation.output_size, 0u);
  Transaction<typename TypeParam::Policy> other(*this->bench.store, this->bench.worker);
  EXPECT_FALSE(other.try_begin());
  EXPECT_FALSE(other.is_active());
  this->transaction.install();
  EXPECT_EQ(this->execute(OperationKind::get, 10), Status::ok);
  EXPECT_EQ(this->word, 1u);
  EXPECT_TRUE(other.try_begin());
  other.abort();
}

// Between its steps
// ------------------------------------------------------------------------------------------------------------

template <class Kind>
class StepsTest : public PreparedTransactionTest<Kind> {
 protected:
  /// Begins the grace period of what has been removed, and waits for its end: that memory is used next.
  void free_removed() {
    if constexpr (Kind::Policy::is_shared) {
      this->bench.worker.cache().free_retired();
      drain_deferred_actions();
    }
  }
  void expect_cause(AbortCause cause) {
    EXPECT_FALSE(this->transaction.is_active());
    EXPECT_EQ(name_of(this->transaction.cause()), name_of(cause));
  }
};
TYPED_TEST_SUITE(StepsTest, testing::ImpatientKinds<ConcurrencyControl::occ>);

TYPED_TEST(StepsTest, WhatChangesBetweenThemIsAConflict) {
  this->words.read(10);
  ASSERT_TRUE(this->transaction.lock());
  ASSERT_EQ(this->execute(OperationKind::update, 10, 1), Status::ok);
  EXPECT_FALSE(this->transaction.validate());
  this->expect_cause(AbortCause::read_changed);
}

/// Looked for at the validation alone, it could have gone by then.
TYPED_TEST(StepsTest, AMissingKeyThatHasComeIsAConflictBeforeAnythingIsValidated) {
  this->words.read(11);
  ASSERT_EQ(this->execute(OperationKind::insert, 11, 1), Status::ok);
  EXPECT_FALSE(this->transaction.lock());
  this->expect_cause(AbortCause::insert_conflict);
}

TYPED_TEST(StepsTest, AMissingKeyThatComesAndGoesBetweenThemIsAConflict) {
  this->words.read(11);
  ASSERT_TRUE(this->transaction.lock());
  ASSERT_EQ(this->execute(OperationKind::insert, 11, 1), Status::ok);
  ASSERT_EQ(this->execute(OperationKind::remove, 11), Status::ok);
  EXPECT_FALSE(this->transaction.validate());
  this->expect_cause(AbortCause::insert_conflict);
}

/// It has taken place then, before the key came.
TYPED_TEST(StepsTest, AMissingKeyMayComeAfterThem) {
  this->words.read(11);
  this->words.update(10, 1);
  ASSERT_TRUE(this->transaction.prepare());
  ASSERT_EQ(this->execute(OperationKind::insert, 11, 1), Status::ok);
  this->transaction.install();
  EXPECT_EQ(this->bench.value(10), 1u);
}

TYPED_TEST(StepsTest, ItLocksNoOtherRecordInTheMemoryOfTheOneThatItHasRead) {
  ASSERT_EQ(this->words.update(10, 1), Status::ok);
  ASSERT_EQ(this->execute(OperationKind::remove, 10), Status::ok);
  this->free_removed();
  ASSERT_EQ(this->execute(OperationKind::insert, 50, 500), Status::ok);
  EXPECT_FALSE(this->transaction.lock());
  this->expect_cause(AbortCause::read_changed);
  EXPECT_EQ(this->execute(OperationKind::get, 50), Status::ok);
  EXPECT_EQ(this->word, 500u);
}

TYPED_TEST(StepsTest, ItReadsNoOtherRecordInTheMemoryOfTheOneThatItHasRead) {
  for (int i = 0; i < 3; ++i) {  // versions pass by, whatever they begin with
    const Key old = 10 + static_cast<Key>(i);
    ASSERT_EQ(this->words.update(old, 1), Status::ok);
    ASSERT_EQ(this->execute(OperationKind::remove, old), Status::ok);
    this->free_removed();
    ASSERT_EQ(this->execute(OperationKind::insert, old + 1, 500), Status::ok);
    EXPECT_EQ(this->words.read(old), std::nullopt);
    EXPECT_TRUE(this->transaction.is_doomed());
    EXPECT_FALSE(this->transaction.commit());
    this->expect_cause(AbortCause::read_changed);
    this->words.begin();
  }
  this->transaction.abort();
}

/// Leaves come and go, and their memory serves as leaves again.
TYPED_TEST(StepsTest, AScannedLeafIsNoOtherOneInItsMemory) {
  if (TypeParam::index == IndexKind::hash) {
    this->transaction.abort();
    GTEST_SKIP() << "keeps no order";
  }
  this->transaction.abort();
  for (int round = 0; round < 3; ++round) {
    for (Key key = 1000; key < 1400; ++key) ASSERT_EQ(this->execute(OperationKind::insert, key), Status::ok);
    this->words.begin();
    EXPECT_EQ(this->words.scan(1150, 1).size(), 1u);  // a leaf of which nothing but the version is compared
    for (Key key = 1000; key < 1400; ++key) {
      if (key == 1150) continue;
      ASSERT_EQ(this->execute(OperationKind::remove, key), Status::ok);
    }
    this->free_removed();
    for (Key key = 2000; key < 2400; ++key) ASSERT_EQ(this->execute(OperationKind::insert, key), Status::ok);
    EXPECT_FALSE(this->transaction.commit());
    this->expect_cause(AbortCause::phantom);
    for (Key key = 2000; key < 2400; ++key) ASSERT_EQ(this->execute(OperationKind::remove, key), Status::ok);
    ASSERT_EQ(this->execute(OperationKind::remove, 1150), Status::ok);
    this->free_removed();
  }
}

// Over two stores
// ------------------------------------------------------------------------------------------------------------

template <class Kind>
class TwoStoresTest : public ::testing::Test {
 protected:
  using Policy = typename Kind::Policy;

  /// What a transaction does in both stores.
  struct Both {
    explicit Both(TwoStoresTest& test)
        : in_a(*test.a.store, test.a.worker), in_b(*test.b, test.worker_b), a(in_a), b(in_b) {
      a.begin();
      b.begin();
    }
    Transaction<Policy> in_a;
    Transaction<Policy> in_b;
    Words<Policy> a;
    Words<Policy> b;
  };

  void load(std::uint64_t in_a, std::uint64_t in_b) {
    Both both(*this);
    both.a.insert(1, in_a);
    both.b.insert(1, in_b);
    ASSERT_TRUE(both.in_a.commit());
    ASSERT_TRUE(both.in_b.commit());
  }
  void expect(std::uint64_t in_a, std::uint64_t in_b) {
    Both both(*this);
    EXPECT_EQ(both.a.read(1), in_a);
    EXPECT_EQ(both.b.read(1), in_b);
    both.in_a.abort();
    both.in_b.abort();
  }

  Kind a;
  std::unique_ptr<Store<Policy>> b =
      std::move(*Store<Policy>::create({.index = Kind::index, .distributed_transactions = true}));
  Worker worker_b{b->heap()};
};
TYPED_TEST_SUITE(TwoStoresTest, testing::ImpatientKinds<ConcurrencyControl::occ>);

/// Each of them locks first where the other reads.
TYPED_TEST(TwoStoresTest, OfTwoThatCrossAtMostOneCommits) {
  this->load(10, 10);
  typename TestFixture::Both first(*this);
  typename TestFixture::Both second(*this);
  first.a.read(1);
  first.b.update(1, 11);
  second.b.read(1);
  second.a.update(1, 12);
  ASSERT_TRUE(first.in_b.lock());
  ASSERT_TRUE(second.in_a.lock());
  ASSERT_TRUE(first.in_a.lock());
  ASSERT_TRUE(second.in_b.lock());
  EXPECT_FALSE(first.in_a.validate());
  EXPECT_FALSE(second.in_b.validate());
  EXPECT_TRUE(first.in_b.is_active());  // and nothing that it does by itself ends it
  first.in_b.abort();
  second.in_a.abort();
  this->expect(10, 10);
}

TYPED_TEST(TwoStoresTest, OfTwoThatInsertWhatTheOtherMissedAtMostOneCommits) {
  typename TestFixture::Both first(*this);
  typename TestFixture::Both second(*this);
  first.a.read(1);
  first.b.insert(1, 11);
  second.b.read(1);
  second.a.insert(1, 12);
  // The second one is through with one store before the first one locks there.
  ASSERT_TRUE(second.in_b.lock());
  ASSERT_TRUE(first.in_a.lock());
  ASSERT_TRUE(first.in_b.lock());
  ASSERT_TRUE(second.in_a.lock());
  EXPECT_FALSE(first.in_a.validate());
  first.in_b.abort();
  EXPECT_FALSE(second.in_b.validate());  // an insert has come and gone
  second.in_a.abort();
}

}  // namespace
}  // namespace upout::kernel
