#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "platform/memory.h"

namespace upout::baseline {

/// A value, behind its size. Lives in a block that others may fit into later.
struct Record {
  std::uint32_t size;   ///< of the value, in bytes
  std::uint32_t block;  ///< its length in bytes, this header too; 0: there is no record here

  std::span<std::byte> value() noexcept { return {reinterpret_cast<std::byte*>(this + 1), size}; }
  bool has_room_for(std::size_t bytes) const noexcept { return sizeof(Record) + bytes <= block; }
  /// There is room for it.
  void assign(std::span<const std::byte> value_bytes) noexcept {
    size = static_cast<std::uint32_t>(value_bytes.size());
    std::ranges::copy(value_bytes, value().begin());
  }
};

/// The memory of records: blocks one after the other, those that were freed again first. Owns it. Used by one
/// thread.
class Records {
 public:
  /// Null: there is no memory. `value` is at most kernel::max_value_bytes long.
  Record* make(std::span<const std::byte> value) {
    const std::size_t steps = steps_for(value.size());
    auto* record = reinterpret_cast<Record*>(take(steps));
    if (record == nullptr) return nullptr;
    record->block = static_cast<std::uint32_t>(steps * step_bytes);
    record->assign(value);
    return record;
  }
  void free(Record* record) {
    const std::size_t steps = record->block / step_bytes;
    if (free_.size() <= steps) free_.resize(steps + 1);
    free_[steps].push_back(reinterpret_cast<std::byte*>(record));
  }

 private:
  static constexpr std::size_t step_bytes = 16;
  /// Large enough for huge pages to pay, and many times the longest value.
  static constexpr std::size_t region_bytes = std::size_t{64} << 20;

  static std::size_t steps_for(std::size_t bytes) noexcept {
    return (sizeof(Record) + bytes + step_bytes - 1) / step_bytes;
  }
  std::byte* take(std::size_t steps) {
    if (steps < free_.size() && !free_[steps].empty()) {
      std::byte* block = free_[steps].back();
      free_[steps].pop_back();
      return block;
    }
    if (unused_.size() < steps * step_bytes) {
      auto region = platform::Region::map(region_bytes);
      if (!region) return nullptr;
      unused_ = region->bytes();
      regions_.push_back(std::move(*region));
    }
    std::byte* block = unused_.data();
    unused_ = unused_.subspan(steps * step_bytes);
    return block;
  }

  std::vector<platform::Region> regions_;
  std::span<std::byte> unused_;                ///< the rest of the last one
  std::vector<std::vector<std::byte*>> free_;  ///< by steps
};

}  // namespace upout::baseline
