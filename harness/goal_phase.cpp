#include "harness/goal_phase.h"

#include "harness/histogram.h"

namespace upout::harness {

namespace {

/// Less than that is overload, whatever a latency of a short window says of it.
constexpr double least_carried = 0.999;

/// Of what arrived within the windows, as much was done within them, but for what may be in flight; and all
/// of it was done in the end, for what is given up has no latency.
bool is_carried(const RunRecord& seen) {
  double offered = 0;
  double answered = 0;
  double done = 0;
  for (const Repetition& repetition : seen.repetitions) {
    offered += static_cast<double>(repetition.offered.value_or(0));
    answered += static_cast<double>(repetition.answered);
    done += static_cast<double>(repetition.operations) +
            double{1} * seen.deployment.generating_workers() * seen.deployment.depth;
    if (!repetition.aborts_by_cause) continue;
    const auto wanted = repetition.aborts_by_cause->find("requested");
    if (wanted != repetition.aborts_by_cause->end()) done += static_cast<double>(wanted->second);
  }
  return answered >= least_carried * offered && done >= least_carried * offered;
}

}  // namespace

GoalProbe probe_of(const LatencyGoal& goal, double rate, const RunRecord& seen) {
  Histogram all;
  for (const auto& [kind, histogram] : seen.latency) all.merge(histogram);
  const auto latency = platform::Timestamp(static_cast<std::int64_t>(all.quantile(goal.fraction)));
  return {rate, latency, all.count() != 0 && latency <= goal.at_most && is_carried(seen)};
}

}  // namespace upout::harness
