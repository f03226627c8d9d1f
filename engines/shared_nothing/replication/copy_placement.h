#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engines/shared_nothing/partition_map.h"

namespace upout::engines::shared_nothing {

/// Where copies of partitions lie, and where a lost one is made anew: on the ranks that follow the owner,
/// each of a rank's partitions beginning one further, so that what a rank has served falls to all others when
/// it is gone (chained declustering: Hsiao and DeWitt, ICDE 1990). No host gets two copies of a partition as
/// long as there is another one. A value.
class CopyPlacement {
 public:
  /// `owners`: who has what to begin with; `hosts`: names, by rank.
  CopyPlacement(const PartitionMap& owners, std::vector<std::string> hosts);

  /// All ranks that may have a copy of the partition, the preferred ones first: the owner is the first.
  const std::vector<int>& candidates(std::uint32_t partition) const { return candidates_[partition]; }
  const std::string& host(int rank) const { return hosts_[static_cast<std::size_t>(rank)]; }
  int ranks() const noexcept { return static_cast<int>(hosts_.size()); }
  std::uint32_t partitions() const noexcept { return static_cast<std::uint32_t>(candidates_.size()); }

  /// The first `count` candidates of which no two are on one host; where there are not so many hosts, others
  /// fill up. Ranks for which `may_have(rank)` is false are passed over, and those of `taken` come first.
  template <class MayHave>
  std::vector<int> choose(std::uint32_t partition, std::size_t count, std::vector<int> taken,
                          MayHave&& may_have) const {
    for (const bool insists_on_hosts : {true, false}) {
      for (const int candidate : candidates(partition)) {
        if (taken.size() >= count) return taken;
        if (has(taken, candidate) || !may_have(candidate)) continue;
        if (!insists_on_hosts || !shares_host(taken, candidate)) taken.push_back(candidate);
      }
    }
    return taken;
  }
  /// Whether no two of them are on one host.
  bool are_apart(const std::vector<int>& ranks) const;

 private:
  static bool has(const std::vector<int>& ranks, int rank);
  bool shares_host(const std::vector<int>& ranks, int rank) const;

  std::vector<std::string> hosts_;
  std::vector<std::vector<int>> candidates_;  ///< by partition
};

}  // namespace upout::engines::shared_nothing
