#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "workloads/digest.h"
#include "workloads/slot_memory.h"
#include "workloads/workload.h"
#include "workloads/ycsb_load.h"

/// Loading and checking records under the keys 0 .. n-1 whose values are determined by their keys, all or in
/// part. What they are is said by a type `Records`, a value, with
///
/// - `records`: how many there are,
/// - `value_bytes`: the length of each,
/// - `write_value(value, key)`: writes one as it is loaded,
/// - `is_sound(value, key)`: whether it is what a load, or a transaction after it, can have left behind.
/// - `number_of(value)`, optionally: the number in it that the sum of all is about.
namespace upout::workloads {

/// Inserts the worker's share of the records, in the order of their keys.
template <class Records>
class RecordLoad final : public OperationStream {
 public:
  RecordLoad(const Records& records, WorkerSlot slot, std::size_t depth)
      : records_(records), left_(share_of(records.records, slot)), inputs_(depth, records.value_bytes) {}

  std::size_t next(std::span<kernel::Operation* const> free) override {
    const std::size_t count = std::min<std::uint64_t>(free.size(), left_.end - left_.begin);
    for (kernel::Operation* operation : free.first(count)) {
      const std::span<std::byte> input = inputs_[operation->slot];
      operation->kind = kernel::OperationKind::insert;
      operation->key = left_.begin++;
      operation->input = input;
      operation->input_offset = 0;
      operation->output = {};
      operation->output_offset = 0;
      records_.write_value(input, operation->key);
    }
    return count;
  }
  void complete(std::span<kernel::Operation* const> done) override {
    for (const kernel::Operation* operation : done)
      failed_ += operation->status == kernel::Status::ok ? 0 : 1;
  }
  std::uint64_t failed() const override { return failed_; }

 private:
  Records records_;
  RecordRange left_;
  SlotMemory inputs_;
  std::uint64_t failed_ = 0;
};

/// Reads the worker's share of the records, and adds up their numbers.
template <class Records>
class RecordAudit final : public AuditStream {
 public:
  RecordAudit(const Records& records, WorkerSlot slot, std::size_t depth)
      : records_(records),
        left_(share_of(records.records, slot)),
        // One byte more shows a value that is too long.
        outputs_(depth, records.value_bytes + 1) {}

  std::size_t next(std::span<kernel::Operation* const> free) override {
    const std::size_t count = std::min<std::uint64_t>(free.size(), left_.end - left_.begin);
    for (kernel::Operation* operation : free.first(count)) {
      operation->kind = kernel::OperationKind::get;
      operation->key = left_.begin++;
      operation->input = {};
      operation->input_offset = 0;
      operation->output = outputs_[operation->slot];
      operation->output_offset = 0;
    }
    return count;
  }
  void complete(std::span<kernel::Operation* const> done) override {
    for (const kernel::Operation* operation : done) check(*operation);
  }
  std::uint64_t failed() const override { return failed_; }
  const AuditResult& result() const override { return result_; }

 private:
  void check(const kernel::Operation& operation) {
    ++result_.checked;
    if (operation.status != kernel::Status::ok) {
      ++result_.missing;
      const bool is_absent = operation.status == kernel::Status::not_found;
      failed_ += is_absent ? 0 : 1;
      return note(operation.key, is_absent ? "is not there" : "cannot be read");
    }
    const std::span<const std::byte> value = operation.output.first(operation.output_size);
    result_.digest += digest_of(operation.key, value);
    if constexpr (requires { Records::number_of(value); }) result_.sum += Records::number_of(value);
    if (records_.is_sound(value, operation.key)) return;
    ++result_.damaged;
    note(operation.key, "holds what no load and no transaction has written");
  }
  void note(kernel::Key key, std::string_view fault) {
    if (result_.first_fault.empty()) result_.first_fault = fmt::format("record {} {}", key, fault);
  }

  Records records_;
  RecordRange left_;
  SlotMemory outputs_;
  AuditResult result_;
  std::uint64_t failed_ = 0;
};

/// The value's bytes from `begin` on that its key determines, and nothing else is said about.
void write_fill(std::span<std::byte> value, kernel::Key key, std::size_t begin) noexcept;
bool is_fill(std::span<const std::byte> value, kernel::Key key, std::size_t begin) noexcept;

}  // namespace upout::workloads
