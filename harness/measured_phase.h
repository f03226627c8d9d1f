#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "harness/histogram.h"
#include "harness/recorder.h"
#include "harness/run.h"
#include "platform/clock.h"

/// What the measured phases of operations and of transactions have in common.
namespace upout::harness {

/// The window of workers that have agreed on that start.
inline Window window_after(platform::Timestamp start, const Schedule& schedule) {
  const auto duration = [](double seconds) {
    return platform::Timestamp(static_cast<std::int64_t>(std::llround(seconds * 1e9)));
  };
  const platform::Timestamp begin = start + duration(schedule.warmup_seconds);
  return {begin, begin + duration(schedule.window_seconds())};
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

/// One of their histograms, over all workers of all processes. Collective.
template <class E, class Recorders>
std::unique_ptr<Histogram> merged_histogram(E& engine, Recorders& recorders, std::size_t which) {
  auto merged = std::make_unique<Histogram>();
  for (auto& recorder : recorders) merged->merge(recorder.histograms()[which]);
  std::uint64_t greatest = merged->max();
  engine.sum(merged->counts());
  engine.max({&greatest, 1});
  merged->set_max(greatest);
  return merged;
}

}  // namespace upout::harness
