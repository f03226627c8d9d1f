#include "harness/analysis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "harness/answer.h"
#include "harness/models/scaling_model.h"
#include "harness/overtakings.h"
#include "harness/race.h"

namespace upout::harness {
namespace {

using models::Estimate;
using models::ModelFit;
using models::Outcome;
using nlohmann::json;

/// JSON has no infinity.
json number(double value) {
  return std::isfinite(value) ? json(value) : json(nullptr);
}

json to_json(const MedianInterval& interval, double factor = 1) {
  return {{"median", number(factor * interval.median)},
          {"ci95", {number(factor * interval.low), number(factor * interval.high)}},
          {"confidence", interval.confidence}};
}

json to_json(const std::optional<models::Interval>& interval) {
  if (!interval) return nullptr;
  return {number(interval->low), number(interval->high)};
}

json to_json(const Estimate& estimate) {
  return {{"value", number(estimate.value)}, {"ci95", to_json(estimate.ci95)}};
}

json point_json(const Series& series, const SeriesPoint& point) {
  const SeriesPoint& base = series.points.front();
  json made = {{"cores", point.cores},
               {"repetitions", point.repetitions.size()},
               {"throughput", to_json(point.throughput)},
               {"speed_up", nullptr},
               {"efficiency", nullptr}};
  if (base.throughput.low <= 0) return made;
  const MedianInterval scaling = speed_up(series, point);
  made["speed_up"] = to_json(scaling);
  made["efficiency"] = to_json(scaling, double(base.cores) / point.cores);
  return made;
}

json to_json(const ModelFit& fitted) {
  json made = {{"fitted", true},
               {"r_squared", fitted.quality.r_squared},
               {"rms_residual", fitted.quality.rms_residual},
               {"greatest_deviation", fitted.quality.greatest_deviation},
               {"lack_of_fit_p", nullptr},
               {"no_interval_because", nullptr}};
  if (fitted.quality.lack_of_fit_p) made["lack_of_fit_p"] = *fitted.quality.lack_of_fit_p;
  if (!fitted.no_interval_because.empty()) made["no_interval_because"] = fitted.no_interval_because;
  for (std::size_t i = 0; i < fitted.coefficients.size(); ++i)
    made[std::string(fitted.model->coefficients[i])] = to_json(fitted.coefficients[i]);
  if (!fitted.model->limit_name.empty()) made[std::string(fitted.model->limit_name)] = to_json(fitted.limit);
  return made;
}

/// All repetitions on each number of cores.
std::vector<models::Observations> observations_of(const Series& series) {
  std::map<unsigned, std::vector<double>> by_cores;
  for (const SeriesPoint& point : series.points) {
    std::vector<double>& all = by_cores[point.cores];
    all.insert(all.end(), point.repetitions.begin(), point.repetitions.end());
  }
  std::vector<models::Observations> observations;
  for (auto& [cores, throughputs] : by_cores)
    observations.push_back({static_cast<double>(cores), std::move(throughputs)});
  return observations;
}

json models_json(const Series& series) {
  const std::vector<models::Observations> observations = observations_of(series);
  json all = json::object();
  for (const models::ScalingModel& model : models::scaling_models()) {
    const auto fitted = models::fit(model, observations);
    all[std::string(model.name)] =
        fitted ? to_json(*fitted)
               : json{{"fitted", false},
                      {"because", "found " + fitted.error().found + ", expected " + fitted.error().expected}};
  }
  return all;
}

json series_json(const Series& series) {
  json points = json::array();
  for (const SeriesPoint& point : series.points) points.push_back(point_json(series, point));
  return {{"engine", series.engine},
          {"label", series.label},
          {"base_cores", series.points.front().cores},
          {"points", std::move(points)},
          {"models", models_json(series)}};
}

json workload_json(const Comparison& comparison) {
  json all = json::array();
  for (const Series& series : comparison.series) all.push_back(series_json(series));
  return {{"workload", comparison.workload}, {"unit", comparison.unit}, {"series", std::move(all)}};
}

constexpr std::array<std::pair<Outcome, std::string_view>, models::outcomes> outcome_names{
    {{Outcome::one_leads, "shared_memory_ahead"},
     {Outcome::other_leads, "shared_nothing_ahead"},
     {Outcome::other_overtakes, "shared_nothing_overtakes"},
     {Outcome::one_overtakes, "shared_memory_overtakes"},
     {Outcome::level, "level"}}};

json probabilities_json(const models::Overtaking& result) {
  if (!result.no_probability_because.empty()) return nullptr;
  json all = json::object();
  for (const auto& [outcome, name] : outcome_names) all[std::string(name)] = result.probability_of(outcome);
  return all;
}

std::string_view name_of(Outcome outcome) {
  return std::ranges::find(outcome_names, outcome, &decltype(outcome_names)::value_type::first)->second;
}

json to_json(const EngineOvertaking& overtaking) {
  const bool is_along_cores = overtaking.axis == EngineOvertaking::Axis::cores;
  const models::Overtaking& result = overtaking.result;
  json made = {{"workload", overtaking.workload},
               {"axis", is_along_cores ? "cores" : "crosspartition_percent"},
               {"cores", is_along_cores ? json(nullptr) : json(overtaking.cores)},
               {"measured_range", {overtaking.from, overtaking.to}},
               {"outcome_of_means", name_of(result.outcome)},
               {"changes_of_lead", result.changes},
               {"at", result.at ? json(*result.at) : json(nullptr)},
               {"ci95", to_json(result.ci95)},
               {"probability", probabilities_json(result)},
               {"no_probability_because", nullptr},
               {"sentence", sentence_of(overtaking)}};
  if (!result.no_probability_because.empty()) made["no_probability_because"] = result.no_probability_because;
  return made;
}

}  // namespace

json analyze(const std::vector<Comparison>& comparisons) {
  json workloads = json::array();
  for (const Comparison& comparison : comparisons) workloads.push_back(workload_json(comparison));
  json crossovers = json::array();
  for (const EngineOvertaking& overtaking : overtakings(comparisons))
    crossovers.push_back(to_json(overtaking));
  const models::Resampling resampling;
  return {{"method", {{"draws", resampling.count}, {"seed", resampling.seed}}},
          {"workloads", std::move(workloads)},
          {"crossovers", std::move(crossovers)}};
}

}  // namespace upout::harness
