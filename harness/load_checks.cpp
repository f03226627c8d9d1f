#include "harness/load_checks.h"

#include <fmt/format.h>
#include <string>

namespace upout::harness {

platform::Expected<void> check_load(const LoadChoice& load, const workloads::Workload& workload) {
  const std::string with = fmt::format("it with {}", workload.name());
  if (load.engine == "null" && workload.has_transactions()) {
    return platform::unexpected("--engine null", with,
                                "a workload of single operations: there is nothing to commit");
  }
  if (load.engine == "null" && (workload.needs_order() || workload.has_queries())) {
    return platform::unexpected("--engine null", with,
                                "a workload without scans: there are no records to return");
  }
  if (load.has_rate && (workload.has_transactions() || workload.has_queries())) {
    return platform::unexpected("--rate", with,
                                fmt::format("a workload of single operations: {} are begun in a closed loop",
                                            workload.has_queries() ? "queries" : "transactions"));
  }
  if (load.has_arrivals && !load.has_rate) {
    return platform::unexpected("--arrivals", "it without --rate",
                                "--rate, such as 2M/s: without it operations do not arrive, they follow "
                                "those that are done");
  }
  return {};
}

}  // namespace upout::harness
