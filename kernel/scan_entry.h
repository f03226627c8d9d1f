#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "kernel/operation.h"

namespace upout::kernel {

/// What a scan puts before each value in its output. The value follows, padded to whole words.
struct ScanEntry {
  Key key;
  std::uint32_t size;  ///< of the value, in bytes
  std::uint32_t reserved = 0;
};
static_assert(sizeof(ScanEntry) == 16);

/// What a value of `size` bytes takes of a scan's output.
constexpr std::size_t scan_entry_bytes(std::size_t size) noexcept {
  return sizeof(ScanEntry) + (size + 7) / 8 * 8;
}

/// Takes entries off the front of a scan's output, which may have come from another process: whatever is not
/// wholly within it is not returned.
class ScanReader {
 public:
  explicit ScanReader(std::span<const std::byte> output) noexcept : rest_(output) {}

  /// False: there are no more.
  bool next(Key& key, std::span<const std::byte>& value) noexcept {
    ScanEntry entry;
    if (rest_.size() < sizeof(entry)) return false;
    std::memcpy(&entry, rest_.data(), sizeof(entry));
    if (rest_.size() < scan_entry_bytes(entry.size)) return false;
    key = entry.key;
    value = rest_.subspan(sizeof(entry), entry.size);
    rest_ = rest_.subspan(scan_entry_bytes(entry.size));
    return true;
  }
  /// What has not been read yet.
  std::span<const std::byte> rest() const noexcept { return rest_; }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace upout::kernel
