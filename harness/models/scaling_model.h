#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/models/estimate.h"
#include "harness/models/resampling.h"
#include "platform/error.h"

namespace upout::harness::models {

/// Of a model, in the order of its names; those that it does not have are 0.
using Coefficients = std::array<double, 3>;

/// A law of throughput over cores, and how it is fitted.
struct ScalingModel {
  std::string_view name;
  std::span<const std::string_view> coefficients;
  double (*throughput)(const Coefficients& coefficients, double cores);
  /// Least squares, within the bounds of the coefficients. At least three different numbers of cores; means
  /// are above 0.
  Coefficients (*least_squares)(std::span<const Mean> means);
  std::string_view limit_name;
  /// What the model says about the end of scaling; infinite: there is none.
  double (*limit)(const Coefficients& coefficients);
};

/// How well a curve goes through what was measured.
struct GoodnessOfFit {
  double r_squared = 0;           ///< share of the variance of all repetitions that it explains
  double rms_residual = 0;        ///< of all repetitions, in the unit of throughput
  double greatest_deviation = 0;  ///< of a mean from the curve, as a share of the curve
  /// How probable it is that means deviate as far as they do if the model is right and repetitions scatter as
  /// they do (F test of lack of fit against pure error; Draper and Smith, Applied Regression Analysis, 1998).
  /// None: the curve goes through all means by its number of coefficients, or nothing was repeated.
  std::optional<double> lack_of_fit_p;
};

/// A model with the coefficients that fit best. Intervals are of the noise between repetitions, given that
/// the model is right; whether it is, `quality` says.
struct ModelFit {
  const ScalingModel* model = nullptr;
  Coefficients found{};
  std::vector<Estimate> coefficients;  ///< the same with intervals, in the order of the model's names
  Estimate limit;
  GoodnessOfFit quality;
  std::string no_interval_because;  ///< empty: there are intervals

  double throughput(double cores) const { return model->throughput(found, cores); }
};

/// Fits a model to the repetitions on different numbers of cores, each there once. Refused, with the reason:
/// fewer than three, or a throughput of 0. Intervals take one number of cores more than the model has
/// coefficients, and six repetitions on each.
platform::Expected<ModelFit> fit(const ScalingModel& model, std::span<const Observations> observations,
                                 const Resampling& resampling = {});

/// Those that results are held against.
std::span<const ScalingModel> scaling_models();

}  // namespace upout::harness::models
