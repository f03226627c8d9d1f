#pragma once

#include <span>

#include "harness/statistics/median_interval.h"

/// Intervals of what has no distribution to look up: from the values themselves, drawn again with replacement
/// (Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7(1), 1979). They are
/// percentile intervals. The finer BCa ones need a jackknife, which fails for medians (Efron and Tibshirani,
/// An Introduction to the Bootstrap, 1993, section 11.6). The draws have a fixed seed: the same values give
/// the same interval, on every machine. Below six values on a side an interval is too narrow for its
/// `confidence`.
namespace upout::harness {

/// median(numerator) / median(denominator), with its 95 % interval. Of positive values, at least one on each
/// side; the two samples are independent of each other.
MedianInterval ratio_of_medians(std::span<const double> numerator, std::span<const double> denominator);

/// (median(a) / median(b)) / (median(c) / median(d)): how much more one thing changes than another. Likewise,
/// of four samples.
MedianInterval ratio_of_ratios(std::span<const double> a, std::span<const double> b,
                               std::span<const double> c, std::span<const double> d);

/// median(minuend) - median(subtrahend), likewise; the values may have any sign.
MedianInterval difference_of_medians(std::span<const double> minuend, std::span<const double> subtrahend);

}  // namespace upout::harness
