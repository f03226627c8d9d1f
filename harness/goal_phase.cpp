#include "harness/goal_phase.h"

#include "harness/histogram.h"

namespace upout::harness {

GoalProbe probe_of(const LatencyGoal& goal, double rate, const RunRecord& seen) {
  constexpr double least_answered = 0.999;  // what was given up has no latency, and is not forgotten
  Histogram all;
  for (const auto& [kind, histogram] : seen.latency) all.merge(histogram);
  double offered = 0;
  double answered = 0;
  for (const Repetition& repetition : seen.repetitions) {
    offered += static_cast<double>(repetition.offered.value_or(0));
    answered += static_cast<double>(repetition.answered);
  }
  const auto latency = platform::Timestamp(static_cast<std::int64_t>(all.quantile(goal.fraction)));
  const bool is_kept = all.count() != 0 && latency <= goal.at_most && answered >= least_answered * offered;
  return {rate, latency, is_kept};
}

}  // namespace upout::harness
