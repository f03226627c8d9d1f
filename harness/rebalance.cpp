#include "harness/rebalance.h"

#include <algorithm>

namespace upout::harness {

namespace {

/// Of some.
double mean_of(std::span<const std::uint64_t> values) {
  double sum = 0;
  for (const std::uint64_t value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

}  // namespace

Dip find_dip(std::span<const std::uint64_t> timeline, std::size_t begin, std::size_t end, double seconds) {
  const double stretch = seconds / static_cast<double>(timeline.size());
  const std::size_t width = std::max<std::size_t>(1, timeline.size() / 100);
  const double before = mean_of(timeline.first(begin));
  Dip dip{.before = before / stretch, .lowest = before / stretch};
  bool has_begun = false;
  for (std::size_t i = begin; i + width <= timeline.size(); ++i) {
    const double now = mean_of(timeline.subspan(i, width));
    const bool is_low = now < 0.9 * before;
    if (has_begun ? !is_low : i > end) break;
    if (!is_low) continue;
    has_begun = true;
    dip.lowest = std::min(dip.lowest, now / stretch);
    dip.seconds += stretch;
    dip.lost_operations += before - now;
  }
  return dip;
}

}  // namespace upout::harness
