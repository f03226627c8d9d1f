#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "harness/schedulers/scheduler.h"
#include "harness/schedulers/script.h"

namespace upout::harness::schedulers {

/// What a command printed, and how it ended.
struct Outcome {
  std::string output;
  int exit_status = 0;
};

/// Runs a line of the shell's own. Stderr goes where the test's goes.
inline Outcome run_shell(const std::string& line) {
  Outcome outcome;
  FILE* pipe = popen(line.c_str(), "r");
  char buffer[4096];
  for (std::size_t read = 0; (read = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    outcome.output.append(buffer, read);
  const int status = pclose(pipe);
  outcome.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

/// Runs a scheduler's command in a folder, with `environment` ("NAME=VALUE ...", quoted) in front of it.
inline Outcome run_in(const std::string& folder, const CommandLine& command,
                      const std::string& environment = "") {
  std::string line = "cd -- " + quote(folder) + " && env " + environment;
  for (const std::string& word : command) line += " " + quote(word);
  return run_shell(line);
}

}  // namespace upout::harness::schedulers
