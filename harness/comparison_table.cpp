#include "harness/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/columns.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

std::string differences_text(const ResultComparison& comparison) {
  if (comparison.is_same) return "A and B are the same results.\n";
  if (comparison.environment.empty()) return "machine and build: no difference is recorded\n";
  std::vector<Row> rows{{"differs", "A", "B"}};
  for (const EnvironmentDifference& difference : comparison.environment)
    rows.push_back({difference.name, difference.a, difference.b});
  return aligned(rows, "");
}

std::string p_text(double p) {
  return p < 0.0001 ? "<0.0001" : fmt::format("{:.4f}", p);
}

std::string microseconds(std::uint64_t ns) {
  return fmt::format("{:.2f}", static_cast<double>(ns) / 1e3);
}

Row row_of(const PointComparison& point) {
  Row row{point.id,
          millions(point.a.median),
          millions(point.b.median),
          fmt::format("{:.3f}", point.ratio.median),
          fmt::format("{:.3f} to {:.3f}", point.ratio.low, point.ratio.high),
          p_text(point.p_value)};
  row.push_back(point.p99 ? microseconds(point.p99->a_ns) : "-");
  row.push_back(point.p99 ? microseconds(point.p99->b_ns) : "-");
  row.emplace_back(to_string(point.verdict));
  return row;
}

std::string points_text(const ResultComparison& comparison) {
  const std::string& unit = comparison.points.front().unit;
  const bool is_one_unit = std::ranges::all_of(
      comparison.points, [&](const PointComparison& point) { return point.unit == unit; });
  const std::string in = is_one_unit && unit == "operations/s" ? "Mops/s" : "M/s";
  std::vector<Row> rows{
      {"point", "A " + in, "B " + in, "B/A", "95 % interval", "p", "A p99 us", "B p99 us", "B is"}};
  for (const PointComparison& point : comparison.points) rows.push_back(row_of(point));
  return aligned(rows, "");
}

std::size_t count(const ResultComparison& comparison, ComparisonVerdict verdict) {
  return static_cast<std::size_t>(std::ranges::count(comparison.points, verdict, &PointComparison::verdict));
}

std::string points_in_words(std::size_t number) {
  return fmt::format("{} point{}", number, number == 1 ? "" : "s");
}

std::string summary_text(const ResultComparison& comparison) {
  std::string text = fmt::format(
      "{}: B is faster in {}, slower in {}, and in {} there is no difference to be told\n",
      points_in_words(comparison.points.size()), count(comparison, ComparisonVerdict::faster),
      count(comparison, ComparisonVerdict::slower), count(comparison, ComparisonVerdict::no_difference));
  for (const Sampled sampled : {Sampled::repetitions, Sampled::runs}) {
    const auto too_few =
        static_cast<std::size_t>(std::ranges::count_if(comparison.points, [&](const PointComparison& point) {
          return point.has_too_few && point.sampled == sampled;
        }));
    if (too_few > 0) {
      text += fmt::format("{}: too few {} for any difference to show{}\n", points_in_words(too_few),
                          to_string(sampled), comparison.points.size() > 1 ? " among so many" : "");
    }
  }
  const auto by_repetitions = static_cast<std::size_t>(
      std::ranges::count(comparison.points, Sampled::repetitions, &PointComparison::sampled));
  if (by_repetitions > 0 && !comparison.is_same) {
    text += fmt::format(
        "{}: by repetitions, so that what differs from run to run may pass for a difference; "
        "against that, four runs a side at the least, in turn\n",
        points_in_words(by_repetitions));
  }
  return text;
}

std::vector<std::string> ids_below(const ResultComparison& comparison, double bound) {
  std::vector<std::string> ids;
  for (const PointComparison& point : comparison.points) {
    if (is_below(point, bound)) ids.push_back(point.id);
  }
  return ids;
}

std::string bound_text(const ResultComparison& comparison, std::optional<double> bound) {
  if (!bound) return {};
  const std::vector<std::string> ids = ids_below(comparison, *bound);
  return fmt::format("below {:g}: {}\n", *bound, ids.empty() ? "none" : enumeration(ids));
}

json to_json(const MedianInterval& value) {
  return {{"median", value.median}, {"ci95", {value.low, value.high}}, {"confidence", value.confidence}};
}

json to_json(const PointComparison& point) {
  json made = {{"id", point.id},
               {"unit", point.unit},
               {"a", to_json(point.a)},
               {"b", to_json(point.b)},
               {"ratio", to_json(point.ratio)},
               {"superiority", point.superiority},
               {"p_value", point.p_value},
               {"sampled", to_string(point.sampled)},
               {"too_few_samples", point.has_too_few},
               {"verdict", to_string(point.verdict)},
               {"p99", nullptr}};
  made["a"]["samples"] = point.samples_a;
  made["b"]["samples"] = point.samples_b;
  if (point.p99)
    made["p99"] = {{"kind", point.p99->kind}, {"a_ns", point.p99->a_ns}, {"b_ns", point.p99->b_ns}};
  return made;
}

}  // namespace

std::string render_comparison(const ResultComparison& comparison, const ComparisonOptions& options) {
  std::string text = fmt::format("A: {}\nB: {}\n\n{}\n{}", options.a, options.b, differences_text(comparison),
                                 points_text(comparison));
  text += "\n" + summary_text(comparison);
  for (const LeftOut& each : comparison.left_out)
    text += fmt::format("not compared: {}: {}\n", each.id, each.why);
  return text + bound_text(comparison, options.fail_below);
}

nlohmann::json comparison_document(const ResultComparison& comparison, const ComparisonOptions& options) {
  json environment = json::array();
  for (const EnvironmentDifference& difference : comparison.environment)
    environment.push_back({{"name", difference.name}, {"a", difference.a}, {"b", difference.b}});
  json points = json::array();
  for (const PointComparison& point : comparison.points) points.push_back(to_json(point));
  json left_out = json::array();
  for (const LeftOut& each : comparison.left_out)
    left_out.push_back({{"id", each.id}, {"why", each.why}, {"lost", each.is_lost}});
  json made = {{"a", options.a},
               {"b", options.b},
               {"same", comparison.is_same},
               {"differences", std::move(environment)},
               {"points", std::move(points)},
               {"not_compared", std::move(left_out)}};
  if (options.fail_below) {
    made["fail_below"] = *options.fail_below;
    made["below"] = ids_below(comparison, *options.fail_below);
  }
  return made;
}

}  // namespace upout::harness
