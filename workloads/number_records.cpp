#include "workloads/number_records.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>

#include "workloads/digest.h"
#include "workloads/random.h"

namespace upout::workloads {

using kernel::Key;
using kernel::Operation;
using kernel::Status;

namespace {

/// Eight of the bytes that the key determines, from `offset` on.
std::uint64_t fill_of(Key key, std::size_t offset) {
  return mix64(key * 0x9e3779b97f4a7c15 + offset);
}

}  // namespace

std::uint64_t NumberRecords::initial_sum() const {
  std::uint64_t sum = 0;
  for (Key key = 0; key < records; ++key) sum += initial(key);
  return sum;
}

void NumberRecords::write_value(std::span<std::byte> value, Key key) const {
  const std::uint64_t number = initial(key);
  std::memcpy(value.data(), &number, number_bytes);
  for (std::size_t at = number_bytes; at < value.size(); at += 8) {
    const std::uint64_t fill = fill_of(key, at);
    std::memcpy(value.data() + at, &fill, std::min<std::size_t>(8, value.size() - at));
  }
}

bool NumberRecords::is_sound(std::span<const std::byte> value, Key key) const {
  if (value.size() != value_bytes) return false;
  for (std::size_t at = number_bytes; at < value.size(); at += 8) {
    const std::uint64_t fill = fill_of(key, at);
    if (std::memcmp(value.data() + at, &fill, std::min<std::size_t>(8, value.size() - at)) != 0) return false;
  }
  return true;
}

NumberLoad::NumberLoad(const NumberRecords& records, WorkerSlot slot, std::size_t depth)
    : records_(records), left_(share_of(records.records, slot)), inputs_(depth, records.value_bytes) {}

std::size_t NumberLoad::next(std::span<Operation* const> free) {
  const std::size_t count = std::min<std::uint64_t>(free.size(), left_.end - left_.begin);
  for (Operation* operation : free.first(count)) {
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

void NumberLoad::complete(std::span<Operation* const> done) {
  for (const Operation* operation : done) failed_ += operation->status == Status::ok ? 0 : 1;
}

NumberAudit::NumberAudit(const NumberRecords& records, WorkerSlot slot, std::size_t depth)
    : records_(records),
      left_(share_of(records.records, slot)),
      // One byte more shows a value that is too long.
      outputs_(depth, records.value_bytes + 1) {}

std::size_t NumberAudit::next(std::span<Operation* const> free) {
  const std::size_t count = std::min<std::uint64_t>(free.size(), left_.end - left_.begin);
  for (Operation* operation : free.first(count)) {
    operation->kind = kernel::OperationKind::get;
    operation->key = left_.begin++;
    operation->input = {};
    operation->input_offset = 0;
    operation->output = outputs_[operation->slot];
    operation->output_offset = 0;
  }
  return count;
}

void NumberAudit::complete(std::span<Operation* const> done) {
  for (const Operation* operation : done) check(*operation);
}

void NumberAudit::check(const Operation& operation) {
  ++result_.checked;
  std::string_view fault;
  if (operation.status != Status::ok) {
    ++result_.missing;
    failed_ += operation.status == Status::not_found ? 0 : 1;
    fault = operation.status == Status::not_found ? "is not there" : "cannot be read";
  } else {
    const std::span<const std::byte> value = operation.output.first(operation.output_size);
    result_.digest += digest_of(operation.key, value);
    std::uint64_t number = 0;
    std::memcpy(&number, value.data(), std::min(NumberRecords::number_bytes, value.size()));
    result_.sum += number;
    if (records_.is_sound(value, operation.key)) return;
    ++result_.damaged;
    fault = "holds what no load and no transaction has written";
  }
  if (result_.first_fault.empty()) result_.first_fault = fmt::format("record {} {}", operation.key, fault);
}

}  // namespace upout::workloads
