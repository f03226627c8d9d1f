#pragma once

#include <array>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

#include "harness/comparison.h"
#include "harness/statistics/median_interval.h"

namespace upout::harness {

/// Who is set against whom.
inline constexpr std::array<std::string_view, 2> raced_engines{"shared-memory", "shared-nothing"};

/// A point of a series that a ratio can be taken of.
struct Candidate {
  const Series* series;
  const SeriesPoint* point;
};

/// Who is ahead in one comparison, on how many cores, and by how much.
struct Race {
  unsigned cores;
  Candidate ahead;
  Candidate behind;
  MedianInterval share;  ///< of the throughput of the one ahead

  bool decided() const { return share.high < 1; }
};

/// The best configuration of an engine on so many cores.
std::optional<Candidate> best(const Comparison& comparison, std::string_view engine, unsigned cores);

/// On how many cores something was measured, the most first.
std::set<unsigned, std::greater<>> core_counts(const Comparison& comparison);

/// The two engines on so many cores. Nothing: one of them was not measured there.
std::optional<Race> race(const Comparison& comparison, unsigned cores);
/// On the most cores on which there is one.
std::optional<Race> race(const Comparison& comparison);

}  // namespace upout::harness
