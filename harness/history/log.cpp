#include "harness/history/log.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace upout::harness {

using kernel::Operation;
using kernel::OperationKind;

namespace {

bool reads(OperationKind kind) {
  return kind == OperationKind::get || kind == OperationKind::read_modify_write;
}

/// Between an operation and the time of its beginning or end: so that nothing of it is done or seen outside
/// of the two. Without it, a processor may have a write still on its way when the clock is read, or read
/// ahead of the clock.
void keep_apart() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace

HistoryLog::HistoryLog(const workloads::VersionedWorkload& values, workloads::WorkerSlot slot,
                       std::size_t depth, std::size_t limit)
    : values_(&values), slot_(slot), limit_(limit), entries_(limit), running_(depth, none) {
  entries_.clear();  // the memory stays
}

void HistoryLog::begin(std::span<const Operation* const> operations) {
  if (full_at_ != never) return;
  // A process does one thing after the other, also by a clock that has not moved since.
  const platform::Timestamp now = std::max(clock_.now(), last_end_ + platform::Timestamp(1));
  last_begin_ = now;
  for (const Operation* operation : operations) {
    if (entries_.size() == limit_) {
      full_at_ = now;
      break;
    }
    running_[operation->slot] = entries_.size();
    entries_.push_back(
        {.key = operation->key,
         .began = now,
         .written = operation->input.empty()
                        ? no_value
                        : name_of_bytes(operation->key, operation->input_offset, operation->input),
         .process = static_cast<std::uint32_t>(slot_.index * running_.size() + operation->slot),
         .kind = operation->kind});
  }
  keep_apart();
}

void HistoryLog::end(std::span<const Operation* const> operations) {
  keep_apart();
  const platform::Timestamp now = std::max(clock_.now(), last_begin_);
  for (const Operation* operation : operations) {
    const std::size_t place = std::exchange(running_[operation->slot], none);
    if (place == none) continue;
    HistoryEntry& entry = entries_[place];
    entry.ended = now;
    entry.status = operation->status;
    if (operation->status == kernel::Status::ok && reads(operation->kind)) entry.read = read_by(*operation);
  }
  last_end_ = now;
}

ValueName HistoryLog::name_of_bytes(kernel::Key key, std::size_t offset,
                                    std::span<const std::byte> bytes) const {
  const auto version = values_->version_of(key, offset, bytes);
  return version ? name_of(*version, slot_.count) : no_single_write;
}

ValueName HistoryLog::read_by(const Operation& operation) const {
  return name_of_bytes(operation.key, operation.output_offset, operation.output.first(operation.output_size));
}

}  // namespace upout::harness
