#include "harness/cost/baseline_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/race.h"
#include "harness/wording.h"

namespace upout::harness {

namespace {

/// An engine's best configurations, the fewest cores first.
std::vector<Candidate> best_by_cores(const Comparison& comparison, std::string_view engine) {
  std::vector<Candidate> all;
  for (const unsigned cores : core_counts(comparison)) {
    if (const auto found = best(comparison, engine, cores)) all.push_back(*found);
  }
  std::ranges::reverse(all);
  return all;
}

/// "shared-memory beats the single-threaded baseline from 2 cores on, with 1.40 (1.30 to 1.50) of its
/// throughput".
std::string engine_clause(std::string_view engine, const std::vector<Candidate>& by_cores,
                          const MedianInterval& baseline, std::string_view object) {
  const auto beats = [&](const Candidate& each) { return each.point->throughput.low > baseline.high; };
  const auto first = std::ranges::find_if(by_cores, beats);
  if (first == by_cores.end()) {
    return fmt::format("{} does not{} within {}", engine,
                       object.empty() ? "" : fmt::format(" beat{}", object),
                       cores_text(by_cores.back().point->cores));
  }
  const bool stays_ahead = std::all_of(first, by_cores.end(), beats);
  const bool goes_on = stays_ahead && std::next(first) != by_cores.end();
  return fmt::format("{} beats{} {} {}{}, with {} of its throughput", engine, object.empty() ? " it" : object,
                     goes_on ? "from" : "on", cores_text(first->point->cores), goes_on ? " on" : "",
                     with_interval(ratio(first->point->throughput, baseline)));
}

}  // namespace

std::string baseline_sentence(const Comparison& comparison) {
  if (!comparison.baseline) return {};
  std::string clauses;
  for (const std::string_view engine : raced_engines) {
    const auto by_cores = best_by_cores(comparison, engine);
    if (by_cores.empty()) continue;
    const bool is_first = clauses.empty();
    clauses += fmt::format("{}{}", is_first ? "" : "; ",
                           engine_clause(engine, by_cores, comparison.baseline->throughput,
                                         is_first ? " the single-threaded baseline" : ""));
  }
  return clauses.empty() ? clauses : fmt::format("COST on {}: {}.", comparison.workload, clauses);
}

}  // namespace upout::harness
