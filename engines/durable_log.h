#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "engines/durability.h"
#include "engines/flush_signal.h"
#include "kernel/log/log.h"
#include "platform/error.h"

namespace upout::engines {

/// What one who waits for the disk looks at.
struct AwaitedLog {
  const kernel::LogState* state = nullptr;
  FlushSignal* signal = nullptr;  ///< null: who waits has other things to do, and does not sleep
};

/// A log and the thread that brings it to the disk: the group commit. With `sync` a flush begins when the one
/// before it has ended, so a group is what has come together meanwhile; with `async` they are some
/// milliseconds apart. Made and destroyed by one thread.
class DurableLog {
 public:
  static platform::Expected<std::unique_ptr<DurableLog>> create(const kernel::LogOptions& log,
                                                                const DurabilityOptions& options);
  ~DurableLog();
  DurableLog(const DurableLog&) = delete;
  DurableLog& operator=(const DurableLog&) = delete;

  kernel::Log& log() const noexcept { return *log_; }
  /// For those who acknowledge nothing before it is on disk; null, if nobody has to.
  AwaitedLog awaited() noexcept {
    if (options_.durability != Durability::sync) return {};
    return {&log_->state(), &flushed_};
  }
  /// Waits until all that has been changed so far is on disk, or the log has failed.
  void wait() const;
  /// Stops the thread, and ends the log. Nobody is within an operation, and there are no writers any more.
  platform::Expected<void> close();

 private:
  static constexpr std::chrono::microseconds between_looks{20};
  static constexpr std::chrono::milliseconds between_async_flushes{5};

  DurableLog(std::unique_ptr<kernel::Log> log, const DurabilityOptions& options);
  void flush_until(const std::stop_token& stop);

  std::unique_ptr<kernel::Log> log_;
  DurabilityOptions options_;
  FlushSignal flushed_;
  std::jthread thread_;
};

}  // namespace upout::engines
