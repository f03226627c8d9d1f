#include "platform/memory.h"

#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

namespace upout::platform {

namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;
constexpr std::size_t giant_page_bytes = std::size_t{1} << 30;

constexpr std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

/// What a range of `bytes` occupies: whole huge pages if it has at least one, so that its tail is one too.
std::size_t mapped_size(std::size_t bytes, PageKind pages) {
  if (pages == PageKind::huge_1_gib) return round_up(bytes, giant_page_bytes);
  return round_up(bytes, bytes >= huge_page_bytes ? huge_page_bytes : page_bytes());
}

void unmap(std::byte* begin, std::size_t size) {
  if (size > 0) munmap(begin, size);
}

/// What to leave free beside a range. The kernel interleaves by address: without a gap, ranges of a power of
/// two, one after the other, would all begin on the same node, and it would get more than its share of those
/// that are filled only in part.
std::size_t gap_beside(std::size_t bytes, const Placement& placement) {
  if (!std::holds_alternative<InterleavedOver>(placement) || bytes < huge_page_bytes) return 0;
  const bool even = mapped_size(bytes, PageKind::transparent) / huge_page_bytes % 2 == 0;
  return even ? huge_page_bytes : 0;
}

/// Takes every page now, and says whether there were enough: without MADV_POPULATE_WRITE (Linux before 5.14)
/// never.
bool populate(std::span<std::byte> range) {
#if defined(MADV_POPULATE_WRITE)
  return madvise(range.data(), range.size(), MADV_POPULATE_WRITE) == 0;
#else
  return range.empty();
#endif
}

tl::unexpected<Error> refused(std::size_t bytes, int error) {
  return unexpected("mmap of " + std::to_string(bytes) + " bytes", std::strerror(error), "");
}

}  // namespace

const char* name(PageKind kind) noexcept {
  switch (kind) {
    case PageKind::transparent:
      return "transparent";
    case PageKind::huge_2_mib:
      return "2 MiB";
    case PageKind::huge_1_gib:
      return "1 GiB";
  }
  return "";
}

Expected<Region> Region::map(std::size_t bytes, const Options& options) noexcept {
  if (bytes == 0) return Region{};
  // Beyond this, rounding and alignment would overflow; no address space is that large.
  if (bytes > std::numeric_limits<std::size_t>::max() / 2) return refused(bytes, ENOMEM);

  if (options.reserve != nullptr) {
    Region part(options.reserve->take(bytes), PageKind::transparent);
    part.is_mapped_ = false;
    if (!part.bytes().empty()) return part;
  }
  if (Region reserved = map_reserved(bytes, options.pages); !reserved.bytes().empty()) {
    const std::span whole(reserved.bytes_.data(), mapped_size(bytes, options.pages));
    if (auto placed = place(whole, options.placement); !placed) return tl::unexpected(placed.error());
    if (!std::holds_alternative<BoundTo>(options.placement) || populate(whole)) return reserved;
  }
  auto region = map_transparent(bytes, gap_beside(bytes, options.placement));
  if (!region) return region;
  const std::span whole(region->bytes_.data(), mapped_size(bytes, PageKind::transparent));
  if (auto placed = place(whole, options.placement); !placed) return tl::unexpected(placed.error());
  return region;
}

/// Empty where such pages are not asked for, make no sense, or cannot be had.
Region Region::map_reserved(std::size_t bytes, PageKind pages) noexcept {
  if (pages == PageKind::transparent) return {};
  const bool giant = pages == PageKind::huge_1_gib;
  if (bytes < (giant ? giant_page_bytes : huge_page_bytes)) return {};
  const int flags =
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | static_cast<int>(giant ? MAP_HUGE_1GB : MAP_HUGE_2MB);
  void* mapping = mmap(nullptr, mapped_size(bytes, pages), PROT_READ | PROT_WRITE, flags, -1, 0);
  if (mapping == MAP_FAILED) return {};
  return {std::span(static_cast<std::byte*>(mapping), bytes), pages};
}

Expected<Region> Region::map_transparent(std::size_t bytes, std::size_t gap) noexcept {
  const bool wants_huge_pages = bytes >= huge_page_bytes;
  const std::size_t size = mapped_size(bytes, PageKind::transparent);
  const std::size_t slack = wants_huge_pages ? huge_page_bytes - page_bytes() : 0;

  // With a reservation: better refused here than killed at the first touch.
  void* mapping =
      mmap(nullptr, size + slack + gap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return refused(bytes, errno);
  auto* begin = static_cast<std::byte*>(mapping);

  if (wants_huge_pages) {
    // The kernel aligns to small pages only: map too much, and give back what lies around the aligned part.
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    const std::size_t before = round_up(address, huge_page_bytes) - address;
    unmap(begin, before);
    begin += before;
    unmap(begin + size, slack - before + gap);
    // Refused by a kernel without transparent huge pages; the range is then what it is, and the environment
    // record says so.
    madvise(begin, size, MADV_HUGEPAGE);
  }
  return Region(std::span(begin, bytes), PageKind::transparent);
}

Region::Region(Region&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), is_mapped_(other.is_mapped_), pages_(other.pages_) {}

Region& Region::operator=(Region&& other) noexcept {
  Region taken(std::move(other));  // leaves the other side empty; the old mapping goes with `taken`
  std::swap(bytes_, taken.bytes_);
  std::swap(is_mapped_, taken.is_mapped_);
  std::swap(pages_, taken.pages_);
  return *this;
}

Region::~Region() {
  if (is_mapped_) unmap(bytes_.data(), bytes_.empty() ? 0 : mapped_size(bytes_.size(), pages_));
}

}  // namespace upout::platform
