#include "platform/pages.h"

#include <numaif.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace upout::platform {

namespace {

/// Addresses of a mapping, the end not included.
struct Extent {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

/// The first line of a mapping, "BEGIN-END rw-p ...", in hexadecimal; nothing for the other lines.
std::optional<Extent> parse_extent(std::string_view line) {
  Extent extent;
  const char* const last = line.data() + line.size();
  const auto begin = std::from_chars(line.data(), last, extent.begin, 16);
  if (begin.ec != std::errc() || begin.ptr == last || *begin.ptr != '-') return {};
  const auto end = std::from_chars(begin.ptr + 1, last, extent.end, 16);
  if (end.ec != std::errc() || end.ptr == last || *end.ptr != ' ') return {};
  return extent;
}

bool overlaps(const Extent& extent, std::span<const std::byte> range) {
  const auto begin = reinterpret_cast<std::uintptr_t>(range.data());
  return begin < extent.end && extent.begin < begin + range.size();
}

/// What smaps says of one mapping, in bytes.
struct Mapping {
  std::size_t page = 0;
  std::size_t resident = 0;     ///< reserved huge pages are not among these
  std::size_t transparent = 0;  ///< in huge pages, of those
  std::size_t reserved = 0;

  /// Takes a line such as "Rss:   4 kB".
  void read(const std::string& line) {
    std::istringstream words(line);
    std::string name;
    std::size_t kibibytes = 0;
    if (!(words >> name >> kibibytes)) return;
    const std::size_t bytes = kibibytes << 10;
    if (name == "KernelPageSize:") page = bytes;
    if (name == "Rss:") resident = bytes;
    if (name == "AnonHugePages:") transparent = bytes;
    if (name == "Private_Hugetlb:" || name == "Shared_Hugetlb:") reserved += bytes;
  }

  void add_to(ResidentPages& pages) const {
    pages.small_bytes += resident - std::min(transparent, resident);
    pages.transparent_huge_bytes += transparent;
    (page == std::size_t{1} << 30 ? pages.huge_1_gib_bytes : pages.huge_2_mib_bytes) += reserved;
  }
};

}  // namespace

Expected<std::vector<std::optional<unsigned>>> nodes_of_pages(std::span<const void* const> addresses) {
  std::vector<void*> pages(addresses.size());
  // The call takes pointers to what it may move; without nodes to move to, it only looks.
  std::ranges::transform(addresses, pages.begin(),
                         [](const void* address) { return const_cast<void*>(address); });
  std::vector<int> status(pages.size(), -ENOENT);
  if (move_pages(0, pages.size(), pages.data(), nullptr, status.data(), 0) != 0) {
    return unexpected("move_pages", std::strerror(errno), "a kernel that says where pages are");
  }
  std::vector<std::optional<unsigned>> nodes(status.size());
  std::ranges::transform(status, nodes.begin(), [](int node) {
    return node >= 0 ? std::optional(static_cast<unsigned>(node)) : std::nullopt;
  });
  return nodes;
}

Expected<ResidentPages> resident_pages(std::span<const std::span<const std::byte>> ranges,
                                       const std::filesystem::path& smaps) {
  std::ifstream file(smaps);
  if (!file) return unexpected(smaps.string(), std::strerror(errno), "what pages this process has");
  ResidentPages pages;
  std::optional<Mapping> mapping;  // the one that is being read, if it counts
  for (std::string line; std::getline(file, line);) {
    if (const auto extent = parse_extent(line)) {
      if (mapping) mapping->add_to(pages);
      mapping.reset();
      if (std::ranges::any_of(ranges, [&](auto range) { return overlaps(*extent, range); }))
        mapping.emplace();
    } else if (mapping) {
      mapping->read(line);
    }
  }
  if (mapping) mapping->add_to(pages);
  return pages;
}

}  // namespace upout::platform
