#include "harness/statistics/rank_test.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/special_functions/binomial.hpp>
#include <cassert>
#include <cmath>
#include <numeric>
#include <vector>

namespace upout::harness {
namespace {

/// Beyond that the normal approximation is as good, and much cheaper.
constexpr std::size_t exact_below = 50;

double count_u(std::span<const double> first, std::span<const double> second) {
  double u = 0;
  for (const double a : first) {
    for (const double b : second) u += a > b ? 1 : a == b ? 0.5 : 0;
  }
  return u;
}

/// How many of the samples of `first` ranks out of 1 ... first + second have which U, as shares of them all.
std::vector<double> distribution_of_u(std::size_t first, std::size_t second) {
  const std::size_t greatest = first * second;
  // By the ranks looked at so far: samples with so many ranks, and so great a sum of (rank - place in the
  // sample).
  std::vector<std::vector<double>> samples(first + 1, std::vector<double>(greatest + 1));
  samples[0][0] = 1;
  for (std::size_t rank = 1; rank <= first + second; ++rank) {
    for (std::size_t size = std::min(rank, first); size > 0; --size) {
      const std::size_t added = rank - size;
      for (std::size_t u = added; u <= greatest; ++u) samples[size][u] += samples[size - 1][u - added];
    }
  }
  std::vector<double>& shares = samples[first];
  const double all = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= all;
  return shares;
}

double exact_p_value(double u, std::size_t first, std::size_t second) {
  const auto least = static_cast<std::size_t>(std::min(u, double(first * second) - u));
  const std::vector<double> shares = distribution_of_u(first, second);
  return std::min(1.0, 2 * std::accumulate(shares.begin(), shares.begin() + std::ptrdiff_t(least) + 1, 0.0));
}

/// The sum of t^3 - t over all groups of t equal values; 0: there are none.
double tie_term(std::span<const double> first, std::span<const double> second) {
  std::vector<double> all(first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  std::ranges::sort(all);
  double term = 0;
  for (auto group = all.begin(); group != all.end();) {
    const auto end = std::upper_bound(group, all.end(), *group);
    const double ties = double(end - group);
    term += ties * ties * ties - ties;
    group = end;
  }
  return term;
}

double normal_p_value(double u, double first, double second, double ties) {
  const double all = first + second;
  const double variance = first * second / 12 * (all + 1 - ties / (all * (all - 1)));
  if (variance <= 0) return 1;  // all values are equal
  const double distance = std::max(0.0, std::abs(u - first * second / 2) - 0.5);
  return 2 * boost::math::cdf(boost::math::complement(boost::math::normal(), distance / std::sqrt(variance)));
}

}  // namespace

RankTest mann_whitney(std::span<const double> first, std::span<const double> second) {
  assert(!first.empty() && !second.empty());
  const double u = count_u(first, second);
  const double ties = tie_term(first, second);
  const bool is_exact = ties == 0 && first.size() < exact_below && second.size() < exact_below;
  return {.u = u,
          .superiority = u / double(first.size() * second.size()),
          .p_value = is_exact ? exact_p_value(u, first.size(), second.size())
                              : normal_p_value(u, double(first.size()), double(second.size()), ties),
          .is_exact = is_exact};
}

double least_p_value(std::size_t first, std::size_t second) {
  if (first >= exact_below || second >= exact_below)
    return normal_p_value(0, double(first), double(second), 0);
  return std::min(1.0,
                  2 / boost::math::binomial_coefficient<double>(unsigned(first + second), unsigned(first)));
}

}  // namespace upout::harness
