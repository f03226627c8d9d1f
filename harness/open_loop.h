#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engines/session.h"
#include "harness/arrivals.h"
#include "kernel/operation.h"
#include "kernel/operation_list.h"
#include "platform/clock.h"
#include "workloads/workload.h"

namespace upout::harness {

/// Submits a stream's operations to one session when they arrive, however the session is doing: an open loop
/// (Schroeder, Wierman and Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI 2006). An operation
/// starts when it arrives, whenever that is noticed, and its latency counts from there: a session that stalls
/// holds up those that arrive meanwhile, and all of them say so. A closed loop would not have sent them, and
/// its latencies would leave them out (what Gil Tene calls coordinated omission, in "How NOT to Measure
/// Latency").
///
/// At most `depth` operations are in flight; those that arrive then wait here, the first to come goes first.
/// Those that arrive before the window's end are submitted and brought back after it too: who waits longest
/// is who is left out otherwise. For as long again as the window, that is; what has not been submitted by
/// then, of a load that the session does not carry, is given up. `C` tells the time, as platform::Clock does.
/// Used by the session's thread.
template <engines::Session S, class C = platform::Clock>
class OpenLoop {
 public:
  /// Keeps references to the first two.
  OpenLoop(S& session, const C& clock, std::size_t depth)
      : session_(&session), clock_(&clock), operations_(depth), started_(depth) {
    for (std::size_t i = 0; i < depth; ++i) operations_[i].slot = static_cast<std::uint32_t>(i);
    free_.reserve(depth);
    arrived_.reserve(depth);
    done_.reserve(depth);
  }

  /// Drives the stream until all that arrives in the window of `arrivals` has come back, or been given up; or
  /// until the stream ends or `observe` says that it is enough, and then until nothing is in flight.
  /// `observe(done, arrived, now)` is called after every step: what came back (perhaps nothing), when each of
  /// these arrived, and the time; true: go on. The session is polled all the time, for others may wait to be
  /// served.
  template <class Observe>
  void drive(workloads::OperationStream& stream, Arrivals& arrivals, Observe&& observe) {
    bool goes_on = true;
    free_.clear();
    for (kernel::Operation& operation : operations_) free_.push_back(&operation);
    platform::Timestamp now = clock_->now();
    while (goes_on || free_.size() != operations_.size()) {
      done_.clear();
      if (goes_on) goes_on = submit_arrived(stream, arrivals, now) && !arrivals.have_ended(now);
      session_->poll(done_);
      now = clock_->now();
      if (!observe(std::span<kernel::Operation* const>(done_), std::span<const platform::Timestamp>(started_),
                   now)) {
        goes_on = false;
      }
      if (done_.empty()) continue;
      stream.complete(done_);
      free_.insert(free_.end(), done_.begin(), done_.end());
    }
  }

 private:
  /// False: the stream has ended.
  bool submit_arrived(workloads::OperationStream& stream, Arrivals& arrivals, platform::Timestamp now) {
    arrived_.clear();
    for (; !free_.empty() && arrivals.next() <= now && !arrivals.are_over(); arrivals.advance()) {
      started_[free_.back()->slot] = arrivals.next();
      arrived_.push_back(free_.back());
      free_.pop_back();
    }
    if (arrived_.empty()) return true;
    const std::size_t filled = stream.next(arrived_);
    session_->submit(std::span<kernel::Operation* const>(arrived_).first(filled), done_);
    free_.insert(free_.end(), arrived_.begin() + filled, arrived_.end());
    return filled == arrived_.size();
  }

  S* session_;
  const C* clock_;
  std::vector<kernel::Operation> operations_;
  std::vector<platform::Timestamp> started_;  ///< by slot: when its operation arrived
  std::vector<kernel::Operation*> free_;
  kernel::OperationList arrived_;
  engines::Completed done_;
};

}  // namespace upout::harness
