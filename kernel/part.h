#pragma once

#include <cstddef>

namespace upout::kernel {

/// One of `count` parts of about the same size, into which something is divided to be gone through in
/// parallel.
struct Part {
  std::size_t index = 0;
  std::size_t count = 1;

  /// Of `size` things in a row, this part has those from `begin` up to and without `end`.
  constexpr std::size_t begin(std::size_t size) const noexcept { return bound(size, index); }
  constexpr std::size_t end(std::size_t size) const noexcept { return bound(size, index + 1); }

 private:
  /// size · i / count, without overflow.
  constexpr std::size_t bound(std::size_t size, std::size_t i) const noexcept {
    return size / count * i + size % count * i / count;
  }
};

}  // namespace upout::kernel
