#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "kernel/operation.h"

namespace upout::kernel {

/// Pointers to operations, in the order in which they were added: what std::vector is, less its `push_back`.
/// Compilers put that out of line where it is called often, and a call costs more than the rest of what an
/// engine does with an operation that is at hand. Owns its memory, not the operations. A value; used by one
/// thread.
class OperationList {
 public:
  OperationList() = default;
  OperationList(OperationList&& other) noexcept
      : memory_(std::move(other.memory_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  OperationList& operator=(OperationList&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  OperationList(const OperationList&) = delete;
  OperationList& operator=(const OperationList&) = delete;
  ~OperationList() = default;

  [[gnu::always_inline]] void push_back(Operation* operation) {
    if (size_ == capacity_) [[unlikely]]
      reserve(std::max<std::size_t>(least, 2 * capacity_));
    memory_[size_++] = operation;
  }
  void append(std::span<Operation* const> operations) {
    if (size_ + operations.size() > capacity_) reserve(std::max(2 * capacity_, size_ + operations.size()));
    std::ranges::copy(operations, end());
    size_ += operations.size();
  }
  /// Memory for so many.
  [[gnu::noinline]] void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    auto larger = std::make_unique_for_overwrite<Operation*[]>(capacity);
    std::copy_n(memory_.get(), size_, larger.get());
    memory_ = std::move(larger);
    capacity_ = capacity;
  }
  /// The first so many are gone, the others keep their order.
  void drop_front(std::size_t count) noexcept {
    std::copy(begin() + count, end(), begin());
    size_ -= count;
  }
  /// Keeps the memory.
  void clear() noexcept { size_ = 0; }

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  Operation** data() noexcept { return memory_.get(); }
  Operation* const* data() const noexcept { return memory_.get(); }
  Operation** begin() noexcept { return data(); }
  Operation* const* begin() const noexcept { return data(); }
  Operation** end() noexcept { return data() + size_; }
  Operation* const* end() const noexcept { return data() + size_; }
  Operation* operator[](std::size_t i) const noexcept { return memory_[i]; }
  Operation* front() const noexcept { return memory_[0]; }

 private:
  static constexpr std::size_t least = 16;

  std::unique_ptr<Operation*[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace upout::kernel
