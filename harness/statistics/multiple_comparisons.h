#pragma once

#include <span>
#include <vector>

namespace upout::harness {

/// The p values of several tests, corrected for how many there are, in the same order: where all null
/// hypotheses hold, the probability that one of them falls below a level is at most that level (Holm, "A
/// simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2), 1979).
/// The tests may depend on each other in any way.
std::vector<double> holm_corrected(std::span<const double> p_values);

}  // namespace upout::harness
