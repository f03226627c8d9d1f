#include "harness/region_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

namespace upout::harness {

platform::Timestamp longest_delay(const RunOptions& options) {
  return std::max(options.link_delay, options.regions.longest_round_trip() / 2);
}

platform::Expected<void> check_regions(const RunOptions& options, const workloads::Workload& workload) {
  if (!options.home.empty() && !options.regions.find(options.home)) {
    return platform::unexpected("--home", "'" + options.home + "'",
                                options.regions.empty() ? "--regions beside it, and one of them"
                                                        : "one of --regions " + options.regions.to_string());
  }
  if (options.regions.empty()) return {};
  const auto refuse = [](std::string_view beside, std::string_view expected) {
    return platform::unexpected("--regions", fmt::format("it beside {}", beside), std::string(expected));
  };
  if (options.link_delay.count() != 0)
    return refuse("--link-delay", "one of them: the regions say how long links are");
  if (options.threads_per_rank > 1) return refuse("--threads-per-rank", "one worker a rank");
  if (options.read_path == "rma")
    return refuse("--read-path rma", "--read-path request: only messages can be delayed");
  if (!options.faults.empty()) return refuse("--fault", "one of them");
  if (options.rebalance != "none") return refuse("--rebalance", "--rebalance none");
  // Ranks with copies begin by hearing of each other, and what is asked before is asked again.
  const platform::Timestamp least = 4 * options.regions.longest_round_trip();
  const double least_seconds = std::chrono::duration<double>(least).count();
  if (options.copies.copies > 1 && options.schedule.warmup_seconds < least_seconds)
    return refuse(
        fmt::format("--replicas and a warm-up of {} s", options.schedule.warmup_seconds),
        fmt::format("--warmup {:.2g} or more: four of the longest round-trip times", least_seconds));
  if (workload.has_transactions() || workload.has_queries())
    return refuse(workload.name(),
                  "a workload of single operations, whose latencies are told apart by region");
  return {};
}

}  // namespace upout::harness
