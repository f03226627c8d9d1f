#include "harness/cost/deployment_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "harness/comparison.h"
#include "harness/race.h"
#include "harness/wording.h"

namespace upout::harness {

namespace {

using nlohmann::json;

/// The machines that a deployment takes.
struct Layout {
  unsigned machines = 1;
  unsigned cores_each = 1;
  double gib_each = 0;  ///< of its working set
  bool assumes_network = false;
};

/// How many machines the run really had.
unsigned measured_machines(const json& run, const json& environment) {
  const auto nodes = run.at("deployment").at("nodes").get<unsigned>();
  const json& mpi = environment.at("mpi");
  return mpi.is_null() ? 1U : std::min(nodes, mpi.value("machines", nodes));
}

Layout layout_of(const json& run, const json& environment) {
  const json& deployment = run.at("deployment");
  const auto ranks = deployment.at("ranks").get<unsigned>();
  const auto nodes = deployment.at("nodes").get<unsigned>();
  Layout layout;
  layout.machines = nodes > 1 ? nodes : ranks;
  const unsigned ranks_each = (ranks + layout.machines - 1) / layout.machines;
  layout.cores_each = ranks_each * deployment.at("threads_per_rank").get<unsigned>();
  layout.gib_each = run.at("working_set_bytes").get<double>() / layout.machines / double{1 << 30};
  layout.assumes_network = layout.machines > measured_machines(run, environment);
  return layout;
}

/// By id.
std::map<std::string, Layout> layouts_of(std::span<const json> documents) {
  std::map<std::string, Layout> layouts;
  for (const json& document : documents) {
    for (const json& run : document.at("runs"))
      layouts[run.at("id").get<std::string>()] = layout_of(run, document.at("environment"));
  }
  return layouts;
}

bool fits(const Layout& layout, const Machine& machine) {
  return machine.cores >= layout.cores_each &&
         (!machine.memory_gib || *machine.memory_gib >= layout.gib_each);
}

/// At so many operations a second.
MedianInterval price_per_million(double price_per_hour, const MedianInterval& throughput) {
  const double per_million = price_per_hour / 3600 * 1e6;
  return {per_million / throughput.median, per_million / throughput.high, per_million / throughput.low,
          throughput.confidence};
}

PricedDeployment priced(const Series& series, const SeriesPoint& point, const Layout& layout,
                        const Machine& machine) {
  const double price = layout.machines * machine.price_per_hour;
  return {.engine = series.engine,
          .label = series.label,
          .cores = point.cores,
          .machines = layout.machines,
          .machine = machine.name,
          .throughput = point.throughput,
          .price_per_hour = price,
          .price_per_million = price_per_million(price, point.throughput),
          .assumes_network = layout.assumes_network};
}

/// The least by `key` of those that are `wanted`.
template <class Wanted, class Key>
std::optional<PricedDeployment> least(const WorkloadCosts& costs, Wanted&& wanted, Key&& key) {
  const PricedDeployment* found = nullptr;
  for (const PricedDeployment& each : costs.deployments) {
    if (wanted(each) && (found == nullptr || key(each) < key(*found))) found = &each;
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

}  // namespace

std::vector<WorkloadCosts> price_deployments(std::span<const nlohmann::json> documents,
                                             const PriceFile& prices) {
  const std::map<std::string, Layout> layouts = layouts_of(documents);
  std::vector<WorkloadCosts> all;
  for (const Comparison& comparison : compare(documents)) {
    WorkloadCosts costs{comparison.workload, comparison.unit, {}, {}};
    for (const Series& series : comparison.series) {
      for (const SeriesPoint& point : series.points) {
        if (point.throughput.low <= 0) continue;
        const Layout& layout = layouts.at(point.id);
        const std::size_t before = costs.deployments.size();
        for (const Machine& machine : prices.machines) {
          if (fits(layout, machine)) costs.deployments.push_back(priced(series, point, layout, machine));
        }
        if (costs.deployments.size() == before)
          costs.unfit.push_back(fmt::format("{} on {}", series.label, cores_text(point.cores)));
      }
    }
    if (!costs.deployments.empty() || !costs.unfit.empty()) all.push_back(std::move(costs));
  }
  return all;
}

std::optional<PricedDeployment> cheapest_reaching(const WorkloadCosts& costs, std::string_view engine,
                                                  double throughput) {
  return least(
      costs,
      [&](const PricedDeployment& each) {
        return each.engine == engine && each.throughput.low >= throughput;
      },
      // Of several at one price, the one that carries the most.
      [](const PricedDeployment& each) { return std::pair(each.price_per_hour, -each.throughput.median); });
}

std::optional<PricedDeployment> cheapest_per_operation(const WorkloadCosts& costs, std::string_view engine,
                                                       std::string_view machine) {
  return least(
      costs,
      [&](const PricedDeployment& each) {
        return each.engine == engine && (machine.empty() || each.machine == machine);
      },
      [](const PricedDeployment& each) { return each.price_per_million.median; });
}

std::optional<PricedDeployment> strongest(const WorkloadCosts& costs, std::string_view engine) {
  return least(
      costs, [&](const PricedDeployment& each) { return each.engine == engine; },
      [](const PricedDeployment& each) { return -each.throughput.low; });
}

}  // namespace upout::harness
