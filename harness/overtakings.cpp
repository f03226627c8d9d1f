#include "harness/overtakings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "harness/race.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

using models::Outcome;

std::optional<models::Contest> contest(const Comparison& comparison, unsigned cores, double at) {
  const auto one = best(comparison, raced_engines[0], cores);
  const auto other = best(comparison, raced_engines[1], cores);
  if (!one || !other) return std::nullopt;
  return models::Contest{at, one->point->repetitions, other->point->repetitions};
}

/// Nothing: fewer than two contests.
std::optional<EngineOvertaking> decided(EngineOvertaking overtaking,
                                        const std::vector<models::Contest>& contests) {
  if (contests.size() < 2) return std::nullopt;
  overtaking.from = contests.front().at;
  overtaking.to = contests.back().at;
  overtaking.result = models::overtaking(contests);
  return overtaking;
}

/// Who is ahead with one share of transactions across partitions; empty, if the intervals do not tell.
struct Lead {
  double share;
  std::string engine;
};

std::vector<Lead> leads_over_shares(const Crossing& crossing, unsigned cores) {
  std::vector<Lead> leads;
  for (const Comparison* comparison : crossing.by_share) {
    if (const auto found = race(*comparison, cores))
      leads.push_back({*comparison->crossing, found->decided() ? found->ahead.series->engine : ""});
  }
  return leads;
}

std::string shares_text(double first, double last) {
  return first == last ? fmt::format("{:g} %", first) : fmt::format("{:g} % to {:g} %", first, last);
}

/// Neighbours that come to the same are one.
std::vector<std::string> stretches_of(const std::vector<Lead>& leads) {
  std::vector<std::string> stretches;
  for (std::size_t i = 0; i < leads.size();) {
    std::size_t last = i;
    while (last + 1 < leads.size() && leads[last + 1].engine == leads[i].engine) ++last;
    const std::string shares = shares_text(leads[i].share, leads[last].share);
    stretches.push_back(leads[i].engine.empty()
                            ? fmt::format("nobody is told to be ahead with {}", shares)
                            : fmt::format("{} is ahead with {}", leads[i].engine, shares));
    i = last + 1;
  }
  return stretches;
}

std::string place_text(const EngineOvertaking& overtaking, double place) {
  const bool is_share = overtaking.axis == EngineOvertaking::Axis::crosspartition;
  return is_share ? fmt::format("crosspartition {:.3g} %", place) : fmt::format("{:.3g} cores", place);
}

/// "3.4 cores (3.1 to 3.9)", "3.4 cores (3.1 to beyond 8)".
std::string at_text(const EngineOvertaking& overtaking) {
  const models::Overtaking& result = overtaking.result;
  std::string text = place_text(overtaking, *result.at);
  if (!result.ci95) return text;
  const auto [low, high] = *result.ci95;
  // An end that lies beyond an end of the range, on either side of it.
  const auto end = [&](double place) {
    if (!std::isinf(place)) return fmt::format("{:.3g}", place);
    return place < 0 ? fmt::format("below {:g}", overtaking.from) : fmt::format("beyond {:g}", overtaking.to);
  };
  return text + fmt::format(" ({} to {})", end(low), end(high));
}

std::string range_text(const EngineOvertaking& overtaking) {
  if (overtaking.axis == EngineOvertaking::Axis::crosspartition)
    return "crosspartition " + shares_text(overtaking.from, overtaking.to);
  return fmt::format("{:g} to {:g} cores", overtaking.from, overtaking.to);
}

std::string outcome_text(Outcome outcome) {
  const auto& [one, other] = raced_engines;
  switch (outcome) {
    case Outcome::one_leads:
      return fmt::format("{} is ahead at both ends", one);
    case Outcome::other_leads:
      return fmt::format("{} is ahead at both ends", other);
    case Outcome::other_overtakes:
      return fmt::format("{} overtakes {}", other, one);
    case Outcome::one_overtakes:
      return fmt::format("{} overtakes {}", one, other);
    case Outcome::level:
      break;
  }
  return "both do the same";
}

/// Rounded so that nothing that is not certain is called so.
std::string percent_text(double probability) {
  if (probability > 0.999) return "more than 99.9 %";
  return fmt::format("{:.3g} %", 100 * probability);
}

/// "a with 60 %, b with 38 % and c with 2 %", the most probable first.
std::string probabilities_text(const models::Overtaking& result) {
  std::vector<std::pair<double, Outcome>> all;
  for (std::size_t i = 0; i < models::outcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (const double p = result.probability_of(outcome); p > 0) all.emplace_back(p, outcome);
  }
  std::ranges::sort(all, std::ranges::greater{});
  std::vector<std::string> texts;
  for (const auto& [probability, outcome] : all)
    texts.push_back(fmt::format("{} with {}", outcome_text(outcome), percent_text(probability)));
  return enumeration(texts);
}

/// That the lead did not change once and for all.
std::string changes_text(const models::Overtaking& result) {
  const std::size_t usual = result.at ? 1 : 0;
  if (result.changes <= usual) return {};
  return fmt::format(" By the means, the lead changes {} times; the last change counts.", result.changes);
}

std::string decided_text(const EngineOvertaking& overtaking) {
  const models::Overtaking& result = overtaking.result;
  const std::string probability = percent_text(result.probability_of(result.outcome));
  if (result.at) {
    return fmt::format("{} at {}, with a probability of {}.", outcome_text(result.outcome),
                       at_text(overtaking), probability);
  }
  return fmt::format(
      "neither engine overtakes the other in the measured range, {}: {}, with a probability of {}.",
      range_text(overtaking), outcome_text(result.outcome), probability);
}

std::string undecided_text(const EngineOvertaking& overtaking) {
  const models::Overtaking& result = overtaking.result;
  const std::string by_means =
      result.at ? fmt::format("{} at {}", outcome_text(result.outcome), at_text(overtaking))
                : outcome_text(result.outcome);
  if (!result.no_probability_because.empty()) {
    return fmt::format(
        "by the means alone, {}, in the measured range, {}; how sure that is, is not known: {}.", by_means,
        range_text(overtaking), result.no_probability_because);
  }
  return fmt::format(
      "the measurements do not tell whether an engine overtakes the other in the measured range, {}: {}. By "
      "the means, {}.",
      range_text(overtaking), probabilities_text(result), by_means);
}

}  // namespace

std::optional<EngineOvertaking> overtaking_over_cores(const Comparison& comparison) {
  std::set<unsigned> ascending;
  for (const unsigned cores : core_counts(comparison)) ascending.insert(cores);
  std::vector<models::Contest> contests;
  for (const unsigned cores : ascending) {
    if (auto found = contest(comparison, cores, cores)) contests.push_back(std::move(*found));
  }
  EngineOvertaking overtaking;
  overtaking.workload = comparison.workload;
  return decided(std::move(overtaking), contests);
}

std::optional<EngineOvertaking> overtaking_over_shares(const Crossing& crossing) {
  EngineOvertaking overtaking;
  overtaking.axis = EngineOvertaking::Axis::crosspartition;
  overtaking.cores = cores_of(crossing);
  overtaking.workload = crossing.workload;
  std::vector<models::Contest> contests;
  for (const Comparison* comparison : crossing.by_share) {
    if (auto found = contest(*comparison, overtaking.cores, *comparison->crossing))
      contests.push_back(std::move(*found));
  }
  overtaking.stretches = stretches_of(leads_over_shares(crossing, overtaking.cores));
  return decided(std::move(overtaking), contests);
}

std::vector<EngineOvertaking> overtakings(const std::vector<Comparison>& comparisons) {
  std::vector<EngineOvertaking> all;
  for (const Crossing& crossing : crossings(comparisons)) {
    if (auto found = overtaking_over_shares(crossing)) all.push_back(std::move(*found));
  }
  for (const Comparison& comparison : comparisons) {
    if (auto found = overtaking_over_cores(comparison)) all.push_back(std::move(*found));
  }
  return all;
}

std::string sentence_of(const EngineOvertaking& overtaking) {
  const std::string on =
      overtaking.axis == EngineOvertaking::Axis::cores
          ? fmt::format("On {}, ", overtaking.workload)
          : fmt::format("On {}, on {}, ", overtaking.workload, cores_text(overtaking.cores));
  const std::string text =
      overtaking.result.is_decided() ? decided_text(overtaking) : undecided_text(overtaking);
  const std::string by_intervals =
      overtaking.stretches.empty() ? ""
                                   : fmt::format(" By the intervals, {}.", enumeration(overtaking.stretches));
  return on + text + changes_text(overtaking.result) + by_intervals;
}

}  // namespace upout::harness
