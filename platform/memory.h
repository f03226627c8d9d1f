#pragma once

#include <cstddef>
#include <span>

#include "platform/error.h"

namespace upout::platform {

/// A range of anonymous, zeroed memory, mapped for this process alone. Owns its mapping; movable, not
/// copyable. Pages are touched by whoever uses them first. Ranges of 2 MiB and more are aligned to 2 MiB and
/// advised for transparent huge pages.
class Region {
 public:
  Region() = default;
  /// Fails with ENOMEM's text if the kernel refuses; never throws.
  static Expected<Region> map(std::size_t bytes) noexcept;

  Region(Region&& other) noexcept;
  Region& operator=(Region&& other) noexcept;
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region();

  std::span<std::byte> bytes() const noexcept { return bytes_; }

 private:
  explicit Region(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  std::span<std::byte> bytes_;
};

}  // namespace upout::platform
