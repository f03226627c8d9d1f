#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernel/operation.h"
#include "platform/clock.h"
#include "workloads/versioned_workload.h"
#include "workloads/workload.h"

/// Histories: what clients did to a database and saw of it, for checkers of consistency. docs/history.md says
/// what is in them.
namespace upout::harness {

/// What a value is called in a history: of the load 0, of a write a number that no other write has, and
/// otherwise one of these.
using ValueName = std::int64_t;
inline constexpr ValueName no_single_write = -1;  ///< bytes that no single write has left behind
inline constexpr ValueName no_value = std::numeric_limits<ValueName>::min();

/// `workers`: that write.
inline ValueName name_of(workloads::Version version, std::uint32_t workers) {
  if (version.is_load()) return version.writer == 0 ? 0 : no_single_write;
  if (version.writer >= workers) return no_single_write;
  return static_cast<ValueName>(version.sequence * workers + version.writer);
}

/// The end of what has not ended, or is not known to have.
inline constexpr platform::Timestamp never = platform::Timestamp::max();

/// One operation, as its client saw it. Plain bytes, to be sent between processes of one program.
struct HistoryEntry {
  kernel::Key key = 0;
  platform::Timestamp began{};  ///< before it was submitted
  platform::Timestamp ended =
      never;  ///< after it had come back; `never`: status and what was read mean nothing
  ValueName written = no_value;
  ValueName read = no_value;
  std::uint32_t process = 0;  ///< what does one operation after the other: a slot of a worker
  kernel::OperationKind kind = kernel::OperationKind::get;
  kernel::Status status = kernel::Status::ok;
};

/// What one worker does, as far as there is room. Its memory is there, and has been touched, from the start.
/// Used by its worker's thread.
class HistoryLog {
 public:
  /// Of a worker that has `depth` operations in flight, and room for `limit`. `values` must outlive it.
  HistoryLog(const workloads::VersionedWorkload& values, workloads::WorkerSlot slot, std::size_t depth,
             std::size_t limit);

  /// Operations that are about to be submitted.
  void begin(std::span<const kernel::Operation* const> operations);
  /// Operations that have come back, in any order.
  void end(std::span<const kernel::Operation* const> operations);

  /// In the order in which they began.
  const std::vector<HistoryEntry>& entries() const noexcept { return entries_; }
  /// When the first operation began for which there was no room; `never`: there was for all. Those of the
  /// history that were in flight then have been followed to their end.
  platform::Timestamp full_at() const noexcept { return full_at_; }

 private:
  ValueName name_of_bytes(kernel::Key key, std::size_t offset, std::span<const std::byte> bytes) const;
  ValueName read_by(const kernel::Operation& operation) const;

  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  const workloads::VersionedWorkload* values_;
  workloads::WorkerSlot slot_;
  std::size_t limit_;
  /// The system's own: those of the harness part by a microsecond a second between processes of one host.
  platform::Clock clock_;
  std::vector<HistoryEntry> entries_;
  std::vector<std::size_t> running_;  ///< by slot: the entry of what is in flight
  platform::Timestamp last_begin_{};
  platform::Timestamp last_end_{};
  platform::Timestamp full_at_ = never;
};

}  // namespace upout::harness
