#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "harness/latency_goal.h"
#include "harness/record.h"

namespace upout::harness {

/// What a rate has led to, by all repetitions of a record together.
GoalProbe probe_of(const LatencyGoal& goal, double rate, const RunRecord& seen);

/// A short one may see nothing, if the machine has something else to do.
inline constexpr int most_closed_windows = 20;

/// Finds the highest rate that keeps a goal, and has all repetitions measured at it. `measure_window(rate,
/// phase)` measures one window, in a closed loop if the rate is 0, and returns what it saw as a RunRecord;
/// `measure_all(rate)` measures all repetitions into `record`; `is_interrupted()`: a signal ends the search.
/// Sets the record's repetitions, latencies, load and report; if nothing comes back in a closed loop,
/// nothing.
///
/// A search by single windows may be too bold: if the goal is not kept in all repetitions together, they
/// begin again at a lower rate, which falls the faster the more often that happens.
template <class MeasureWindow, class MeasureAll, class IsInterrupted>
void measure_at_goal(const LatencyGoal& goal, RunRecord& record, MeasureWindow&& measure_window,
                     MeasureAll&& measure_all, IsInterrupted&& is_interrupted) {
  GoalReport report{.goal = goal, .probes = {}, .measured = {}};
  double closed_loop = 0;
  for (int window = 0; window < most_closed_windows && closed_loop == 0 && !is_interrupted(); ++window) {
    const RunRecord seen = measure_window(0, "search for a rate: closed loop");
    if (!seen.repetitions.empty()) closed_loop = seen.repetitions[0].throughput();
  }
  if (closed_loop == 0) return;
  GoalSearch search(closed_loop);
  while (!search.is_over() && !is_interrupted()) {
    const double rate = search.rate();
    const RunRecord seen =
        measure_window(rate, "search for a rate: " + std::to_string(static_cast<std::uint64_t>(rate)) + "/s");
    report.probes.push_back(probe_of(goal, rate, seen));
    search.tell(report.probes.back().kept);
  }
  double rate = search.best();
  for (double less = 0.03; !is_interrupted(); less = std::min(2 * less, 0.5)) {
    record.repetitions.clear();
    record.latency.clear();
    record.regions.clear();
    record.staleness.reset();
    measure_all(rate);
    report.measured = probe_of(goal, rate, record);
    if (report.measured.kept || is_interrupted() || rate * (1 - less) < search.lowest()) break;
    report.probes.push_back(report.measured);
    rate *= 1 - less;
  }
  record.load.per_second = rate;
  record.goal = std::move(report);
}

}  // namespace upout::harness
