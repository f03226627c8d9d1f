#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock.h"
#include "platform/error.h"

namespace upout::harness {

/// What latency is to be kept: "99 % of what arrives is done within 100 us". A value; made by `parse_goal`.
struct LatencyGoal {
  std::string text;  ///< as it was parsed
  std::string name;  ///< "p99"
  double fraction = 0;
  platform::Timestamp at_most{};
};

/// "p99=100us": p50, p90, p99, p999 or max, and a duration. The error has no `where`.
platform::Expected<LatencyGoal> parse_goal(std::string_view text);

/// What was seen of one rate.
struct GoalProbe {
  double rate = 0;  ///< operations a second that were offered
  platform::Timestamp latency{};
  bool kept = false;  ///< the goal, and all that arrived was done
};

/// The search for the highest rate that keeps a goal, which the rates below it are taken to keep as well:
/// down by halves until one does, then by bisection. A value.
class GoalSearch {
 public:
  /// `closed_loop`: operations a second of a closed loop, more than 0. Rates up to somewhat above it are
  /// tried: those that arrive in batches are done faster.
  explicit GoalSearch(double closed_loop) : lowest_(closed_loop / 4096), broken_(closed_loop * 1.25) {}

  /// What is to be tried next, while it is not over.
  double rate() const noexcept { return (kept_ + broken_) / 2; }
  void tell(bool kept) noexcept {
    if (kept) {
      kept_ = rate();
    } else {
      broken_ = rate();
    }
  }
  bool is_over() const noexcept { return kept_ > 0 ? broken_ < precision * kept_ : rate() < lowest_; }
  /// The highest that kept it, or the lowest there is.
  double best() const noexcept { return std::max(kept_, lowest_); }
  /// Lower ones are not tried.
  double lowest() const noexcept { return lowest_; }

 private:
  static constexpr double precision = 1.02;

  double lowest_;
  double kept_ = 0;  ///< the highest that kept it; 0: none did yet
  double broken_;    ///< the lowest that did not
};

/// How a goal's search went.
struct GoalReport {
  LatencyGoal goal;
  std::vector<GoalProbe> probes;  ///< in the order of time
  GoalProbe measured;             ///< what was measured in the end, over all repetitions
};

}  // namespace upout::harness
