#include "harness/run.h"

#include <memory>
#include <utility>

#include "engines/shared_memory/engine.h"
#include "engines/shared_nothing/engine.h"
#include "harness/measurement.h"
#include "kernel/record.h"
#include "platform/clock.h"
#include "platform/environment.h"
#include "platform/topology.h"

namespace upout::harness {

std::string_view latency_name(kernel::OperationKind kind) {
  switch (kind) {
    case kernel::OperationKind::get:
      return "read";
    case kernel::OperationKind::put:
      return "put";
    case kernel::OperationKind::insert:
      return "insert";
    case kernel::OperationKind::update:
      return "update";
    case kernel::OperationKind::remove:
      return "remove";
    case kernel::OperationKind::read_modify_write:
      return "read_modify_write";
    case kernel::OperationKind::scan:
    case kernel::OperationKind::scan_backwards:
      return "scan";
  }
  return "unknown";
}

namespace {

using engines::shared_nothing::MpiProcess;

nlohmann::json workers_as_json(const std::vector<platform::WorkerBinding>& bindings) {
  nlohmann::json workers = nlohmann::json::array();
  for (const platform::WorkerBinding& binding : bindings) {
    workers.push_back(
        {{"worker", binding.worker},
         {"host", binding.host},
         {"asked_cpu", binding.asked_cpu < 0 ? nlohmann::json() : nlohmann::json(binding.asked_cpu)},
         {"allowed_cpus", binding.allowed_cpus},
         {"achieved", binding.achieved()}});
  }
  return workers;
}

/// The whole host, not only the core that a launcher has bound this rank to.
nlohmann::json describe_host(const platform::Topology& of_this_process) {
  const auto host = platform::Topology::discover(platform::Topology::Scope::host);
  return platform::describe_environment(host ? *host : of_this_process);
}

kernel::IndexKind index_of(const RunOptions& options, const workloads::Workload& workload) {
  const bool is_ordered = options.index.empty() ? workload.needs_order() : options.index == "ordered";
  return is_ordered ? kernel::IndexKind::ordered : kernel::IndexKind::hash;
}

RunRecord begin_record(const RunOptions& options, const workloads::Workload& workload) {
  RunRecord record;
  record.workload = workload.name();
  record.properties = workload.properties();
  record.seed = options.seed;
  record.warmup_seconds = options.schedule.warmup_seconds;
  record.working_set_bytes =
      workload.record_count() * kernel::Record<kernel::Shared>::bytes_for(workload.value_bytes());
  record.deployment.engine = options.engine;
  record.deployment.depth = options.depth;
  record.deployment.index = index_of(options, workload) == kernel::IndexKind::ordered ? "ordered" : "hash";
  return record;
}

template <class E>
platform::Expected<RunOutcome> measure(E& engine, RunOutcome outcome, const workloads::Workload& workload,
                                       const RunOptions& options, const platform::Clock& clock,
                                       const Interrupt& interrupt, Progress& progress) {
  Deployment& deployment = outcome.record.deployment;
  outcome.record.id = !options.id.empty()
                          ? options.id
                          : deployment.engine + "-" + std::to_string(engine.workers()) + "-" +
                                outcome.record.workload + "-d" + std::to_string(options.depth);
  Measurement<E> measurement(engine, workload, options, clock, interrupt, progress);
  if (auto performed = measurement.perform(outcome.record); !performed)
    return tl::unexpected(performed.error());
  outcome.environment["workers"] = workers_as_json(engine.bindings());
  outcome.environment["clock"] = clock.source();
  return outcome;
}

platform::Expected<RunOutcome> run_shared_memory(const RunOptions& options,
                                                 const workloads::Workload& workload,
                                                 const platform::Topology& topology,
                                                 const Interrupt& interrupt, Progress& progress) {
  namespace shared_memory = engines::shared_memory;
  auto engine = shared_memory::Engine::create(topology, {.threads = options.threads,
                                                         .oversubscribe = options.oversubscribe,
                                                         .expected_records = workload.record_count(),
                                                         .index = index_of(options, workload)});
  if (!engine) return tl::unexpected(engine.error());
  RunOutcome outcome{begin_record(options, workload), describe_host(topology)};
  outcome.environment["mpi"] = nullptr;
  outcome.record.deployment.threads_per_rank = options.threads;
  outcome.record.deployment.oversubscribed = options.threads > topology.cores();
  return measure(**engine, std::move(outcome), workload, options, platform::Clock::calibrate(), interrupt,
                 progress);
}

platform::Expected<RunOutcome> run_shared_nothing(const RunOptions& options,
                                                  const workloads::Workload& workload,
                                                  const platform::Topology& topology,
                                                  const Interrupt& interrupt, Progress& progress) {
  namespace shared_nothing = engines::shared_nothing;
  const platform::Clock clock = platform::Clock::calibrate();
  auto engine = shared_nothing::Engine::create(
      MPI_COMM_WORLD, topology,
      {.oversubscribe = options.oversubscribe,
       .expected_records = workload.record_count(),
       .index = index_of(options, workload),
       .partitioning = options.partitioning == "range" ? shared_nothing::PartitioningKind::range
                                                       : shared_nothing::PartitioningKind::hash,
       .largest_key = workload.largest_key(),
       .value_bytes = workload.output_bytes()});
  if (!engine) return tl::unexpected(engine.error());
  RunOutcome outcome{begin_record(options, workload), describe_host(topology)};
  outcome.environment["mpi"] = {{"library", MpiProcess::library()},
                                {"version", MpiProcess::library_version()}};
  Deployment& deployment = outcome.record.deployment;
  deployment.ranks = deployment.partitions = (*engine)->workers();
  deployment.nodes = (*engine)->hosts();
  deployment.oversubscribed = (*engine)->is_oversubscribed();
  deployment.placement = "partitioned";
  deployment.partitioning = options.partitioning;
  deployment.transport = "mpi";
  return measure(**engine, std::move(outcome), workload, options, clock, interrupt, progress);
}

}  // namespace

platform::Expected<RunOutcome> run(const RunOptions& options, const workloads::Workload& workload,
                                   const MpiProcess* mpi, const Interrupt& interrupt, Progress& progress) {
  auto topology = platform::Topology::discover();
  const std::string refused = topology ? "" : topology.error().to_string();
  if (const std::string error = mpi == nullptr ? refused : mpi->first_error(refused); !error.empty()) {
    return platform::unexpected(error, "", "");
  }
  if (options.engine == "shared-memory") {
    if (mpi != nullptr && mpi->size() > 1) {
      return platform::unexpected("--engine shared-memory", std::to_string(mpi->size()) + " ranks",
                                  "one process: start it without mpirun, with --threads");
    }
    return run_shared_memory(options, workload, *topology, interrupt, progress);
  }
  if (options.engine == "shared-nothing") {
    assert(mpi != nullptr);
    return run_shared_nothing(options, workload, *topology, interrupt, progress);
  }
  return platform::unexpected("--engine", "'" + options.engine + "'", "shared-memory or shared-nothing");
}

}  // namespace upout::harness
