#include "harness/models/resampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace upout::harness::models {
namespace {

/// Fewer give no 95 % interval of a median either (docs/run-rules.md, `repetitions`).
constexpr std::size_t enough_repetitions = 6;
constexpr double tail = 0.025;
/// A draw may be below 0, where no throughput is; of the mean, so much is left.
constexpr double least_share = 1e-6;

Mean mean_of(const Observations& observed) {
  const auto count = static_cast<double>(observed.throughputs.size());
  const double sum = std::accumulate(observed.throughputs.begin(), observed.throughputs.end(), 0.0);
  return {observed.at, sum / count, count};
}

double standard_error(const Observations& observed, const Mean& mean) {
  if (mean.weight < 2) return 0;
  double squares = 0;
  for (const double throughput : observed.throughputs)
    squares += (throughput - mean.throughput) * (throughput - mean.throughput);
  return std::sqrt(squares / (mean.weight - 1) / mean.weight);
}

}  // namespace

std::vector<Mean> means_of(std::span<const Observations> observations) {
  std::vector<Mean> means;
  for (const Observations& observed : observations) means.push_back(mean_of(observed));
  return means;
}

std::string too_few_repetitions(std::span<const Observations> observations) {
  const auto fewest = std::ranges::min_element(
      observations, {}, [](const Observations& observed) { return observed.throughputs.size(); });
  if (fewest == observations.end() || fewest->throughputs.size() >= enough_repetitions) return {};
  const std::size_t found = fewest->throughputs.size();
  return fmt::format("{} repetition{} at {:g}, of the {} at each place that an interval takes", found,
                     found == 1 ? "" : "s", fewest->at, enough_repetitions);
}

Resampler::Resampler(std::span<const Observations> observations, std::uint64_t seed)
    : means_(means_of(observations)), random_(seed) {
  for (std::size_t i = 0; i < means_.size(); ++i)
    standard_errors_.push_back(standard_error(observations[i], means_[i]));
}

std::vector<Mean> Resampler::draw() {
  std::vector<Mean> drawn = means_;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    std::student_t_distribution<double> student(std::max(1.0, drawn[i].weight - 1));
    const double mean = drawn[i].throughput;
    drawn[i].throughput = std::max(mean + standard_errors_[i] * student(random_), least_share * mean);
  }
  return drawn;
}

Interval percentile_interval(std::vector<double> replicates) {
  assert(!replicates.empty());
  std::ranges::sort(replicates);
  const auto cut = static_cast<std::size_t>(tail * static_cast<double>(replicates.size()));
  return {replicates[cut], replicates[replicates.size() - 1 - cut]};
}

}  // namespace upout::harness::models
