#include "harness/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace upout::harness {

std::uint64_t Histogram::count() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::uint64_t Histogram::quantile(double fraction) const noexcept {
  const std::uint64_t total = count();
  if (total == 0) return 0;

  // One step towards zero before rounding up: 0.07 * 100 is a hair above 7, and must not ask for the eighth
  // value.
  const double wanted = std::ceil(std::nextafter(fraction * double(total), 0.0));
  const std::uint64_t rank = std::clamp(std::uint64_t(std::max(wanted, 0.0)), std::uint64_t{1}, total);

  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += counts_[bucket]) < rank) ++bucket;
  return std::min(upper_end(bucket), max_);
}

void Histogram::merge(const Histogram& other) noexcept {
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>{});
  max_ = std::max(max_, other.max_);
}

Percentiles percentiles_of(const Histogram& histogram) noexcept {
  return {.p50 = histogram.quantile(0.5),
          .p90 = histogram.quantile(0.9),
          .p99 = histogram.quantile(0.99),
          .p999 = histogram.quantile(0.999),
          .max = histogram.max(),
          .count = histogram.count()};
}

}  // namespace upout::harness
