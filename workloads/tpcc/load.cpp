#include "workloads/tpcc/load.h"

namespace upout::workloads::tpcc {

using kernel::Operation;

Load::Load(const Scale& scale, WorkerSlot slot, std::size_t depth)
    : left_(scale, slot), inputs_(depth, most_row_bytes) {}

std::size_t Load::next(std::span<Operation* const> free) {
  std::size_t count = 0;
  for (; count < free.size(); ++count) {
    if (keys_.at_end()) {
      if (left_.at_end()) break;
      district_.emplace(left_.next());
      keys_.clear();
      add_loaded_rows(*district_, keys_);
    }
    Operation& operation = *free[count];
    operation.kind = kernel::OperationKind::insert;
    operation.key = keys_.next();
    operation.input = write_loaded(*district_, operation.key, inputs_[operation.slot]);
    operation.input_offset = 0;
    operation.output = {};
    operation.output_offset = 0;
  }
  return count;
}

void Load::complete(std::span<Operation* const> done) {
  for (const Operation* operation : done) failed_ += operation->status == kernel::Status::ok ? 0 : 1;
}

}  // namespace upout::workloads::tpcc
