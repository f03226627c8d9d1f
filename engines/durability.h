#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "platform/error.h"

namespace upout::engines {

/// When a change is safe from a crash.
enum class Durability : std::uint8_t {
  none,   ///< never
  async,  ///< some milliseconds after it has been acknowledged
  sync,   ///< before it is acknowledged
};

inline constexpr std::array<std::string_view, 3> durability_names{"none", "async", "sync"};

constexpr std::string_view name_of(Durability durability) noexcept {
  return durability_names[static_cast<std::size_t>(durability)];
}

struct DurabilityOptions {
  Durability durability = Durability::none;
  std::filesystem::path folder = {};  ///< of the log, which has it to itself; what is in it is recovered
  /// Called once, on a thread of the log's, if it can't go on: no change is acknowledged any more, and who
  /// waits for one waits for ever, so this ends the process.
  std::function<void(const platform::Error&)> on_failure = {};
};

}  // namespace upout::engines
