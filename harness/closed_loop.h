#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "engines/session.h"
#include "kernel/operation.h"
#include "platform/clock.h"
#include "workloads/workload.h"

namespace upout::harness {

/// Keeps `depth` operations of a stream in flight on one session: whatever comes back makes room for the next
/// (a closed loop). `C` tells the time, as platform::Clock does. Used by the session's thread.
template <engines::Session S, class C = platform::Clock>
class ClosedLoop {
 public:
  /// Keeps references to all of its arguments.
  ClosedLoop(S& session, const C& clock, std::size_t depth)
      : session_(&session), clock_(&clock), operations_(depth), started_(depth) {
    for (std::size_t i = 0; i < depth; ++i) operations_[i].slot = static_cast<std::uint32_t>(i);
    free_.reserve(depth);
    done_.reserve(depth);
  }

  /// Drives the stream until it ends or `observe` says that it is enough, and then until nothing is in
  /// flight. `observe(done, started, now)` is called after every step: what came back (perhaps nothing), when
  /// each of these was submitted, and the time; true: go on.
  template <class Observe>
  void drive(workloads::OperationStream& stream, Observe&& observe) {
    bool goes_on = true;
    std::size_t in_flight = 0;
    free_.clear();
    for (kernel::Operation& operation : operations_) free_.push_back(&operation);
    while (goes_on || in_flight != 0) {
      done_.clear();
      if (goes_on && !free_.empty()) {
        const std::size_t filled = stream.next(free_);
        if (filled < free_.size()) goes_on = false;
        in_flight += filled;
        submit(std::span(free_).first(filled));
        free_.clear();
      }
      session_->poll(done_);
      const platform::Timestamp now = clock_->now();
      if (!observe(std::span<kernel::Operation* const>(done_), std::span<const platform::Timestamp>(started_),
                   now)) {
        goes_on = false;
      }
      if (done_.empty()) continue;
      in_flight -= done_.size();
      stream.complete(done_);
      std::swap(free_, done_);
    }
  }

 private:
  void submit(std::span<kernel::Operation* const> operations) {
    const platform::Timestamp now = clock_->now();
    for (const kernel::Operation* operation : operations) started_[operation->slot] = now;
    session_->submit(operations, done_);
  }

  S* session_;
  const C* clock_;
  std::vector<kernel::Operation> operations_;
  std::vector<platform::Timestamp> started_;  ///< by slot
  kernel::OperationList free_;
  engines::Completed done_;
};

}  // namespace upout::harness
