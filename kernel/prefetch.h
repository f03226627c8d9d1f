#pragma once

#include <cstddef>

namespace upout::kernel {

/// The most of one value that is worth asking for ahead: more would crowd out the others' lines.
inline constexpr std::size_t most_prefetched_bytes = 512;

/// Asks for the lines that hold the `bytes` bytes from `address` on. Always inlined: g++ takes a function
/// that does nothing but prefetch for one without effect, and drops calls to it.
[[gnu::always_inline]] inline void prefetch(const void* address, std::size_t bytes = 1) noexcept {
  constexpr std::size_t line_bytes = 64;
  const auto* begin = static_cast<const std::byte*>(address);
  __builtin_prefetch(begin);
  if (bytes == 1) return;
  // The last line without asking whether it is the first one: for a small record, that could not be
  // predicted.
  __builtin_prefetch(begin + bytes - 1);
  for (std::size_t next = line_bytes; next + 1 < bytes; next += line_bytes) __builtin_prefetch(begin + next);
}

}  // namespace upout::kernel
