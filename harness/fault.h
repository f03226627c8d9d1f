#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock.h"
#include "platform/error.h"

namespace upout::harness {

/// Something that is done to a rank while it is measured.
struct Fault {
  enum class Kind : std::uint8_t {
    kill,  ///< SIGKILL
    stop,  ///< SIGSTOP, and SIGCONT in the end; of a rank that is a thread: it does nothing
    cut,   ///< messages between it and all others are lost
    slow,  ///< they take longer
  };

  Kind kind = Kind::kill;
  unsigned rank = 0;
  platform::Timestamp at{};     ///< from the first window's beginning on
  platform::Timestamp lasts{};  ///< of all but kill
  platform::Timestamp delay{};  ///< of slow

  bool operator==(const Fault&) const = default;
};

std::string_view name_of(Fault::Kind kind) noexcept;

/// "kill=2@10s,stop=1@12s+500ms,slow=0@14s+1s:5ms". The error has no `where`.
platform::Expected<std::vector<Fault>> parse_faults(std::string_view text);
std::string to_string(const std::vector<Fault>& faults);

/// What became of it, as far as the root has seen.
struct FaultReport {
  Fault fault;
  std::optional<double> detected_seconds;  ///< after it: the rank was taken for dead
  std::optional<double> restored_seconds;  ///< after it: all partitions had as many copies as before
};

/// What clients knew, and what was there in the end.
struct LedgerReport {
  std::uint64_t acknowledged = 0;  ///< writes
  std::uint64_t lost = 0;          ///< of these
};

}  // namespace upout::harness
