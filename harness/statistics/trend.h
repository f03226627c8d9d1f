#pragma once

#include <cstddef>
#include <span>

/// Whether values that were measured one after the other are of one steady state.
namespace upout::harness {

/// A drift: later values tend to be greater, or smaller.
struct Drift {
  double p_value = 1;  ///< two-sided
  /// From the first value to the last, as the median slope over all pairs has it (Sen, "Estimates of the
  /// regression coefficient based on Kendall's tau", JASA 63, 1968), as a share of the median; 0 if that is
  /// 0.
  double change = 0;
};

/// Mann ("Nonparametric tests against trend", Econometrica 13(3), 1945) and Kendall. Exact for up to 50
/// values without ties; otherwise by the normal approximation with corrections for continuity and ties. Of
/// fewer than three values nothing is said (p value 1). `values` are in the order of time.
Drift mann_kendall(std::span<const double> values);

/// The first values differ from the rest.
struct InitialShift {
  double p_value = 1;
  std::size_t values = 0;  ///< how many, at most half of them: those that differ most
  double change = 0;  ///< of their mean against that of the rest, as a share of the latter; 0 if that is 0
};

/// The likelihood-ratio test for a shift of the mean of normal values at an unknown place (Worsley, JASA
/// 74(366), 1979), here within the first half, by its Bonferroni bound: the greatest of the t statistics of
/// the first k against the rest. It sees a single first value that lies outside the others, which ranks of
/// ten values cannot: such a one comes first in one of ten orders anyway. Of fewer than four values nothing
/// is said (p value 1). `values` are in the order of time.
InitialShift initial_shift(std::span<const double> values);

}  // namespace upout::harness
