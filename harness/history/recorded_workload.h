#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "harness/history/log.h"
#include "platform/error.h"
#include "workloads/forwarding_workload.h"

namespace upout::harness {

/// What the workers of one process, or of several, have done.
struct HistoryPart {
  std::vector<HistoryEntry> entries;
  platform::Timestamp full_at = never;  ///< when the first of them had no room for more
};

/// A workload whose measured operations are recorded, and which is that workload in all else. So whoever
/// drives it need not know, and what is not recorded pays nothing. The loop calls its stream just before it
/// submits operations and just after they have come back, which is where the times are taken.
class RecordedWorkload final : public workloads::ForwardingWorkload {
 public:
  /// Of the first `limit` operations of each worker. Fails, with the place left to the caller, if a history
  /// of the workload would say nothing. `workload` must outlive it.
  static platform::Expected<std::unique_ptr<RecordedWorkload>> create(const workloads::Workload& workload,
                                                                      std::size_t limit);

  /// Of this process's workers, by the streams that were made last: those of a rehearsal touch no database,
  /// and are gone before there are others. No stream may be in use.
  HistoryPart part() const;
  std::size_t limit() const noexcept { return limit_; }

  std::unique_ptr<workloads::RunStream> run(workloads::WorkerSlot slot, std::size_t depth,
                                            std::uint64_t seed) const override;

 private:
  RecordedWorkload(const workloads::Workload& workload, const workloads::VersionedWorkload& values,
                   std::size_t limit)
      : ForwardingWorkload(workload), values_(&values), limit_(limit) {}

  const workloads::VersionedWorkload* values_;
  std::size_t limit_;
  mutable std::mutex making_;
  mutable std::map<std::uint32_t, std::shared_ptr<HistoryLog>> logs_;  ///< by worker that generates load
};

}  // namespace upout::harness
