#pragma once

#include <atomic>
#include <cstddef>
#include <span>

namespace upout::platform {

/// Memory that somebody else owns (a window that other processes read), given out part after part to those
/// who map regions. No part is ever given out twice: who reads what a region of the past has left behind
/// finds it as it was left. Any thread may take.
class Reserve {
 public:
  /// `memory` must outlive all that is taken from it.
  explicit Reserve(std::span<std::byte> memory) noexcept : memory_(memory) {}
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;

  /// Zeroed, from a page boundary on, or, of 2 MiB and more, from a boundary of 2 MiB. Empty: there is not so
  /// much left.
  std::span<std::byte> take(std::size_t bytes) noexcept;

  std::span<std::byte> memory() const noexcept { return memory_; }
  std::size_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }

 private:
  std::span<std::byte> memory_;
  std::atomic<std::size_t> taken_ = 0;
};

}  // namespace upout::platform
