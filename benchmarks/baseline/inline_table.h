#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "benchmarks/baseline/records.h"
#include "benchmarks/baseline/slot_table.h"
#include "kernel/operation.h"

namespace upout::baseline {

/// Short records found by a hash of their keys, and kept in the slots themselves: one miss a search. Used by
/// one thread.
class InlineTable {
 public:
  static constexpr bool is_ordered = false;
  /// Of a value: with longer ones, empty slots would take too much memory.
  static constexpr std::size_t longest = 112;

  /// As HashTable has it, for values of at most `longest_value` bytes, and `longest` at the most.
  bool make(std::uint64_t expected_records, std::size_t longest_value) {
    room_ = (longest_value + 7) / 8 * 8;
    return slots_.make(expected_records, sizeof(Slot) + room_);
  }
  std::size_t size() const noexcept { return slots_.size(); }

  [[gnu::always_inline]] void approach(kernel::Key key) const noexcept { slots_.approach(key); }
  /// Null: it is not there. Valid until a record is inserted or erased.
  Record* find(kernel::Key key) const noexcept {
    Slot* slot = slots_.find(key);
    return slot == nullptr ? nullptr : &slot->record;
  }
  /// Of a key that is not there. False: there is no memory, or the value is too long.
  bool insert(kernel::Key key, std::span<const std::byte> value) {
    if (value.size() > room_) return false;
    Slot* slot = slots_.add(key);
    if (slot == nullptr) return false;
    slot->record.block = static_cast<std::uint32_t>(sizeof(Record) + room_);
    slot->record.assign(value);
    return true;
  }
  /// There is no room for what has none in a slot.
  bool replace(kernel::Key, std::span<const std::byte>) { return false; }
  void erase(kernel::Key key) { slots_.erase(key); }
  template <class Visit>
  void for_each(Visit&& visit) const {
    slots_.for_each([&](Slot& slot) { visit(slot.key, slot.record); });
  }

 private:
  struct Slot {
    kernel::Key key;
    Record record;  ///< and its value behind it
    bool is_empty() const noexcept { return record.block == 0; }
  };

  SlotTable<Slot> slots_;
  std::size_t room_ = 0;  ///< for a value
};

}  // namespace upout::baseline
