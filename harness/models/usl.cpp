#include "harness/models/usl.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <unsupported/Eigen/NonLinearOptimization>

namespace upout::harness::models {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::array<std::string_view, 3> usl_names{"lambda", "sigma", "kappa"};
constexpr std::array<std::string_view, 2> amdahl_names{"lambda", "sigma"};
enum : std::size_t { lambda, sigma, kappa };

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double tolerance = 1e-12;
/// What a coefficient adds to the divisor on the most cores, if it is no more than rounding.
constexpr double negligible = 1e-9;
/// Stands for the residual where the law has no positive value, which keeps steps away from there.
constexpr double far_away = 1e6;

double divisor(const Coefficients& of, double cores) {
  return 1 + of[sigma] * (cores - 1) + of[kappa] * cores * (cores - 1);
}

double throughput(const Coefficients& of, double cores) {
  return of[lambda] * cores / divisor(of, cores);
}

/// Which coefficients are free besides lambda; the others stay as they are in `fixed`.
struct Face {
  bool frees_sigma = false;
  bool frees_kappa = false;
  Coefficients fixed{};

  VectorXd free_of(const Coefficients& all) const {
    VectorXd free(1 + int{frees_sigma} + int{frees_kappa});
    Index next = 0;
    free[next++] = all[lambda];
    if (frees_sigma) free[next++] = all[sigma];
    if (frees_kappa) free[next++] = all[kappa];
    return free;
  }
  Coefficients all_of(const VectorXd& free) const {
    Coefficients all = fixed;
    Index next = 0;
    all[lambda] = free[next++];
    if (frees_sigma) all[sigma] = free[next++];
    if (frees_kappa) all[kappa] = free[next++];
    return all;
  }
};

/// What Eigen's Levenberg-Marquardt minimizes: weighted residuals, and their derivatives.
struct Residuals {
  std::span<const Mean> means;
  const Face& face;

  int values() const { return static_cast<int>(means.size()); }

  int operator()(const VectorXd& free, VectorXd& residuals) const {
    const Coefficients all = face.all_of(free);
    for (std::size_t i = 0; i < means.size(); ++i) {
      const auto& [cores, measured, weight] = means[i];
      residuals[Index(i)] =
          divisor(all, cores) > 0 ? std::sqrt(weight) * (throughput(all, cores) - measured) : far_away;
    }
    return 0;
  }

  int df(const VectorXd& free, MatrixXd& jacobian) const {
    const Coefficients all = face.all_of(free);
    for (std::size_t i = 0; i < means.size(); ++i) {
      const double cores = means[i].at;
      const double by_lambda = std::sqrt(means[i].weight) * cores / divisor(all, cores);
      const double by_divisor = -all[lambda] * by_lambda / divisor(all, cores);
      Index next = 0;
      jacobian(Index(i), next++) = by_lambda;
      if (face.frees_sigma) jacobian(Index(i), next++) = by_divisor * (cores - 1);
      if (face.frees_kappa) jacobian(Index(i), next++) = by_divisor * cores * (cores - 1);
    }
    return 0;
  }
};

double squared_error(std::span<const Mean> means, const Coefficients& of) {
  double sum = 0;
  for (const auto& [cores, measured, weight] : means) {
    const double residual = throughput(of, cores) - measured;
    sum += weight * residual * residual;
  }
  return std::isfinite(sum) ? sum : infinity;
}

Coefficients bounded(Coefficients of) {
  return {of[lambda], std::clamp(of[sigma], 0.0, 1.0), std::max(of[kappa], 0.0)};
}

bool is_within_bounds(const Coefficients& of) {
  return of[lambda] > 0 && of == bounded(of);
}

/// N / X(N) is linear in 1 / lambda, sigma / lambda and kappa / lambda. Its least squares are not those of
/// throughput, but near them.
Coefficients linearized(std::span<const Mean> means) {
  MatrixXd design(Index(means.size()), 3);
  VectorXd cost(Index(means.size()));
  for (std::size_t i = 0; i < means.size(); ++i) {
    const auto& [cores, measured, weight] = means[i];
    // An error of throughput weighs by its square in N / X.
    const double scale = std::sqrt(weight) * measured * measured / cores;
    design.row(Index(i)) << scale, scale * (cores - 1), scale * cores * (cores - 1);
    cost[Index(i)] = scale * cores / measured;
  }
  const VectorXd found = design.colPivHouseholderQr().solve(cost);
  if (!(found[0] > 0)) return {means.front().throughput / means.front().at, 0, 0};
  return bounded({1 / found[0], found[1] / found[0], found[2] / found[0]});
}

Coefficients fit_on(const Face& face, std::span<const Mean> means, const Coefficients& start) {
  VectorXd free = face.free_of(start);
  Residuals residuals{means, face};
  Eigen::LevenbergMarquardt<Residuals> solver(residuals);
  solver.parameters.ftol = tolerance;
  solver.parameters.xtol = tolerance;
  solver.minimize(free);
  return face.all_of(free);
}

/// The least squares within the bounds. If they are not within them, they are on a face of what is bounded:
/// each is tried.
Coefficients best_within_bounds(std::span<const Mean> means, bool has_kappa) {
  const Coefficients start = linearized(means);
  const Coefficients inside = fit_on({true, has_kappa, {}}, means, start);
  if (is_within_bounds(inside)) return inside;
  std::vector<Face> faces{{false, false, {0, 0, 0}}, {false, false, {0, 1, 0}}};
  if (has_kappa) {
    faces.push_back({true, false, {0, 0, 0}});
    faces.push_back({false, true, {0, 0, 0}});
    faces.push_back({false, true, {0, 1, 0}});
  }
  Coefficients best{};
  double least = infinity;
  for (const Face& face : faces) {
    const Coefficients found = fit_on(face, means, start);
    const double error = is_within_bounds(found) ? squared_error(means, found) : infinity;
    if (error >= least) continue;
    least = error;
    best = found;
  }
  return best;
}

/// Throughputs near 1, so that tolerances and `far_away` mean the same whatever the unit.
Coefficients scaled_least_squares(std::span<const Mean> means, bool has_kappa) {
  std::vector<Mean> scaled(means.begin(), means.end());
  const double greatest = std::ranges::max_element(scaled, {}, &Mean::throughput)->throughput;
  for (Mean& mean : scaled) mean.throughput /= greatest;
  Coefficients found = best_within_bounds(scaled, has_kappa);
  found[lambda] *= greatest;
  const double most = std::ranges::max_element(scaled, {}, &Mean::at)->at;
  if (found[sigma] * (most - 1) < negligible) found[sigma] = 0;
  if (found[kappa] * most * (most - 1) < negligible) found[kappa] = 0;
  return found;
}

Coefficients usl_least_squares(std::span<const Mean> means) {
  return scaled_least_squares(means, true);
}

Coefficients amdahl_least_squares(std::span<const Mean> means) {
  return scaled_least_squares(means, false);
}

double peak(const Coefficients& of) {
  return of[kappa] > 0 ? std::max(1.0, std::sqrt((1 - of[sigma]) / of[kappa])) : infinity;
}

double greatest_speed_up(const Coefficients& of) {
  return of[sigma] > 0 ? 1 / of[sigma] : infinity;
}

}  // namespace

constexpr ScalingModel usl{"usl", usl_names, throughput, usl_least_squares, "peak_cores", peak};
constexpr ScalingModel amdahl{
    "amdahl", amdahl_names, throughput, amdahl_least_squares, "greatest_speed_up", greatest_speed_up};

}  // namespace upout::harness::models
