#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/schedulers/resources.h"
#include "platform/error.h"
#include "workloads/properties.h"

namespace upout::harness {

/// How an engine is spoken of in a plan and started by a sweep. A new engine is one more line in plan.cpp.
struct EngineForm {
  std::string_view name;
  std::string_view
      size_key;  ///< the key that says how many workers it has: also the option of `upout run`, if it has one
  std::string_view description;  ///< one line, for listings
  char size_letter;              ///< in the ids of points
  bool has_ranks;  ///< its workers are ranks, which a launcher (mpirun, srun) starts if they are processes
  bool keeps_records = true;  ///< false: there is nothing to be placed, indexed or verified
};

std::span<const EngineForm> engine_forms();

/// One of the plans that come with the suite.
struct PlanEntry {
  std::string name;
  std::string path;
};

/// By name. The folder is read anew: a plan is a file and nothing else. An error: this program is not where
/// its files are.
platform::Expected<std::vector<PlanEntry>> suite_plans();

/// One configuration to be measured. A value.
struct Point {
  std::string id;     ///< readable, and different for different configurations; stable: names the result file
  std::string where;  ///< "FILE:LINE" of the plan
  const EngineForm* engine = nullptr;  ///< one of engine_forms()
  unsigned workers = 1;                ///< threads or ranks
  bool oversubscribe = false;
  std::string workload;
  std::string properties_file;  ///< empty: none; else a path from where the program was started
  std::vector<workloads::Property> properties;  ///< that the plan sets, by name; from lines of the plan
  std::map<std::string, std::string>
      options;  ///< what else it sets, as `upout run` has it: "depth", "seconds" ...

  /// Workers of each rank.
  unsigned threads_per_rank() const {
    const auto threads = options.find("threads_per_rank");
    return threads == options.end() ? 1 : static_cast<unsigned>(std::stoul(threads->second));
  }
  std::size_t all_workers() const { return std::size_t{workers} * threads_per_rank(); }

  /// Something is done to its ranks while they are measured.
  bool has_faults() const { return options.contains("fault"); }

  /// A launcher starts it, and gives the number of its workers: its ranks are processes.
  bool is_launched() const {
    const auto transport = options.find("transport");
    return engine->has_ranks && (transport == options.end() || transport->second == "mpi");
  }
};

/// A question, and the points that answer it. Not empty; no two points are the same.
struct Plan {
  std::string path;
  std::string text;  ///< the file as it was read
  std::string title;
  std::string question;
  unsigned cores = 1;                              ///< of the machine that it was read on
  std::optional<schedulers::Resources> resources;  ///< what its jobs ask a scheduler for, if it says so
  std::vector<Point> points;
  std::vector<std::string> warnings;  ///< of its workloads: whole lines for the user, each once
};

/// The machine that a plan is read for.
struct MachineSize {
  unsigned cores = 1;
  unsigned processing_units = cores;
};

/// Reads a plan (docs/plans.md). With [resources], its sizes are those of the nodes that it asks for, and
/// `machine` is not looked at: login and compute node read the same points. `path` may also be the bare name
/// of one of the suite's own plans ("quick"). Whatever is wrong in it is an error whose `where` begins with
/// "FILE:LINE".
platform::Expected<Plan> read_plan(const std::string& path, const MachineSize& machine);

/// What `upout` is called with to measure the point in this very process: "run", "--engine", ... Only what
/// the plan says is passed; defaults belong to `run`.
std::vector<std::string> run_arguments(const Point& point, const std::string& result_path);

}  // namespace upout::harness
