#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernel/hash.h"
#include "kernel/operation.h"
#include "kernel/prefetch.h"
#include "platform/memory.h"

namespace upout::baseline {

/// Open addressing with linear probing, and no marks where something was taken out (Knuth, "The Art of
/// Computer Programming", volume 3, 6.4, algorithms L and R). At most two thirds full; slots have a length
/// that is known when it is made, and begin with their key. `Slot` says with `is_empty()` whether there is
/// one; memory of zeros is empty. Used by one thread.
template <class Slot>
class SlotTable {
 public:
  /// With room for so many keys; it grows when there are more. False: there is no memory.
  bool make(std::uint64_t expected_keys, std::size_t slot_bytes) {
    slot_bytes_ = slot_bytes;
    return make_slots(std::bit_ceil(std::max<std::uint64_t>(expected_keys, 8) * 3 / 2 + 1));
  }

  std::size_t size() const noexcept { return size_; }

  /// Asks for the memory where a search for the key begins. Inlined for the reason that kernel::prefetch is.
  [[gnu::always_inline]] void approach(kernel::Key key) const noexcept {
    kernel::prefetch(&slot(home(key)), slot_bytes_);
  }
  /// Valid until something is added or taken out; null: it is not there.
  Slot* find(kernel::Key key) const noexcept {
    for (std::size_t at = home(key);; at = next(at)) {
      Slot& found = slot(at);
      if (found.is_empty()) return nullptr;
      if (found.key == key) return &found;
    }
  }
  /// The empty slot for a key that is not there, to be filled by the caller. Null: there is no memory.
  Slot* add(kernel::Key key) {
    if (3 * (size_ + 1) > 2 * (mask_ + 1) && !grow()) return nullptr;
    ++size_;
    Slot& place = empty_for(key);
    place.key = key;
    return &place;
  }
  /// Of a key that is there. Each slot behind the gap moves into it, unless its own search begins after it.
  void erase(kernel::Key key) noexcept {
    std::size_t gap = home(key);
    while (slot(gap).key != key) gap = next(gap);
    for (std::size_t at = next(gap); !slot(at).is_empty(); at = next(at)) {
      if (((at - home(slot(at).key)) & mask_) < ((at - gap) & mask_)) continue;
      std::memcpy(static_cast<void*>(&slot(gap)), &slot(at), slot_bytes_);
      gap = at;
    }
    std::memset(static_cast<void*>(&slot(gap)), 0, slot_bytes_);
    --size_;
  }
  /// Calls `visit(slot)` for all that are not empty.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t at = 0; at <= mask_; ++at) {
      if (!slot(at).is_empty()) visit(slot(at));
    }
  }

 private:
  Slot& slot(std::size_t at) const noexcept {
    return *reinterpret_cast<Slot*>(memory_.bytes().data() + at * slot_bytes_);
  }
  std::size_t home(kernel::Key key) const noexcept { return kernel::KeyHash(key).bucket_bits() & mask_; }
  std::size_t next(std::size_t at) const noexcept { return (at + 1) & mask_; }

  bool make_slots(std::uint64_t count) {
    auto memory = platform::Region::map(count * slot_bytes_);
    if (!memory) return false;
    memory_ = std::move(*memory);
    mask_ = count - 1;
    return true;
  }
  Slot& empty_for(kernel::Key key) noexcept {
    std::size_t at = home(key);
    while (!slot(at).is_empty()) at = next(at);
    return slot(at);
  }
  bool grow() {
    SlotTable larger;
    larger.slot_bytes_ = slot_bytes_;
    larger.size_ = size_;
    if (!larger.make_slots(2 * (mask_ + 1))) return false;
    for_each([&](const Slot& each) {
      std::memcpy(static_cast<void*>(&larger.empty_for(each.key)), &each, slot_bytes_);
    });
    *this = std::move(larger);
    return true;
  }

  platform::Region memory_;
  std::size_t slot_bytes_ = sizeof(Slot);
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace upout::baseline
