#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "engines/shared_memory/engine.h"
#include "harness/record.h"
#include "harness/run.h"
#include "platform/error.h"

namespace upout::harness {

/// Where a run's log lies: a new folder in the one that was named. It is gone with this, unless something has
/// gone wrong, which somebody may want to look into. Used by one thread.
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

  /// Before anything is measured: copies the records, so that recovery begins there.
  platform::Expected<void> begin(engines::shared_memory::Engine& engine);
  /// When all has been measured.
  void end(engines::shared_memory::Engine& engine);
  const LogReport& report() const { return report_; }
  /// All has come back from it, or nobody wanted to know.
  void end_well() { is_superfluous_ = true; }

 private:
  RunLog(engines::Durability durability, std::filesystem::path folder)
      : durability_(durability), folder_(std::move(folder)) {}

  engines::Durability durability_;
  std::filesystem::path folder_;  ///< empty: there is no log
  LogReport report_;
  bool is_superfluous_ = false;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace upout::harness
