#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "benchmarks/baseline/records.h"
#include "benchmarks/baseline/slot_table.h"
#include "kernel/operation.h"

namespace upout::baseline {

/// Records found by a hash of their keys, of any length: a slot says where its record is. Two misses a
/// search. Owns its records. Used by one thread.
class HashTable {
 public:
  static constexpr bool is_ordered = false;

  /// With room for so many; it grows when there are more. False: there is no memory.
  bool make(std::uint64_t expected_records, std::size_t) {
    return slots_.make(expected_records, sizeof(Slot));
  }
  std::size_t size() const noexcept { return slots_.size(); }

  /// Asks for what a search for the key looks at first. Inlined for the reason that kernel::prefetch is.
  [[gnu::always_inline]] void approach(kernel::Key key) const noexcept { slots_.approach(key); }
  /// Null: it is not there. Valid until a record is replaced or erased.
  Record* find(kernel::Key key) const noexcept {
    const Slot* slot = slots_.find(key);
    return slot == nullptr ? nullptr : slot->record;
  }
  /// Of a key that is not there. False: there is no memory.
  bool insert(kernel::Key key, std::span<const std::byte> value) {
    Record* record = records_.make(value);
    if (record == nullptr) return false;
    if (Slot* slot = slots_.add(key)) {
      slot->record = record;
      return true;
    }
    records_.free(record);
    return false;
  }
  /// By a value that has no room in the record of the key, which is there. False: there is no memory.
  bool replace(kernel::Key key, std::span<const std::byte> value) {
    Record* replacement = records_.make(value);
    if (replacement == nullptr) return false;
    Slot* slot = slots_.find(key);
    records_.free(slot->record);
    slot->record = replacement;
    return true;
  }
  /// Of a key that is there.
  void erase(kernel::Key key) {
    records_.free(slots_.find(key)->record);
    slots_.erase(key);
  }
  /// Calls `visit(key, record)` for all of them.
  template <class Visit>
  void for_each(Visit&& visit) const {
    slots_.for_each([&](const Slot& slot) { visit(slot.key, *slot.record); });
  }

 private:
  struct Slot {
    kernel::Key key;
    Record* record;
    bool is_empty() const noexcept { return record == nullptr; }
  };

  SlotTable<Slot> slots_;
  Records records_;
};

}  // namespace upout::baseline
