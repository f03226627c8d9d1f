#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "engines/shared_nothing/replication/membership.h"
#include "harness/fault.h"
#include "platform/clock.h"

namespace upout::harness {

/// What became of faults in a window that began at `begin`, by the transport's clock, as a rank has seen it:
/// `history` has the views that it entered, in order, and `copies` is how many each partition should have.
/// A rank's end is put down to the last fault before it that was done to that rank; that all copies are there
/// again, to the last fault that had been noticed by then.
std::vector<FaultReport> read_faults(const std::vector<Fault>& faults, platform::Timestamp begin,
                                     std::span<const engines::shared_nothing::Members::Entered> history,
                                     unsigned copies);

/// Nothing has been seen yet.
std::vector<FaultReport> reports_of(const std::vector<Fault>& faults);
/// Takes in what `rank` has seen of the same faults, where it was earlier than others: but of those that were
/// done to itself, for who is stopped or cut off hears last what has become of it.
void take_earliest(std::vector<FaultReport>& reports, const std::vector<FaultReport>& seen, unsigned rank);

/// That of all processes. Collective.
template <class E>
void gather_earliest(E& engine, std::vector<FaultReport>& reports) {
  // The earliest leaves most.
  constexpr std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
  const auto code = [](const std::optional<double>& seconds) {
    return seconds ? end - static_cast<std::uint64_t>(*seconds * 1e9) : std::uint64_t{0};
  };
  const auto decode = [](std::uint64_t left) {
    return left == 0 ? std::nullopt : std::optional(static_cast<double>(end - left) * 1e-9);
  };
  std::vector<std::uint64_t> numbers;
  for (const FaultReport& report : reports) {
    numbers.push_back(code(report.detected_seconds));
    numbers.push_back(code(report.restored_seconds));
  }
  engine.max(numbers);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    reports[i].detected_seconds = decode(numbers[2 * i]);
    reports[i].restored_seconds = decode(numbers[2 * i + 1]);
  }
}

}  // namespace upout::harness
