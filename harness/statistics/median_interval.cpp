#include "harness/statistics/median_interval.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cassert>
#include <vector>

namespace upout::harness {
namespace {

constexpr double wanted_confidence = 0.95;

/// How surely the median lies between the order statistics x[rank] and x[n + 1 - rank], counted from 1: it
/// does unless fewer than `rank` of the values fell on one side of it.
double coverage(std::size_t n, std::size_t rank) {
  const boost::math::binomial_distribution<double> below_median(double(n), 0.5);
  return 1 - 2 * boost::math::cdf(below_median, double(rank - 1));
}

}  // namespace

double median_of(std::span<double> values) {
  assert(!values.empty());
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

MedianInterval median_interval(std::span<const double> values) {
  assert(!values.empty());
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);

  const std::size_t n = sorted.size();
  std::size_t rank = 1;
  while (2 * (rank + 1) <= n && coverage(n, rank + 1) >= wanted_confidence) ++rank;
  const double low = sorted[rank - 1];
  const double high = sorted[n - rank];
  return {median_of(sorted), low, high, coverage(n, rank)};
}

MedianInterval ratio(const MedianInterval& numerator, const MedianInterval& denominator) {
  // Bonferroni: the ratio is inside whenever both medians are inside theirs.
  const double confidence = std::max(0.0, numerator.confidence + denominator.confidence - 1);
  return {numerator.median / denominator.median, numerator.low / denominator.high,
          numerator.high / denominator.low, confidence};
}

}  // namespace upout::harness
