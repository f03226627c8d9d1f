#pragma once

#include "engines/engine.h"
#include "workloads/workload.h"

namespace upout::harness {

/// Which of a deployment's workers generate load while it is measured: all, or those of the ranks that are
/// clients, which are the last ones; the others serve. A value.
class Generators {
 public:
  /// `workers`: of the deployment, on ranks of `threads_per_rank` each, of which `clients` are clients; if
  /// none are, all generate load.
  constexpr Generators(unsigned workers, unsigned clients, unsigned threads_per_rank) noexcept
      : workers_(workers), count_(clients == 0 ? workers : clients * threads_per_rank) {}

  constexpr unsigned count() const noexcept { return count_; }
  bool has(engines::WorkerId id) const noexcept { return id.global >= workers_ - count_; }
  /// Of one that does.
  workloads::WorkerSlot slot_of(engines::WorkerId id) const noexcept {
    return {id.global - (workers_ - count_), count_};
  }
  /// Whether a process of so many workers can tell from its own how much is being done: one of servers does
  /// not know what clients do.
  bool are_seen_by(unsigned local_workers) const noexcept {
    return count_ == workers_ || local_workers == workers_;
  }

 private:
  unsigned workers_;
  unsigned count_;
};

}  // namespace upout::harness
