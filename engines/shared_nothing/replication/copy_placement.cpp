#include "engines/shared_nothing/replication/copy_placement.h"

#include <algorithm>
#include <utility>

namespace upout::engines::shared_nothing {

CopyPlacement::CopyPlacement(const PartitionMap& owners, std::vector<std::string> hosts)
    : hosts_(std::move(hosts)), candidates_(owners.partitions()) {
  const auto servers = static_cast<int>(owners.ranks());
  std::vector<int> partitions_of(static_cast<std::size_t>(servers));
  for (std::uint32_t partition = 0; partition < owners.partitions(); ++partition) {
    const auto owner = static_cast<int>(owners.owner(partition));
    const int which = partitions_of[static_cast<std::size_t>(owner)]++;
    std::vector<int>& order = candidates_[partition];
    order.push_back(owner);
    for (int step = 0; step + 1 < servers; ++step)
      order.push_back((owner + 1 + (which + step) % (servers - 1)) % servers);
  }
}

bool CopyPlacement::are_apart(const std::vector<int>& ranks) const {
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (host(ranks[i]) == host(ranks[j])) return false;
    }
  }
  return true;
}

bool CopyPlacement::has(const std::vector<int>& ranks, int rank) {
  return std::ranges::find(ranks, rank) != ranks.end();
}

bool CopyPlacement::shares_host(const std::vector<int>& ranks, int rank) const {
  return std::ranges::any_of(ranks, [&](int other) { return host(other) == host(rank); });
}

}  // namespace upout::engines::shared_nothing
