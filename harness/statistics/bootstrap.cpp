#include "harness/statistics/bootstrap.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
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

/// Of what `combine` makes of the medians of so many samples.
template <std::size_t N, class Combine>
MedianInterval interval_of(const std::array<std::span<const double>, N>& samples, Combine&& combine) {
  std::mt19937_64 random(seed);
  std::array<double, N> medians{};
  std::vector<Resampler> resamplers;
  for (std::size_t i = 0; i < N; ++i) {
    assert(!samples[i].empty());
    medians[i] = median_of_copy(samples[i]);
    resamplers.emplace_back(samples[i], random);
  }
  const double median = combine(medians);
  std::vector<double> drawn(resamples);
  for (double& value : drawn) {
    for (std::size_t i = 0; i < N; ++i) medians[i] = resamplers[i].draw_median();
    value = combine(medians);
  }
  std::ranges::sort(drawn);
  const auto outside = static_cast<std::size_t>((resamples + 1) * (1 - confidence) / 2 + 0.5);
  return {median, drawn[outside - 1], drawn[resamples - outside], confidence};
}

}  // namespace

MedianInterval ratio_of_medians(std::span<const double> numerator, std::span<const double> denominator) {
  return interval_of(std::array{numerator, denominator},
                     [](const std::array<double, 2>& medians) { return medians[0] / medians[1]; });
}

MedianInterval ratio_of_ratios(std::span<const double> a, std::span<const double> b,
                               std::span<const double> c, std::span<const double> d) {
  return interval_of(std::array{a, b, c, d}, [](const std::array<double, 4>& medians) {
    return (medians[0] / medians[1]) / (medians[2] / medians[3]);
  });
}

MedianInterval difference_of_medians(std::span<const double> minuend, std::span<const double> subtrahend) {
  return interval_of(std::array{minuend, subtrahend},
                     [](const std::array<double, 2>& medians) { return medians[0] - medians[1]; });
}

}  // namespace upout::harness
