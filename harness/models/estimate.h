#pragma once

#include <optional>

namespace upout::harness::models {

/// Covers what it is of with 95 %. An end is infinite where nothing that was measured bounds it.
struct Interval {
  double low = 0;
  double high = 0;
};

/// A figure, and its interval where the data suffice for one.
struct Estimate {
  double value = 0;
  std::optional<Interval> ci95;
};

}  // namespace upout::harness::models
