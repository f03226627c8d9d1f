#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "workloads/slot_memory.h"
#include "workloads/tatp_rows.h"
#include "workloads/workload.h"
#include "workloads/ycsb_load.h"

namespace upout::workloads::tatp {

/// What is loaded for so many subscribers; goes through all of them.
struct Totals {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< of their values
  std::uint64_t sum = 0;    ///< of the numbers in them (mod 2^64)
};
Totals totals_of(std::uint64_t subscribers);

/// The keys of some rows of some subscribers, in order. A value.
class RowKeys {
 public:
  using PlacesOf = Places (*)(std::uint64_t subscriber) noexcept;
  RowKeys(RecordRange subscribers, PlacesOf places_of)
      : left_(subscribers), places_of_(places_of), places_(places_of_next()) {}

  bool at_end() const noexcept { return places_ == 0; }
  /// Before the end.
  kernel::Key next() noexcept;

 private:
  Places places_of_next() const noexcept { return left_.begin == left_.end ? 0 : places_of_(left_.begin); }

  RecordRange left_;  ///< of subscribers, that under way among them
  PlacesOf places_of_;
  Places places_;  ///< left of the one that is under way
};

/// Inserts the rows of the worker's share of the subscribers.
class Load final : public OperationStream {
 public:
  Load(std::uint64_t subscribers, WorkerSlot slot, std::size_t depth);

  std::size_t next(std::span<kernel::Operation* const> free) override;
  void complete(std::span<kernel::Operation* const> done) override;
  std::uint64_t failed() const override { return failed_; }

 private:
  RowKeys left_;
  SlotMemory inputs_;
  std::uint64_t failed_ = 0;
};

/// Reads all rows that there may be of the worker's share of the subscribers. Those that are never taken out
/// have to be there; of forwardings it counts what it finds.
class Audit final : public AuditStream {
 public:
  Audit(std::uint64_t subscribers, WorkerSlot slot, std::size_t depth);

  std::size_t next(std::span<kernel::Operation* const> free) override;
  void complete(std::span<kernel::Operation* const> done) override;
  std::uint64_t failed() const override { return failed_; }
  const AuditResult& result() const override { return result_; }

 private:
  void check(const kernel::Operation& operation);
  void miss(const kernel::Operation& operation);
  void note_fault(kernel::Key key, std::string_view fault);

  RowKeys left_;
  SlotMemory outputs_;
  AuditResult result_;
  std::uint64_t failed_ = 0;
};

}  // namespace upout::workloads::tatp
