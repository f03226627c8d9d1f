#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "workloads/slot_memory.h"
#include "workloads/workload.h"
#include "workloads/ycsb_settings.h"
#include "workloads/ycsb_value.h"

namespace upout::workloads {

/// Reads the worker's share of the records that must be there: of the loaded ones, and of those that the
/// workers have added (worker w's are in the share of slot w modulo the number of slots).
class YcsbAudit final : public AuditStream {
 public:
  /// `settings` must outlive the stream; `writers` is copied.
  YcsbAudit(const YcsbSettings& settings, WorkerSlot slot, std::size_t depth,
            std::span<const WriterProgress> writers);

  std::size_t next(std::span<kernel::Operation* const> free) override;
  void complete(std::span<kernel::Operation* const> done) override;
  std::uint64_t failed() const override { return failed_; }
  const AuditResult& result() const override { return result_; }

 private:
  /// Record numbers first, first + step, ... (`count` of them).
  struct Stretch {
    std::uint64_t first;
    std::uint64_t step;
    std::uint64_t count;
  };

  void check(const kernel::Operation& operation);
  void check_bytes(const kernel::Operation& operation);
  void note_fault(const kernel::Operation& operation, std::string_view what);

  const YcsbSettings& settings_;
  ValueFormat format_;
  std::vector<WriterProgress> writers_;
  std::vector<Stretch> left_;           ///< the last one is being read
  std::vector<std::uint64_t> records_;  ///< by slot: the record that its operation reads
  SlotMemory outputs_;
  AuditResult result_;
  std::uint64_t failed_ = 0;
};

}  // namespace upout::workloads
