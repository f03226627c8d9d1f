#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace upout::engines {

/// Wakes those who wait for the disk when a flush has ended, so that they need no processor meanwhile. Any
/// thread.
class FlushSignal {
 public:
  /// How many flushes have ended.
  std::uint32_t count() const noexcept { return count_.load(std::memory_order_acquire); }
  /// Waits until more than `seen` have ended; or for so long, for there may be something else to do.
  void wait(std::uint32_t seen, std::chrono::nanoseconds most) noexcept;
  void notify() noexcept;

 private:
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> waiting_{0};
};

}  // namespace upout::engines
