#include "workloads/tatp_records.h"

#include <bit>

#include "workloads/digest.h"

namespace upout::workloads::tatp {

using kernel::Key;
using kernel::Operation;
using kernel::Status;

Totals totals_of(std::uint64_t subscribers) {
  Totals totals;
  for (RowKeys keys({0, subscribers}, loaded_places); !keys.at_end();) {
    const Key key = keys.next();
    ++totals.records;
    totals.bytes += row_bytes(key);
    totals.sum += loaded_number(key);
  }
  return totals;
}

Key RowKeys::next() noexcept {
  const Key key = left_.begin * keys_each + static_cast<unsigned>(std::countr_zero(places_));
  places_ &= places_ - 1;
  if (places_ == 0) {
    ++left_.begin;
    places_ = places_of_next();
  }
  return key;
}

Load::Load(std::uint64_t subscribers, WorkerSlot slot, std::size_t depth)
    : left_(share_of(subscribers, slot), loaded_places), inputs_(depth, most_row_bytes) {}

std::size_t Load::next(std::span<Operation* const> free) {
  std::size_t count = 0;
  for (; count < free.size() && !left_.at_end(); ++count) {
    Operation& operation = *free[count];
    operation.kind = kernel::OperationKind::insert;
    operation.key = left_.next();
    operation.input = write_loaded(operation.key, inputs_[operation.slot]);
    operation.input_offset = 0;
    operation.output = {};
    operation.output_offset = 0;
  }
  return count;
}

void Load::complete(std::span<Operation* const> done) {
  for (const Operation* operation : done) failed_ += operation->status == Status::ok ? 0 : 1;
}

Audit::Audit(std::uint64_t subscribers, WorkerSlot slot, std::size_t depth)
    : left_(share_of(subscribers, slot), possible_places),
      // One byte more shows a value that is too long.
      outputs_(depth, most_row_bytes + 1) {}

std::size_t Audit::next(std::span<Operation* const> free) {
  std::size_t count = 0;
  for (; count < free.size() && !left_.at_end(); ++count) {
    Operation& operation = *free[count];
    operation.kind = kernel::OperationKind::get;
    operation.key = left_.next();
    operation.input = {};
    operation.input_offset = 0;
    operation.output = outputs_[operation.slot];
    operation.output_offset = 0;
  }
  return count;
}

void Audit::complete(std::span<Operation* const> done) {
  for (const Operation* operation : done) check(*operation);
}

void Audit::check(const Operation& operation) {
  if (operation.status != Status::ok) return miss(operation);
  ++result_.checked;
  const std::span<const std::byte> value = operation.output.first(operation.output_size);
  result_.digest += digest_of(operation.key, value);
  const Inspected found = inspect(operation.key, value);
  result_.sum += found.number;
  if (found.is_sound) return;
  ++result_.damaged;
  note_fault(operation.key, "holds what no load and no transaction has written");
}

void Audit::miss(const Operation& operation) {
  const bool is_absent = operation.status == Status::not_found;
  if (is_absent && may_be_absent(operation.key)) return;
  ++result_.checked;
  ++result_.missing;
  failed_ += is_absent ? 0 : 1;
  note_fault(operation.key, is_absent ? "is not there" : "cannot be read");
}

void Audit::note_fault(Key key, std::string_view fault) {
  if (result_.first_fault.empty()) result_.first_fault = describe(key) + " " + std::string(fault);
}

}  // namespace upout::workloads::tatp
