#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engines/shared_nothing/mpi_process.h"
#include "harness/run.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout {

/// What `upout run` has been asked for.
struct RunCommand {
  harness::RunOptions options;
  std::string workload;
  std::vector<std::string> property_files;
  std::vector<std::string> assignments;
  std::map<std::string_view, std::string> crossing;  ///< by property: what its option says
  std::string json;
  std::string plan;         ///< the file; empty: the run is a point of none
  std::string plan_sha256;  ///< of that file
  std::string hlog;
  std::string history;
  std::uint64_t history_operations = 100'000;  ///< of a worker
  bool dry_run = false;
  bool quiet = false;
  bool threads_given = false;
  bool placement_given = false;  ///< or what goes with it
  bool durability_given = false;
  bool copies_given = false;  ///< or what goes with them
  bool transport_given = false;
  bool ranks_given = false;
  bool threads_per_rank_given = false;
  bool clients_given = false;
  bool partitions_given = false;
  bool batching_given = false;
  bool link_delay_given = false;
  bool regions_given = false;
  bool read_path_given = false;
  bool arrivals_given = false;
  bool seconds_given = false;
  bool history_operations_given = false;
};

/// The workload, with its properties. `mpi`: null without a launcher.
platform::Expected<std::unique_ptr<workloads::Workload>> make_workload(
    const RunCommand& command, const engines::shared_nothing::MpiProcess* mpi,
    std::vector<std::string>& warnings);

// Whether what was asked for goes together.

platform::Expected<void> check_engine(const RunCommand& command);
platform::Expected<void> check_load(const RunCommand& command, const workloads::Workload& workload);
platform::Expected<void> check_index(const RunCommand& command, const workloads::Workload& workload);
platform::Expected<void> check_buffers(const RunCommand& command, const workloads::Workload& workload);
/// Whether the document and the log can be written. Hashes the plan: before anything is measured, for a plan
/// that cannot be read would be found too late.
platform::Expected<void> check_files(RunCommand& command);

}  // namespace upout
