#include "platform/reserve.h"

#include <cstdint>
#include <cstring>

namespace upout::platform {

std::span<std::byte> Reserve::take(std::size_t bytes) noexcept {
  constexpr std::size_t small_alignment = 4096;
  constexpr std::size_t large_alignment = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= large_alignment ? large_alignment : small_alignment;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory_.data());
  std::size_t taken = taken_.load(std::memory_order_relaxed);
  for (;;) {
    const std::size_t from = (begin + taken + alignment - 1) / alignment * alignment - begin;
    if (from > memory_.size() || bytes > memory_.size() - from) return {};
    if (!taken_.compare_exchange_weak(taken, from + bytes, std::memory_order_relaxed)) continue;
    const std::span<std::byte> part = memory_.subspan(from, bytes);
    std::memset(part.data(), 0, part.size());
    return part;
  }
}

}  // namespace upout::platform
