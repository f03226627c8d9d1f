#pragma once

#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace upout::workloads {

/// How many standard deviations the chi-square statistic of observed counts lies above its mean, if the
/// classes have the given probabilities (which add up to 1). Right distributions stay below 4; seeds are
/// fixed, so a test that passes once passes always.
inline double chi_square_excess(std::span<const std::uint64_t> counts,
                                std::span<const double> probabilities) {
  assert(counts.size() == probabilities.size());
  double total = 0;
  for (const std::uint64_t count : counts) total += static_cast<double>(count);
  double statistic = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = total * probabilities[i];
    const double difference = static_cast<double>(counts[i]) - expected;
    statistic += difference * difference / expected;
  }
  const double freedom = static_cast<double>(counts.size() - 1);
  return (statistic - freedom) / std::sqrt(2 * freedom);
}

/// The same after joining neighbouring classes until each has a probability of at least 2 %: sees small
/// shifts of the whole, where many small classes would drown them.
inline double grouped_chi_square_excess(std::span<const std::uint64_t> counts,
                                        std::span<const double> probabilities) {
  std::vector<std::uint64_t> joined_counts(1);
  std::vector<double> joined_probabilities(1);
  for (std::size_t i = counts.size(); i-- > 0;) {
    if (joined_probabilities.back() >= 0.02) {
      joined_counts.push_back(0);
      joined_probabilities.push_back(0);
    }
    joined_counts.back() += counts[i];
    joined_probabilities.back() += probabilities[i];
  }
  return chi_square_excess(joined_counts, joined_probabilities);
}

}  // namespace upout::workloads
