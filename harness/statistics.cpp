#include "harness/statistics.h"

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

double middle(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

}  // namespace

MedianInterval median_interval(std::span<const double> values) {
  assert(!values.empty());
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);

  const std::size_t n = sorted.size();
  std::size_t rank = 1;
  while (2 * (rank + 1) <= n && coverage(n, rank + 1) >= wanted_confidence) ++rank;
  return {middle(sorted), sorted[rank - 1], sorted[n - rank], coverage(n, rank)};
}

MedianInterval ratio(const MedianInterval& numerator, const MedianInterval& denominator) {
  // Bonferroni: the ratio is inside whenever both medians are inside theirs.
  const double confidence = std::max(0.0, numerator.confidence + denominator.confidence - 1);
  return {numerator.median / denominator.median, numerator.low / denominator.high,
          numerator.high / denominator.low, confidence};
}

}  // namespace upout::harness
