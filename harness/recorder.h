#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "harness/histogram.h"
#include "harness/time_series.h"
#include "harness/window.h"
#include "kernel/operation.h"
#include "platform/clock.h"

namespace upout::harness {

/// What one worker measures in one window: throughput is of the operations that come back within it. Latency
/// is of the same ones in a closed loop. In an open loop it is of those that arrive within it, whenever they
/// come back: those that are still on their way when it ends are the slowest, and those that were when it
/// began waited for others than are measured. What came back without an answer, because a rank is gone, is in
/// neither. Written by its worker alone; `completed` may be read by another
/// thread meanwhile.
class Recorder {
 public:
  using Histograms = std::array<Histogram, kernel::operation_kinds>;

  /// `series`: of a window as long as this one. `stretches`: equal pieces of the window whose
  /// operations are to be counted one by one; 0: none.
  explicit Recorder(Window window, TimeSeries series = {}, std::size_t stretches = 0)
      : window_(window), series_(std::move(series)), timeline_(stretches) {
    series_.begin(window.begin);
  }

  /// As ClosedLoop's observer takes it. False: the window is over.
  bool observe(std::span<kernel::Operation* const> done, std::span<const platform::Timestamp> started,
               platform::Timestamp now) noexcept {
    if (now >= window_.end) return false;
    if (now < window_.begin) return true;
    std::size_t answered = 0;
    // Operations that were submitted together and came back together have one latency: they are counted in
    // one go.
    for (std::size_t i = 0; i < done.size();) {
      if (!is_answered(*done[i])) {
        ++i;
        continue;
      }
      const kernel::OperationKind kind = done[i]->kind;
      const platform::Timestamp start = started[done[i]->slot];
      std::size_t next = i + 1;
      while (next < done.size() && is_answered(*done[next]) && done[next]->kind == kind &&
             started[done[next]->slot] == start)
        ++next;
      answered += next - i;
      const auto latency = static_cast<std::uint64_t>((now - start).count());
      histograms_[static_cast<std::size_t>(kind)].record(latency, next - i);
      series_.record(now, latency, next - i);
      i = next;
    }
    count(answered, now);
    return true;
  }

  /// As OpenLoop's observer takes it; `arrived` holds when each operation did.
  void observe_arrived(std::span<kernel::Operation* const> done, std::span<const platform::Timestamp> arrived,
                       platform::Timestamp now) noexcept {
    std::size_t answered = 0;
    for (const kernel::Operation* operation : done) {
      if (!is_answered(*operation)) continue;
      ++answered;
      const platform::Timestamp arrival = arrived[operation->slot];
      if (!window_.has(arrival)) continue;
      const auto latency = static_cast<std::uint64_t>((now - arrival).count());
      histograms_[static_cast<std::size_t>(operation->kind)].record(latency);
      series_.record(arrival, latency, 1);
    }
    if (window_.has(now)) count(answered, now);
  }

  std::uint64_t operations() const noexcept { return operations_; }
  std::uint64_t completed_so_far() const noexcept { return completed_.load(std::memory_order_relaxed); }
  /// When it was last looked at within the window, whether or not something had come back; its beginning if
  /// it never was. Of a loop that a signal ended, this is how much of the window there was.
  platform::Timestamp last() const noexcept { return last_ > window_.begin ? last_ : window_.begin; }
  const Window& window() const noexcept { return window_; }
  Histograms& histograms() noexcept { return histograms_; }
  TimeSeries& series() noexcept { return series_; }
  const std::vector<std::uint64_t>& timeline() const noexcept { return timeline_; }

 private:
  static bool is_answered(const kernel::Operation& operation) noexcept {
    return operation.status != kernel::Status::no_answer;
  }

  void count(std::size_t done, platform::Timestamp now) noexcept {
    last_ = now;
    operations_ += done;
    completed_.store(operations_, std::memory_order_relaxed);
    series_.count(now, done);
    if (!timeline_.empty()) timeline_[stretch_of(now)] += done;
  }

  std::size_t stretch_of(platform::Timestamp now) const noexcept {
    const auto passed = static_cast<std::uint64_t>((now - window_.begin).count());
    return passed * timeline_.size() / static_cast<std::uint64_t>((window_.end - window_.begin).count());
  }

  Window window_;
  std::uint64_t operations_ = 0;
  platform::Timestamp last_{};
  std::atomic<std::uint64_t> completed_{0};
  Histograms histograms_{};
  TimeSeries series_;
  std::vector<std::uint64_t> timeline_;  ///< operations, by stretch
};

}  // namespace upout::harness
