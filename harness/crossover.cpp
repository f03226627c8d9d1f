#include "harness/crossover.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "harness/race.h"
#include "harness/wording.h"

namespace upout::harness {

namespace {

/// Who is ahead with one share of transactions across partitions; nobody, if the intervals do not tell.
struct RaceAtShare {
  double share;
  Race race;
  std::string ahead() const { return race.decided() ? race.ahead.series->engine : ""; }
};

/// Those of one number of cores, which is that of the chart.
std::vector<RaceAtShare> races(const Crossing& crossing) {
  std::vector<RaceAtShare> all;
  const unsigned cores = cores_of(crossing);
  for (const Comparison* comparison : crossing.by_share) {
    if (auto found = race(*comparison, cores)) all.push_back({*comparison->crossing, *found});
  }
  return all;
}

/// "5 % to 20 %" of whatever transactions the workload's crosspartition is of.
std::string shares_text(double first, double last) {
  return first == last ? fmt::format("{:g} %", first) : fmt::format("{:g} % to {:g} %", first, last);
}

/// "shared-nothing is ahead with 0 % to 5 %", of neighbours that come to the same.
std::vector<std::string> stretches_of(const std::vector<RaceAtShare>& races) {
  std::vector<std::string> stretches;
  for (std::size_t i = 0; i < races.size();) {
    std::size_t last = i;
    while (last + 1 < races.size() && races[last + 1].ahead() == races[i].ahead()) ++last;
    const std::string shares = shares_text(races[i].share, races[last].share);
    stretches.push_back(races[i].ahead().empty()
                            ? fmt::format("the intervals tell no difference with {}", shares)
                            : fmt::format("{} is ahead with {}", races[i].ahead(), shares));
    i = last + 1;
  }
  return stretches;
}

/// Of a crossing that no share has a race of.
std::string unraced_crossing_sentence(const Crossing& crossing) {
  std::set<std::string> measured;
  for (const Comparison* comparison : crossing.by_share) {
    for (const Series& series : comparison->series) measured.insert(series.engine);
  }
  if (measured.size() == 1)
    return fmt::format("Only {} was measured on {}.", *measured.begin(), crossing.workload);
  return fmt::format("The engines were not measured on the same number of cores on {}.", crossing.workload);
}

}  // namespace

std::string crossing_sentence(const Crossing& crossing) {
  const std::vector<RaceAtShare> all = races(crossing);
  if (all.empty()) return unraced_crossing_sentence(crossing);
  const std::string on = fmt::format("On {}", cores_text(all.front().race.cores));
  const std::string stretches = enumeration(stretches_of(all));
  const auto is_decided = [](const RaceAtShare& each) { return each.race.decided(); };
  const auto last = std::find_if(all.rbegin(), all.rend(), is_decided);
  const auto other = std::find_if(last, all.rend(), [&](const RaceAtShare& each) {
    return each.race.decided() && each.ahead() != last->ahead();
  });
  if (other == all.rend()) {
    return fmt::format(
        "{}, neither engine overtakes the other on {} in the measured range, crosspartition {}: {}.", on,
        crossing.workload, shares_text(all.front().share, all.back().share), stretches);
  }
  const auto from = std::find_if(other.base(), all.end(), is_decided);
  return fmt::format("{}, {} overtakes {} on {} at crosspartition {:g} %: {}.", on, from->ahead(),
                     other->ahead(), crossing.workload, from->share, stretches);
}

}  // namespace upout::harness
