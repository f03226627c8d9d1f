#include "harness/run.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "engines/null/engine.h"
#include "engines/shared_memory/engine.h"
#include "engines/shared_nothing/agree.h"
#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/gather_texts.h"
#include "engines/shared_nothing/hybrid_engine.h"
#include "engines/shared_nothing/ring_engine.h"
#include "harness/copy_checks.h"
#include "harness/generators.h"
#include "harness/load_checks.h"
#include "harness/lost_ranks.h"
#include "harness/measurement.h"
#include "harness/placement_evidence.h"
#include "harness/region_checks.h"
#include "harness/run_log.h"
#include "harness/run_record.h"
#include "platform/clock.h"
#include "platform/environment.h"
#include "platform/topology.h"
#include "workloads/transactions.h"

namespace upout::harness {

namespace {

using engines::shared_nothing::MpiProcess;

kernel::IndexKind index_of(const RunOptions& options, const workloads::Workload& workload) {
  const bool is_ordered = options.index.empty() ? workload.needs_order() : options.index == "ordered";
  return is_ordered ? kernel::IndexKind::ordered : kernel::IndexKind::hash;
}

/// The processors that this process has, and how workers are laid out over them.
struct Host {
  platform::Topology topology;
  platform::WorkerMap map;
};

/// Fails on all ranks or on none.
platform::Expected<Host> discover_host(const RunOptions& options, const MpiProcess* mpi) {
  auto host = platform::Topology::discover().and_then([&](platform::Topology&& topology) {
    return platform::WorkerMap::create(topology, options.bind).map([&](platform::WorkerMap&& map) {
      return Host{std::move(topology), std::move(map)};
    });
  });
  const std::string refused = host ? "" : host.error().to_string();
  if (const std::string error = mpi == nullptr ? refused : mpi->first_error(refused); !error.empty()) {
    return platform::unexpected(error, "", "");
  }
  return host;
}

bool has_thread_ranks(const RunOptions& options) {
  return options.engine == "shared-nothing" && options.transport == "ring";
}

platform::Expected<void> check_engine(const RunOptions& options, const MpiProcess* mpi) {
  if (options.engine != "shared-nothing" && mpi != nullptr && mpi->size() > 1) {
    return platform::unexpected("--engine " + options.engine, std::to_string(mpi->size()) + " ranks",
                                "one process: start it without mpirun, with --threads");
  }
  if (has_thread_ranks(options) && mpi != nullptr && mpi->size() > 1) {
    return platform::unexpected("--transport ring", std::to_string(mpi->size()) + " processes",
                                "one process: start it without mpirun, with --ranks");
  }
  if (options.engine == "shared-memory" || options.engine == "shared-nothing" || options.engine == "null")
    return {};
  return platform::unexpected("--engine", "'" + options.engine + "'",
                              "shared-memory, shared-nothing or null");
}

/// What can be said before the machine is looked at.
platform::Expected<void> check(const RunOptions& options, const workloads::Workload& workload,
                               const MpiProcess* mpi) {
  if (auto engine = check_engine(options, mpi); !engine) return engine;
  return check_load({.engine = options.engine, .open_by = open_by(options)}, workload);
}

/// Transactions' partitions are ranges of keys.
std::string partitioning_name(const RunOptions& options, const workloads::Workload& workload) {
  if (!options.partitioning.empty()) return options.partitioning;
  return workload.has_transactions() ? "range" : "hash";
}

engines::PartitioningKind partitioning_of(const RunOptions& options, const workloads::Workload& workload) {
  return partitioning_name(options, workload) == "range" ? engines::PartitioningKind::range
                                                         : engines::PartitioningKind::hash;
}

kernel::ConcurrencyControl concurrency_control_of(const RunOptions& options) {
  return options.concurrency_control == "serial" ? kernel::ConcurrencyControl::serial
                                                 : kernel::ConcurrencyControl::occ;
}

/// Whether queries, which all workers answer together, one at a time, go with the other options.
platform::Expected<void> check_queries(const RunOptions& options, const workloads::Workload& workload) {
  const auto refuse = [&](const std::string& option, const std::string& expected) {
    return platform::unexpected(option, fmt::format("it with {}", workload.name()), expected);
  };
  if (options.clients != 0) return refuse("--clients", "none: a query is answered where the records are");
  if (options.read_path == "rma")
    return refuse("--read-path rma", "a workload of single operations: no record is read by its key");
  if (options.rebalance != "none")
    return refuse("--rebalance", "none: no partition is moved while queries are measured");
  return {};
}

/// Whether the transactions of a workload, or the lack of them, go with the other options.
platform::Expected<void> check_transactions(const RunOptions& options, const workloads::Workload& workload,
                                            unsigned workers, std::uint32_t stores) {
  const std::string with = fmt::format(" with {}", workload.name());
  const auto* transactional = dynamic_cast<const workloads::TransactionWorkload*>(&workload);
  if (transactional == nullptr) {
    if (options.concurrency_control.empty())
      return workload.has_queries() ? check_queries(options, workload) : platform::Expected<void>();
    return platform::unexpected("--concurrency-control", "'" + options.concurrency_control + "'" + with,
                                "it with a workload of transactions, such as ycsb-multi");
  }
  if (options.read_path == "rma") {
    return platform::unexpected(
        "--read-path rma", "it" + with,
        "a workload of single operations: a transaction's reads are its owner's to do");
  }
  if (options.partitioning == "hash") {
    return platform::unexpected("--partitioning", "'hash'" + with,
                                "range, for its transactions deal with ranges of keys");
  }
  if (options.rebalance != "none") {
    return platform::unexpected("--rebalance", "'" + options.rebalance + "'" + with,
                                "none: no partition is moved while transactions are measured");
  }
  if (options.engine == "shared-memory") {
    if (options.placement != "os" && options.placement != "interleave") {
      return platform::unexpected("--placement", "'" + options.placement + "'" + with,
                                  "os or interleave: transactions are over one store there");
    }
    constexpr std::size_t most = engines::shared_memory::TransactionClient::most_depth;
    if (options.depth > most) {
      return platform::unexpected("--depth", std::to_string(options.depth) + with,
                                  "at most " + std::to_string(most) + " transactions on a worker");
    }
  }
  return transactional->check_deployment(workers, stores);
}

/// What does not depend on the engine.
Deployment begin_deployment(const RunOptions& options, const workloads::Workload& workload) {
  Deployment deployment;
  deployment.engine = options.engine;
  deployment.depth = options.depth;
  deployment.index = index_of(options, workload) == kernel::IndexKind::ordered ? "ordered" : "hash";
  deployment.binding = options.bind.to_string();
  if (workload.has_transactions()) {
    const bool is_serial = concurrency_control_of(options) == kernel::ConcurrencyControl::serial;
    deployment.concurrency_control = is_serial ? "serial" : "occ";
  }
  return deployment;
}

Deployment shared_memory_deployment(const RunOptions& options, const workloads::Workload& workload,
                                    const platform::WorkerMap& map) {
  Deployment deployment = begin_deployment(options, workload);
  deployment.threads_per_rank = options.threads;
  deployment.oversubscribed = options.threads > map.size();
  deployment.placement = options.placement;
  deployment.durability = engines::name_of(options.durability);
  return deployment;
}

Deployment null_deployment(const RunOptions& options, const workloads::Workload& workload,
                           const platform::WorkerMap& map) {
  Deployment deployment = shared_memory_deployment(options, workload, map);
  deployment.placement = "none";
  return deployment;
}

Deployment shared_nothing_deployment(const RunOptions& options, const workloads::Workload& workload,
                                     unsigned ranks) {
  Deployment deployment = begin_deployment(options, workload);
  deployment.ranks = ranks;
  deployment.threads_per_rank = options.threads_per_rank;
  deployment.clients = options.clients;
  deployment.partitions = options.partitions == 0 ? ranks - options.clients : options.partitions;
  deployment.placement = "partitioned";
  deployment.partitioning = partitioning_name(options, workload);
  deployment.transport = options.transport;
  deployment.read_path = options.read_path;
  deployment.rebalance = options.rebalance;
  deployment.batch_bytes = options.batching.bytes;
  deployment.batch_turns = options.batching.turns;
  deployment.link_delay_ns = static_cast<std::uint64_t>(options.link_delay.count());
  deployment.regions = options.regions.to_string();
  deployment.home = options.home;
  deployment.durability = engines::name_of(options.durability);
  deployment.copies = options.copies.copies;
  if (options.copies.copies > 1) {
    deployment.replication = engines::shared_nothing::name_of(options.copies.acknowledge);
    deployment.read_from = engines::shared_nothing::name_of(options.copies.read_from);
    deployment.heartbeat_ns = static_cast<std::uint64_t>(options.heartbeat.count());
    deployment.failure_timeout_ns = static_cast<std::uint64_t>(options.failure_timeout.count());
  }
  return deployment;
}

Deployment mpi_deployment(const RunOptions& options, const workloads::Workload& workload, unsigned ranks,
                          const engines::shared_nothing::Neighbourhood& hosts) {
  Deployment deployment = shared_nothing_deployment(options, workload, ranks);
  deployment.nodes = hosts.hosts;
  deployment.oversubscribed = hosts.crowd > 0;
  return deployment;
}

Deployment ring_deployment(const RunOptions& options, const workloads::Workload& workload,
                           const platform::WorkerMap& map) {
  Deployment deployment = shared_nothing_deployment(options, workload, options.ranks);
  deployment.oversubscribed = options.ranks * options.threads_per_rank > map.size();
  return deployment;
}

engines::shared_nothing::Options shared_nothing_options(const RunOptions& options,
                                                        const workloads::Workload& workload) {
  return {.oversubscribe = options.oversubscribe,
          .expected_records = workload.record_count(),
          .index = index_of(options, workload),
          .concurrency_control = concurrency_control_of(options),
          .partitioning = partitioning_of(options, workload),
          .partitions = options.partitions,
          .largest_key = workload.largest_key(),
          .value_bytes = workload.output_bytes(),
          .threads_per_rank = options.threads_per_rank,
          .clients = options.clients,
          .link_delay = options.link_delay,
          .changes_links = !options.faults.empty() || !options.regions.empty(),
          .regions = options.regions,
          .home = options.regions.find(options.home),
          .batching = options.batching,
          .copies = options.copies,
          .copy_timing = copy_timing(options),
          .on_lost = {},
          .on_minority = {}};
}

/// So that a preview finds the same errors as a run.
platform::Expected<void> check_partitions(const RunOptions& options, const workloads::Workload& workload,
                                          unsigned ranks) {
  if (options.rebalance != "none" && ranks < 2 + options.clients) {
    return platform::unexpected("--rebalance " + options.rebalance,
                                options.clients == 0 ? "one rank" : "too few ranks that are not clients",
                                "at least two ranks that have partitions");
  }
  if (options.rebalance != "none" && options.threads_per_rank > 1) {
    return platform::unexpected("--rebalance " + options.rebalance,
                                "it beside --threads-per-rank " + std::to_string(options.threads_per_rank),
                                "one worker a rank: a partition that several of them serve does not move");
  }
  if (auto regions = check_regions(options, workload); !regions) return regions;
  const auto map = engines::shared_nothing::make_map(shared_nothing_options(options, workload), ranks);
  if (!map) return tl::unexpected(map.error());
  if (auto copies = check_copies(options, workload, ranks); !copies) return copies;
  if (auto logs = check_logs_of_ranks(options, workload); !logs) return logs;
  if (auto faults = check_faults(options, workload, ranks); !faults) return faults;
  const Generators generators(ranks * options.threads_per_rank, options.clients, options.threads_per_rank);
  return check_transactions(options, workload, generators.count(), map->partitions());
}

const auto nothing_to_begin = [] { return platform::Expected<void>(); };
const auto nothing_to_end = [](RunRecord&) {};

/// `begin` and `end`: as Measurement::perform calls them.
template <class E, class Begin, class End>
platform::Expected<RunOutcome> measure(E& engine, RunOutcome outcome, const workloads::Workload& workload,
                                       const RunOptions& options, const platform::Clock& clock,
                                       const Interrupt& interrupt, Progress& progress, Begin&& begin,
                                       End&& end) {
  outcome.record.id = options.id.empty() ? default_id(options, workload, engine.workers()) : options.id;
  Measurement<E> measurement(engine, workload, options, clock, interrupt, progress);
  if (auto performed = measurement.perform(outcome.record, begin, end); !performed)
    return tl::unexpected(performed.error());
  outcome.environment["workers"] = to_json(engine.bindings());
  outcome.environment["clock"] = clock.source();
  return outcome;
}

/// The log has done what it was for, if it has.
void end_well(RunLog& log, const RunRecord& record) {
  if (record.verification.passed() || record.incomplete) log.end_well();
}

platform::Expected<RunOutcome> run_shared_memory(const RunOptions& options,
                                                 const workloads::Workload& workload, const Host& host,
                                                 const Interrupt& interrupt, Progress& progress) {
  namespace shared_memory = engines::shared_memory;
  if (auto possible = check_transactions(options, workload, options.threads, 1); !possible)
    return tl::unexpected(possible.error());
  auto log = RunLog::create(options);
  if (!log) return tl::unexpected(log.error());
  auto engine = shared_memory::Engine::create(host.topology, host.map,
                                              {.threads = options.threads,
                                               .oversubscribe = options.oversubscribe,
                                               .expected_records = workload.record_count(),
                                               .index = index_of(options, workload),
                                               .concurrency_control = concurrency_control_of(options),
                                               .placement = options.placement,
                                               .islands = options.islands,
                                               .partitioning = partitioning_of(options, workload),
                                               .largest_key = workload.largest_key(),
                                               .pages = options.pages,
                                               .durability = log->options()});
  if (!engine) log->end_well();  // it has nothing
  if (!engine) return tl::unexpected(engine.error());
  RunOutcome outcome{begin_record(options, workload, shared_memory_deployment(options, workload, host.map)),
                     describe_host(host.topology)};
  outcome.environment["mpi"] = nullptr;
  Deployment& deployment = outcome.record.deployment;
  deployment.islands = static_cast<unsigned>((*engine)->layout().islands.size());
  deployment.partitions = (*engine)->partitions();
  if (deployment.partitions > 1) deployment.partitioning = partitioning_name(options, workload);
  shared_memory::PlacementProof after_load;
  const auto begin = [&] {
    after_load = (*engine)->prove_placement();
    return log->begin(**engine);
  };
  const auto end = [&](RunRecord& record) { log->end(**engine, record); };
  return measure(**engine, std::move(outcome), workload, options, platform::Clock::calibrate(), interrupt,
                 progress, begin, end)
      .map([&](RunOutcome&& measured) {
        measured.environment["data"] = to_json(after_load, (*engine)->prove_placement());
        end_well(*log, measured.record);
        return std::move(measured);
      });
}

platform::Expected<RunOutcome> run_null(const RunOptions& options, const workloads::Workload& workload,
                                        const Host& host, const Interrupt& interrupt, Progress& progress) {
  auto engine =
      engines::null::Engine::create(host.topology, host.map, options.threads, options.oversubscribe);
  if (!engine) return tl::unexpected(engine.error());
  RunOutcome outcome{begin_record(options, workload, null_deployment(options, workload, host.map)),
                     describe_host(host.topology)};
  outcome.record.working_set_bytes = 0;
  outcome.environment["mpi"] = nullptr;
  return measure(**engine, std::move(outcome), workload, options, platform::Clock::calibrate(), interrupt,
                 progress, nothing_to_begin, nothing_to_end);
}

/// How many gets of other ranks' keys needed no help of theirs, and how many did after all.
using OneSidedReads = std::array<std::uint64_t, 2>;

/// Of this rank, up to now.
template <class E>
OneSidedReads one_sided_reads(const E& engine) {
  if constexpr (std::is_same_v<E, engines::shared_nothing::OneSidedEngine>)
    return {engine.one_sided()->done(), engine.one_sided()->asked()};
  return {};
}

/// Those between two counts, of all ranks. Null: an engine that asks for all. Collective.
template <class E>
nlohmann::json one_sided_json(E& engine, const OneSidedReads& begin, const OneSidedReads& end) {
  if constexpr (std::is_same_v<E, engines::shared_nothing::OneSidedEngine>) {
    OneSidedReads reads{end[0] - begin[0], end[1] - begin[1]};
    engine.sum(reads);
    return {{"done", reads[0]}, {"asked_for", reads[1]}};
  }
  return nullptr;
}

/// In place of what this process was given, what each rank was.
void gather_processes(nlohmann::json& processes) {
  const std::string own = processes.at(0).dump();
  processes.clear();
  for (const std::string& rank : engines::shared_nothing::gather_texts(MPI_COMM_WORLD, own))
    processes.push_back(nlohmann::json::parse(rank));
}

/// An engine with ranks that are gone cannot be destroyed: for that all would have to come together.
template <class E>
void note_absences(std::unique_ptr<E>& engine, RunOutcome& outcome) {
  if constexpr (requires { engine->ranks_present(); }) {
    outcome.ranks_are_gone = engine->ranks_present() < engine->workers();
    if (outcome.ranks_are_gone) outcome.present = engine->replicas(0)->members().view().alive;
    if (outcome.ranks_are_gone) static_cast<void>(engine.release());
  }
}

/// `E`: one worker a rank, or several.
template <class E>
platform::Expected<RunOutcome> run_over_mpi(const RunOptions& options, const workloads::Workload& workload,
                                            const Host& host, const Interrupt& interrupt,
                                            Progress& progress) {
  int ranks = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (auto possible = check_partitions(options, workload, static_cast<unsigned>(ranks)); !possible)
    return tl::unexpected(possible.error());
  const platform::Clock clock = platform::Clock::calibrate();
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  auto log = RunLog::create(options);
  const auto made = log ? platform::Expected<void>() : tl::unexpected(log.error());
  if (auto all = engines::shared_nothing::agree(MPI_COMM_WORLD, made); !all) {
    if (log) log->end_well();  // it has nothing
    return tl::unexpected(all.error());
  }
  log->note_filesystems(engines::shared_nothing::gather_texts(MPI_COMM_WORLD, log->filesystem()));
  auto engine_options = shared_nothing_options(options, workload);
  engine_options.durability = log->options();
  engine_options.on_lost = [rank](const auto& lost) { end_without(lost, rank); };
  engine_options.on_minority = [ranks](unsigned there) { end_in_minority(there, ranks); };
  auto engine = E::create(MPI_COMM_WORLD, host.topology, host.map, engine_options);
  if (!engine) log->end_well();  // it has nothing
  if (!engine) return tl::unexpected(engine.error());
  RunOutcome outcome{begin_record(options, workload,
                                  mpi_deployment(options, workload, static_cast<unsigned>(ranks),
                                                 (*engine)->neighbourhood())),
                     describe_host(host.topology)};
  outcome.environment["mpi"] = {{"library", MpiProcess::library()},
                                {"version", MpiProcess::library_version()},
                                {"machines", (*engine)->neighbourhood().machines}};
  gather_processes(outcome.environment.at("processes"));
  OneSidedReads begin{};
  OneSidedReads end{};
  const auto note_begin = [&]() -> platform::Expected<void> {
    begin = one_sided_reads(**engine);
    if constexpr (requires { (*engine)->log_counters(); }) return log->begin(**engine);
    return {};
  };
  const auto note_end = [&](RunRecord& record) {
    end = one_sided_reads(**engine);
    if constexpr (requires { (*engine)->log_counters(); }) log->end(**engine, record);
  };
  return measure(**engine, std::move(outcome), workload, options, clock, interrupt, progress, note_begin,
                 note_end)
      .map([&](RunOutcome&& measured) {
        end_well(*log, measured.record);
        measured.environment["one_sided_reads"] = one_sided_json(**engine, begin, end);
        measured.is_root = (*engine)->is_root();
        note_absences(*engine, measured);
        return std::move(measured);
      });
}

template <class E>
platform::Expected<RunOutcome> run_over_rings(const RunOptions& options, const workloads::Workload& workload,
                                              const Host& host, const Interrupt& interrupt,
                                              Progress& progress) {
  if (auto possible = check_partitions(options, workload, options.ranks); !possible)
    return tl::unexpected(possible.error());
  auto log = RunLog::create(options);
  if (!log) return tl::unexpected(log.error());
  auto engine_options = shared_nothing_options(options, workload);
  engine_options.durability = log->options();
  if (options.copies.copies > 1) {
    engine_options.on_lost = [](const auto& lost) {
      say_what_is_lost(lost);
      MpiProcess::leave(1);
    };
    engine_options.on_minority = [&options](unsigned there) {
      end_in_minority(there, static_cast<int>(options.ranks));
    };
  }
  auto engine = E::create(host.topology, host.map, options.ranks, engine_options);
  if (!engine) log->end_well();  // it has nothing
  if (!engine) return tl::unexpected(engine.error());
  RunOutcome outcome{begin_record(options, workload, ring_deployment(options, workload, host.map)),
                     describe_host(host.topology)};
  outcome.environment["mpi"] = nullptr;
  return measure(
             **engine, std::move(outcome), workload, options, platform::Clock::calibrate(), interrupt,
             progress, [&] { return log->begin(**engine); },
             [&](RunRecord& record) { log->end(**engine, record); })
      .map([&](RunOutcome&& measured) {
        end_well(*log, measured.record);
        return std::move(measured);
      });
}

platform::Expected<RunOutcome> run_shared_nothing(const RunOptions& options,
                                                  const workloads::Workload& workload, const Host& host,
                                                  const Interrupt& interrupt, Progress& progress) {
  namespace shared_nothing = engines::shared_nothing;
  const bool is_hybrid = options.threads_per_rank > 1;
  auto* const run_it = has_thread_ranks(options)
                           ? (is_hybrid ? run_over_rings<shared_nothing::HybridRingEngine>
                                        : run_over_rings<shared_nothing::RingEngine>)
                       : options.read_path == "rma" ? run_over_mpi<shared_nothing::OneSidedEngine>
                       : is_hybrid                  ? run_over_mpi<shared_nothing::HybridEngine>
                                                    : run_over_mpi<shared_nothing::Engine>;
  return run_it(options, workload, host, interrupt, progress);
}

RunPreview preview_of_threads(Deployment deployment, unsigned workers, const platform::WorkerMap& map) {
  RunPreview preview{.deployment = std::move(deployment)};
  for (unsigned worker = 0; worker < workers; ++worker) {
    preview.workers.push_back(platform::planned_binding(map, worker, worker));
  }
  return preview;
}

platform::Expected<RunPreview> preview_shared_memory(const RunOptions& options,
                                                     const workloads::Workload& workload,
                                                     const platform::WorkerMap& map) {
  if (!options.oversubscribe) {
    if (auto room = map.check_room("--threads", options.threads); !room) return tl::unexpected(room.error());
  }
  if (auto possible = check_transactions(options, workload, options.threads, 1); !possible)
    return tl::unexpected(possible.error());
  const auto layout = engines::shared_memory::Layout::create(map, options.threads, options.islands, {});
  if (!layout) return tl::unexpected(layout.error());
  Deployment deployment = shared_memory_deployment(options, workload, map);
  deployment.islands = static_cast<unsigned>(layout->islands.size());
  return preview_of_threads(std::move(deployment), options.threads, map);
}

platform::Expected<RunPreview> preview_null(const RunOptions& options, const workloads::Workload& workload,
                                            const platform::WorkerMap& map) {
  if (!options.oversubscribe) {
    if (auto room = map.check_room("--threads", options.threads); !room) return tl::unexpected(room.error());
  }
  return preview_of_threads(null_deployment(options, workload, map), options.threads, map);
}

platform::Expected<RunPreview> preview_over_rings(const RunOptions& options,
                                                  const workloads::Workload& workload,
                                                  const platform::WorkerMap& map) {
  if (!options.oversubscribe) {
    if (auto room = engines::shared_nothing::check_room(map, options.ranks, options.threads_per_rank); !room)
      return tl::unexpected(room.error());
  }
  if (auto possible = check_partitions(options, workload, options.ranks); !possible)
    return tl::unexpected(possible.error());
  return preview_of_threads(ring_deployment(options, workload, map), options.ranks * options.threads_per_rank,
                            map);
}

platform::Expected<RunPreview> preview_over_mpi(const RunOptions& options,
                                                const workloads::Workload& workload, const Host& host,
                                                const MpiProcess& mpi) {
  namespace shared_nothing = engines::shared_nothing;
  if (auto possible = check_partitions(options, workload, static_cast<unsigned>(mpi.size())); !possible)
    return tl::unexpected(possible.error());
  const auto hosts = shared_nothing::find_neighbours(MPI_COMM_WORLD, host.topology, host.map,
                                                     options.threads_per_rank, options.oversubscribe);
  if (!hosts) return tl::unexpected(hosts.error());
  const auto own =
      shared_nothing::planned_bindings(MPI_COMM_WORLD, *hosts, host.map, options.threads_per_rank);
  return RunPreview{
      .deployment = mpi_deployment(options, workload, static_cast<unsigned>(mpi.size()), *hosts),
      .workers = shared_nothing::gather_bindings(MPI_COMM_WORLD, own)};
}

}  // namespace

platform::Expected<RunPreview> preview(const RunOptions& options, const workloads::Workload& workload,
                                       const MpiProcess* mpi) {
  if (auto possible = check(options, workload, mpi); !possible) return tl::unexpected(possible.error());
  const auto host = discover_host(options, mpi);
  if (!host) return tl::unexpected(host.error());
  auto made = options.engine == "shared-memory" ? preview_shared_memory(options, workload, host->map)
              : options.engine == "null"        ? preview_null(options, workload, host->map)
              : has_thread_ranks(options)       ? preview_over_rings(options, workload, host->map)
                                                : preview_over_mpi(options, workload, *host, *mpi);
  return std::move(made).map([&](RunPreview preview) {
    preview.topology = host->topology.summary();
    preview.topology_is_this_machine = host->topology.is_this_machine();
    return preview;
  });
}

platform::Expected<RunOutcome> run(const RunOptions& options, const workloads::Workload& workload,
                                   const MpiProcess* mpi, const Interrupt& interrupt, Progress& progress) {
  if (auto possible = check(options, workload, mpi); !possible) return tl::unexpected(possible.error());
  const auto host = discover_host(options, mpi);
  if (!host) return tl::unexpected(host.error());
  if (options.engine == "shared-memory")
    return run_shared_memory(options, workload, *host, interrupt, progress);
  if (options.engine == "null") return run_null(options, workload, *host, interrupt, progress);
  return run_shared_nothing(options, workload, *host, interrupt, progress);
}

}  // namespace upout::harness
