#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "kernel/reclamation.h"
#include "kernel/transaction.h"
#include "tests/kernel/transaction_kinds.h"

namespace upout::kernel {
namespace {

using testing::SharedKind;
using testing::Words;

template <class Kind>
class ConcurrentTransactions : public ::testing::Test {};
using Kinds = ::testing::Types<SharedKind<IndexKind::hash, ConcurrencyControl::occ>,
                               SharedKind<IndexKind::ordered, ConcurrencyControl::occ>>;
TYPED_TEST_SUITE(ConcurrentTransactions, Kinds);

/// Moves the only record from one key to the other and back, until it is told to stop.
void move_to_and_fro(Store<Shared>& store, const std::atomic<bool>& stop) {
  const ReaderRegistration registration;
  Worker worker(store.heap());
  Transaction<Shared> transaction(store, worker);
  Words<Shared> words(transaction);
  for (Key from = 1; !stop;) {
    words.begin();
    words.remove(from);
    words.insert(3 - from, 7);
    if (transaction.commit()) from = 3 - from;
    announce_quiescent();
  }
}

/// One of the two keys is there at each moment: who misses the one in its absence and the other in the
/// other's has not seen any moment, however often he looks. Between the two he looks for others that are
/// never there, which takes long enough for the record to move.
TYPED_TEST(ConcurrentTransactions, NeverMissBothOfTwoKeysOfWhichOneIsAlwaysThere) {
  constexpr Key others = 300;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr unsigned most_attempts = 2000;
#else
  constexpr unsigned most_attempts = 60'000;
#endif
  TypeParam bench;
  bench.load(1, 7);
  std::atomic<bool> stop = false;
  std::jthread mover([&] { move_to_and_fro(*bench.store, stop); });
  Transaction<Shared> transaction(*bench.store, bench.worker);
  Words<Shared> words(transaction);
  unsigned missed_both = 0;
  for (unsigned attempts = 0; attempts < most_attempts; ++attempts) {
    words.begin();
    const bool has_first = words.read(1).has_value();
    for (Key key = 100; key < 100 + others; ++key) words.read(key);
    const bool has_second = words.read(2).has_value();
    missed_both += transaction.commit() && !has_first && !has_second ? 1 : 0;
    announce_quiescent();
  }
  stop = true;
  mover.join();
  EXPECT_EQ(missed_both, 0U);
  words.begin();
  EXPECT_NE(words.read(1).has_value(), words.read(2).has_value());
  EXPECT_TRUE(transaction.commit());
}

}  // namespace
}  // namespace upout::kernel
