#pragma once

#include <sys/types.h>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/interrupt.h"
#include "platform/error.h"
#include "platform/find_program.h"

namespace upout::harness {

/// How a process ended.
struct ProcessEnd {
  int status = 0;  ///< its exit status, if no signal ended it
  int signal = 0;  ///< the signal that ended it; 0: none

  bool succeeded() const { return status == 0 && signal == 0; }
  /// "ended with status 2", "was ended by signal 9 (Killed)"
  std::string to_string() const;
};

/// What to start, and how.
struct Command {
  std::vector<std::string> arguments;  ///< the program first; looked up in PATH unless it has a slash
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to this process's own
  std::string output_path;  ///< a file that takes what it writes to stdout and stderr; truncated first
};

/// A running child process, and all that it starts in turn. It leads a session of its own: a terminal's
/// Ctrl-C does not reach it unasked, and its ranks can be found although Open MPI gives each a process group
/// of its own. Owns the child: on destruction whatever is left of the session is killed; if this process is
/// killed, the child gets a SIGTERM (Linux ties that to the thread that started it). Used by one thread.
class ChildProcess {
 public:
  static platform::Expected<ChildProcess> start(const Command& command);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  pid_t pid() const noexcept { return pid_; }

  /// How it ended, if it has; does not wait. What it left running is killed once it has ended.
  std::optional<ProcessEnd> poll() noexcept;

  /// Waits for its end. An interrupt is passed on to the child's process group, which then has `grace` to end
  /// by itself (and to write what it has); after that, or at a second interrupt, the whole session is killed.
  ProcessEnd wait(const Interrupt& interrupt, std::chrono::milliseconds grace) noexcept;

  /// Kills every process of the session on this machine. (A launcher whose ranks run on other machines ends
  /// them when it is interrupted, or when their connection to it breaks.)
  void kill_session() noexcept;

 private:
  explicit ChildProcess(pid_t pid) noexcept : pid_(pid) {}

  pid_t pid_ = -1;  ///< also the number of its session and of its process group; -1: moved from
  std::optional<ProcessEnd> end_;
};

using platform::find_program;

}  // namespace upout::harness
