#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engines/partitioning.h"

namespace upout::engines::shared_nothing {

/// Which rank owns which partition, as far as one rank knows. Each partition's entry counts its moves, and
/// only its owner moves it, so that of two entries the one with more moves is right and maps can be merged in
/// any order. A value; used by one thread.
class PartitionMap {
 public:
  /// Deals partitions out in blocks, so that over ranges neighbours begin together. There are at least as
  /// many as ranks. (Those beyond these own none, and never will.)
  PartitionMap(const Partitioning& partitioning, std::uint32_t ranks);
  /// The same over these ranks alone, in this order; there are `ranks` that could own some.
  PartitionMap(const Partitioning& partitioning, std::uint32_t ranks, std::span<const unsigned> owners);

  const Partitioning& partitioning() const noexcept { return partitioning_; }
  std::uint32_t partitions() const noexcept { return partitioning_.partitions(); }
  /// The ranks that own partitions, or could.
  std::uint32_t ranks() const noexcept { return ranks_; }
  std::uint32_t owner(std::uint32_t partition) const noexcept { return entries_[partition].owner; }
  std::uint32_t owner_of(kernel::Key key) const noexcept { return owner(partitioning_.partition_of(key)); }
  /// How often the partition has moved.
  std::uint32_t moves(std::uint32_t partition) const noexcept { return entries_[partition].moves; }
  /// 1, and one more for each move that is known.
  std::uint64_t version() const noexcept;

  /// The partition belongs to that rank since it has moved so often; nothing, if it has moved more often.
  void assign(std::uint32_t partition, std::uint32_t rank, std::uint32_t moves) noexcept;

  /// As it travels; valid until the map changes.
  std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span(entries_)); }
  static constexpr std::size_t bytes_for(std::uint32_t partitions) noexcept {
    return partitions * sizeof(Entry);
  }
  /// Takes over what another rank knows better than this one, `own_rank`, which believes nobody about what it
  /// owns itself. False: that is no map of this deployment, and nothing was taken.
  bool merge(std::span<const std::byte> other, std::uint32_t own_rank);

 private:
  struct Entry {
    std::uint32_t owner;
    std::uint32_t moves;
  };

  Partitioning partitioning_;
  std::uint32_t ranks_;
  std::vector<Entry> entries_;  ///< by partition
};

}  // namespace upout::engines::shared_nothing
