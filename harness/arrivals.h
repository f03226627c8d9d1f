#pragma once

#include <cstdint>

#include "harness/offered_load.h"
#include "harness/window.h"
#include "platform/clock.h"
#include "workloads/random.h"
#include "workloads/workload.h"

namespace upout::harness {

/// When one worker's operations are to start, in an open loop: a schedule that is made without a look at what
/// becomes of them. Each worker has an even share of the load. Uniform arrivals of several workers come in
/// turn, so that those of all together are uniform too; Poisson processes are independent, and add up to one.
/// A rate that changes stretches and squeezes the schedule of a constant one (a Poisson process by the
/// inverse of its mean value function: Cinlar, "Introduction to Stochastic Processes", 1975). The same seed
/// gives the same schedule. A value; used by the worker's thread.
class Arrivals {
 public:
  /// `slot`: among the workers that generate load; `round`: which of several schedules of one seed. Arrivals
  /// in `window` are counted.
  Arrivals(const OfferedLoad& load, workloads::WorkerSlot slot, std::uint64_t seed, std::uint32_t round,
           platform::Timestamp start, Window window);

  /// Whether all that come before the window's end have been advanced over.
  bool are_over() const noexcept { return next_ >= window_.end; }
  /// Whether nothing more is to be submitted: all that come before the window's end have been, or it was
  /// over as long ago as it lasted, and the others are given up.
  bool have_ended(platform::Timestamp now) const noexcept {
    return now >= window_.end && (are_over() || now - window_.end >= window_.end - window_.begin);
  }
  const Window& window() const noexcept { return window_; }

  /// The next one.
  platform::Timestamp next() const noexcept { return next_; }
  /// Goes on to the one after.
  void advance() noexcept {
    if (next_ >= window_.begin && next_ < window_.end) ++in_window_;
    step();
  }

  /// How many there are in the window up to `until`; of those that nobody has advanced to, because their
  /// worker was too slow, the number that is to be expected.
  std::uint64_t offered(platform::Timestamp until) const;

 private:
  void step() noexcept;

  ArrivalKind kind_;
  RateCurve curve_;  ///< of all workers
  workloads::WorkerSlot slot_;
  platform::Timestamp start_;
  Window window_;
  workloads::Random random_;
  double before_ = 0;         ///< operations of all workers that are to be expected until the next one
  std::uint64_t number_ = 0;  ///< of the next one
  std::uint64_t in_window_ = 0;
  platform::Timestamp next_{};
};

}  // namespace upout::harness
