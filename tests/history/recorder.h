#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "tests/history/version.h"

namespace upout::history {

/// A point of a history's time: of two different ones, the smaller came first.
using Time = std::uint64_t;
/// The end of what has not ended.
inline constexpr Time never = std::numeric_limits<Time>::max();

/// Records what some threads do at the same time. Each thread writes a log of its own, without locks; all
/// that they share is one counter, the clock. An `Entry` has the fields `thread`, `began` and `ended`
/// (RegisterOperation, Transaction).
///
///     Recorder<RegisterOperation> recorder(4);
///     // on thread 2:
///     auto& log = recorder.log(2);
///     RegisterOperation& operation = log.begin({.kind = OperationKind::get, .key = 7});
///     operation.status = ...;                   // does it
///     operation.read = ...;
///     log.end(operation);
///     // after all threads have been joined:
///     const std::vector<RegisterOperation> history = recorder.take();
template <class Entry>
class Recorder {
 public:
  /// One thread's part. Only that thread may use it.
  class alignas(64) Log {
   public:
    Log(std::atomic<Time>& clock, unsigned thread) : clock_(&clock), thread_(thread) {}

    /// Takes the time of the invocation. The entry stays where it is until `take`. An operation that never
    /// ends is one that may or may not take effect, at any time from now on.
    Entry& begin(Entry entry = {}) {
      entry.thread = thread_;
      entry.ended = never;
      Entry& kept = entries_.emplace_back(std::move(entry));
      kept.began = clock_->fetch_add(1);
      return kept;
    }
    /// Takes the time of the response.
    void end(Entry& entry) noexcept { entry.ended = clock_->fetch_add(1); }

    /// A version that nobody had before.
    Version next_version() noexcept { return {thread_, ++versions_}; }

   private:
    friend class Recorder;

    std::atomic<Time>* clock_;
    std::deque<Entry> entries_;
    unsigned thread_;
    std::uint32_t versions_ = 0;
  };

  explicit Recorder(unsigned threads) {
    for (unsigned thread = 0; thread < threads; ++thread) logs_.emplace_back(clock_, thread);
  }

  Log& log(unsigned thread) { return logs_[thread]; }

  /// What has been recorded since the last time, thread after thread. Nobody may be recording.
  std::vector<Entry> take() {
    std::vector<Entry> history;
    for (Log& log : logs_) {
      for (Entry& entry : log.entries_) history.push_back(std::move(entry));
      log.entries_.clear();
    }
    return history;
  }

 private:
  alignas(64) std::atomic<Time> clock_{0};
  std::deque<Log> logs_;
};

}  // namespace upout::history
