#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "platform/error.h"
#include "platform/placement.h"
#include "platform/reserve.h"

namespace upout::platform {

/// What pages a range is made of.
enum class PageKind : std::uint8_t {
  transparent,  ///< small ones; the kernel may make huge ones of them (THP), and is advised to from 2 MiB on
  huge_2_mib,   ///< reserved huge pages (hugetlb), from the pool that the system's administrator has filled
  huge_1_gib,
};

/// "transparent", "2 MiB" or "1 GiB".
const char* name(PageKind kind) noexcept;

/// A range of anonymous, zeroed memory, mapped for this process alone, or a part of a reserve. Owns its
/// mapping; movable, not copyable. Ranges of 2 MiB and more are aligned to 2 MiB.
class Region {
 public:
  struct Options {
    Placement placement = FirstTouch{};      ///< by default, pages lie where they are touched first
    PageKind pages = PageKind::transparent;  ///< asked for; see `pages()`
    /// Where ranges are taken from as long as it has room, of whatever pages it is. Null: all are mapped.
    Reserve* reserve = nullptr;
  };

  Region() = default;
  /// Fails with ENOMEM's text if the kernel refuses the memory, and if it refuses the placement (see
  /// `place`); never throws. Reserved huge pages are taken for ranges of at least one such page, and rounded
  /// up to whole ones. Where they cannot be had, the range is of transparent ones. Those bound to a node are
  /// taken at once: the pool that counts is the node's, and a page missing later would end the process
  /// (SIGBUS).
  static Expected<Region> map(std::size_t bytes) noexcept { return map(bytes, Options{}); }
  static Expected<Region> map(std::size_t bytes, const Options& options) noexcept;

  Region(Region&& other) noexcept;
  Region& operator=(Region&& other) noexcept;
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region();

  std::span<std::byte> bytes() const noexcept { return bytes_; }

  /// What the mapping was made of: what was asked for, or transparent pages in its place. How many of those
  /// the kernel has made huge, `resident_pages` tells.
  PageKind pages() const noexcept { return pages_; }

 private:
  Region(std::span<std::byte> bytes, PageKind pages) noexcept : bytes_(bytes), pages_(pages) {}
  static Expected<Region> map_transparent(std::size_t bytes, std::size_t gap) noexcept;
  static Region map_reserved(std::size_t bytes, PageKind pages) noexcept;

  std::span<std::byte> bytes_;
  bool is_mapped_ = true;  ///< by this object, and not a part of a reserve
  PageKind pages_ = PageKind::transparent;
};

}  // namespace upout::platform
