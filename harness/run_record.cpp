#include "harness/run_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/record.h"
#include "platform/cpu_list.h"
#include "platform/environment.h"
#include "platform/host.h"

namespace upout::harness {

namespace {

CountLimits limits_of(const Schedule& schedule) {
  return {.operations = schedule.operations,
          .seconds = schedule.seconds < Schedule::unlimited_seconds ? std::optional(schedule.seconds)
                                                                    : std::nullopt};
}

/// Of an open loop, as it was asked for, or of a run whose operations are counted.
std::string load_id(const RunOptions& options) {
  const OfferedLoad& load = options.load;
  if (options.goal) return fmt::format("-{}-{}", options.goal->text, name_of(load.arrivals));
  if (load.profile) return fmt::format("-{}-{}", load.profile->text, name_of(load.arrivals));
  if (load.is_open()) return fmt::format("-rate{:.10g}-{}", load.per_second, name_of(load.arrivals));
  const std::uint64_t operations = options.schedule.operations;
  return operations != 0 ? fmt::format("-operations{}", operations) : "";
}

}  // namespace

RunRecord begin_record(const RunOptions& options, const workloads::Workload& workload,
                       Deployment deployment) {
  RunRecord record;
  record.deployment = std::move(deployment);
  record.workload = workload.name();
  record.properties = workload.properties();
  if (options.records_per_worker != 0)
    record.properties["recordcount_per_worker"] = options.records_per_worker;
  if (workload.has_transactions()) record.unit = "transactions/s";
  if (workload.has_queries()) record.unit = "queries/s";
  record.seed = options.seed;
  record.load = options.load;
  record.warmup_seconds = options.schedule.warmup_seconds;
  if (options.schedule.operations != 0) record.limits = limits_of(options.schedule);
  record.working_set_bytes =
      workload.record_count() * kernel::Record<kernel::Shared>::bytes_for(workload.value_bytes());
  return record;
}

std::string default_id(const RunOptions& options, const workloads::Workload& workload, unsigned workers) {
  return fmt::format("{}-{}-{}-d{}{}", options.engine, workers, workload.name(), options.depth,
                     load_id(options));
}

nlohmann::json describe_host(const platform::Topology& of_this_process) {
  const auto host = platform::Topology::discover(platform::Topology::Scope::host);
  nlohmann::json environment = platform::describe_environment(host ? *host : of_this_process);
  std::vector<unsigned> given = of_this_process.cpus();
  std::ranges::sort(given);
  environment["processes"] = nlohmann::json::array(
      {{{"host", platform::host_name()}, {"given_cpus", platform::format_cpu_list(given)}}});
  return environment;
}

}  // namespace upout::harness
