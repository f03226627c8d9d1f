#include "harness/models/gustafson.h"

#include <limits>

namespace upout::harness::models {
namespace {

constexpr std::array<std::string_view, 2> names{"lambda", "serial_fraction"};

double throughput(const Coefficients& of, double cores) {
  return of[0] * (of[1] + (1 - of[1]) * cores);
}

/// Weighted sums over all means.
struct Sums {
  double weight = 0, x = 0, y = 0, xx = 0, xy = 0;
};

Sums sums_of(std::span<const Mean> means) {
  Sums sums;
  for (const auto& [x, y, weight] : means) {
    sums.weight += weight;
    sums.x += weight * x;
    sums.y += weight * y;
    sums.xx += weight * x * x;
    sums.xy += weight * x * y;
  }
  return sums;
}

/// A straight line, neither of whose coefficients may be negative.
Coefficients least_squares(std::span<const Mean> means) {
  const Sums sums = sums_of(means);
  double slope = (sums.weight * sums.xy - sums.x * sums.y) / (sums.weight * sums.xx - sums.x * sums.x);
  double intercept = (sums.y - slope * sums.x) / sums.weight;
  if (slope < 0) {
    slope = 0;
    intercept = sums.y / sums.weight;
  } else if (intercept < 0) {
    intercept = 0;
    slope = sums.xy / sums.xx;
  }
  const double lambda = intercept + slope;
  return {lambda, intercept / lambda, 0};
}

double no_limit(const Coefficients&) {
  return std::numeric_limits<double>::infinity();
}

}  // namespace

constexpr ScalingModel gustafson{"gustafson", names, throughput, least_squares, {}, no_limit};

}  // namespace upout::harness::models
