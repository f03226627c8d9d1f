#pragma once

#include <cstdint>
#include <limits>
#include <utility>

#include "kernel/hash.h"
#include "kernel/operation.h"

namespace upout::engines {

enum class PartitioningKind : std::uint8_t {
  hash,   ///< by the top bits of the key's hash: evenly, whatever the keys are
  range,  ///< equal shares of the keys from 0 to the largest one: neighbours stay together
};

/// Which partition a key belongs to. A value.
class Partitioning {
 public:
  /// `largest_key` is the end of the last range; keys beyond it belong to the last partition.
  Partitioning(PartitioningKind kind, std::uint32_t partitions,
               kernel::Key largest_key = std::numeric_limits<kernel::Key>::max()) noexcept
      : kind_(kind),
        partitions_(partitions),
        share_(partitions > 1 ? largest_key / partitions + 1 : largest_key) {}

  PartitioningKind kind() const noexcept { return kind_; }
  std::uint32_t partitions() const noexcept { return partitions_; }
  std::uint32_t partition_of(kernel::Key key) const noexcept {
    if (kind_ == PartitioningKind::hash) return kernel::KeyHash(key).partition(partitions_);
    if (partitions_ == 1) return 0;
    const kernel::Key share = key / share_;
    return share < partitions_ ? static_cast<std::uint32_t>(share) : partitions_ - 1;
  }

  /// The first and the last key of a range partition.
  std::pair<kernel::Key, kernel::Key> range_of(std::uint32_t partition) const noexcept {
    const kernel::Key first = partition * share_;
    const bool is_last = partition + 1 == partitions_;
    return {first, is_last ? std::numeric_limits<kernel::Key>::max() : first + share_ - 1};
  }

 private:
  PartitioningKind kind_;
  std::uint32_t partitions_;
  kernel::Key share_;
};

}  // namespace upout::engines
