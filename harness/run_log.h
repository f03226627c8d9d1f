#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engines/durability.h"
#include "harness/record.h"
#include "harness/run.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::harness {

/// Whether ranks can keep a log of what is asked for.
platform::Expected<void> check_logs_of_ranks(const RunOptions& options, const workloads::Workload& workload);

/// Where a process's log lies: a new folder in the one that was named. It is gone with this, unless something
/// has gone wrong, which somebody may want to look into. Used by one thread.
class RunLog {
 public:
  /// Nothing is made for a run without a log.
  static platform::Expected<RunLog> create(const RunOptions& options);
  RunLog(RunLog&& other) noexcept
      : durability_(other.durability_),
        folder_(std::exchange(other.folder_, {})),
        report_(other.report_),
        is_superfluous_(other.is_superfluous_) {}
  RunLog& operator=(RunLog&&) = delete;
  ~RunLog();

  /// For the engine. A log that fails ends the process, with a line that says why.
  engines::DurabilityOptions options() const;

  // What is reported
  // -------------------------------------------------------------------------------------------------------

  /// Of all processes' logs, by process.
  void note_filesystems(std::vector<std::string> names);
  const std::string& filesystem() const { return report_.filesystem; }
  /// Before anything is measured: copies the records, so that recovery begins there. Collective, as the
  /// engine is.
  template <class E>
  platform::Expected<void> begin(E& engine) {
    if (folder_.empty()) return {};
    const auto begin = std::chrono::steady_clock::now();
    const auto bytes = engine.take_checkpoint();
    if (!bytes) return tl::unexpected(bytes.error());
    std::array<std::uint64_t, 1> all{*bytes};
    engine.sum(all);
    begun_ = std::chrono::steady_clock::now();
    report_.checkpoint_bytes = all[0];
    report_.checkpoint_seconds = std::chrono::duration<double>(begun_ - begin).count();
    before_ = written(engine);
    return {};
  }
  /// When all has been measured. Likewise.
  template <class E>
  void end(E& engine, RunRecord& record) {
    if (folder_.empty()) return;
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    const auto after = written(engine);
    report_.bytes = after[0] - before_[0];
    report_.flushes = after[1] - before_[1];
    record.log = report_;
  }
  /// All has come back from it, or nobody wanted to know.
  void end_well() { is_superfluous_ = true; }

 private:
  RunLog(engines::Durability durability, std::filesystem::path folder)
      : durability_(durability), folder_(std::move(folder)) {}

  /// Bytes, and flushes, of all processes.
  template <class E>
  static std::array<std::uint64_t, 2> written(E& engine) {
    const engines::LogCounters own = engine.log_counters();
    std::array<std::uint64_t, 2> all{own.bytes, own.flushes};
    engine.sum(all);
    return all;
  }

  engines::Durability durability_;
  std::filesystem::path folder_;  ///< empty: there is no log
  LogReport report_;
  std::array<std::uint64_t, 2> before_{};
  bool is_superfluous_ = false;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace upout::harness
