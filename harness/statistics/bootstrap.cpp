#include "harness/statistics/bootstrap.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace upout::harness {
namespace {

constexpr double confidence = 0.95;
constexpr std::uint64_t seed = 20'220'511;
/// One less than a round number, so that the ends of the interval are values of the sample (Davison and
/// Hinkley, Bootstrap Methods and their Application, 1997, section 5.2).
constexpr std::size_t resamples = 9'999;

/// Draws a sample of the same size again and again.
class Resampler {
 public:
  /// Keeps references to both.
  Resampler(std::span<const double> values, std::mt19937_64& random)
      : values_(values), random_(&random), drawn_(values.size()) {}

  double draw_median() {
    for (double& value : drawn_) value = values_[draw_index()];
    return median_of(drawn_);
  }

 private:
  /// The standard's distributions draw different numbers on different systems.
  std::size_t draw_index() { return ((*random_)() >> 32) * values_.size() >> 32; }

  std::span<const double> values_;
  std::mt19937_64* random_;
  std::vector<double> drawn_;
};

double median_of_copy(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  return median_of(copy);
}

template <class Combine>
MedianInterval interval_of(std::span<const double> first, std::span<const double> second, Combine&& combine) {
  assert(!first.empty() && !second.empty());
  std::mt19937_64 random(seed);
  Resampler from_first(first, random);
  Resampler from_second(second, random);
  std::vector<double> drawn(resamples);
  for (double& value : drawn) {
    const double median = from_first.draw_median();
    value = combine(median, from_second.draw_median());
  }
  std::ranges::sort(drawn);
  const auto outside = static_cast<std::size_t>((resamples + 1) * (1 - confidence) / 2 + 0.5);
  return {combine(median_of_copy(first), median_of_copy(second)), drawn[outside - 1],
          drawn[resamples - outside], confidence};
}

}  // namespace

MedianInterval ratio_of_medians(std::span<const double> numerator, std::span<const double> denominator) {
  return interval_of(numerator, denominator, std::divides());
}

MedianInterval difference_of_medians(std::span<const double> minuend, std::span<const double> subtrahend) {
  return interval_of(minuend, subtrahend, std::minus());
}

}  // namespace upout::harness
