#include "harness/cost/cost_chart.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "harness/cost/cost_text.h"
#include "harness/wording.h"

namespace upout::harness {

namespace {

using nlohmann::json;

json point_json(const PricedDeployment& each) {
  return {
      {"carries", each.throughput.low},
      {"price_per_hour", each.price_per_hour},
      {"deployment", fmt::format("{}: {} on {}", machines_text(each), each.label, cores_text(each.cores))}};
}

json line_json(const WorkloadCosts& costs, const Way& way) {
  json points = json::array();
  for (const PricedDeployment& each : cheapest_by_throughput(costs, way.engine))
    points.push_back(point_json(each));
  return {{"engine", way.engine},
          {"label", fmt::format("{}, {}", way.name, way.engine)},
          {"points", std::move(points)}};
}

}  // namespace

std::vector<PricedDeployment> cheapest_by_throughput(const WorkloadCosts& costs, std::string_view engine) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<PricedDeployment> curve;
  double carried = 0;
  while (auto next = cheapest_reaching(costs, engine, std::nextafter(carried, infinity))) {
    carried = next->throughput.low;
    curve.push_back(std::move(*next));
  }
  return curve;
}

nlohmann::json cost_charts(std::span<const WorkloadCosts> costs, const PriceFile& prices) {
  json charts = json::array();
  for (const WorkloadCosts& each : costs) {
    json lines = json::array();
    for (const Way& way : ways) {
      json line = line_json(each, way);
      if (!line.at("points").empty()) lines.push_back(std::move(line));
    }
    if (lines.empty()) continue;
    charts.push_back({{"workload", each.workload},
                      {"unit", each.unit},
                      {"currency", prices.currency},
                      {"lines", std::move(lines)}});
  }
  return charts;
}

}  // namespace upout::harness
