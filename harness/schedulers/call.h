#pragma once

#include <string>

#include "harness/schedulers/scheduler.h"
#include "platform/error.h"

namespace upout::harness::schedulers {

/// What a program that was called has left: its exit status as a shell has it (128 + N: signal N ended it),
/// and what it wrote.
struct Called {
  int status = 0;
  bool is_killed = false;   ///< by a signal: what it has done nobody knows
  std::string output = {};  ///< to stdout
  std::string errors = {};  ///< to stderr
};

/// Runs a scheduler's program in a folder to its end. What it leaves running is none of our business: a local
/// job is. Errors: it could not be started; they name the program.
platform::Expected<Called> call(CommandLine command, const std::string& folder);

/// The scheduler of this name; the error is about `where`, with the nearest name that there is.
platform::Expected<const Scheduler*> scheduler_named(const std::string& name, std::string where);

/// How a job may be asked to be run.
struct SubmitAnswer {
  enum class Kind {
    accepted,  ///< `text` is its id
    refused,   ///< there is no job; `text` says why
    unclear    ///< there may be one; `text` says what was found in place of an id
  };
  Kind kind = Kind::refused;
  std::string text;
};

/// Submits a job's script, which lies in the job's folder. A refusal is taken for none where it speaks of a
/// time-out: the scheduler may have done what it did not come to say (sbatch(1) of Slurm says so of itself).
SubmitAnswer submit(const Scheduler& scheduler, const std::string& script, const std::string& folder);

/// `task`: of an array, from 1; 0: the job is none. `folder`: any that is there.
platform::Expected<JobState> ask_state(const Scheduler& scheduler, const std::string& id, unsigned task,
                                       const std::string& folder);

platform::Expected<void> cancel(const Scheduler& scheduler, const std::string& id, const std::string& folder);

}  // namespace upout::harness::schedulers
