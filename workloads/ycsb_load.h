#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "workloads/slot_memory.h"
#include "workloads/workload.h"
#include "workloads/ycsb_settings.h"
#include "workloads/ycsb_value.h"

namespace upout::workloads {

/// Record numbers from `begin` up to and without `end`.
struct RecordRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// The worker's share of `records` loaded records: each is in the share of one worker, shares differ by at
/// most one.
RecordRange share_of(std::uint64_t records, WorkerSlot slot);

/// Inserts the worker's share of the records, in the order of their numbers.
class YcsbLoad final : public OperationStream {
 public:
  /// `settings` must outlive the stream.
  YcsbLoad(const YcsbSettings& settings, WorkerSlot slot, std::size_t depth);

  std::size_t next(std::span<kernel::Operation* const> free) override;
  void complete(std::span<kernel::Operation* const> done) override;
  std::uint64_t failed() const override { return failed_; }

 private:
  const YcsbSettings& settings_;
  ValueFormat format_;
  RecordRange left_;
  SlotMemory inputs_;
  std::uint64_t failed_ = 0;
};

}  // namespace upout::workloads
