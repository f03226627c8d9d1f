#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engines/shared_memory/placement.h"
#include "platform/pages.h"

namespace upout::engines::shared_memory {

/// Where one store was to lie, and where its sampled pages lie.
struct StoreProof {
  std::string asked;                              ///< in words
  std::size_t sampled_pages = 0;                  ///< of records and index; those that are in use
  std::size_t pages_in_place = 0;                 ///< of these, where they should be
  std::map<unsigned, std::size_t> pages_by_node;  ///< by the node's OS number
};

/// What was asked for and what the kernel says of it.
struct PlacementProof {
  std::vector<StoreProof> stores;
  std::string untold;  ///< why the kernel does not tell; empty: it does
  platform::PageKind pages_asked = platform::PageKind::transparent;
  platform::ResidentPages obtained;  ///< what pages the stores are made of
  bool obtained_is_known = false;

  std::size_t sampled_pages() const;
  /// The share of sampled pages that lie where they should. Nothing: the placement is unverified, since the
  /// kernel refuses to tell, or there is nothing to verify.
  std::optional<double> score() const;
};

/// Samples the pages of records and index evenly, at least `least_samples` of them if there are so many. To
/// be called while no operation is under way.
PlacementProof prove(std::span<const PlacedStore> stores, std::size_t least_samples = 8192);

/// Why `sampled` pages are all that the kernel tells of, where `resident` bytes are in use; empty if that is
/// no wonder. Linux 6.1 to 6.5 does not tell of a page that NUMA balancing has marked, to see who touches it
/// next
/// ("mm/gup: reintroduce FOLL_NUMA as FOLL_HONOR_NUMA_FAULT", 2023). Touching it would tell, but may move it.
std::string why_untold(std::size_t sampled, const platform::ResidentPages& resident);

/// Of pages that lie on nodes as `by_node` says: how many are where `asked` wants them. First touch wants
/// none anywhere: all are in place. Interleaved pages are out of place as far as a node has more than its
/// share.
std::size_t pages_in_place(const platform::Placement& asked, const std::map<unsigned, std::size_t>& by_node);

}  // namespace upout::engines::shared_memory
