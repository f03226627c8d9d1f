#include "harness/statistics/multiple_comparisons.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace upout::harness {

std::vector<double> holm_corrected(std::span<const double> p_values) {
  std::vector<std::size_t> ascending(p_values.size());
  std::iota(ascending.begin(), ascending.end(), std::size_t{0});
  std::ranges::sort(ascending, {}, [&](std::size_t test) { return p_values[test]; });

  std::vector<double> corrected(p_values.size());
  double before = 0;  // whoever has the greater p value does not get the smaller corrected one
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    const auto left = double(ascending.size() - i);
    before = std::max(before, std::min(1.0, left * p_values[ascending[i]]));
    corrected[ascending[i]] = before;
  }
  return corrected;
}

}  // namespace upout::harness
