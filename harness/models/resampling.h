#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "harness/models/estimate.h"

namespace upout::harness::models {

/// The throughputs of all repetitions at one place of an axis: on so many cores, or with such a share.
struct Observations {
  double at = 0;
  std::vector<double> throughputs;  ///< not empty
};

/// Their mean. Windows are equally long, so that it is all operations over all the time.
struct Mean {
  double at = 0;
  double throughput = 0;
  double weight = 0;  ///< the number of repetitions
};
std::vector<Mean> means_of(std::span<const Observations> observations);

/// How many draws there are, and from which seed on: the same results have the same intervals.
struct Resampling {
  std::size_t count = 2000;
  std::uint64_t seed = 1;
};

/// Why means must not be drawn, e.g. "3 repetitions at 2, …": there are fewer than six at some place, as many
/// as the run rule `repetitions` wants. Empty: they may.
std::string too_few_repetitions(std::span<const Observations> observations);

/// Draws what the means might be in truth: at each place, its mean plus its standard error times a draw from
/// Student's t of one degree of freedom less than it has repetitions. This is a parametric bootstrap of the
/// repetitions (Efron and Tibshirani, An Introduction to the Bootstrap, 1993) in which their spread, too, is
/// only known from them (Weerahandi, "Generalized Confidence Intervals", JASA 88, 1993). Residuals of a
/// fit are not drawn from, because noise grows with throughput: each place keeps its own. Nor are repetitions
/// drawn again, because a handful of them has too short tails: 95 % intervals of the Universal Scalability
/// Law from six on each of five numbers of cores then covered 92.5 to 94.4 % of what data were made of, and
/// these cover 96.6 to 97.9 %.
class Resampler {
 public:
  Resampler(std::span<const Observations> observations, std::uint64_t seed);

  /// Means of one draw, at the same places; above 0 where the mean is.
  std::vector<Mean> draw();

 private:
  std::vector<Mean> means_;
  std::vector<double> standard_errors_;  ///< by place
  std::mt19937_64 random_;
};

/// The percentiles between which 95 % of what came of the draws lie. `replicates` may be infinite, not NaN,
/// and must not be empty.
Interval percentile_interval(std::vector<double> replicates);

}  // namespace upout::harness::models
