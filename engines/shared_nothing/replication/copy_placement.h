#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engines/shared_nothing/partition_map.h"

namespace upout::engines::shared_nothing {

/// Where copies of partitions lie, and where a lost one is made anew: on the ranks that follow the owner,
/// each of a rank's partitions beginning one further, so that what a rank has served falls to all others when
/// it is gone (chained declustering: Hsiao and DeWitt, ICDE 1990). No region gets two
/// copies of a partition as long as there is another one, and no host. A value.
class CopyPlacement {
 public:
  /// `owners`: who has what to begin with; `hosts` and `regions`: names, by rank. No regions: all are in one.
  CopyPlacement(const PartitionMap& owners, std::vector<std::string> hosts,
                std::vector<std::string> regions = {});

  /// All ranks that may have a copy of the partition, the preferred ones first: the owner is the first.
  const std::vector<int>& candidates(std::uint32_t partition) const { return candidates_[partition]; }
  int ranks() const noexcept { return ranks_; }
  std::uint32_t partitions() const noexcept { return static_cast<std::uint32_t>(candidates_.size()); }

  /// The first `count` candidates of which no two are in one region; where there are not so many, others on
  /// hosts of their own fill up, and then others. Ranks for which `may_have(rank)` is false are passed over,
  /// and those of `taken` come first.
  template <class MayHave>
  std::vector<int> choose(std::uint32_t partition, std::size_t count, std::vector<int> taken,
                          MayHave&& may_have) const {
    for (const std::vector<std::string>& places : apart_by_) {
      for (const int candidate : candidates(partition)) {
        if (taken.size() >= count) return taken;
        if (has(taken, candidate) || !may_have(candidate)) continue;
        if (!share_one(places, taken, candidate)) taken.push_back(candidate);
      }
    }
    return taken;
  }

 private:
  static bool has(const std::vector<int>& ranks, int rank);
  /// Whether the rank is in the place of one of these; no places: none is.
  static bool share_one(const std::vector<std::string>& places, const std::vector<int>& ranks, int rank);

  int ranks_;
  /// Names, by rank, of what no two copies are to share, the more important first; in the end nothing.
  std::vector<std::vector<std::string>> apart_by_;
  std::vector<std::vector<int>> candidates_;  ///< by partition
};

}  // namespace upout::engines::shared_nothing
