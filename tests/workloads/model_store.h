#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

#include "kernel/operation.h"
#include "kernel/scan_entry.h"
#include "workloads/random.h"
#include "workloads/workload.h"

namespace upout::workloads {

/// What a store does, as plainly as it can be written: the model that streams are driven against. Operations
/// may come from several threads.
class ModelStore {
 public:
  using Value = std::vector<std::byte>;

  void apply(kernel::Operation& operation) {
    using kernel::OperationKind;
    using kernel::Status;
    const std::scoped_lock lock(mutex_);
    if (operation.kind == OperationKind::scan) return scan(operation);
    const auto record = records.find(operation.key);
    const bool there = record != records.end();
    operation.status = Status::ok;
    operation.output_size = 0;
    switch (operation.kind) {
      case OperationKind::insert:
        operation.status = there ? Status::exists : Status::ok;
        if (!there) records[operation.key] = Value(operation.input.begin(), operation.input.end());
        return;
      case OperationKind::put:
        records[operation.key] = Value(operation.input.begin(), operation.input.end());
        return;
      case OperationKind::remove:
        records.erase(operation.key);
        return;
      default:
        break;
    }
    if (!there) {
      operation.status = Status::not_found;
      return;
    }
    if (operation.kind != OperationKind::update) read(operation, record->second);
    if (operation.kind != OperationKind::get) write(operation, record->second);
  }

  std::map<kernel::Key, Value> records;

 private:
  std::mutex mutex_;

  void scan(kernel::Operation& operation) const {
    operation.status = kernel::Status::ok;
    operation.output_size = 0;
    std::uint32_t found = 0;
    for (auto at = records.lower_bound(operation.key); at != records.end() && found < operation.limit;
         ++at, ++found) {
      const auto& [key, value] = *at;
      const auto to = operation.output.subspan(operation.output_size);
      const kernel::ScanEntry entry{key, static_cast<std::uint32_t>(value.size())};
      std::memcpy(to.data(), &entry, sizeof(entry));
      std::ranges::copy(value, to.begin() + sizeof(entry));
      operation.output_size += static_cast<std::uint32_t>(kernel::scan_entry_bytes(value.size()));
    }
  }

  static void read(kernel::Operation& operation, const Value& value) {
    const std::size_t start = std::min<std::size_t>(operation.output_offset, value.size());
    const std::size_t count = std::min(operation.output.size(), value.size() - start);
    std::copy_n(value.begin() + static_cast<std::ptrdiff_t>(start), count, operation.output.begin());
    operation.output_size = static_cast<std::uint32_t>(count);
  }

  static void write(kernel::Operation& operation, Value& value) {
    if (operation.input_offset + operation.input.size() > value.size()) {
      operation.status = kernel::Status::out_of_range;
      return;
    }
    std::ranges::copy(operation.input, value.begin() + operation.input_offset);
  }
};

/// Keeps `depth` operations of a stream in flight, and completes them in an order of its own: any of those in
/// flight, some of them long after the others.
class Driver {
 public:
  Driver(ModelStore& store, std::size_t depth, std::uint64_t seed = 1)
      : store_(store), random_(seed, 0), operations_(depth) {
    for (std::size_t slot = 0; slot < depth; ++slot) {
      operations_[slot].slot = static_cast<std::uint32_t>(slot);
      free_.push_back(&operations_[slot]);
    }
  }

  /// Drives the stream until it ends or `operations` were started; none is in flight any more then. Calls
  /// `see(operation)` for each when it is done, before the stream gets it back.
  template <class See>
  std::uint64_t drive(OperationStream& stream, std::uint64_t operations, See see) {
    std::uint64_t started = 0;
    bool ended = false;
    while (true) {
      const std::size_t wanted = ended ? 0 : std::min<std::uint64_t>(free_.size(), operations - started);
      if (wanted > 0) {
        const std::size_t count = stream.next(std::span(free_).first(wanted));
        ended = count < wanted;
        started += count;
        in_flight_.insert(in_flight_.end(), free_.begin(),
                          free_.begin() + static_cast<std::ptrdiff_t>(count));
        free_.erase(free_.begin(), free_.begin() + static_cast<std::ptrdiff_t>(count));
      }
      if (in_flight_.empty()) return started;
      complete_some(stream, see);
    }
  }

  std::uint64_t drive(OperationStream& stream,
                      std::uint64_t operations = std::numeric_limits<std::uint64_t>::max()) {
    return drive(stream, operations, [](const kernel::Operation&) {});
  }

 private:
  template <class See>
  void complete_some(OperationStream& stream, See see) {
    const std::size_t first_free = free_.size();
    const std::uint64_t count = 1 + random_.below(in_flight_.size());
    for (std::uint64_t i = 0; i < count; ++i) {
      // The oldest one is left alone most of the time.
      const std::size_t eldest = in_flight_.size() > 1 && random_.below(16) != 0 ? 1 : 0;
      const std::size_t index = eldest + random_.below(in_flight_.size() - eldest);
      kernel::Operation* operation = in_flight_[index];
      in_flight_.erase(in_flight_.begin() + static_cast<std::ptrdiff_t>(index));
      store_.apply(*operation);
      see(*operation);
      free_.push_back(operation);
    }
    stream.complete(std::span(free_).subspan(first_free));
  }

  ModelStore& store_;
  Random random_;
  std::vector<kernel::Operation> operations_;
  std::vector<kernel::Operation*> free_;
  std::vector<kernel::Operation*> in_flight_;
};

}  // namespace upout::workloads
