#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace upout::history {

/// The name of one written value: the worker that wrote it and a number that the worker gives only once. A
/// test writes it into the value, so that whoever reads the value knows which write it came from.
struct Version {
  std::uint32_t worker = 0;
  std::uint32_t number = 0;

  constexpr std::uint64_t as_word() const noexcept { return std::uint64_t{worker} << 32 | number; }
  static constexpr Version of_word(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word)};
  }
  auto operator<=>(const Version&) const = default;
};

inline std::string to_string(Version version) {
  return std::to_string(version.worker) + ":" + std::to_string(version.number);
}

}  // namespace upout::history

template <>
struct std::hash<upout::history::Version> {
  std::size_t operator()(upout::history::Version version) const noexcept {
    return std::hash<std::uint64_t>()(version.as_word() * 0x9e3779b97f4a7c15ULL);
  }
};
