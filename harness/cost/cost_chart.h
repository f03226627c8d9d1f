#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "harness/cost/deployment_cost.h"
#include "harness/cost/price_file.h"

namespace upout::harness {

/// The cheapest deployments of an engine by what they carry, ascending: each is the cheapest for throughputs
/// above what the one before it carries, up to what it carries itself, the low end of its interval. Empty:
/// none fits a machine.
std::vector<PricedDeployment> cheapest_by_throughput(const WorkloadCosts& costs, std::string_view engine);

/// What the report draws of costs: a chart for each workload, of which something fits a machine, with a line
/// for each way.
nlohmann::json cost_charts(std::span<const WorkloadCosts> costs, const PriceFile& prices);

}  // namespace upout::harness
