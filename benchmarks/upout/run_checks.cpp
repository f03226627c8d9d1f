#include "benchmarks/upout/run_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "benchmarks/command_line.h"
#include "harness/integrity.h"
#include "harness/load_checks.h"
#include "harness/plan.h"
#include "kernel/remote_hash_reader.h"
#include "workloads/properties.h"
#include "workloads/registry.h"

namespace upout {

using engines::shared_nothing::MpiProcess;
using platform::Expected;

namespace {

/// How many workers have data.
std::uint64_t holders(const harness::RunOptions& options, const MpiProcess* mpi) {
  if (options.engine != "shared-nothing") return options.threads;
  const unsigned processes = mpi == nullptr ? 1 : static_cast<unsigned>(mpi->size());
  const unsigned ranks = options.transport == "ring" ? options.ranks : processes;
  return std::uint64_t{ranks - std::min(ranks, options.clients)} * options.threads_per_rank;
}

/// Reads out of other ranks' memory.
Expected<void> check_read_path(const harness::RunOptions& options) {
  if (options.read_path != "rma") return {};
  if (options.transport != "mpi") {
    return platform::unexpected("--read-path rma", "it beside --transport " + options.transport,
                                "--transport mpi: memory is read through MPI windows");
  }
  if (options.index == "ordered") {
    return platform::unexpected("--read-path rma", "it beside --index ordered",
                                "--index hash: only what a hash finds is read so");
  }
  if (options.rebalance != "none") {
    return platform::unexpected("--read-path rma", "it beside --rebalance " + options.rebalance,
                                "--rebalance none: who reads a rank's memory does not hear of moves");
  }
  if (options.threads_per_rank > 1) {
    return platform::unexpected("--read-path rma",
                                "it beside --threads-per-rank " + std::to_string(options.threads_per_rank),
                                "--threads-per-rank 1: one thread of a rank speaks MPI");
  }
  if (options.link_delay != platform::Timestamp::zero()) {
    return platform::unexpected("--read-path rma", "it beside --link-delay",
                                "one of them: only messages can be delayed");
  }
  return {};
}

/// An option for what is a property. Whoever gives both has to mean the same.
Expected<void> set_crossing(const RunCommand& command, workloads::Properties& properties) {
  for (const workloads::CrossingOption& option : workloads::crossing_options()) {
    const auto value = command.crossing.find(option.property);
    if (value == command.crossing.end()) continue;
    const std::string name = fmt::format("--{}", option.name);
    const auto* given = properties.find(option.property);
    if (given != nullptr && given->value != value->second) {
      return platform::unexpected(name,
                                  fmt::format("{} beside {}={}", value->second, given->where(), given->value),
                                  "one of them, or the same value twice");
    }
    properties.set(std::string(option.property), value->second, name);
  }
  return {};
}

Expected<void> hash_plan(RunCommand& command) {
  if (command.plan.empty()) return {};
  return harness::hash_of_file(command.plan).map([&](std::string hash) {
    command.plan_sha256 = std::move(hash);
  });
}

}  // namespace

Expected<std::unique_ptr<workloads::Workload>> make_workload(const RunCommand& command, const MpiProcess* mpi,
                                                             std::vector<std::string>& warnings) {
  auto read = read_properties(command.property_files, command.assignments);
  if (!read) return tl::unexpected(read.error());
  workloads::Properties& properties = *read;
  if (const std::uint64_t records = command.options.records_per_worker; records != 0) {
    if (const auto* given = properties.find("recordcount"); given != nullptr) {
      return platform::unexpected("--records-per-worker", "it beside recordcount=" + given->value,
                                  "one of them");
    }
    properties.set("recordcount", std::to_string(records * holders(command.options, mpi)),
                   "--records-per-worker");
  }
  if (auto crossing = set_crossing(command, properties); !crossing) return tl::unexpected(crossing.error());
  return workloads::make_workload(command.workload, properties, warnings);
}

Expected<void> check_engine(const RunCommand& command) {
  for (const harness::EngineForm& form : harness::engine_forms()) {
    if (form.name != command.options.engine) continue;
    if (form.has_ranks && command.threads_given) {
      return platform::unexpected("--threads", "it beside --engine " + command.options.engine,
                                  "--threads-per-rank, for the workers of each rank; mpirun -n, or --ranks "
                                  "with --transport ring, says how many ranks");
    }
    if (form.has_ranks && command.placement_given) {
      return platform::unexpected("--placement, --islands, --pages",
                                  "one of them beside --engine " + command.options.engine,
                                  "no such option there: each rank's data lie where its worker is");
    }
    if (command.durability_given && !form.keeps_records) {
      return platform::unexpected("--durability, --log-folder",
                                  "one of them beside --engine " + command.options.engine,
                                  "an engine that keeps records: this one has nothing to log");
    }
    const harness::RunOptions& options = command.options;
    if (options.durability == engines::Durability::none && !options.log_folder.empty())
      return platform::unexpected("--log-folder", options.log_folder, "--durability async or sync beside it");
    const bool arranges_records =
        command.placement_given ||
        !(options.index.empty() && options.partitioning.empty() && options.concurrency_control.empty());
    if (!form.keeps_records && arranges_records) {
      return platform::unexpected(
          "--placement, --islands, --pages, --index, --partitioning, --concurrency-control",
          "one of them beside --engine " + command.options.engine,
          "no such option there: it keeps no records");
    }
    if (!form.has_ranks && command.copies_given) {
      return platform::unexpected(
          "--replicas, --acknowledge, --read-from, --heartbeat, --failure-timeout, --fault",
          "one of them beside --engine " + command.options.engine,
          "--engine shared-nothing: copies are on other ranks");
    }
    if (options.copies.copies == 1 && command.copies_given && options.faults.empty()) {
      return platform::unexpected("--acknowledge, --read-from, --heartbeat, --failure-timeout",
                                  "one of them without copies", "--replicas 2 or more beside it");
    }
    if (!form.has_ranks && command.threads_per_rank_given) {
      return platform::unexpected("--threads-per-rank", "it beside --engine " + command.options.engine,
                                  "--threads, for the workers of an engine without ranks");
    }
    if (!form.has_ranks && command.clients_given) {
      return platform::unexpected("--clients", "it beside --engine " + command.options.engine,
                                  "no such option there: its workers all reach the data themselves");
    }
    if (!form.has_ranks && command.transport_given) {
      return platform::unexpected("--transport", "it beside --engine " + command.options.engine,
                                  "no such option there: its workers share their memory");
    }
    if (!form.has_ranks && (command.partitions_given || command.options.rebalance != "none")) {
      return platform::unexpected("--partitions, --rebalance",
                                  "one of them beside --engine " + command.options.engine,
                                  "no such option there: --placement and --islands say where its data lie");
    }
    if (!form.has_ranks && command.batching_given) {
      return platform::unexpected("--batch-bytes, --batch-turns",
                                  "one of them beside --engine " + command.options.engine,
                                  "no such option there: its workers send no messages");
    }
    if (!form.has_ranks && command.link_delay_given) {
      return platform::unexpected("--link-delay", "it beside --engine " + command.options.engine,
                                  "no such option there: its workers send no messages over links");
    }
    if (!form.has_ranks && command.regions_given) {
      return platform::unexpected("--regions, --home",
                                  "one of them beside --engine " + command.options.engine,
                                  "--engine shared-nothing, whose ranks can be in different regions");
    }
    if (!form.has_ranks && command.read_path_given) {
      return platform::unexpected("--read-path", "it beside --engine " + command.options.engine,
                                  "no such option there: its workers share their memory");
    }
    if (command.ranks_given && command.options.transport != "ring") {
      return platform::unexpected("--ranks", "it without --transport ring",
                                  "mpirun -n, which says how many ranks there are over MPI");
    }
    return check_read_path(command.options);
  }
  std::string names;
  for (const harness::EngineForm& form : harness::engine_forms()) {
    names += (names.empty() ? "" : " or ") + std::string(form.name);
  }
  return platform::unexpected("--engine", "'" + command.options.engine + "'", names);
}

Expected<void> check_load(const RunCommand& command, const workloads::Workload& workload) {
  return harness::check_load({.engine = command.options.engine,
                              .open_by = harness::open_by(command.options),
                              .has_arrivals = command.arrivals_given,
                              .has_series = command.options.interval != platform::Timestamp::zero()},
                             workload);
}

Expected<void> check_index(const RunCommand& command, const workloads::Workload& workload) {
  if (workload.needs_order() && command.options.index == "hash") {
    return platform::unexpected("--index", fmt::format("'hash' with {}", workload.name()),
                                "ordered, because it scans");
  }
  if (workload.needs_order() && command.options.read_path == "rma") {
    return platform::unexpected("--read-path rma", fmt::format("it with {}", workload.name()),
                                "a workload without scans: only what a hash finds is read so");
  }
  if (command.options.read_path == "rma" && workload.output_bytes() > kernel::RemoteHashReader::most_bytes) {
    return platform::unexpected(
        "--read-path rma", fmt::format("values of {} bytes", workload.output_bytes()),
        fmt::format("at most {}: longer ones are asked for", kernel::RemoteHashReader::most_bytes));
  }
  const std::string& placement = command.options.placement;
  const bool has_partitions =
      command.options.engine == "shared-nothing" || placement == "partitioned" || placement == "islands";
  if (!has_partitions && command.options.partitioning == "range") {
    return platform::unexpected(
        "--partitioning", fmt::format("'{}'", command.options.partitioning),
        "it with --engine shared-nothing, or --placement partitioned or islands; the others "
        "have one partition");
  }
  return {};
}

/// What the operations in flight hold, in and out, is allocated before anything is measured.
Expected<void> check_buffers(const RunCommand& command, const workloads::Workload& workload) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;
  const std::uint64_t bytes = std::uint64_t{command.options.depth} * workload.output_bytes();
  if (bytes <= most_bytes) return {};
  return platform::unexpected(
      "--depth", fmt::format("{} with {} bytes each", command.options.depth, workload.output_bytes()),
      "at most 1 GiB in flight on a worker");
}

/// Of two that go into one file the second would be all that is left.
Expected<void> check_different(const RunCommand& command) {
  std::map<std::filesystem::path, std::string> options;
  for (const auto& [option, path] :
       {std::pair{"--json", command.json == "-" ? "" : command.json}, std::pair{"--hlog", command.hlog},
        std::pair{"--history", command.history}}) {
    if (path.empty()) continue;
    // Of a relative path of which nothing is there yet, only the absolute one is made canonical.
    const auto [other, is_new] =
        options.emplace(std::filesystem::weakly_canonical(std::filesystem::absolute(path)), option);
    if (!is_new)
      return platform::unexpected(fmt::format("{} {}", option, path),
                                  fmt::format("the file of {}", other->second), "a file of its own");
  }
  return {};
}

/// Better refused now than after minutes of measuring.
Expected<void> check_files(RunCommand& command) {
  return check_output("--json", command.json == "-" ? "" : command.json)
      .and_then([&] { return check_output("--hlog", command.hlog); })
      .and_then([&] { return check_output("--history", command.history); })
      .and_then([&] { return check_different(command); })
      .and_then([&] { return hash_plan(command); });
}

}  // namespace upout
