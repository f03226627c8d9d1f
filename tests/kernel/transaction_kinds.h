#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "kernel/transaction.h"
#include "tests/kernel/values.h"

namespace upout::kernel::testing {

/// A store of one kind, and one worker on this thread.
template <class P, IndexKind index_kind, ConcurrencyControl control, bool distributed = false>
struct TransactionBench : Bench<P> {
  using Policy = P;
  static constexpr IndexKind index = index_kind;
  static constexpr bool is_serial = control == ConcurrencyControl::serial;

  TransactionBench()
      : Bench<P>(
            {.index = index_kind, .concurrency_control = control, .distributed_transactions = distributed}) {}

  /// A value of eight bytes, or nothing if there is no such record.
  std::optional<std::uint64_t> value(Key key) {
    std::uint64_t word = 0;
    std::uint32_t copied = 0;
    const Status status = this->store->get(key, 0, std::as_writable_bytes(std::span(&word, 1)), copied);
    return status == Status::ok && copied == 8 ? std::optional(word) : std::nullopt;
  }
  void load(Key key, std::uint64_t word) {
    ASSERT_EQ(this->store->insert(this->worker, key, std::as_bytes(std::span(&word, 1))), Status::ok);
  }

  /// Runs a coroutine to its end.
  template <class T>
  T run(Task<T> task) {
    this->worker.interleaver().run([&] { task.start(); });
    return task.value();
  }
};

template <IndexKind index, ConcurrencyControl control>
using SharedKind = TransactionBench<Shared, index, control>;
template <IndexKind index, ConcurrencyControl control>
using ExclusiveKind = TransactionBench<Exclusive, index, control>;

using OccKinds = ::testing::Types<SharedKind<IndexKind::hash, ConcurrencyControl::occ>,
                                  SharedKind<IndexKind::ordered, ConcurrencyControl::occ>,
                                  ExclusiveKind<IndexKind::hash, ConcurrencyControl::occ>,
                                  ExclusiveKind<IndexKind::ordered, ConcurrencyControl::occ>>;
using AllKinds = ::testing::Types<SharedKind<IndexKind::hash, ConcurrencyControl::occ>,
                                  SharedKind<IndexKind::ordered, ConcurrencyControl::occ>,
                                  SharedKind<IndexKind::hash, ConcurrencyControl::serial>,
                                  SharedKind<IndexKind::ordered, ConcurrencyControl::serial>,
                                  ExclusiveKind<IndexKind::hash, ConcurrencyControl::occ>,
                                  ExclusiveKind<IndexKind::ordered, ConcurrencyControl::occ>,
                                  ExclusiveKind<IndexKind::hash, ConcurrencyControl::serial>,
                                  ExclusiveKind<IndexKind::ordered, ConcurrencyControl::serial>>;
/// Those whose operations do not wait for transactions for ever.
template <ConcurrencyControl control>
using ImpatientKinds =
    ::testing::Types<TransactionBench<Shared, IndexKind::hash, control, true>,
                     TransactionBench<Shared, IndexKind::ordered, control, true>,
                     ExclusiveKind<IndexKind::hash, control>, ExclusiveKind<IndexKind::ordered, control>>;

/// Accesses of records of one word, each done when it returns.
template <class Policy>
class Words {
 public:
  explicit Words(Transaction<Policy>& transaction) : transaction_(&transaction) {}

  void begin() { EXPECT_TRUE(transaction_->try_begin()); }
  /// Nothing: there is no such record, or a conflict.
  std::optional<std::uint64_t> read(Key key) {
    std::uint64_t word = 0;
    std::uint32_t copied = 0;
    const Status status =
        transaction_->read(key, 0, std::as_writable_bytes(std::span(&word, 1)), copied).now();
    return status == Status::ok ? std::optional(word) : std::nullopt;
  }
  Status update(Key key, std::uint64_t word) {
    return transaction_->update(key, 0, std::as_bytes(std::span(&word, 1))).now();
  }
  Status insert(Key key, std::uint64_t word) {
    return transaction_->insert(key, std::as_bytes(std::span(&word, 1))).now();
  }
  Status remove(Key key) { return transaction_->remove(key).now(); }
  std::vector<std::pair<Key, std::uint64_t>> scan(Key from, std::size_t limit,
                                                  Direction direction = Direction::ascending) {
    std::vector<std::pair<Key, std::uint64_t>> found;
    transaction_
        ->scan(from, direction, limit,
               [&](Key key, std::span<const std::byte> value) {
                 std::uint64_t word = 0;
                 std::memcpy(&word, value.data(), sizeof(word));
                 found.emplace_back(key, word);
               })
        .now();
    return found;
  }

 private:
  Transaction<Policy>* transaction_;
};

/// For tests with a store of each index and concurrency control.
using StoreKind = std::tuple<IndexKind, ConcurrencyControl>;
inline auto all_store_kinds() {
  return ::testing::Combine(::testing::Values(IndexKind::hash, IndexKind::ordered),
                            ::testing::Values(ConcurrencyControl::occ, ConcurrencyControl::serial));
}
inline std::string name_of_store_kind(const ::testing::TestParamInfo<StoreKind>& kind) {
  const auto [index, control] = kind.param;
  return std::string(index == IndexKind::hash ? "Hash" : "Ordered") +
         (control == ConcurrencyControl::occ ? "Occ" : "Serial");
}

}  // namespace upout::kernel::testing
