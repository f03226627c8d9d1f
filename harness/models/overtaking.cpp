#include "harness/models/overtaking.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace upout::harness::models {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How far the other is ahead at a place: the logarithm of the ratio.
struct Lead {
  double at;
  double by;
};

std::vector<Lead> leads_of(const std::vector<Mean>& one, const std::vector<Mean>& other) {
  std::vector<Lead> leads;
  for (std::size_t i = 0; i < one.size(); ++i) {
    const double by = std::log(other[i].throughput / one[i].throughput);
    if (by != 0) leads.push_back({one[i].at, by});  // a tie is no lead
  }
  return leads;
}

double zero_between(const Lead& before, const Lead& after) {
  return before.at + (after.at - before.at) * before.by / (before.by - after.by);
}

struct Course {
  Outcome outcome = Outcome::level;
  std::size_t changes = 0;
  double at = 0;  ///< of the last change
};

Course course_of(const std::vector<Lead>& leads) {
  Course course;
  if (leads.empty()) return course;
  for (std::size_t i = 1; i < leads.size(); ++i) {
    if ((leads[i].by > 0) == (leads[i - 1].by > 0)) continue;
    ++course.changes;
    course.at = zero_between(leads[i - 1], leads[i]);
  }
  const bool is_other_ahead = leads.back().by > 0;
  if (is_other_ahead == (leads.front().by > 0)) {
    course.outcome = is_other_ahead ? Outcome::other_leads : Outcome::one_leads;
  } else {
    course.outcome = is_other_ahead ? Outcome::other_overtakes : Outcome::one_overtakes;
  }
  return course;
}

/// Where `overtaking` took place in a draw: before the range if who overtakes leads from the beginning, and
/// beyond it in all that is neither.
double place_in(const Course& drawn, Outcome overtaking) {
  if (drawn.outcome == overtaking) return drawn.at;
  const Outcome leads = overtaking == Outcome::other_overtakes ? Outcome::other_leads : Outcome::one_leads;
  return drawn.outcome == leads ? -infinity : infinity;
}

std::vector<Observations> of_one(std::span<const Contest> contests, std::vector<double> Contest::*whose) {
  std::vector<Observations> all;
  for (const Contest& contest : contests) all.push_back({contest.at, contest.*whose});
  return all;
}

bool is_overtaking(Outcome outcome) {
  return outcome == Outcome::other_overtakes || outcome == Outcome::one_overtakes;
}

void add_probabilities(Overtaking& result, std::span<const Observations> one,
                       std::span<const Observations> other, const Resampling& resampling) {
  std::array<std::size_t, outcomes> counts{};
  std::vector<double> places;
  Resampler ones(one, resampling.seed);
  Resampler others(other, resampling.seed + 1);
  for (std::size_t n = 0; n < resampling.count; ++n) {
    const Course drawn = course_of(leads_of(ones.draw(), others.draw()));
    ++counts[static_cast<std::size_t>(drawn.outcome)];
    places.push_back(place_in(drawn, result.outcome));
  }
  for (std::size_t i = 0; i < outcomes; ++i)
    result.probability[i] = static_cast<double>(counts[i]) / static_cast<double>(resampling.count);
  if (result.at) result.ci95 = percentile_interval(std::move(places));
}

}  // namespace

Overtaking overtaking(std::span<const Contest> contests, const Resampling& resampling) {
  assert(contests.size() >= 2);
  const std::vector<Observations> one = of_one(contests, &Contest::one);
  const std::vector<Observations> other = of_one(contests, &Contest::other);
  const Course course = course_of(leads_of(means_of(one), means_of(other)));
  Overtaking result;
  result.outcome = course.outcome;
  result.changes = course.changes;
  if (is_overtaking(course.outcome)) result.at = course.at;
  result.no_probability_because = too_few_repetitions(one);
  if (result.no_probability_because.empty()) result.no_probability_because = too_few_repetitions(other);
  if (result.no_probability_because.empty()) add_probabilities(result, one, other, resampling);
  return result;
}

}  // namespace upout::harness::models
