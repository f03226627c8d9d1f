#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "harness/history/log.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::harness {

/// What the workers of one process, or of several, have done.
struct HistoryPart {
  std::vector<HistoryEntry> entries;
  platform::Timestamp full_at = never;  ///< when the first of them had no room for more
};

/// A workload whose measured operations are recorded, and which is that workload in all else. So whoever
/// drives it need not know, and what is not recorded pays nothing. The loop calls its stream just before it
/// submits operations and just after they have come back, which is where the times are taken.
class RecordedWorkload final : public workloads::Workload {
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

  std::string_view name() const override { return workload_->name(); }
  nlohmann::json properties() const override { return workload_->properties(); }
  std::uint64_t record_count() const override { return workload_->record_count(); }
  std::size_t value_bytes() const override { return workload_->value_bytes(); }
  bool needs_order() const override { return workload_->needs_order(); }
  workloads::RunLimits limits() const override { return workload_->limits(); }
  std::size_t output_bytes() const override { return workload_->output_bytes(); }
  kernel::Key largest_key() const override { return workload_->largest_key(); }
  std::unique_ptr<workloads::OperationStream> load(workloads::WorkerSlot slot,
                                                   std::size_t depth) const override {
    return workload_->load(slot, depth);
  }
  std::unique_ptr<workloads::AuditStream> audit(
      workloads::WorkerSlot slot, std::size_t depth,
      std::span<const workloads::WriterProgress> writers) const override {
    return workload_->audit(slot, depth, writers);
  }
  std::uint64_t expected_records(std::span<const workloads::WriterProgress> writers) const override {
    return workload_->expected_records(writers);
  }
  std::optional<std::uint64_t> expected_sum(
      std::span<const workloads::WriterProgress> writers) const override {
    return workload_->expected_sum(writers);
  }

 private:
  RecordedWorkload(const workloads::Workload& workload, const workloads::VersionedWorkload& values,
                   std::size_t limit)
      : workload_(&workload), values_(&values), limit_(limit) {}

  const workloads::Workload* workload_;
  const workloads::VersionedWorkload* values_;
  std::size_t limit_;
  mutable std::mutex making_;
  mutable std::map<std::uint32_t, std::shared_ptr<HistoryLog>> logs_;  ///< by worker that generates load
};

}  // namespace upout::harness
