#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cost/price_file.h"
#include "harness/statistics/median_interval.h"

/// What measured deployments cost on machines that can be had. Nothing is extrapolated: a deployment carries
/// what was measured of it, and a core of a priced machine is taken to do what a core did that was measured.
namespace upout::harness {

/// One measured deployment on the machines that it takes.
struct PricedDeployment {
  std::string engine;
  std::string label;   ///< of its series, see harness/comparison.h
  unsigned cores = 0;  ///< workers, over all machines
  unsigned machines = 1;
  std::string machine;               ///< the name of their kind
  MedianInterval throughput;         ///< in the workload's unit
  double price_per_hour = 0;         ///< of all its machines
  MedianInterval price_per_million;  ///< operations, transactions or queries
  /// It was measured on fewer machines than it is priced on: the network between these is not in its figure.
  bool assumes_network = false;
};

/// All that was measured of one workload, each deployment on each kind of machine that it fits.
struct WorkloadCosts {
  std::string workload;
  std::string unit;  ///< of throughput
  std::vector<PricedDeployment> deployments;
  std::vector<std::string> unfit;  ///< labels and cores of deployments for which no machine is large enough
};

/// Lays out validated result documents over machines:
///
/// - up: one machine with at least as many cores as the deployment has threads;
/// - out: as many machines as it was measured on; if that was one, a machine for each rank, with at least as
/// many cores as the rank has threads. Ranks that are clients count.
///
/// A machine whose memory is known has room for its share of the working set. Runs that are no results, those
/// of open loops and the single-threaded baseline are left out.
std::vector<WorkloadCosts> price_deployments(std::span<const nlohmann::json> documents,
                                             const PriceFile& prices);

/// The cheapest one an hour that carries so much: the low end of its interval does. Nothing: none that was
/// measured. Engines as harness/race.h has them.
std::optional<PricedDeployment> cheapest_reaching(const WorkloadCosts& costs, std::string_view engine,
                                                  double throughput);
/// The cheapest one an operation, on any machine, or on one kind.
std::optional<PricedDeployment> cheapest_per_operation(const WorkloadCosts& costs, std::string_view engine,
                                                       std::string_view machine = {});
/// The one that carries the most.
std::optional<PricedDeployment> strongest(const WorkloadCosts& costs, std::string_view engine);

}  // namespace upout::harness
