#include "platform/memory.h"

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

constexpr std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

/// What a range of `bytes` occupies: whole huge pages if it has at least one, so that its tail is one too.
std::size_t mapped_size(std::size_t bytes) {
  return round_up(bytes, bytes >= huge_page_bytes ? huge_page_bytes : page_bytes());
}

void unmap(std::byte* begin, std::size_t size) {
  if (size > 0) munmap(begin, size);
}

tl::unexpected<Error> refused(std::size_t bytes, int error) {
  return unexpected("mmap of " + std::to_string(bytes) + " bytes", std::strerror(error), "");
}

}  // namespace

Expected<Region> Region::map(std::size_t bytes) noexcept {
  if (bytes == 0) return Region{};
  // Beyond this, rounding and alignment would overflow; no address space is that large.
  if (bytes > std::numeric_limits<std::size_t>::max() / 2) return refused(bytes, ENOMEM);

  const bool wants_huge_pages = bytes >= huge_page_bytes;
  const std::size_t size = mapped_size(bytes);
  const std::size_t slack = wants_huge_pages ? huge_page_bytes - page_bytes() : 0;

  // With a reservation: better refused here than killed at the first touch.
  void* mapping = mmap(nullptr, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return refused(bytes, errno);
  auto* begin = static_cast<std::byte*>(mapping);

  if (wants_huge_pages) {
    // The kernel aligns to small pages only: map too much, and give back what lies around the aligned part.
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    const std::size_t before = round_up(address, huge_page_bytes) - address;
    unmap(begin, before);
    begin += before;
    unmap(begin + size, slack - before);
    // Refused by a kernel without transparent huge pages; the range is then what it is, and the environment
    // record says so.
    madvise(begin, size, MADV_HUGEPAGE);
  }
  return Region(std::span(begin, bytes));
}

Region::Region(Region&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Region& Region::operator=(Region&& other) noexcept {
  Region taken(std::move(other));  // leaves the other side empty; the old mapping goes with `taken`
  std::swap(bytes_, taken.bytes_);
  return *this;
}

Region::~Region() {
  unmap(bytes_.data(), bytes_.empty() ? 0 : mapped_size(bytes_.size()));
}

}  // namespace upout::platform
