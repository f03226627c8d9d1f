#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace upout::workloads {

/// The type, by its place among the shares, that a number from 0 to 99 stands for. The shares add up to 100.
template <std::size_t types>
constexpr std::size_t type_of(std::uint64_t draw, const std::array<unsigned, types>& percent) noexcept {
  std::size_t type = 0;
  for (std::uint64_t limit = percent[0]; draw >= limit; limit += percent[type]) ++type;
  return type;
}

}  // namespace upout::workloads
