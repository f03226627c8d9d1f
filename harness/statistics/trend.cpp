#include "harness/statistics/trend.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "harness/statistics/median_interval.h"

namespace upout::harness {
namespace {

constexpr std::size_t exact_up_to = 50;

/// Pairs in which the later value is the greater one, less those in which it is the smaller one.
std::int64_t kendall_s(std::span<const double> values) {
  std::int64_t s = 0;
  for (std::size_t later = 1; later < values.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier)
      s += (values[later] > values[earlier] ? 1 : 0) - (values[later] < values[earlier] ? 1 : 0);
  }
  return s;
}

/// Orders of n values by how many pairs are in the wrong one, as shares of them all.
std::vector<double> distribution_of_inversions(std::size_t n) {
  std::vector<double> shares{1};
  for (std::size_t size = 2; size <= n; ++size) {
    // The value that is added passes over 0 ... size - 1 of the others.
    std::vector<double> next(shares.size() + size - 1);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      for (std::size_t passed = 0; passed < size; ++passed) next[i + passed] += shares[i] / double(size);
    }
    shares = std::move(next);
  }
  return shares;
}

double exact_p_value(std::int64_t s, std::size_t n) {
  const std::size_t pairs = n * (n - 1) / 2;
  const std::size_t inversions = (pairs - std::size_t(std::abs(s))) / 2;
  const std::vector<double> shares = distribution_of_inversions(n);
  return std::min(1.0,
                  2 * std::accumulate(shares.begin(), shares.begin() + std::ptrdiff_t(inversions) + 1, 0.0));
}

/// n (n - 1) (2 n + 5), of all values less that of each group of equal ones.
double variance_term(std::span<const double> values) {
  const auto term = [](double n) { return n * (n - 1) * (2 * n + 5); };
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  double sum = term(double(sorted.size()));
  for (auto group = sorted.begin(); group != sorted.end();) {
    const auto end = std::upper_bound(group, sorted.end(), *group);
    sum -= term(double(end - group));
    group = end;
  }
  return sum;
}

double normal_p_value(std::int64_t s, double term) {
  if (term <= 0) return 1;  // all values are equal
  const double distance = std::max(0.0, std::abs(double(s)) - 1);
  return 2 *
         boost::math::cdf(boost::math::complement(boost::math::normal(), distance / std::sqrt(term / 18)));
}

bool has_ties(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return std::ranges::adjacent_find(sorted) != sorted.end();
}

double median_slope(std::span<const double> values) {
  std::vector<double> slopes;
  for (std::size_t later = 1; later < values.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier)
      slopes.push_back((values[later] - values[earlier]) / double(later - earlier));
  }
  return median_of(slopes);
}

double share_of(double change, double whole) {
  return whole == 0 ? 0 : change / whole;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

double squares_around(std::span<const double> values, double centre) {
  return std::accumulate(values.begin(), values.end(), 0.0,
                         [=](double sum, double value) { return sum + (value - centre) * (value - centre); });
}

/// Student's statistic of two samples with one variance.
double t_statistic(std::span<const double> first, std::span<const double> rest) {
  const double mean_of_first = mean(first);
  const double mean_of_rest = mean(rest);
  const auto freedom = double(first.size() + rest.size() - 2);
  const double variance =
      (squares_around(first, mean_of_first) + squares_around(rest, mean_of_rest)) / freedom;
  const double distance = std::abs(mean_of_first - mean_of_rest);
  if (variance == 0) return distance == 0 ? 0 : std::numeric_limits<double>::infinity();
  return distance / std::sqrt(variance * (1 / double(first.size()) + 1 / double(rest.size())));
}

double two_sided(double t, double freedom) {
  if (std::isinf(t)) return 0;
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(freedom), t));
}

}  // namespace

Drift mann_kendall(std::span<const double> values) {
  if (values.size() < 3) return {};
  const std::int64_t s = kendall_s(values);
  const bool is_exact = values.size() <= exact_up_to && !has_ties(values);
  std::vector<double> copy(values.begin(), values.end());
  return {.p_value = is_exact ? exact_p_value(s, values.size()) : normal_p_value(s, variance_term(values)),
          .change = share_of(median_slope(values) * double(values.size() - 1), median_of(copy))};
}

InitialShift initial_shift(std::span<const double> values) {
  if (values.size() < 4) return {};
  const std::size_t most = values.size() / 2;
  std::size_t found = 1;
  double greatest = -1;
  for (std::size_t k = 1; k <= most; ++k) {
    const double t = t_statistic(values.first(k), values.subspan(k));
    if (t <= greatest) continue;
    greatest = t;
    found = k;
  }
  const double mean_of_rest = mean(values.subspan(found));
  return {.p_value = std::min(1.0, double(most) * two_sided(greatest, double(values.size() - 2))),
          .values = found,
          .change = share_of(mean(values.first(found)) - mean_of_rest, mean_of_rest)};
}

}  // namespace upout::harness
