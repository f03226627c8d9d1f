#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cost/deployment_cost.h"
#include "harness/cost/price_file.h"
#include "harness/race.h"

/// What deployments cost, in words.
namespace upout::harness {

/// Which way an engine scales.
struct Way {
  std::string_view name;
  std::string_view engine;
};
inline constexpr std::array ways{Way{"up", raced_engines[0]}, Way{"out", raced_engines[1]}};

/// "2 x c5.large", with a star if the network between them is not in the figure.
std::string machines_text(const PricedDeployment& deployment);

/// Which way is cheaper on one workload, and up to which throughput: the answer to the plan `cost`.
std::string cheaper_sentence(const WorkloadCosts& costs, const PriceFile& prices);

/// What it takes to carry so much, up against out.
std::string throughput_sentence(const WorkloadCosts& costs, const PriceFile& prices, double throughput);

/// What `upout cost` prints: for each workload the two sentences (that of a throughput if one was asked for),
/// a table of the cheapest deployments on each kind of machine, and what has to be known before believing
/// them.
std::string render_costs(std::span<const WorkloadCosts> costs, const PriceFile& prices,
                         std::optional<double> throughput);

/// What was taken for granted: a line each.
std::vector<std::string> cost_caveats(std::span<const WorkloadCosts> costs, const PriceFile& prices);

}  // namespace upout::harness
