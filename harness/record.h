#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/build_info.h"
#include "harness/fault.h"
#include "harness/histogram.h"
#include "harness/latency_goal.h"
#include "harness/offered_load.h"
#include "harness/precision.h"
#include "harness/rebalance.h"
#include "harness/region_report.h"
#include "harness/staleness.h"
#include "platform/error.h"
#include "platform/topology.h"

namespace upout::harness {

/// Where a workload ran, as asked for. One point of the deployment space.
struct Deployment {
  std::string engine;  ///< "shared-memory", "shared-nothing", "baseline" or "null"
  unsigned nodes = 1;
  unsigned ranks = 1;
  unsigned threads_per_rank = 1;
  unsigned clients =
      0;  ///< ranks that alone generated the load that was measured, and had no data; 0: all did
  unsigned partitions = 1;
  unsigned depth = 16;
  std::string index = "hash";
  std::string partitioning = "none";
  std::string binding = "cores";  ///< of workers to processing units, as `--bind` takes it
  std::string placement = "os";
  unsigned islands = 1;  ///< groups of workers, each with data of its own if the placement has it so
  std::string concurrency_control = "none";
  std::string transport = "none";
  std::string read_path = "none";  ///< of records on other ranks: "request" or "rma"
  std::string rebalance = "none";  ///< of partitions over ranks, while measuring
  std::size_t batch_bytes = 0;     ///< so full or so many turns old, a message goes out; 0: there are none
  unsigned batch_turns = 0;
  std::uint64_t link_delay_ns = 0;  ///< that the transport added to each message
  unsigned copies = 1;              ///< of each partition
  std::string replication =
      "none";           ///< how many of them had what was acknowledged, as `--acknowledge` takes it
  std::string regions;  ///< with the round-trip times that were between ranks, as `--regions` takes them
  std::string home;     ///< the one whose ranks began with all partitions; empty: all did
  std::string read_from = "primary";  ///< which of them is asked for a record, as `--read-from` takes it
  std::uint64_t heartbeat_ns = 0;     ///< 0: there are no copies
  std::uint64_t failure_timeout_ns = 0;
  std::string durability = "none";
  bool oversubscribed = false;

  unsigned generating_workers() const { return (clients == 0 ? ranks : clients) * threads_per_rank; }
};

/// One interval of a window.
struct IntervalFigures {
  double begin_seconds = 0;            ///< from the window's begin on
  double seconds = 0;                  ///< its length
  std::uint64_t operations = 0;        ///< completed within it, or transactions committed
  std::optional<double> offered = {};  ///< that were to arrive within it, in an open loop
  /// Of those that completed within it; in an open loop of those that arrived within it.
  Percentiles latency = {};
  std::string hdr = {};  ///< of these, as encode_hdr has it, if a log was asked for
};

/// What a log has of the latencies of one window.
struct LoggedLatency {
  std::string tag;           ///< the kind of operation or type of transaction; empty: all of them
  std::uint64_t max_ns = 0;  ///< the longest
  std::string hdr;           ///< as encode_hdr has it
};

/// What ended a repetition of a run whose operations are counted.
enum class EndedBy : std::uint8_t { count, time };

/// Of a run whose operations are counted: what its repetitions together were to do, and for how long at most.
struct CountLimits {
  std::uint64_t operations = 0;
  std::optional<double> seconds;  ///< none: for however long it takes
};

/// One measured window.
struct Repetition {
  std::uint64_t operations = 0;  ///< completed within the window, or transactions committed, by all workers
  double seconds = 0;            ///< the window's length; if a count ended it, until the last one came back
  std::uint64_t aborts = 0;      ///< attempts that did not commit, although the transaction wanted to
  /// Of transactions: those, and what wanted to be aborted; only causes that there were.
  std::optional<std::map<std::string, std::uint64_t>> aborts_by_cause = {};
  /// Of transactions: what has committed, by type; only types that there were.
  std::map<std::string, std::uint64_t> committed_by_type = {};
  /// That arrived within the window, in an open loop, whether or not they were done in it.
  std::optional<std::uint64_t> offered = {};
  std::uint64_t answered = 0;  ///< of these, those that were done at some time; the others were given up
  std::uint64_t failed =
      0;  ///< operations with a status, and transactions with an end, that the workload did not expect
  bool complete = true;                      ///< false: ended early by a signal
  std::optional<EndedBy> ended_by = {};      ///< none: its operations were not counted, or a signal
  std::optional<Rebalance> rebalance = {};   ///< that took place in it
  std::vector<IntervalFigures> series = {};  ///< one after the other, if asked for
  double began_at = 0;                       ///< its window, in seconds since 1970 by the root's clock
  std::vector<LoggedLatency> logged = {};    ///< if a log was asked for

  double throughput() const { return seconds > 0 ? double(operations) / seconds : 0; }
};

/// Of the complete ones alone: a window that was cut short has no throughput to compare.
std::vector<double> complete_throughputs(const std::vector<Repetition>& repetitions);

/// How much of a run a history of its operations has (harness/history).
struct HistoryExtent {
  std::uint64_t operations = 0;                     ///< that are in it
  std::uint64_t operations_per_worker_at_most = 0;  ///< for which there was room
  bool whole = true;  ///< false: it ends where the first worker had no room for more
};

/// Of a run whose changes went to disk.
struct LogReport {
  std::string filesystem;              ///< that the log was on; of ranks, those that theirs were on
  double seconds = 0;                  ///< of all repetitions and their warm-ups; the next two are of these
  std::uint64_t bytes = 0;             ///< written
  std::uint64_t flushes = 0;           ///< after each of which the disk was waited for
  std::uint64_t checkpoint_bytes = 0;  ///< of the copy that was made before
  double checkpoint_seconds = 0;
  std::uint64_t recovered_bytes = 0;    ///< of that copy and of the log, from which all came back at the end
  std::uint64_t recovered_changes = 0;  ///< that they had
  double reading_seconds = 0;           ///< them, with their checksums
  double redoing_seconds = 0;           ///< the changes
};

struct Check {
  std::string name;
  bool passed = false;
  std::string detail;
};

struct Verification {
  std::vector<Check> checks;
  std::string digest;  ///< of the loaded data, 16 hexadecimal digits
  std::uint64_t records = 0;
  bool applies = true;  ///< false: the engine keeps no records, so that nothing can be checked
  bool passed() const;  ///< something was checked, and nothing failed
};

/// All that one point of a sweep leaves behind.
struct RunRecord {
  std::string id;  ///< names the point; the same for the same configuration
  Deployment deployment;
  std::string workload;
  nlohmann::json properties;
  std::string unit = "operations/s";  ///< of throughput: those, "transactions/s" or "queries/s"
  std::uint64_t seed = 0;
  /// Over all nodes: records x (value bytes on average + 16 for key and header).
  std::uint64_t working_set_bytes = 0;
  OfferedLoad load;
  std::optional<GoalReport> goal = {};  ///< that the load was made to keep
  double warmup_seconds = 0;
  std::optional<CountLimits> limits = {};
  std::optional<PrecisionReport> precision = {};  ///< none: so many repetitions, however precise
  /// Of an operation, or of a transaction: what generating and recording it takes a worker without a
  /// database. Not of queries, nor where there is no database anyway.
  std::optional<double> generator_ns = {};
  std::vector<Repetition> repetitions;
  std::map<std::string, Histogram>
      latency;  ///< by kind of operation or type of transaction, over all complete repetitions
  Verification verification;
  std::optional<HistoryExtent> history = {};  ///< that was recorded beside
  std::optional<LogReport> log = {};          ///< none: nothing went to disk
  std::vector<FaultReport> faults = {};       ///< that happened while it was measured
  /// With faults: for how long a client got nothing from a partition, at the most.
  std::optional<double> longest_unserved_seconds = {};
  std::optional<LedgerReport> ledger = {};        ///< of a workload that keeps one
  std::optional<StalenessReport> staleness = {};  ///< none: no backup was read
  std::vector<RegionReport> regions = {};         ///< that users were in
  double load_seconds = 0;                        ///< for all records; 0: it was not looked at
  bool incomplete = false;  ///< a signal ended the run before all that was asked for was measured
};

/// The program and how it was built, as the schema has it.
nlohmann::json to_json(const BuildInfo& build);

/// A deployment as the schema has it.
nlohmann::json to_json(const Deployment& deployment);

/// What each worker asked for and got, as the schema has it.
nlohmann::json to_json(const std::vector<platform::WorkerBinding>& workers);

/// The result document (results/schema/upout-result-1.schema.json) of some runs on one machine. `environment`
/// is platform::describe_environment() with "workers" (what each worker asked for and got), "mpi" (library
/// and version, null without MPI) and, of the shared-memory engine, "data" (where they lie) added, as the
/// schema has them. The verdict of each run is decided here, by the run rules, from what the document says.
nlohmann::json make_document(const std::vector<RunRecord>& runs, const nlohmann::json& environment);

/// Checks a document against the schema; the error names the place in it.
platform::Expected<void> validate_document(const nlohmann::json& document);

/// Reads and validates a result file.
platform::Expected<nlohmann::json> read_document(const std::string& path);

/// Writes the document so that a reader never sees half of it (a temporary file beside it, then a rename).
platform::Expected<void> write_document(const nlohmann::json& document, const std::string& path);

}  // namespace upout::harness
