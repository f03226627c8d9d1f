#pragma once

#include <algorithm>
#include <cstdint>

#include "kernel/transaction.h"

namespace upout::kernel {

/// What the text of a transaction wants at its end.
enum class Verdict : std::uint8_t { commit, abort };

/// Runs `body(transaction)`, a coroutine that gives a Verdict, until it has committed or does not want to:
/// what met a conflict is begun again after a while, which doubles with each attempt and is drawn at random,
/// so that those who met do not meet again (Metcalfe and Boggs, "Ethernet", 1976). True: committed. False:
/// it wanted to abort, or there is no memory.
template <class Policy, class Body>
Task<bool> run_to_commit(Transaction<Policy>& transaction, TransactionCounts& counts, Body body) {
  constexpr std::uint64_t longest_wait = 1024;  // turns
  std::uint64_t random = reinterpret_cast<std::uintptr_t>(&transaction) ^ counts.committed;
  for (std::uint64_t wait = 1;; wait = std::min(2 * wait, longest_wait)) {
    co_await transaction.begin();
    const Verdict verdict = co_await body(transaction);
    if (verdict == Verdict::abort && !transaction.is_doomed()) {
      transaction.abort();
      ++counts.aborted[static_cast<std::size_t>(AbortCause::requested)];
      co_return false;
    }
    if (transaction.commit()) {
      ++counts.committed;
      co_return true;
    }
    ++counts.aborted[static_cast<std::size_t>(transaction.cause())];
    if (transaction.cause() == AbortCause::out_of_memory) co_return false;
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    Backoff backoff;
    for (std::uint64_t turns = (random >> 33) % wait + 1; turns != 0; --turns) {
      co_await transaction.interleaver().yield();
      backoff.wait();
    }
  }
}

}  // namespace upout::kernel
