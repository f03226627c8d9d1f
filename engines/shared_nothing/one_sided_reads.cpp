#include "engines/shared_nothing/one_sided_reads.h"

#include <algorithm>
#include <span>

#include "engines/shared_nothing/mpi_window.h"

namespace upout::engines::shared_nothing {

OneSidedReads::OneSidedReads(MpiWindow& window, std::uint32_t partitions)
    : window_(&window), tables_(partitions) {}

OneSidedReads::~OneSidedReads() = default;

void OneSidedReads::publish(std::uint32_t partition,
                            const kernel::HashIndex<kernel::Shared>& index) noexcept {
  window_->publish(partition, kernel::RemoteTable::of(index));
}

void OneSidedReads::find_tables(const PartitionMap& map, int own_rank) {
  for (std::uint32_t partition = 0; partition < map.partitions(); ++partition) {
    const auto owner = static_cast<int>(map.owner(partition));
    if (owner != own_rank) sought_.push_back({owner, partition});
  }
  fetch();
}

bool OneSidedReads::begin(int owner, std::uint32_t partition, kernel::Operation& operation) {
  const kernel::RemoteTable table(tables_[partition]);
  if (idle_.empty()) idle_.push_back(std::make_unique<Read>());
  Read& read = *idle_.back();
  read.owner = owner;
  read.partition = partition;
  if (read.reader.begin(table, window_->memory_of(owner), operation) !=
      kernel::RemoteHashReader::Result::more) {
    seek_table(owner, partition);
    ++asked_;
    return false;
  }
  active_.push_back(std::move(idle_.back()));
  idle_.pop_back();
  return true;
}

void OneSidedReads::seek_table(int owner, std::uint32_t partition) {
  const auto is_it = [&](const Sought& sought) { return sought.partition == partition; };
  if (std::ranges::none_of(sought_, is_it)) sought_.push_back({owner, partition});
}

void OneSidedReads::fetch() {
  for (const std::unique_ptr<Read>& read : active_) {
    for (const kernel::RemoteHashReader::Fetch& fetch : read->reader.fetches()) {
      window_->get(read->owner, fetch.address, fetch.into);
      ++gets_;
    }
  }
  for (const Sought& sought : sought_) {
    window_->get(sought.owner, window_->address_of_table(sought.owner, sought.partition),
                 std::as_writable_bytes(std::span(&tables_[sought.partition], 1)));
  }
  gets_ += sought_.size();
  sought_.clear();
  window_->complete();
  ++rounds_;
}

}  // namespace upout::engines::shared_nothing
