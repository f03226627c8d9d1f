#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engines/durability.h"
#include "engines/shared_nothing/batching.h"
#include "engines/shared_nothing/mpi_process.h"
#include "engines/shared_nothing/replication/membership.h"
#include "harness/fault.h"
#include "harness/interrupt.h"
#include "harness/latency_goal.h"
#include "harness/offered_load.h"
#include "harness/precision.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/memory.h"
#include "platform/regions.h"
#include "platform/worker_map.h"
#include "workloads/workload.h"

namespace upout::harness {

/// How long and how often is measured.
struct Schedule {
  double seconds = 10;           ///< measured in all, shared by the repetitions
  double warmup_seconds = 0.25;  ///< before each repetition
  unsigned repetitions = 10;     ///< at the least, if a precision is asked for
  Precision precision = {};      ///< for which there may be more repetitions, of the same length
  /// Measured in all, shared by the repetitions: one that has done its share before its time is over ends
  /// then. 0: the time alone ends them.
  std::uint64_t operations = 0;

  /// For a run that operations alone end.
  static constexpr double unlimited_seconds = 1e9;

  double window_seconds() const { return seconds / repetitions; }
  /// Of a repetition, with its warm-up; 0: nobody knows.
  double expected_seconds() const {
    return seconds < unlimited_seconds ? warmup_seconds + window_seconds() : 0;
  }
};

struct RunOptions {
  std::string id;  ///< empty: made from the deployment and the workload
  std::string engine = "shared-memory";
  unsigned threads = 1;  ///< of the shared-memory engine, and of the null engine
  std::string transport =
      "mpi";  ///< of the shared-nothing engine: "mpi", or "ring" between threads of one process
  /// How the shared-nothing engine's clients read what another rank has: "request", or "rma", out of its
  /// memory.
  std::string read_path = "request";
  platform::Timestamp link_delay{};      ///< that the transport adds to each message
  platform::Regions regions = {};        ///< in which ranks are, and that messages are delayed between
  std::string home;                      ///< the one whose ranks have all partitions; empty: all do
  unsigned ranks = 1;                    ///< that are threads; a launcher says how many processes there are
  std::uint64_t records_per_worker = 0;  ///< that has data; 0: the workload says how many there are in all
  unsigned threads_per_rank = 1;         ///< workers of each rank of the shared-nothing engine
  unsigned clients = 0;                  ///< ranks, the last ones, that alone generate load; 0: all do
  unsigned depth = 16;
  bool oversubscribe = false;
  platform::Binding bind;           ///< of the workers of each host
  std::string index;                ///< "hash" or "ordered"; empty: the fastest that the workload can use
  std::string partitioning;         ///< of keys over partitions: "hash" or "range"; empty: what the
                                    ///< workload's own partitions are, else "hash"
  std::string concurrency_control;  ///< of transactions: "occ" or "serial"; empty: "occ"
  unsigned partitions = 0;          ///< of the shared-nothing engine; 0: one for each rank that is no client
  /// "cycle": in the middle of each repetition a partition goes to the next rank, each in its turn; or
  /// "none".
  std::string rebalance = "none";
  engines::shared_nothing::Batching batching = {};
  std::string placement = "os";  ///< of the shared-memory engine's data; see `engines/shared_memory`
  unsigned islands = 0;          ///< groups of its workers; 0: one for each NUMA node that has some
  platform::PageKind pages = platform::PageKind::transparent;  ///< that its data are asked to lie in
  engines::Durability durability = engines::Durability::none;
  std::string log_folder;  ///< in which each log gets a folder of its own; empty: the present one
  engines::shared_nothing::CopyPolicy copies = {};  ///< of the shared-nothing engine's partitions
  platform::Timestamp heartbeat = std::chrono::milliseconds(10);
  platform::Timestamp failure_timeout = std::chrono::milliseconds(60);
  std::vector<Fault> faults = {};
  std::uint64_t seed = 1;
  OfferedLoad load;                      ///< over all workers that generate; without a rate, a closed loop
  std::optional<LatencyGoal> goal = {};  ///< the load is the highest one that keeps it
  platform::Timestamp interval{};        ///< of a time series of each window; zero: there is none
  bool logs_latencies = false;           ///< for an interval log of HdrHistogram
  Schedule schedule;
};

/// What a run leaves behind, on the root process; on others only `record.incomplete` and
/// `record.verification` mean something.
struct RunOutcome {
  RunRecord record;
  nlohmann::json environment;
  /// Of processes: where some are gone, the first of the others is the root, and none makes a collective call
  /// any more.
  bool is_root = true;
  bool ranks_are_gone = false;
  std::vector<bool> present = {};  ///< ranks; empty: all
};

/// What a run is going to be. On the root process; on others only `workers` means something.
struct RunPreview {
  Deployment deployment;
  std::vector<platform::WorkerBinding> workers = {};  ///< where each is to be; nothing has been bound
  std::string topology = {};                          ///< `platform::Topology::summary`
  bool topology_is_this_machine = true;
};

/// The deployment and worker map of the run that `run` would make of the same arguments, with the same
/// errors. Loads, binds and measures nothing, so that it works on a described machine too.
platform::Expected<RunPreview> preview(const RunOptions& options, const workloads::Workload& workload,
                                       const engines::shared_nothing::MpiProcess* mpi);

/// Loads the workload's records, measures, and verifies what is there afterwards. With the shared-nothing
/// engine all ranks call this with the same options; it fails on all of them or on none. An interrupt ends it
/// early with what was measured so far.
platform::Expected<RunOutcome> run(const RunOptions& options, const workloads::Workload& workload,
                                   const engines::shared_nothing::MpiProcess* mpi, const Interrupt& interrupt,
                                   Progress& progress);

}  // namespace upout::harness
