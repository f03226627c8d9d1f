#include "workloads/record_streams.h"

#include <cstring>

#include "workloads/random.h"

namespace upout::workloads {

namespace {

/// Calls `use(piece, bytes)` with pieces of up to eight bytes and what they are; false ends it.
template <class Bytes, class Use>
bool for_each_fill(std::span<Bytes> value, kernel::Key key, std::size_t begin, Use&& use) {
  for (std::size_t at = begin; at < value.size(); at += 8) {
    const std::uint64_t fill = mix64(key * 0x9e3779b97f4a7c15 + at);
    if (!use(value.subspan(at, std::min<std::size_t>(8, value.size() - at)), &fill)) return false;
  }
  return true;
}

}  // namespace

void write_fill(std::span<std::byte> value, kernel::Key key, std::size_t begin) noexcept {
  for_each_fill(value, key, begin, [](std::span<std::byte> piece, const std::uint64_t* fill) {
    std::memcpy(piece.data(), fill, piece.size());
    return true;
  });
}

bool is_fill(std::span<const std::byte> value, kernel::Key key, std::size_t begin) noexcept {
  return for_each_fill(value, key, begin, [](std::span<const std::byte> piece, const std::uint64_t* fill) {
    return std::memcmp(piece.data(), fill, piece.size()) == 0;
  });
}

}  // namespace upout::workloads
