#include "workloads/ycsb_load.h"

#include <algorithm>

namespace upout::workloads {

using kernel::Operation;

RecordRange share_of(std::uint64_t records, WorkerSlot slot) {
  const std::uint64_t each = records / slot.count;
  const std::uint64_t rest = records % slot.count;
  const std::uint64_t begin = each * slot.index + std::min<std::uint64_t>(slot.index, rest);
  return {begin, begin + each + (slot.index < rest ? 1 : 0)};
}

YcsbLoad::YcsbLoad(const YcsbSettings& settings, WorkerSlot slot, std::size_t depth)
    : settings_(settings),
      format_(settings.format()),
      left_(share_of(settings.record_count, slot)),
      inputs_(depth, settings.longest_value_bytes()) {}

std::size_t YcsbLoad::next(std::span<Operation* const> free) {
  const std::size_t count = std::min<std::uint64_t>(free.size(), left_.end - left_.begin);
  for (Operation* operation : free.first(count)) {
    operation->kind = kernel::OperationKind::insert;
    operation->key = settings_.key_of(left_.begin++);
    const std::span<std::byte> input = inputs_[operation->slot].first(format_.value_bytes(operation->key));
    operation->input = input;
    operation->input_offset = 0;
    operation->output = {};
    operation->output_offset = 0;
    format_.write_value(input, operation->key, Version{});
  }
  return count;
}

void YcsbLoad::complete(std::span<Operation* const> done) {
  for (const Operation* operation : done) failed_ += operation->status == kernel::Status::ok ? 0 : 1;
}

}  // namespace upout::workloads
