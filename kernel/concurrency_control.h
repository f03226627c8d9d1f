#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel/policy.h"

namespace upout::kernel {

/// How transactions of one store are kept apart.
enum class ConcurrencyControl : std::uint8_t {
  occ,     ///< optimistic: read and write sets, validated at the end (Silo, SOSP 2013)
  serial,  ///< one at a time (H-Store, VLDB 2007): no sets, no validation, a lock on the partition
};

/// Why a transaction did not commit.
enum class AbortCause : std::uint8_t {
  requested,        ///< by its own text
  read_changed,     ///< a record that it read has another version now
  record_locked,    ///< another transaction is writing a record that it needs
  insert_conflict,  ///< another has inserted a key that it found missing
  phantom,          ///< keys came into a range that it scanned, or left it
  out_of_memory,
  // Of transactions over several ranks:
  partition_moved,  ///< a partition is another rank's by now, or about to be
  forgotten,        ///< a participant had not heard of it for so long that it gave it up
  no_answer,        ///< a participant did not answer in time
};
inline constexpr std::size_t abort_causes = 9;

constexpr std::string_view name_of(AbortCause cause) noexcept {
  constexpr std::array<std::string_view, abort_causes> names{
      "requested",     "read_changed",    "record_locked", "insert_conflict", "phantom",
      "out_of_memory", "partition_moved", "forgotten",     "no_answer"};
  return names[static_cast<std::size_t>(cause)];
}

/// How often transactions have committed, and been given up by cause; each attempt counts.
struct TransactionCounts {
  std::uint64_t committed = 0;
  std::array<std::uint64_t, abort_causes> aborted{};
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
