#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>

namespace upout::engines {

/// A queue from one thread to one other. What is pushed together is published together, so that a batch costs
/// the transfer of two lines and those of its items. Each side remembers how far it has last seen the other
/// one, and looks again only when it has to (as in FastForward and its successors: Lee et al.,
/// "MCRingBuffer", IPDPS 2010). One thread pushes, one pops; T is copied.
template <class T, std::size_t capacity>
class Ring {
 public:
  static_assert(std::has_single_bit(capacity));

  /// Takes as many of the items as there is room for, from the first on, and returns their number.
  std::size_t push(std::span<const T> items) noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - seen_head_ + items.size() > capacity) seen_head_ = head_.load(std::memory_order_acquire);
    const std::size_t count = std::min(items.size(), capacity - (tail - seen_head_));
    for (std::size_t i = 0; i < count; ++i) slots_[(tail + i) % capacity] = items[i];
    if (count != 0) tail_.store(tail + count, std::memory_order_release);
    return count;
  }

  /// Calls `take` for what has been pushed, the oldest first, at most `limit` items; returns their number.
  template <class Take>
  std::size_t pop(std::size_t limit, Take&& take) noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (seen_tail_ - head < limit) seen_tail_ = tail_.load(std::memory_order_acquire);
    const std::size_t count = std::min(limit, seen_tail_ - head);
    for (std::size_t i = 0; i < count; ++i) take(slots_[(head + i) % capacity]);
    if (count != 0) head_.store(head + count, std::memory_order_release);
    return count;
  }

 private:
  static constexpr std::size_t line_bytes = 64;

  alignas(line_bytes) std::atomic<std::size_t> tail_{0};  ///< pushed so far
  std::size_t seen_head_ = 0;                             // the pushing thread's
  alignas(line_bytes) std::atomic<std::size_t> head_{0};  ///< popped so far
  std::size_t seen_tail_ = 0;                             // the popping thread's
  alignas(line_bytes) std::array<T, capacity> slots_;
};

}  // namespace upout::engines
