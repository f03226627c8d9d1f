#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kernel/log/redo.h"
#include "kernel/log/ring.h"
#include "kernel/policy.h"

namespace upout::kernel {

/// What the writers of a log, and those who wait for it, look at all the time.
struct LogState {
  alignas(64) std::atomic<Epoch> epoch{1};    ///< the present one
  alignas(64) std::atomic<Epoch> dirty{0};    ///< the last one in which something has been changed
  alignas(64) std::atomic<Epoch> durable{0};  ///< what was changed up to this one is on disk
  std::atomic<bool> has_failed{false};        ///< and `durable` will never grow again
};

/// One writer's way to whoever writes the log.
struct LogChannel {
  explicit LogChannel(std::size_t ring_bytes) : ring(ring_bytes) {}

  LogRing ring;
  alignas(64) std::atomic<Epoch> entered{0};  ///< the writer is within an operation that began in it; 0: no
  std::atomic<bool> is_closed{false};         ///< nothing will be written any more
};

/// Changes that are going to be sent to the copies of a partition, in the order in which they were made.
using ShippedChanges = std::vector<std::byte>;

/// A worker's end of the log. Changes are copied into a ring of its own, so no two workers wait for each
/// other; who finds it full waits until the log has been written on. What is shipped to copies goes to memory
/// of the worker's thread, too, or only there. Used by one thread.
///
/// - `enter`, before it looks at anything that it will depend on, and `leave`, when all that it has changed
///   is logged, enclose operations; they nest. An epoch ends when nobody is within an operation that began
///   in it: so who must wait for others leaves first.
/// - `epoch()` is to be asked for while all that is changed is locked: then, of two changes of which one
///   depends on the other, that one has no later epoch.
/// - `append`: before others see the change.
class LogWriter {
 public:
  LogWriter(LogState& state, std::shared_ptr<LogChannel> channel) noexcept
      : state_(&state), channel_(std::move(channel)) {}
  /// Of a worker whose changes are shipped and not written. Keeps references to both.
  LogWriter(LogState& state, ShippedChanges& shipped) noexcept : state_(&state), shipped_(&shipped) {}
  LogWriter(LogWriter&&) = default;
  LogWriter& operator=(LogWriter&&) = delete;
  ~LogWriter() {
    if (channel_ != nullptr) channel_->is_closed.store(true, std::memory_order_release);
  }

  void enter() noexcept {
    // Before all looks at the epoch that follow: whoever ends one either sees this, or has begun the next one
    // for those.
    if (within_++ == 0 && channel_ != nullptr) channel_->entered.store(state_->epoch.load());
  }
  void leave() noexcept {
    if (--within_ != 0 || channel_ == nullptr) return;
    channel_->ring.publish();
    channel_->entered.store(0, std::memory_order_release);
  }
  Epoch epoch() const noexcept { return state_->epoch.load(); }

  void append(const Redo& redo) noexcept {
    if (shipped_ != nullptr) append_redo(*shipped_, redo);
    if (channel_ == nullptr) return;
    const std::size_t bytes = redo_bytes(redo.bytes.size());
    assert(bytes <= channel_->ring.capacity());
    if (!channel_->ring.has_room(bytes) && !wait_for_room(bytes)) return;
    Epoch dirty = state_->dirty.load();
    while (dirty < redo.epoch && !state_->dirty.compare_exchange_weak(dirty, redo.epoch)) {
    }
    const RedoHeader header = RedoHeader::of(redo);
    channel_->ring.write(std::as_bytes(std::span(&header, 1)));
    channel_->ring.write(redo.bytes);
    channel_->ring.align();
  }

  const LogState& state() const noexcept { return *state_; }

 private:
  /// False: the log has failed, and nothing more is logged.
  bool wait_for_room(std::size_t bytes) noexcept {
    channel_->ring.publish();
    for (Backoff backoff; !channel_->ring.has_room(bytes);) {
      if (state_->has_failed.load()) return false;
      backoff.wait();
    }
    return true;
  }

  LogState* state_;
  std::shared_ptr<LogChannel> channel_;  ///< null: nothing is written
  ShippedChanges* shipped_ = nullptr;    ///< null: nothing is shipped
  unsigned within_ = 0;
};

/// Within an operation as long as it lives. Null: changes are not logged.
class LogScope {
 public:
  explicit LogScope(LogWriter* log) noexcept : log_(log) {
    if (log_ != nullptr) [[unlikely]]
      log_->enter();
  }
  ~LogScope() {
    if (log_ != nullptr) [[unlikely]]
      log_->leave();
  }
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  LogWriter* log_;
};

}  // namespace upout::kernel
