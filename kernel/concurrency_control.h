#pragma once

#include <cstdint>

#include "kernel/policy.h"

namespace upout::kernel {

/// How transactions of one store are kept apart.
enum class ConcurrencyControl : std::uint8_t {
  occ,     ///< optimistic: read and write sets, validated at the end (Silo, SOSP 2013)
  serial,  ///< one at a time (H-Store, VLDB 2007): no sets, no validation, a lock on the partition
};

/// The lock of a whole partition, held from a serial transaction's begin to its end, perhaps across
/// suspensions.
template <class Policy>
class PartitionLock {
 public:
  bool try_lock() noexcept {
    std::uint32_t free = 0;
    return held_.load() == 0 && held_.compare_exchange(free, 1);
  }
  void unlock() noexcept { held_.store(0); }

 private:
  alignas(64) typename Policy::template Cell<std::uint32_t> held_;
};

}  // namespace upout::kernel
