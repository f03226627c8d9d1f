#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "kernel/log/redo.h"

namespace upout::kernel {

/// What the log writes at once: the changes that have come together, behind this header, and zeros up to the
/// next multiple of `group_alignment`. So what has been acknowledged is never written again, and a group is
/// found without knowing where the one before it ends.
struct GroupHeader {
  static constexpr std::uint64_t expected_magic = 0x31474f4c54504fULL;  // "OPTLOG1"

  std::uint64_t magic = expected_magic;
  std::uint64_t sequence = 0;  ///< one more than that of the group before it
  Epoch closed = 0;            ///< all changes of epochs up to this one are here or before
  Epoch present = 0;           ///< when it was written; no change here is of a later one
  std::uint64_t bytes = 0;     ///< of changes
  std::uint64_t synced = 0;    ///< the groups up to this one are known to be on disk
  /// If not 0: the log had been recovered, and what stands before this group of epochs after `closed` has
  /// been given up. New epochs begin here.
  Epoch first = 0;
  std::uint64_t bytes_checksum = 0;
  std::uint64_t checksum = 0;  ///< of what stands above

  std::uint64_t own_checksum() const noexcept { return XXH3_64bits(this, offsetof(GroupHeader, checksum)); }
  bool is_sound() const noexcept { return magic == expected_magic && checksum == own_checksum(); }
};
static_assert(sizeof(GroupHeader) == 72);

inline constexpr std::size_t group_alignment = 4096;

constexpr std::size_t group_bytes(std::size_t bytes) noexcept {
  return (sizeof(GroupHeader) + bytes + group_alignment - 1) / group_alignment * group_alignment;
}

}  // namespace upout::kernel
