#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace upout::workloads {

/// One piece of memory for each of a stream's operations, by `Operation::slot`. Pieces start at cache lines,
/// so that no two of them share one.
class SlotMemory {
 public:
  SlotMemory() = default;
  SlotMemory(std::size_t depth, std::size_t bytes)
      : bytes_(bytes), lines_each_((bytes + sizeof(Line) - 1) / sizeof(Line)), lines_(depth * lines_each_) {}

  std::span<std::byte> operator[](std::uint32_t slot) {
    assert((slot + 1) * lines_each_ <= lines_.size());
    return {reinterpret_cast<std::byte*>(lines_.data() + slot * lines_each_), bytes_};
  }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };

  std::size_t bytes_ = 0;
  std::size_t lines_each_ = 0;
  std::vector<Line> lines_;
};

}  // namespace upout::workloads
