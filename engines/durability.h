#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "kernel/log/log.h"
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

/// What came back from a log, and how long it took, in seconds.
struct RecoveryReport {
  std::uint64_t log_bytes = 0;  ///< and those of the checkpoint
  std::uint64_t changes = 0;    ///< that were done again
  double reading_seconds = 0;   ///< files, and their checksums
  double redoing_seconds = 0;   ///< by all workers

  /// Another one, before or after it.
  void add(const RecoveryReport& other) noexcept {
    log_bytes += other.log_bytes;
    changes += other.changes;
    reading_seconds += other.reading_seconds;
    redoing_seconds += other.redoing_seconds;
  }
};

/// What logs have written, and how often they have waited for the disk.
struct LogCounters {
  std::uint64_t bytes = 0;
  std::uint64_t flushes = 0;

  void add(const kernel::Log& log) noexcept {
    bytes += log.written_bytes();
    flushes += log.syncs();
  }
};

struct DurabilityOptions {
  Durability durability = Durability::none;
  std::filesystem::path folder = {};  ///< of the log, which has it to itself; what is in it is recovered
  /// Called once, on a thread of the log's, if it can't go on: no change is acknowledged any more, and who
  /// waits for one waits for ever, so this ends the process.
  std::function<void(const platform::Error&)> on_failure = {};
};

}  // namespace upout::engines
