#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "workloads/slot_memory.h"
#include "workloads/workload.h"
#include "workloads/ycsb_load.h"

namespace upout::workloads {

/// Records under the keys 0 .. records-1, each a number (eight bytes, as the machine has them) and bytes that
/// its key determines. Transactions change the numbers; what they come to in all is known, so that a lost
/// update shows, or half of a transaction. A value.
struct NumberRecords {
  static constexpr std::size_t number_bytes = sizeof(std::uint64_t);

  std::uint64_t records = 0;
  std::size_t value_bytes = number_bytes;      ///< at least that many
  std::uint64_t (*initial)(kernel::Key) = {};  ///< the number as it is loaded

  std::uint64_t initial_sum() const;
  void write_value(std::span<std::byte> value, kernel::Key key) const;
  /// Whether it has its size, and the bytes that its key determines.
  bool is_sound(std::span<const std::byte> value, kernel::Key key) const;
};

/// Inserts the worker's share of the records, in the order of their keys.
class NumberLoad final : public OperationStream {
 public:
  NumberLoad(const NumberRecords& records, WorkerSlot slot, std::size_t depth);

  std::size_t next(std::span<kernel::Operation* const> free) override;
  void complete(std::span<kernel::Operation* const> done) override;
  std::uint64_t failed() const override { return failed_; }

 private:
  NumberRecords records_;
  RecordRange left_;
  SlotMemory inputs_;
  std::uint64_t failed_ = 0;
};

/// Reads the worker's share of the records, and adds up the numbers.
class NumberAudit final : public AuditStream {
 public:
  NumberAudit(const NumberRecords& records, WorkerSlot slot, std::size_t depth);

  std::size_t next(std::span<kernel::Operation* const> free) override;
  void complete(std::span<kernel::Operation* const> done) override;
  std::uint64_t failed() const override { return failed_; }
  const AuditResult& result() const override { return result_; }

 private:
  void check(const kernel::Operation& operation);

  NumberRecords records_;
  RecordRange left_;
  SlotMemory outputs_;
  AuditResult result_;
  std::uint64_t failed_ = 0;
};

}  // namespace upout::workloads
