#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "harness/hdr_encoding.h"
#include "harness/histogram.h"
#include "harness/offered_load.h"
#include "harness/record.h"
#include "harness/run.h"
#include "harness/time_series.h"
#include "harness/window.h"
#include "platform/clock.h"

/// What the measured phases of operations and of transactions have in common.
namespace upout::harness {

inline platform::Timestamp time_of(double seconds) {
  return platform::Timestamp(static_cast<std::int64_t>(std::llround(seconds * 1e9)));
}

inline platform::Timestamp window_length(const Schedule& schedule) {
  return time_of(schedule.window_seconds());
}

/// The window of workers that have agreed on that start.
inline Window window_after(platform::Timestamp start, const Schedule& schedule) {
  const platform::Timestamp begin = start + time_of(schedule.warmup_seconds);
  return {begin, begin + window_length(schedule)};
}

/// In seconds since 1970, of a time on the scale of `clock`.
inline double since_1970(platform::Timestamp time, const platform::Clock& clock) {
  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<double>((now - (clock.now() - time)).count()) * 1e-9;
}

/// One worker's, for the next window.
inline TimeSeries series_for(const RunOptions& options) {
  return {window_length(options.schedule), options.interval};
}

/// Of what this process's streams have completed. `streams`: pointers, null where there is none.
template <class Streams>
std::uint64_t failures_of(const Streams& streams) {
  std::uint64_t sum = 0;
  for (const auto& stream : streams) sum += stream == nullptr ? 0 : stream->failed();
  return sum;
}

/// From the window's beginning to the last look at it that one of them has had.
template <class Recorders>
std::uint64_t longest_of(const Recorders& recorders) {
  std::uint64_t longest = 0;
  for (const auto& recorder : recorders)
    longest =
        std::max(longest, static_cast<std::uint64_t>((recorder.last() - recorder.window().begin).count()));
  return longest;
}

/// One histogram of each of them, over all workers of all processes. Collective.
template <class E, class Recorders, class HistogramOf>
std::unique_ptr<Histogram> merged(E& engine, Recorders& recorders, HistogramOf&& histogram_of) {
  auto all = std::make_unique<Histogram>();
  for (auto& recorder : recorders) all->merge(histogram_of(recorder));
  std::uint64_t greatest = all->max();
  engine.sum(all->counts());
  engine.max({&greatest, 1});
  all->set_max(greatest);
  return all;
}
template <class E, class Recorders>
std::unique_ptr<Histogram> merged_histogram(E& engine, Recorders& recorders, std::size_t which) {
  return merged(engine, recorders,
                [which](auto& recorder) -> Histogram& { return recorder.histograms()[which]; });
}

/// Their time series, over all workers of all processes; empty if none was asked for. Collective.
template <class E, class Recorders>
std::vector<IntervalFigures> merged_series(E& engine, Recorders& recorders, const OfferedLoad& load,
                                           const RunOptions& options) {
  const platform::Timestamp length = window_length(options.schedule);
  std::vector<IntervalFigures> points(intervals_in(length, options.interval));
  if (points.empty()) return points;
  std::vector<std::uint64_t> done(points.size());
  for (auto& recorder : recorders)
    std::ranges::transform(done, recorder.series().done(), done.begin(), std::plus());
  engine.sum(done);
  const auto seconds = [](platform::Timestamp time) { return static_cast<double>(time.count()) * 1e-9; };
  const RateCurve curve = load.is_open() ? load.curve(0, seconds(length)) : RateCurve::constant(1);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const platform::Timestamp begin = static_cast<std::int64_t>(i) * options.interval;
    const platform::Timestamp end = std::min(begin + options.interval, length);
    points[i] = {.begin_seconds = seconds(begin), .seconds = seconds(end - begin), .operations = done[i]};
    if (load.is_open())
      points[i].offered = curve.expected_until(seconds(end)) - curve.expected_until(seconds(begin));
    const auto histogram = merged(
        engine, recorders, [i](auto& recorder) -> Histogram& { return recorder.series().latencies()[i]; });
    points[i].latency = percentiles_of(*histogram);
    if (options.logs_latencies) points[i].hdr = encode_hdr(*histogram);
  }
  return points;
}

}  // namespace upout::harness
