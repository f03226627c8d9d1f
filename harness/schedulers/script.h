#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/schedulers/scheduler.h"

namespace upout::harness::schedulers {

/// A word that a POSIX shell reads as just this text: as it is if nothing in it means anything to a shell, in
/// single quotes otherwise.
std::string quote(std::string_view word);

/// What every script must not have, whoever runs it: a name that is none, a line break or another control
/// character in a path, a word or a prologue line, more nodes or time than the plan has. `scheduler` is what
/// the error calls the one that it was rendered for.
platform::Expected<void> check(const JobRequest& job, const Resources& resources, std::string_view scheduler);

/// Rounded up.
std::uint64_t mebibytes(std::uint64_t bytes);

/// The signal comes this long before the limit: what the job wants, and at most half of its time.
std::chrono::seconds notice_of(const JobRequest& job);

/// A name that other schedulers take, but this one reads as more than one: an error that says which
/// characters are too many. `what`: the key of [resources].
platform::Expected<void> check_without(std::string_view what, std::string_view name,
                                       std::string_view characters, std::string_view scheduler);

/// What a job asks its scheduler for, and why, for people who read the script; an empty reason is none.
struct Directive {
  std::string text;
  std::string_view reason = "";
};

/// "#!/bin/bash", and each directive on a line after its reason. `sentinel`: "#SBATCH".
std::string header(std::string_view sentinel, const std::vector<Directive>& directives);

/// How a script's end differs between schedulers.
struct BodyForm {
  std::string_view task_variable = "";  ///< where the scheduler says which task of an array this is
  std::string preparation = "";         ///< lines of its own before the command
  /// The scheduler keeps the job's output to itself: the script writes it to the job's log.
  bool redirects = false;
  /// The scheduler has no signal before the limit that reaches `upout` alone: `timeout` sends it, and the
  /// script's exit status is told_status.
  bool tells_itself = false;
};

/// Exit status of a script whose command was told that its time is up: that of coreutils' timeout.
inline constexpr int told_status = 124;

/// All that comes after the directives: the folder, the modules, the prologue, and the command in place of
/// the shell, so that a signal to the job's script reaches `upout`.
std::string body(const JobRequest& job, const Resources& resources, const BodyForm& form);

/// mpirun as Open MPI has it, as many ranks and cores on each node as the plan says. Which nodes, the script
/// tells it: see hostfile_preparation.
std::string mpirun_launcher(const Resources& resources);

/// Lines that tell the mpirun of Open MPI 4 and 5 and of MPICH where the job's hosts stand, if it does not
/// know this scheduler. `variable`: the scheduler's, with the path of the file.
std::string hostfile_preparation(std::string_view variable);

/// A command line of the shell's own, with arguments "$1", "$2" ... in place. Its stderr goes to stdout: what
/// schedulers say of jobs that they do not know stands there.
CommandLine shell_command(std::string text, std::vector<std::string> arguments);

}  // namespace upout::harness::schedulers
