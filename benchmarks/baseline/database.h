#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "benchmarks/baseline/records.h"
#include "kernel/operation.h"
#include "kernel/prefetch.h"
#include "kernel/scan_entry.h"

namespace upout::baseline {

/// Records as one thread uses them: nothing is locked, versioned or shared. `Table` is an InlineTable, a
/// HashTable or an OrderedTable. Operations mean what they mean in the kernel's stores
/// (kernel/operation.h).
template <class Table>
class Database {
 public:
  /// For values of at most so many bytes. Nothing: there is no memory.
  static std::optional<Database> create(std::uint64_t expected_records, std::size_t longest_value) {
    Database database;
    if (!database.table_.make(expected_records, longest_value)) return std::nullopt;
    return database;
  }

  /// By the batch, so that misses overlap: while one operation is done, the line of the table is asked for
  /// where the search of the sixteenth after it begins, and the record of the eighth.
  void execute(std::span<kernel::Operation* const> operations) {
    const std::size_t count = operations.size();
    std::array<Record*, window> found;
    const auto look_up = [&](std::size_t i) {
      const kernel::Operation& operation = *operations[i];
      Record* record = found[i % window] = kernel::is_scan(operation.kind) ? nullptr : find(operation.key);
      if (record != nullptr) approach(*record, operation);
    };
    for (std::size_t i = 0; i < std::min(window, count); ++i) table_.approach(operations[i]->key);
    for (std::size_t i = 0; i < std::min(window / 2, count); ++i) look_up(i);
    bool has_moved = false;  // records may have come, gone, or gone elsewhere since they were looked up
    for (std::size_t i = 0; i < count; ++i) {
      if (i + window < count) table_.approach(operations[i + window]->key);
      if (i + window / 2 < count) look_up(i + window / 2);
      kernel::Operation& operation = *operations[i];
      const bool is_scan = kernel::is_scan(operation.kind);
      perform(operation, has_moved && !is_scan ? find(operation.key) : found[i % window]);
      has_moved = has_moved || moves_records(operation.kind);
    }
  }

  /// For who is going to touch all of these.
  void approach(std::span<const kernel::Key> keys) {
    for (const kernel::Key key : keys) table_.approach(key);
    for (const kernel::Key key : keys) {
      if (Record* record = find(key); record != nullptr) kernel::prefetch(record, usual_bytes);
    }
  }

  /// Null: there is none. Valid until a record comes or goes.
  Record* find(kernel::Key key) { return table_.find(key); }
  kernel::Status insert(kernel::Key key, std::span<const std::byte> value) {
    if (value.size() > kernel::max_value_bytes) return kernel::Status::too_large;
    if (table_.find(key) != nullptr) return kernel::Status::exists;
    return table_.insert(key, value) ? kernel::Status::ok : kernel::Status::out_of_memory;
  }
  kernel::Status remove(kernel::Key key) {
    if (table_.find(key) == nullptr) return kernel::Status::not_found;
    table_.erase(key);
    return kernel::Status::ok;
  }
  /// Copies as much of the value from `offset` on as there is, and fits; says how much that was.
  static std::uint32_t read(Record& record, std::size_t offset, std::span<std::byte> output) noexcept {
    const std::span<std::byte> value = record.value();
    const auto part = value.subspan(std::min(offset, value.size()));
    const std::size_t bytes = std::min(part.size(), output.size());
    if (bytes != 0) std::memcpy(output.data(), part.data(), bytes);
    return static_cast<std::uint32_t>(bytes);
  }
  static kernel::Status update(Record& record, std::size_t offset,
                               std::span<const std::byte> input) noexcept {
    if (offset + input.size() > record.size) return kernel::Status::out_of_range;
    if (!input.empty()) std::memcpy(record.value().data() + offset, input.data(), input.size());
    return kernel::Status::ok;
  }

  std::uint64_t size() const noexcept { return table_.size(); }
  /// Calls `visit(key, value)` for all records.
  template <class Visit>
  void for_each(Visit&& visit) const {
    table_.for_each(
        [&](kernel::Key key, Record& record) { visit(key, std::span<const std::byte>(record.value())); });
  }

 private:
  static constexpr std::size_t window = 16;
  /// Of a record, of which nobody has said yet how much will be looked at.
  static constexpr std::size_t usual_bytes = 128;

  Database() = default;

  static constexpr bool moves_records(kernel::OperationKind kind) noexcept {
    return kind == kernel::OperationKind::insert || kind == kernel::OperationKind::remove ||
           kind == kernel::OperationKind::put;
  }
  /// Asks for the lines that an operation is going to touch. Inlined for the reason that kernel::prefetch is.
  [[gnu::always_inline]] static void approach(Record& record, const kernel::Operation& operation) noexcept {
    const bool reads = !operation.output.empty();
    const std::size_t offset = reads ? operation.output_offset : operation.input_offset;
    const std::size_t bytes = reads ? operation.output.size() : operation.input.size();
    if (offset != 0) kernel::prefetch(&record);
    kernel::prefetch(reinterpret_cast<const std::byte*>(&record) + offset,
                     sizeof(Record) + std::min(bytes, kernel::most_prefetched_bytes));
  }

  /// `record`: the key's, null if there is none; of a scan, anything.
  void perform(kernel::Operation& operation, Record* record) {
    using kernel::OperationKind;
    using kernel::Status;
    switch (operation.kind) {
      case OperationKind::get:
        operation.status = record == nullptr ? Status::not_found : Status::ok;
        operation.output_size =
            record == nullptr ? 0 : read(*record, operation.output_offset, operation.output);
        break;
      case OperationKind::put:
        operation.status = put(operation.key, record, operation.input);
        break;
      case OperationKind::insert:
        operation.status = insert(operation.key, operation.input);
        break;
      case OperationKind::update:
        operation.status =
            record == nullptr ? Status::not_found : update(*record, operation.input_offset, operation.input);
        break;
      case OperationKind::remove:
        operation.status = remove(operation.key);
        break;
      case OperationKind::read_modify_write:
        operation.status = exchange(operation, record);
        break;
      case OperationKind::scan:
      case OperationKind::scan_backwards:
        scan(operation);
        break;
    }
  }
  kernel::Status put(kernel::Key key, Record* record, std::span<const std::byte> value) {
    if (value.size() > kernel::max_value_bytes) return kernel::Status::too_large;
    if (record == nullptr) return insert(key, value);
    if (record->has_room_for(value.size())) {
      record->assign(value);
      return kernel::Status::ok;
    }
    return table_.replace(key, value) ? kernel::Status::ok : kernel::Status::out_of_memory;
  }
  static kernel::Status exchange(kernel::Operation& operation, Record* record) noexcept {
    if (record == nullptr) return kernel::Status::not_found;
    if (operation.input_offset + operation.input.size() > record->size) return kernel::Status::out_of_range;
    operation.output_size = read(*record, operation.output_offset, operation.output);
    return update(*record, operation.input_offset, operation.input);
  }
  void scan(kernel::Operation& operation) {
    operation.output_size = 0;
    operation.status = Table::is_ordered ? kernel::Status::ok : kernel::Status::unordered;
    if constexpr (Table::is_ordered) {
      const auto take = [&](kernel::Key key, Record& record) { return copy_entry(operation, key, record); };
      operation.kind == kernel::OperationKind::scan ? table_.scan_up(operation.key, operation.limit, take)
                                                    : table_.scan_down(operation.key, operation.limit, take);
    }
  }
  /// False: there is no room for it.
  static bool copy_entry(kernel::Operation& operation, kernel::Key key, Record& record) noexcept {
    const std::span<std::byte> room = operation.output.subspan(operation.output_size);
    const std::size_t bytes = kernel::scan_entry_bytes(record.size);
    if (bytes > room.size()) {
      operation.status = kernel::Status::no_room;
      return false;
    }
    const kernel::ScanEntry entry{key, record.size};
    std::memcpy(room.data(), &entry, sizeof(entry));
    read(record, 0, room.subspan(sizeof(entry)));
    operation.output_size += static_cast<std::uint32_t>(bytes);
    return true;
  }

  Table table_;
};

}  // namespace upout::baseline
