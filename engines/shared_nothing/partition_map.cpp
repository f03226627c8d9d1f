#include "engines/shared_nothing/partition_map.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>

namespace upout::engines::shared_nothing {

namespace {

std::vector<unsigned> all_of(std::uint32_t ranks) {
  std::vector<unsigned> all(ranks);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

}  // namespace

PartitionMap::PartitionMap(const Partitioning& partitioning, std::uint32_t ranks)
    : PartitionMap(partitioning, ranks, all_of(ranks)) {}

PartitionMap::PartitionMap(const Partitioning& partitioning, std::uint32_t ranks,
                           std::span<const unsigned> owners)
    : partitioning_(partitioning), ranks_(ranks) {
  const std::uint64_t count = partitioning.partitions();
  assert(count >= owners.size());
  for (std::uint64_t partition = 0; partition < count; ++partition)
    entries_.push_back({.owner = owners[partition * owners.size() / count], .moves = 0});
}

std::uint64_t PartitionMap::version() const noexcept {
  std::uint64_t version = 1;
  for (const Entry& entry : entries_) version += entry.moves;
  return version;
}

void PartitionMap::assign(std::uint32_t partition, std::uint32_t rank, std::uint32_t moves) noexcept {
  assert(rank < ranks_);
  Entry& entry = entries_[partition];
  if (moves > entry.moves) entry = {.owner = rank, .moves = moves};
}

bool PartitionMap::merge(std::span<const std::byte> other, std::uint32_t own_rank) {
  if (other.size() != bytes().size()) return false;
  std::vector<Entry> theirs(entries_.size());
  std::memcpy(theirs.data(), other.data(), other.size());
  if (!std::ranges::all_of(theirs, [this](const Entry& entry) { return entry.owner < ranks_; })) return false;
  for (std::uint32_t i = 0; i < partitions(); ++i) {
    if (theirs[i].owner != own_rank && owner(i) != own_rank) assign(i, theirs[i].owner, theirs[i].moves);
  }
  return true;
}

}  // namespace upout::engines::shared_nothing
