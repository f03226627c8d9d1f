#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/schedulers/resources.h"
#include "platform/error.h"

namespace upout::harness::schedulers {

/// One job, as any scheduler can be asked for it. A value.
struct JobRequest {
  std::string name;                  ///< letters, digits, '-' and '_'
  std::string folder;                ///< absolute: the job's working directory, with its output.log, or of an
                                     ///< array output-K.log for each task
  unsigned nodes = 1;                ///< at most resources.nodes
  std::chrono::minutes time{60};     ///< at most resources.time
  std::chrono::seconds notice{120};  ///< how long before the limit the job wants to be told (SIGTERM)
  unsigned tasks = 1;  ///< above 1: a job array, whose task K runs the command with K in place of "{task}"
  std::vector<std::string> command;  ///< what the job runs, once, on its first node; quoted by the renderer
};

/// How a job is. What a scheduler says in its own words becomes one of these.
enum class JobState {
  queued,
  running,
  done,         ///< ended with exit status 0
  failed,       ///< ended with another one
  timed_out,    ///< ended by its time limit
  preempted,    ///< had to make room
  node_failed,  ///< lost a node
  cancelled,    ///< by the user or an administrator
  unknown       ///< the scheduler has no record of it any more
};

std::string_view name_of(JobState state);
bool is_over(JobState state);

/// What to call, and what for; the program first.
using CommandLine = std::vector<std::string>;

/// A scheduler: how its job scripts look, what its programs are called, and what they print. Starts nothing
/// itself: it makes texts of values and values of texts, so that all of it can be tried without a scheduler.
/// Stateless; any thread may call it. A new scheduler is one file, and one line in schedulers.cpp.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  virtual std::string_view name() const = 0;         ///< of --scheduler
  virtual std::string_view description() const = 0;  ///< one line, for listings

  /// The whole script. Errors: what this scheduler can't express, or what must not stand in a script.
  virtual platform::Expected<std::string> render(const JobRequest& job, const Resources& resources) const = 0;
  /// What starts ranks within a job, as `upout sweep --launcher` takes it: with "{ranks}" in place of their
  /// number. Empty: what `upout sweep` takes by itself.
  virtual std::string launcher(const Resources& resources) const = 0;

  /// Called in the job's folder, with the script's path.
  virtual CommandLine submit_command(const std::string& script) const = 0;
  /// The job's id, of what the above printed on stdout.
  virtual platform::Expected<std::string> read_id(std::string_view output) const = 0;

  /// `id`: one that read_id returned. `task`: of an array, from 1; 0: the job is none.
  virtual CommandLine state_command(const std::string& id, unsigned task) const = 0;
  /// Of what the above printed, with its exit status. What can't be understood is an error; that the job is
  /// not known any more is JobState::unknown.
  virtual platform::Expected<JobState> read_state(std::string_view output, int exit_status) const = 0;

  virtual CommandLine cancel_command(const std::string& id) const = 0;
};

/// All that there are, in the order in which they are listed.
std::span<const Scheduler* const> all_schedulers();

/// nullptr: there is none of this name.
const Scheduler* find_scheduler(std::string_view name);

/// The one whose programs are in PATH (sbatch, qsub, bsub, flux); `local` if there are none.
const Scheduler& scheduler_here();

}  // namespace upout::harness::schedulers
