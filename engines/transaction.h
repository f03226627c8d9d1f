#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engines/engine.h"
#include "kernel/concurrency_control.h"
#include "kernel/operation.h"
#include "kernel/retry.h"
#include "kernel/task.h"

namespace upout::engines {

/// What the text of a transaction sees of an engine: the same text runs wherever the data are. One object
/// serves one transaction after the other, and belongs to one coroutine at a time. All but `abort`, `cause`
/// and `is_doomed` are awaited; spans and references have to last until then.
///
/// - `begin(keys)`: all keys that it is going to touch, which `serial` needs to know, and which an engine may
///   have fetched ahead; false: it is doomed.
/// - Accesses give a Status, with the meaning that it has in kernel/transaction.h.
/// - `commit()`: true, it is committed; false, it has been aborted, and `cause` says why.
/// - `abort()`: at any time from `begin` on, before `commit`.
/// - `is_doomed()`: it cannot commit any more.
/// - `pause(most)`: others have their turns, a random number of them, of at most so many.
template <class T>
concept TransactionContext = requires(T& transaction, kernel::Key key, std::uint32_t number,
                                      std::span<const kernel::Key> keys, std::span<std::byte> output,
                                      std::span<const std::byte> input) {
  transaction.begin(keys);
  transaction.read(key, number, output, number);
  transaction.update(key, number, input);
  transaction.insert(key, input);
  transaction.remove(key);
  transaction.commit();
  transaction.abort();
  transaction.pause(std::uint64_t{1});
  { transaction.cause() } -> std::same_as<kernel::AbortCause>;
  { transaction.is_doomed() } -> std::same_as<bool>;
  transaction.frame_pool();
};

/// An engine that offers transactions. How `depth` texts of one worker are run side by side is its business:
///
/// - a `TransactionClient` is made by the worker from its session and a depth, and used by that thread;
///   `run(start_next)` runs the tasks that `start_next()` makes, each a `std::optional<kernel::Task<T>>`,
///   at most `depth` at a time, until it gives none and all have ended; frames come from its `frame_pool()`;
///   `run(start_next, is_over)` asks again, as long as `is_over()` says no, and serves others meanwhile;
/// - a `Transaction` is made from a client, which outlives it.
template <class E>
concept TransactingEngine = Engine<E> && TransactionContext<typename E::Transaction> &&
    std::constructible_from<typename E::TransactionClient, typename E::Session&, std::size_t> &&
    std::constructible_from<typename E::Transaction, typename E::TransactionClient&> &&
    requires(typename E::TransactionClient& client, std::optional<kernel::Task<bool>> (&start_next)()) {
  client.run(start_next);
  client.frame_pool();
};

/// Runs `body(transaction)`, a coroutine that gives a Verdict, until it has committed or does not want to:
/// what met a conflict, or a partition that moves, is begun again after a while, which doubles with each
/// attempt and is drawn at random, so that those who met do not meet again (Metcalfe and Boggs, "Ethernet",
/// 1976). False: `body` wanted to abort, there is no memory, or a rank does not answer.
template <TransactionContext T, class Body>
kernel::Task<bool> run_to_commit(T& transaction, kernel::TransactionCounts& counts,
                                 std::span<const kernel::Key> keys, Body body) {
  constexpr std::uint64_t longest_wait = 1024;  // turns
  for (std::uint64_t wait = 1;; wait = std::min(2 * wait, longest_wait)) {
    if (co_await transaction.begin(keys)) {
      const kernel::Verdict verdict = co_await body(transaction);
      if (verdict == kernel::Verdict::abort && !transaction.is_doomed()) {
        transaction.abort();
        ++counts.aborted[static_cast<std::size_t>(kernel::AbortCause::requested)];
        co_return false;
      }
    }
    if (co_await transaction.commit()) {
      ++counts.committed;
      co_return true;
    }
    const kernel::AbortCause cause = transaction.cause();
    ++counts.aborted[static_cast<std::size_t>(cause)];
    if (cause == kernel::AbortCause::requested || cause == kernel::AbortCause::out_of_memory ||
        cause == kernel::AbortCause::no_answer) {
      co_return false;
    }
    co_await transaction.pause(wait);
  }
}

}  // namespace upout::engines
