#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "kernel/operation.h"
#include "platform/error.h"
#include "workloads/ycsb_value.h"

namespace upout::workloads {

/// What a workload of single operations is as well if its values tell which write they come from, so that
/// what its operations have read and written can be put down as a history. Any thread may use it.
class VersionedWorkload {
 public:
  virtual ~VersionedWorkload() = default;

  /// Whether each write makes a record's value as a whole and names itself in it, as the workload's
  /// properties are. The error says what stands against it, and which property has to be what; its place is
  /// left to the caller.
  virtual platform::Expected<void> check_versions() const = 0;

  /// The one write that all these bytes come from, which begin at `offset` of the key's value; nothing if no
  /// single write can have left them there.
  virtual std::optional<Version> version_of(kernel::Key key, std::size_t offset,
                                            std::span<const std::byte> bytes) const = 0;
};

}  // namespace upout::workloads
