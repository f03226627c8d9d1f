#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/histogram.h"
#include "platform/clock.h"

namespace upout::harness {

/// How many intervals a window of that length has, of which the last one may be shorter; of an interval of
/// zero there is none.
inline std::size_t intervals_in(platform::Timestamp length, platform::Timestamp interval) {
  if (interval <= platform::Timestamp::zero()) return 0;
  return static_cast<std::size_t>((length + interval - platform::Timestamp(1)) / interval);
}

/// What one worker measures of each interval of a window: how much was done in it, and the latencies of what
/// belongs to it. Without an interval it is empty, and costs a comparison. Written by its worker alone.
class TimeSeries {
 public:
  TimeSeries() = default;
  /// Of a window of that length. To be made before the workers agree on its begin: it may take a while.
  TimeSeries(platform::Timestamp length, platform::Timestamp interval)
      : interval_(interval),
        done_(intervals_in(length, interval)),
        latencies_(intervals_in(length, interval)) {}

  /// The window's; to be called before the first `count` or `record`.
  void begin(platform::Timestamp time) noexcept { begin_ = time; }

  /// `time` is within the window.
  void count(platform::Timestamp time, std::uint64_t done) noexcept {
    if (!done_.empty()) done_[interval_of(time)] += done;
  }
  void record(platform::Timestamp time, std::uint64_t nanoseconds, std::uint64_t times) noexcept {
    if (!done_.empty()) latencies_[interval_of(time)].record(nanoseconds, times);
  }

  /// By interval.
  std::vector<std::uint64_t>& done() noexcept { return done_; }
  std::vector<Histogram>& latencies() noexcept { return latencies_; }

 private:
  std::size_t interval_of(platform::Timestamp time) const noexcept {
    return static_cast<std::size_t>((time - begin_) / interval_);
  }

  platform::Timestamp begin_{};
  platform::Timestamp interval_{};
  std::vector<std::uint64_t> done_;
  std::vector<Histogram> latencies_;
};

}  // namespace upout::harness
