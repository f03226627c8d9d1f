#pragma once

#include <span>

namespace upout::harness {

/// A median, or what follows from two of them, with its confidence interval.
struct MedianInterval {
  double median = 0;
  double low = 0;
  double high = 0;
  double confidence = 0;  ///< what the interval really covers; below 0.95 if there were too few values for it
};

/// The median and the narrowest symmetric interval of order statistics that covers it with at least 95 %
/// (binomial argument; Hoefler and Belli, SC 2015, rule 5). With fewer than six values no such interval
/// exists: the range is given, and `confidence` says what it covers. NaN-free input; `values` may be in any
/// order; must not be empty.
MedianInterval median_interval(std::span<const double> values);

/// The middle value, or the mean of the two in the middle. Puts `values` into another order; must not be
/// empty.
double median_of(std::span<double> values);

/// numerator / denominator, with a conservative interval from both intervals' ends; `confidence` is what it
/// covers at least (Bonferroni). For values that are not negative; a denominator of 0 gives infinity.
MedianInterval ratio(const MedianInterval& numerator, const MedianInterval& denominator);

}  // namespace upout::harness
