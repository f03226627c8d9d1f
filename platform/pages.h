#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "platform/error.h"

/// What the kernel says of pages that are in use: the proof of placements and page kinds that were asked for.
/// Any thread may ask.
namespace upout::platform {

/// On which NUMA node the page of each address lies, by the node's OS number; nothing where no page is (never
/// written, or not mapped). Fails where the kernel refuses to tell (built without NUMA, or a container's
/// filter): the placement is then unverified. This is move_pages, which answers for thousands of scattered
/// addresses in one call; hwloc_get_area_memlocation would take a call for each, and cannot tell a page that
/// is not there from one on the node asked for. Asking neither touches nor moves a page.
Expected<std::vector<std::optional<unsigned>>> nodes_of_pages(std::span<const void* const> addresses);

/// Bytes in memory, by the kind of page that they are in.
struct ResidentPages {
  std::size_t small_bytes = 0;
  std::size_t transparent_huge_bytes = 0;
  std::size_t huge_2_mib_bytes = 0;  ///< reserved ones (hugetlb)
  std::size_t huge_1_gib_bytes = 0;

  std::size_t huge_bytes() const { return transparent_huge_bytes + huge_2_mib_bytes + huge_1_gib_bytes; }
  std::size_t bytes() const { return small_bytes + huge_bytes(); }
};

/// The pages of the mappings in which these ranges lie. The kernel counts by mapping, and makes one of
/// neighbours that are alike: what lies beside a range may be counted with it, but nothing is counted twice.
/// `smaps` is this process's /proc/self/smaps, or a recorded one.
Expected<ResidentPages> resident_pages(std::span<const std::span<const std::byte>> ranges,
                                       const std::filesystem::path& smaps = "/proc/self/smaps");

}  // namespace upout::platform
