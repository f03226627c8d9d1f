#include "harness/result_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "harness/comparison.h"
#include "harness/statistics/bootstrap.h"
#include "harness/statistics/multiple_comparisons.h"
#include "harness/statistics/rank_test.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

constexpr double level = 0.05;

/// What was asked for, of an open loop: with a goal, the rate is a result.
json load_of(const json& run) {
  if (!run.contains("load")) return nullptr;
  const json& load = run.at("load");
  json asked = {{"arrivals", load.at("arrivals")}, {"profile", load.value("profile", json())}};
  if (load.contains("goal")) {
    asked["latency"] = load.at("goal").at("latency");
    asked["at_most_ns"] = load.at("goal").at("at_most_ns");
  } else {
    asked["offered_per_second"] = load.at("offered_per_second");
  }
  return asked;
}

/// What makes two runs the same point.
json configuration_of(const json& run) {
  return {
      {"deployment", completed_deployment(run)}, {"workload", run.at("workload")}, {"load", load_of(run)}};
}

/// The rules that make a run no result.
std::string broken_rules(const json& run) {
  std::vector<std::string> names;
  for (const json& reason : run.at("verdict").at("reasons")) {
    if (reason.at("severity") == "invalid") names.push_back(reason.at("rule"));
  }
  return enumeration(names);
}

std::vector<double> throughputs_of(const json& run) {
  std::vector<double> values;
  for (const json& repetition : run.at("repetitions")) {
    if (repetition.at("complete").get<bool>()) values.push_back(repetition.at("throughput"));
  }
  return values;
}

/// Why a run has nothing to compare; empty if it has.
std::string complaint_of(const json& run) {
  if (run.at("verdict").at("class") == "invalid") return "is invalid: " + broken_rules(run);
  if (run.contains("regions")) return "is of regions, whose users' waits its throughput does not tell";
  const std::vector<double> values = throughputs_of(run);
  if (values.empty()) return "has no complete repetition";
  return std::ranges::min(values) > 0 ? "" : "has a repetition in which nothing was done";
}

/// All that one side has of a point.
struct Measured {
  std::string id;
  std::vector<const json*> runs;        ///< that can be compared
  std::vector<std::string> complaints;  ///< of the others
};

/// By configuration, in the order of the documents.
struct Side {
  std::vector<json> order;
  std::map<json, Measured> by_configuration;
};

Side collect(std::span<const json> documents) {
  Side side;
  for (const json& document : documents) {
    for (const json& run : document.at("runs")) {
      json configuration = configuration_of(run);
      const auto [place, is_new] = side.by_configuration.try_emplace(configuration);
      if (is_new) {
        place->second.id = run.at("id");
        side.order.push_back(std::move(configuration));
      }
      if (std::string complaint = complaint_of(run); !complaint.empty()) {
        place->second.complaints.push_back(std::move(complaint));
      } else {
        place->second.runs.push_back(&run);
      }
    }
  }
  return side;
}

std::vector<double> samples_of(const Measured& measured, Sampled sampled) {
  std::vector<double> all;
  for (const json* run : measured.runs) {
    const std::vector<double> values = throughputs_of(*run);
    if (sampled == Sampled::runs) {
      all.push_back(median_interval(values).median);
    } else {
      all.insert(all.end(), values.begin(), values.end());
    }
  }
  return all;
}

/// Percentiles are not to be had of several runs together.
std::optional<LatencyPair> p99_of(const Measured& a, const Measured& b) {
  if (a.runs.size() != 1 || b.runs.size() != 1) return std::nullopt;
  const json& in_a = a.runs.front()->at("summary").at("latency_ns");
  const json& in_b = b.runs.front()->at("summary").at("latency_ns");
  std::optional<LatencyPair> found;
  std::uint64_t most = 0;
  for (const auto& [kind, latency] : in_a.items()) {
    const auto count = latency.at("count").get<std::uint64_t>();
    if (count <= most || !in_b.contains(kind)) continue;
    most = count;
    found = LatencyPair{kind, latency.at("p99"), in_b.at(kind).at("p99")};
  }
  return found;
}

std::string unit_of(const Measured& measured) {
  return measured.runs.front()->at("summary").at("throughput").at("unit");
}

/// With the p value of this test alone, and no verdict yet.
PointComparison compare_point(const Measured& a, const Measured& b) {
  // With fewer of them nothing could ever be told.
  const bool are_enough = least_p_value(a.runs.size(), b.runs.size()) < level;
  const Sampled sampled = are_enough ? Sampled::runs : Sampled::repetitions;
  const std::vector<double> in_a = samples_of(a, sampled);
  const std::vector<double> in_b = samples_of(b, sampled);
  const RankTest test = mann_whitney(in_b, in_a);
  return {.id = a.id,
          .unit = unit_of(a),
          .a = median_interval(in_a),
          .b = median_interval(in_b),
          .sampled = sampled,
          .samples_a = in_a.size(),
          .samples_b = in_b.size(),
          .ratio = ratio_of_medians(in_b, in_a),
          .superiority = test.superiority,
          .p_value = test.p_value,
          .p99 = p99_of(a, b)};
}

ComparisonVerdict verdict_of(const PointComparison& point) {
  if (point.p_value >= level) return ComparisonVerdict::no_difference;
  if (point.ratio.low > 1) return ComparisonVerdict::faster;
  return point.ratio.high < 1 ? ComparisonVerdict::slower : ComparisonVerdict::no_difference;
}

void decide(std::vector<PointComparison>& points) {
  std::vector<double> p_values;
  for (const PointComparison& point : points) p_values.push_back(point.p_value);
  const std::vector<double> corrected = holm_corrected(p_values);
  // Of those that remain, Holm's method multiplies the least p value by their number.
  const auto remaining = std::ranges::count_if(corrected, [](double p) { return p >= level; });
  for (std::size_t i = 0; i < points.size(); ++i) {
    PointComparison& point = points[i];
    point.p_value = corrected[i];
    point.verdict = verdict_of(point);
    point.has_too_few = point.p_value >= level &&
                        double(remaining) * least_p_value(point.samples_a, point.samples_b) >= level;
  }
}

void add_complaints(const Measured& measured, const char* side, bool is_lost,
                    std::vector<LeftOut>& left_out) {
  for (const std::string& complaint : measured.complaints)
    left_out.push_back({measured.id, fmt::format("{} {}", side, complaint), is_lost});
}

/// In what the only points of two sides differ, such as "deployment/engine".
std::string differing_members(const Side& a, const Side& b) {
  if (a.order.size() != 1 || b.order.size() != 1) return {};
  std::set<std::string> members;
  for (const json& change : json::diff(a.order.front(), b.order.front()))
    members.insert(change.at("path").get<std::string>().substr(1));
  return enumeration(std::vector<std::string>(members.begin(), members.end()));
}

platform::Error nothing_to_compare(const Side& a, const Side& b) {
  std::string found = "no point of which both have a valid result";
  if (const std::string members = differing_members(a, b); !members.empty())
    found += ": they differ in " + members;
  std::vector<LeftOut> left_out;
  for (const auto& [configuration, measured] : a.by_configuration)
    add_complaints(measured, "A", false, left_out);
  for (const auto& [configuration, measured] : b.by_configuration)
    add_complaints(measured, "B", false, left_out);
  for (const LeftOut& each : left_out) found += fmt::format("; {}: {}", each.id, each.why);
  return {"A and B", found, "results of the same deployment, workload, properties and load"};
}

}  // namespace

std::string_view to_string(Sampled sampled) {
  return sampled == Sampled::runs ? "runs" : "repetitions";
}

std::string_view to_string(ComparisonVerdict verdict) {
  switch (verdict) {
    case ComparisonVerdict::no_difference:
      return "no difference";
    case ComparisonVerdict::faster:
      return "faster";
    case ComparisonVerdict::slower:
      return "slower";
  }
  return "unknown";
}

platform::Expected<ResultComparison> compare_results(std::span<const nlohmann::json> a,
                                                     std::span<const nlohmann::json> b) {
  const Side side_a = collect(a);
  const Side side_b = collect(b);
  ResultComparison made{.is_same = std::ranges::equal(a, b), .environment = environment_differences(a, b)};
  for (const json& configuration : side_a.order) {
    const Measured& in_a = side_a.by_configuration.at(configuration);
    add_complaints(in_a, "A", false, made.left_out);
    const auto found = side_b.by_configuration.find(configuration);
    if (found == side_b.by_configuration.end()) {
      made.left_out.push_back({in_a.id, "in A only", !in_a.runs.empty()});
      continue;
    }
    const Measured& in_b = found->second;
    add_complaints(in_b, "B", in_b.runs.empty() && !in_a.runs.empty(), made.left_out);
    if (in_a.runs.empty() || in_b.runs.empty()) continue;
    if (unit_of(in_a) != unit_of(in_b))
      return platform::unexpected(in_a.id, unit_of(in_a) + " in A and " + unit_of(in_b) + " in B",
                                  "one unit");
    made.points.push_back(compare_point(in_a, in_b));
  }
  for (const json& configuration : side_b.order) {
    const Measured& in_b = side_b.by_configuration.at(configuration);
    if (side_a.by_configuration.contains(configuration)) continue;
    add_complaints(in_b, "B", false, made.left_out);
    made.left_out.push_back({in_b.id, "in B only"});
  }
  if (made.points.empty()) return tl::unexpected(nothing_to_compare(side_a, side_b));
  decide(made.points);
  return made;
}

bool is_below(const PointComparison& point, double bound) {
  return point.verdict == ComparisonVerdict::slower && point.ratio.high < bound;
}

}  // namespace upout::harness
