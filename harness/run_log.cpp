#include "harness/run_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "kernel/log/log_file.h"
#include "platform/filesystem.h"

namespace upout::harness {

using engines::Durability;
using platform::Expected;

Expected<void> check_logs_of_ranks(const RunOptions& options, const workloads::Workload& workload) {
  if (options.durability == Durability::none) return {};
  const auto refuse = [&](const std::string& beside, const char* instead) {
    return platform::unexpected("--durability " + std::string(engines::name_of(options.durability)),
                                "it beside " + beside, instead);
  };
  if (options.threads_per_rank > 1)
    return refuse("--threads-per-rank " + std::to_string(options.threads_per_rank),
                  "one worker a rank, whose log is its alone");
  if (options.read_path == "rma")
    return refuse("--read-path rma",
                  "one of them: what another rank reads on its own may not be on disk yet");
  if (options.rebalance != "none")
    return refuse("--rebalance " + options.rebalance, "one of them: a partition's log does not move with it");
  if (options.copies.copies > 1)
    return refuse("--replicas " + std::to_string(options.copies.copies),
                  "one of them: changes go to a disk or to copies");
  if (workload.has_transactions())
    return refuse("a workload of transactions over ranks",
                  "--engine shared-memory, or a workload of single operations");
  return {};
}

Expected<RunLog> RunLog::create(const RunOptions& options) {
  if (options.durability == Durability::none) return RunLog(Durability::none, {});
  const std::filesystem::path parent = options.log_folder.empty() ? "." : options.log_folder;
  std::string name = std::filesystem::absolute(parent / "upout-log-XXXXXX");
  if (mkdtemp(name.data()) == nullptr) {
    return platform::unexpected("--log-folder", parent.string() + ": " + std::strerror(errno),
                                "a folder that may be written to, on the disk that is to be measured");
  }
  RunLog log(options.durability, name);
  if (auto synced = kernel::sync_folder(parent); !synced) {
    log.end_well();  // it has nothing
    return tl::unexpected(synced.error());
  }
  log.report_.filesystem = platform::filesystem_of(name);
  return log;
}

RunLog::~RunLog() {
  if (folder_.empty()) return;
  if (!is_superfluous_) {
    fmt::print(stderr, "upout: the log of this run is kept in {}\n", folder_.string());
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RunLog::note_filesystems(std::vector<std::string> names) {
  std::ranges::sort(names);
  const auto superfluous = std::ranges::unique(names);
  names.erase(superfluous.begin(), superfluous.end());
  report_.filesystem = fmt::format("{}", fmt::join(names, ", "));
}

engines::DurabilityOptions RunLog::options() const {
  const std::string folder = folder_;
  return {.durability = durability_, .folder = folder_, .on_failure = [folder](const platform::Error& error) {
            fmt::print(stderr, "upout: {}; the run ends, and what was acknowledged is in {}\n",
                       error.to_string(), folder);
            _exit(1);
          }};
}

}  // namespace upout::harness
