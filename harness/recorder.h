#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "harness/histogram.h"
#include "kernel/operation.h"
#include "platform/clock.h"

namespace upout::harness {

/// The time in which operations count: those that come back at or after `begin` and before `end`.
struct Window {
  platform::Timestamp begin{};
  platform::Timestamp end{};
};

/// What one worker measures in one window. Written by its worker alone; `completed` may be read by another
/// thread meanwhile.
class Recorder {
 public:
  using Histograms = std::array<Histogram, kernel::operation_kinds>;

  explicit Recorder(Window window) noexcept : window_(window) {}

  /// As ClosedLoop's observer takes it. False: the window is over.
  bool observe(std::span<kernel::Operation* const> done, std::span<const platform::Timestamp> started,
               platform::Timestamp now) noexcept {
    if (now >= window_.end) return false;
    if (now < window_.begin) return true;
    last_ = now;
    operations_ += done.size();
    completed_.store(operations_, std::memory_order_relaxed);
    // Operations that were submitted together and came back together have one latency: they are counted in
    // one go.
    for (std::size_t i = 0; i < done.size();) {
      const kernel::OperationKind kind = done[i]->kind;
      const platform::Timestamp start = started[done[i]->slot];
      std::size_t next = i + 1;
      while (next < done.size() && done[next]->kind == kind && started[done[next]->slot] == start) ++next;
      const auto latency = static_cast<std::uint64_t>((now - start).count());
      histograms_[static_cast<std::size_t>(kind)].record(latency, next - i);
      i = next;
    }
    return true;
  }

  std::uint64_t operations() const noexcept { return operations_; }
  std::uint64_t completed_so_far() const noexcept { return completed_.load(std::memory_order_relaxed); }
  /// When the last operations came back within the window; its beginning if none did.
  platform::Timestamp last() const noexcept { return last_ > window_.begin ? last_ : window_.begin; }
  const Window& window() const noexcept { return window_; }
  Histograms& histograms() noexcept { return histograms_; }

 private:
  Window window_;
  std::uint64_t operations_ = 0;
  platform::Timestamp last_{};
  std::atomic<std::uint64_t> completed_{0};
  Histograms histograms_{};
};

}  // namespace upout::harness
