#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "engines/executor.h"
#include "engines/shared_nothing/transaction.h"
#include "engines/transaction.h"

namespace upout::engines::testing {

/// Accounts on all ranks, between which money goes to and fro.
class Accounts {
 public:
  static constexpr kernel::Key count = 20;
  static constexpr std::uint64_t beginning = 100;

  template <class S>
  static void open(S& session) {
    Executor executor(session, 1);
    kernel::Key next = 0;
    executor.run([&]() -> std::optional<kernel::Task<bool>> {
      if (next == count) return std::nullopt;
      return open(executor, next++);
    });
  }

  /// Transfers, and audits of all accounts beside them.
  template <class S>
  static kernel::TransactionCounts exercise(S& session, std::uint64_t seed, unsigned texts,
                                            std::size_t depth) {
    Executor executor(session, depth);
    kernel::TransactionCounts counts;
    std::mt19937_64 random(seed);
    executor.run([&]() -> std::optional<kernel::Task<bool>> {
      if (texts == 0) return std::nullopt;
      if (--texts % 8 == 0) return audit(executor, counts);
      const kernel::Key from = random() % count;
      return transfer(executor, counts, {from, (from + 1 + random() % (count - 1)) % count});
    });
    return counts;
  }

 private:
  template <class E>
  static kernel::Task<bool> open(E& executor, kernel::Key account) {
    const std::uint64_t money = beginning;
    const kernel::Status status = co_await executor.insert(account, std::as_bytes(std::span(&money, 1)));
    EXPECT_EQ(status, kernel::Status::ok);
    co_return true;
  }

  template <class E>
  static kernel::Task<bool> transfer(E& executor, kernel::TransactionCounts& counts,
                                     std::array<kernel::Key, 2> accounts) {
    shared_nothing::Transaction<E> transaction(executor);
    const bool committed = co_await engines::run_to_commit(
        transaction, counts, accounts,
        [&](shared_nothing::Transaction<E>& tx) { return transfer_in(executor, tx, accounts); });
    EXPECT_TRUE(committed);
    co_return committed;
  }
  template <class E>
  static kernel::Task<kernel::Verdict> transfer_in(E&, shared_nothing::Transaction<E>& tx,
                                                   std::array<kernel::Key, 2> accounts) {
    std::array<std::uint64_t, 2> money{};
    for (std::size_t i = 0; i < 2; ++i) {
      std::uint32_t copied = 0;
      const auto output = std::as_writable_bytes(std::span(&money[i], 1));
      if (co_await tx.read(accounts[i], 0, output, copied) != kernel::Status::ok)
        co_return kernel::Verdict::abort;
    }
    money[0] -= 1;
    money[1] += 1;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto input = std::as_bytes(std::span(&money[i], 1));
      if (co_await tx.update(accounts[i], 0, input) != kernel::Status::ok) co_return kernel::Verdict::abort;
    }
    co_return kernel::Verdict::commit;
  }

  template <class E>
  static kernel::Task<bool> audit(E& executor, kernel::TransactionCounts& counts) {
    std::array<kernel::Key, count> accounts{};
    for (kernel::Key account = 0; account < count; ++account) accounts[account] = account;
    shared_nothing::Transaction<E> transaction(executor);
    std::uint64_t sum = 0;
    const bool committed = co_await engines::run_to_commit(
        transaction, counts, accounts,
        [&](shared_nothing::Transaction<E>& tx) { return sum_up(executor, tx, sum); });
    EXPECT_TRUE(committed);
    EXPECT_EQ(sum, count * beginning);
    co_return committed;
  }
  template <class E>
  static kernel::Task<kernel::Verdict> sum_up(E&, shared_nothing::Transaction<E>& tx, std::uint64_t& sum) {
    sum = 0;
    for (kernel::Key account = 0; account < count; ++account) {
      std::uint64_t money = 0;
      std::uint32_t copied = 0;
      const auto output = std::as_writable_bytes(std::span(&money, 1));
      if (co_await tx.read(account, 0, output, copied) != kernel::Status::ok)
        co_return kernel::Verdict::abort;
      sum += money;
    }
    co_return kernel::Verdict::commit;
  }
};

}  // namespace upout::engines::testing
