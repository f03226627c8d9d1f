#include "harness/models/scaling_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <cmath>
#include <utility>

#include "harness/models/gustafson.h"
#include "harness/models/usl.h"

namespace upout::harness::models {
namespace {

constexpr std::size_t fewest_core_counts = 3;

/// Sums of squares of the repetitions: about the curve, about their places' means, about the mean of all.
struct Squares {
  double count = 0;
  double about_curve = 0;
  double about_means = 0;
  double about_all = 0;
};

Squares squares_of(const ModelFit& fitted, std::span<const Observations> observations,
                   std::span<const Mean> means) {
  Squares sums;
  double all = 0;
  for (const Mean& mean : means) {
    sums.count += mean.weight;
    all += mean.weight * mean.throughput;
  }
  all /= sums.count;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    const double curve = fitted.throughput(observations[i].at);
    for (const double measured : observations[i].throughputs) {
      sums.about_curve += (measured - curve) * (measured - curve);
      sums.about_means += (measured - means[i].throughput) * (measured - means[i].throughput);
      sums.about_all += (measured - all) * (measured - all);
    }
  }
  return sums;
}

std::optional<double> lack_of_fit(const Squares& sums, std::size_t places, std::size_t coefficients) {
  const double of_model = static_cast<double>(places) - static_cast<double>(coefficients);
  const double of_noise = sums.count - static_cast<double>(places);
  if (of_model <= 0 || of_noise <= 0 || sums.about_means <= 0) return std::nullopt;
  const double lack = std::max(0.0, sums.about_curve - sums.about_means);
  const boost::math::fisher_f_distribution<double> distribution(of_model, of_noise);
  return boost::math::cdf(
      boost::math::complement(distribution, (lack / of_model) / (sums.about_means / of_noise)));
}

GoodnessOfFit quality_of(const ModelFit& fitted, std::span<const Observations> observations,
                         std::span<const Mean> means) {
  const Squares sums = squares_of(fitted, observations, means);
  GoodnessOfFit quality;
  quality.r_squared = sums.about_all > 0 ? 1 - sums.about_curve / sums.about_all : 1;
  quality.rms_residual = std::sqrt(sums.about_curve / sums.count);
  quality.lack_of_fit_p = lack_of_fit(sums, means.size(), fitted.model->coefficients.size());
  for (const Mean& mean : means) {
    const double curve = fitted.throughput(mean.at);
    quality.greatest_deviation =
        std::max(quality.greatest_deviation, std::abs(mean.throughput - curve) / curve);
  }
  return quality;
}

std::string why_no_interval(const ScalingModel& model, std::span<const Observations> observations) {
  const std::size_t enough = model.coefficients.size() + 1;
  if (observations.size() < enough) {
    return fmt::format("{} core counts, of the at least {} that an interval of {} coefficients takes",
                       observations.size(), enough, model.coefficients.size());
  }
  return too_few_repetitions(observations);
}

/// Intervals of the coefficients and of the limit, from fits to draws of the repetitions.
void add_intervals(ModelFit& fitted, std::span<const Observations> observations,
                   const Resampling& resampling) {
  const ScalingModel& model = *fitted.model;
  std::vector<std::vector<double>> replicates(model.coefficients.size());
  std::vector<double> limits;
  Resampler resampler(observations, resampling.seed);
  for (std::size_t n = 0; n < resampling.count; ++n) {
    const Coefficients found = model.least_squares(resampler.draw());
    for (std::size_t i = 0; i < replicates.size(); ++i) replicates[i].push_back(found[i]);
    limits.push_back(model.limit(found));
  }
  for (std::size_t i = 0; i < replicates.size(); ++i)
    fitted.coefficients[i].ci95 = percentile_interval(std::move(replicates[i]));
  fitted.limit.ci95 = percentile_interval(std::move(limits));
}

platform::Expected<void> check(const ScalingModel& model, std::span<const Mean> means) {
  const std::string where(model.name);
  if (means.size() < fewest_core_counts) {
    return platform::unexpected(where,
                                fmt::format("{} core count{}", means.size(), means.size() == 1 ? "" : "s"),
                                fmt::format("at least {}", fewest_core_counts));
  }
  for (const Mean& mean : means) {
    if (!(mean.throughput > 0))
      return platform::unexpected(where, fmt::format("a throughput of {} at {:g}", mean.throughput, mean.at),
                                  "one above 0");
  }
  return {};
}

}  // namespace

platform::Expected<ModelFit> fit(const ScalingModel& model, std::span<const Observations> observations,
                                 const Resampling& resampling) {
  const std::vector<Mean> means = means_of(observations);
  return check(model, means).map([&] {
    ModelFit fitted;
    fitted.model = &model;
    fitted.found = model.least_squares(means);
    for (std::size_t i = 0; i < model.coefficients.size(); ++i)
      fitted.coefficients.push_back({fitted.found[i], std::nullopt});
    fitted.limit.value = model.limit(fitted.found);
    fitted.quality = quality_of(fitted, observations, means);
    fitted.no_interval_because = why_no_interval(model, observations);
    if (fitted.no_interval_because.empty()) add_intervals(fitted, observations, resampling);
    return fitted;
  });
}

std::span<const ScalingModel> scaling_models() {
  static const std::array all{usl, amdahl, gustafson};
  return all;
}

}  // namespace upout::harness::models
