#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "harness/analysis.h"
#include "harness/columns.h"
#include "harness/models/scaling_model.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

struct Prefix {
  double unit;
  std::string_view name;
};

/// For a number of this size.
Prefix prefix_of(double value) {
  for (const Prefix prefix : {Prefix{1e9, " G"}, {1e6, " M"}, {1e3, " k"}}) {
    if (value >= prefix.unit) return prefix;
  }
  return {1, ""};
}

/// null is without end.
std::string figure(const json& value, double unit = 1) {
  return value.is_null() ? "no end" : fmt::format("{:.4g}", value.get<double>() / unit);
}

std::string interval_text(const json& ci95, double unit = 1) {
  return fmt::format(" ({} to {})", figure(ci95[0], unit), figure(ci95[1], unit));
}

/// "18.2 (17.9 to 18.6) M", in the prefix of the median.
std::string median_text(const json& figures) {
  if (figures.is_null() || figures["median"].is_null()) return "-";
  const Prefix prefix = prefix_of(figures["median"].get<double>());
  return figure(figures["median"], prefix.unit) + interval_text(figures["ci95"], prefix.unit) +
         std::string(prefix.name);
}

std::string estimate_text(const json& estimate) {
  const double value = estimate["value"].is_null() ? 0 : estimate["value"].get<double>();
  const Prefix prefix = prefix_of(value);
  std::string text = figure(estimate["value"], prefix.unit);
  if (estimate["ci95"] != json({estimate["value"], estimate["value"]}) && !estimate["ci95"].is_null())
    text += interval_text(estimate["ci95"], prefix.unit);
  return text + std::string(prefix.name);
}

/// Shares of 1, which have no prefix.
std::string share_text(const json& figures) {
  if (figures.is_null() || figures["median"].is_null()) return "-";
  const auto percent = [](const json& share) { return fmt::format("{:.3g}", 100 * share.get<double>()); };
  return fmt::format("{} % ({} to {})", percent(figures["median"]), percent(figures["ci95"][0]),
                     percent(figures["ci95"][1]));
}

std::string points_text(const json& series) {
  const auto base = series["base_cores"].get<unsigned>();
  std::vector<Row> rows{{"cores", "throughput", "speed-up over " + cores_text(base), "efficiency"}};
  for (const json& point : series["points"]) {
    const bool is_base = &point == &series["points"].front();
    rows.push_back({fmt::format("{}", point["cores"].get<unsigned>()), median_text(point["throughput"]),
                    is_base ? "1" : median_text(point["speed_up"]),
                    is_base ? "100 %" : share_text(point["efficiency"])});
  }
  std::string text = aligned(rows, "    ");
  const auto too_few = std::ranges::count_if(series["points"], [](const json& point) {
    return point["throughput"]["confidence"].get<double>() < 0.95;
  });
  if (too_few > 0) text += "    Too few repetitions for 95 %: intervals are the range of what was seen.\n";
  return text;
}

struct Coefficient {
  const char* member;
  std::string_view name;
};
/// In the order in which they are told; each model has some of them.
constexpr std::array<Coefficient, 6> coefficients{{{"lambda", "lambda"},
                                                   {"sigma", "sigma"},
                                                   {"kappa", "kappa"},
                                                   {"serial_fraction", "serial fraction"},
                                                   {"peak_cores", "peak at cores"},
                                                   {"greatest_speed_up", "greatest speed-up"}}};

std::string quality_text(const json& model) {
  std::string text = fmt::format("R^2 {:.4f}, off by at most {:.2g} %", model["r_squared"].get<double>(),
                                 100 * model["greatest_deviation"].get<double>());
  if (const json& p = model["lack_of_fit_p"]; !p.is_null() && p.get<double>() < 0.05)
    text += ", more than repetitions scatter";
  return text;
}

std::string model_text(const std::string& name, const json& model) {
  if (!model["fitted"].get<bool>())
    return fmt::format("    {}: not fitted: {}\n", name, model["because"].get<std::string>());
  std::vector<std::string> figures;
  for (const auto& [member, title] : coefficients) {
    if (model.contains(member)) figures.push_back(fmt::format("{} {}", title, estimate_text(model[member])));
  }
  std::string text = fmt::format("    {}: {}; {}\n", name, fmt::join(figures, ", "), quality_text(model));
  if (const json& why = model["no_interval_because"]; !why.is_null())
    text += fmt::format("      no intervals: {}\n", why.get<std::string>());
  return text;
}

std::string series_text(const json& series) {
  std::string text = fmt::format("  {}\n{}", series["label"].get<std::string>(), points_text(series));
  for (const models::ScalingModel& model : models::scaling_models()) {
    const std::string name(model.name);
    text += model_text(name, series["models"][name]);
  }
  return text;
}

}  // namespace

std::string render_analysis(const json& analysis) {
  std::string text;
  for (const json& workload : analysis["workloads"]) {
    text +=
        fmt::format("{}, {}\n", workload["workload"].get<std::string>(), workload["unit"].get<std::string>());
    for (const json& series : workload["series"]) text += series_text(series);
  }
  for (const json& crossover : analysis["crossovers"])
    text += crossover["sentence"].get<std::string>() + "\n";
  return text;
}

}  // namespace upout::harness
