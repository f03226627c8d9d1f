#include "harness/run_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "kernel/log/log_file.h"
#include "platform/filesystem.h"

namespace upout::harness {

using engines::Durability;
using engines::shared_memory::Engine;
using platform::Expected;

Expected<RunLog> RunLog::create(const RunOptions& options) {
  if (options.durability == Durability::none) return RunLog(Durability::none, {});
  const std::filesystem::path parent = options.log_folder.empty() ? "." : options.log_folder;
  std::string name = std::filesystem::absolute(parent / "upout-log-XXXXXX");
  if (mkdtemp(name.data()) == nullptr) {
    return platform::unexpected("--log-folder", parent.string() + ": " + std::strerror(errno),
                                "a folder that may be written to, on the disk that is to be measured");
  }
  RunLog log(options.durability, name);
  if (auto synced = kernel::sync_folder(parent); !synced) return tl::unexpected(synced.error());
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

engines::DurabilityOptions RunLog::options() const {
  const std::string folder = folder_;
  return {.durability = durability_, .folder = folder_, .on_failure = [folder](const platform::Error& error) {
            fmt::print(stderr, "upout: {}; the run ends, and what was acknowledged is in {}\n",
                       error.to_string(), folder);
            _exit(1);
          }};
}

Expected<void> RunLog::begin(Engine& engine) {
  if (engine.log() == nullptr) return {};
  const auto begin = std::chrono::steady_clock::now();
  const auto bytes = engine.take_checkpoint();
  if (!bytes) return tl::unexpected(bytes.error());
  begun_ = std::chrono::steady_clock::now();
  report_.checkpoint_bytes = *bytes;
  report_.checkpoint_seconds = std::chrono::duration<double>(begun_ - begin).count();
  report_.bytes = engine.log()->written_bytes();
  report_.flushes = engine.log()->syncs();
  return {};
}

void RunLog::end(Engine& engine) {
  if (engine.log() == nullptr) return;
  report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  report_.bytes = engine.log()->written_bytes() - report_.bytes;
  report_.flushes = engine.log()->syncs() - report_.flushes;
}

}  // namespace upout::harness
