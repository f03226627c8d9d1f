#include "engines/shared_nothing/replication/copy_placement.h"

#include <algorithm>
#include <utility>

namespace upout::engines::shared_nothing {

CopyPlacement::CopyPlacement(const PartitionMap& owners, std::vector<std::string> hosts,
                             std::vector<std::string> regions)
    : ranks_(static_cast<int>(hosts.size())), candidates_(owners.partitions()) {
  if (!regions.empty()) apart_by_.push_back(std::move(regions));
  apart_by_.push_back(std::move(hosts));
  apart_by_.emplace_back();
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

bool CopyPlacement::has(const std::vector<int>& ranks, int rank) {
  return std::ranges::find(ranks, rank) != ranks.end();
}

bool CopyPlacement::share_one(const std::vector<std::string>& places, const std::vector<int>& ranks,
                              int rank) {
  if (places.empty()) return false;
  const auto place_of = [&places](int of) -> const std::string& {
    return places[static_cast<std::size_t>(of)];
  };
  return std::ranges::any_of(ranks, [&](int other) { return place_of(other) == place_of(rank); });
}

}  // namespace upout::engines::shared_nothing
