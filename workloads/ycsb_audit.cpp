#include "workloads/ycsb_audit.h"

#include <fmt/format.h>

#include "workloads/digest.h"
#include "workloads/ycsb_load.h"

namespace upout::workloads {

using kernel::Operation;
using kernel::Status;

YcsbAudit::YcsbAudit(const YcsbSettings& settings, WorkerSlot slot, std::size_t depth,
                     std::span<const WriterProgress> writers)
    : settings_(settings),
      format_(settings.format()),
      writers_(writers.begin(), writers.end()),
      records_(depth),
      outputs_(depth, settings.longest_value_bytes()) {
  for (std::size_t writer = slot.index; writer < writers_.size(); writer += slot.count) {
    const std::uint64_t first =
        settings.inserted_record(static_cast<std::uint32_t>(writer), writers_.size(), 0);
    left_.push_back({first, writers_.size(), writers_[writer].inserts});
  }
  const RecordRange loaded = share_of(settings.record_count, slot);
  left_.push_back({loaded.begin, 1, loaded.end - loaded.begin});
}

std::size_t YcsbAudit::next(std::span<Operation* const> free) {
  std::size_t filled = 0;
  while (filled < free.size()) {
    while (!left_.empty() && left_.back().count == 0) left_.pop_back();
    if (left_.empty()) break;
    Stretch& stretch = left_.back();
    Operation& operation = *free[filled++];
    records_[operation.slot] = stretch.first;
    operation.kind = kernel::OperationKind::get;
    operation.key = settings_.key_of(stretch.first);
    operation.input = {};
    operation.input_offset = 0;
    operation.output = outputs_[operation.slot];
    operation.output_offset = 0;
    stretch.first += stretch.step;
    --stretch.count;
  }
  return filled;
}

void YcsbAudit::complete(std::span<Operation* const> done) {
  for (const Operation* operation : done) check(*operation);
}

void YcsbAudit::check(const Operation& operation) {
  ++result_.checked;
  if (operation.status == Status::ok) {
    check_bytes(operation);
    return;
  }
  ++result_.missing;
  if (operation.status == Status::not_found) {
    note_fault(operation, "is not there");
  } else {
    ++failed_;
    note_fault(operation, "cannot be read");
  }
}

void YcsbAudit::check_bytes(const Operation& operation) {
  const std::span<const std::byte> value = operation.output.first(operation.output_size);
  result_.digest += digest_of(operation.key, value);
  const std::size_t right_size = format_.value_bytes(operation.key);
  if (value.size() != right_size) {
    ++result_.damaged;
    note_fault(operation, fmt::format("has {} bytes instead of {}", value.size(), right_size));
    return;
  }
  const bool loaded = records_[operation.slot] < settings_.record_count;
  if (const auto fault = format_.check_value(value, operation.key, loaded, writers_)) {
    ++result_.damaged;
    note_fault(operation, fmt::format("holds {} in field {}", describe(fault->fault), fault->field));
  }
}

void YcsbAudit::note_fault(const Operation& operation, std::string_view what) {
  if (!result_.first_fault.empty()) return;
  result_.first_fault = fmt::format("record {} (key {:#018x}) {}",
                                    settings_.name_of(records_[operation.slot]), operation.key, what);
}

}  // namespace upout::workloads
