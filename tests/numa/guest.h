#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/shell.h"

/// What the checks in the guest share: programs run there, and what the kernel says of them.
namespace upout::numa::testing {

/// Small and short: where things are shows at once.
inline const std::string small =
    " --workload ycsb-c -p recordcount=8000 -p fieldcount=1 -p fieldlength=1000 --seconds 0.3 --repetitions 2"
    " --warmup 0.05 --quiet ";

/// How many of a process's anonymous pages lie on each NUMA node, in pages of 4 KiB (/proc/PID/numa_maps).
using PagesByNode = std::map<unsigned, std::size_t>;

inline std::size_t total(const PagesByNode& pages) {
  std::size_t sum = 0;
  for (const auto& [node, count] : pages) sum += count;
  return sum;
}

inline PagesByNode anonymous_pages(pid_t process) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/numa_maps");
  PagesByNode pages;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" anon=") == std::string::npos || line.find(" file=") != std::string::npos) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      unsigned node = 0;
      std::size_t count = 0;
      if (std::sscanf(word.c_str(), "N%u=%zu", &node, &count) == 2) pages[node] += count;
    }
  }
  return pages;
}

/// A command that has run, and where its memory was when it had most.
struct Observed {
  int status = -1;
  PagesByNode pages;
  nlohmann::json document;  ///< what it wrote to stdout, or null
};

/// Runs a shell's command line, whose last process the shell becomes (`exec`).
inline Observed observe(const std::string& command) {
  const cli::testing::Scratch scratch;
  const std::string line = "exec " + command + " >" + scratch / "out";
  std::array<const char*, 4> arguments{"sh", "-c", line.c_str(), nullptr};
  Observed observed;
  pid_t process = 0;
  if (posix_spawnp(&process, "sh", nullptr, nullptr, const_cast<char* const*>(arguments.data()), environ) !=
      0) {
    return observed;
  }
  int status = 0;
  while (waitpid(process, &status, WNOHANG) == 0) {
    auto now = anonymous_pages(process);
    if (total(now) >= total(observed.pages)) observed.pages = std::move(now);
    usleep(20'000);
  }
  observed.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  observed.document = nlohmann::json::parse(cli::testing::contents(scratch / "out"), nullptr, false);
  return observed;
}

/// The processors that the kernel let the workers of a result run on, and nothing if one is not where it was
/// asked to be.
inline std::vector<unsigned> achieved_cpus(const nlohmann::json& document) {
  std::vector<unsigned> cpus;
  for (const auto& worker : document.at("environment").at("workers")) {
    if (!worker.at("achieved").get<bool>()) return {};
    cpus.push_back(worker.at("allowed_cpus").at(0).get<unsigned>());
  }
  std::ranges::sort(cpus);
  return cpus;
}

}  // namespace upout::numa::testing
