#pragma once

#include <cstddef>
#include <span>

namespace upout::harness {

/// Whether the values of one sample tend to be greater than those of another.
struct RankTest {
  double u = 0;  ///< pairs in which the first sample's value is the greater one; equal ones count half
  /// How probable it is that a value of the first sample is the greater one, equal ones counting half: the
  /// effect size A (Vargha and Delaney, "A critique and improvement of the CL common language effect size
  /// statistics of McGraw and Wong", JEBS 25(2), 2000). 0.5: neither tends to be.
  double superiority = 0.5;
  double p_value = 1;     ///< two-sided
  bool is_exact = false;  ///< otherwise by the normal approximation
};

/// Mann and Whitney ("On a test of whether one of two random variables is stochastically larger than the
/// other", Annals of Mathematical Statistics 18(1), 1947). Exact for fewer than 50 values on each side
/// without ties; otherwise by the normal approximation with corrections for continuity and for ties, as R's
/// wilcox.test does it. At least one value on each side, NaN-free, in any order.
RankTest mann_whitney(std::span<const double> first, std::span<const double> second);

/// The least p value that this test has for samples of these sizes: with few values, nothing is significant.
double least_p_value(std::size_t first, std::size_t second);

}  // namespace upout::harness
