#include "harness/race.h"

#include <utility>

namespace upout::harness {

std::optional<Candidate> best(const Comparison& comparison, std::string_view engine, unsigned cores) {
  std::optional<Candidate> found;
  for (const Series& series : comparison.series) {
    if (series.engine != engine) continue;
    for (const SeriesPoint& point : series.points) {
      if (point.cores != cores || point.throughput.low <= 0) continue;
      if (!found || point.throughput.median > found->point->throughput.median)
        found = Candidate{&series, &point};
    }
  }
  return found;
}

std::set<unsigned, std::greater<>> core_counts(const Comparison& comparison) {
  std::set<unsigned, std::greater<>> counts;
  for (const Series& series : comparison.series) {
    for (const SeriesPoint& point : series.points) counts.insert(point.cores);
  }
  return counts;
}

std::optional<Race> race(const Comparison& comparison, unsigned cores) {
  auto ahead = best(comparison, raced_engines[0], cores);
  auto behind = best(comparison, raced_engines[1], cores);
  if (!ahead || !behind) return std::nullopt;
  if (behind->point->throughput.median > ahead->point->throughput.median) std::swap(ahead, behind);
  return Race{cores, *ahead, *behind, ratio(behind->point->throughput, ahead->point->throughput)};
}

std::optional<Race> race(const Comparison& comparison) {
  for (const unsigned cores : core_counts(comparison)) {
    if (auto found = race(comparison, cores)) return found;
  }
  return std::nullopt;
}

}  // namespace upout::harness
