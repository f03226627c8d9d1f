#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

/// Values to try statistics on: with the same seed the same ones, on every system that has the same library.
namespace upout::harness::samples {

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}

  /// As a rule throughputs are: `deviation` is a share of the mean.
  std::vector<double> normal(std::size_t n, double mean, double deviation) {
    std::normal_distribution<double> distribution(mean, mean * deviation);
    return draw(n, distribution);
  }

  /// With a long tail. The median is 1.
  std::vector<double> skewed(std::size_t n, double deviation) {
    std::lognormal_distribution<double> distribution(0, deviation);
    return draw(n, distribution);
  }

 private:
  template <class Distribution>
  std::vector<double> draw(std::size_t n, Distribution& distribution) {
    std::vector<double> values(n);
    for (double& value : values) value = distribution(random_);
    return values;
  }

  std::mt19937_64 random_;
};

/// The most that `trials` trials of a probability come to, but for one time in some 30,000 (four standard
/// deviations).
inline double most_of(int trials, double probability) {
  return trials * probability + 4 * std::sqrt(trials * probability * (1 - probability));
}

}  // namespace upout::harness::samples
