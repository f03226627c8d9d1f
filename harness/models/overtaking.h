#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/models/estimate.h"
#include "harness/models/resampling.h"

namespace upout::harness::models {

/// What two competitors did at one place of an axis: throughputs of their repetitions.
struct Contest {
  double at = 0;
  std::vector<double> one;    ///< not empty, above 0 on average
  std::vector<double> other;  ///< the same
};

/// What becomes of a lead from one end of the measured range to the other.
enum class Outcome : std::uint8_t { one_leads, other_leads, other_overtakes, one_overtakes, level };
inline constexpr std::size_t outcomes = 5;

/// Who overtakes whom, and where. Between two places, the logarithm of the ratio of the throughputs is taken
/// for a straight line; where the lead changes several times, the last change counts, from which on it is
/// kept to the end of the range. Beyond the range nothing is said.
struct Overtaking {
  Outcome outcome = Outcome::level;  ///< by the means
  std::size_t changes = 0;           ///< of the lead, by the means
  std::optional<double> at;          ///< by the means; none: nobody overtakes
  /// Covers where the competitor that `outcome` names overtakes. An end is infinite if that may as well be
  /// beyond that end of the measured range.
  std::optional<Interval> ci95;
  /// How probable each outcome is, given the scatter of the repetitions (`Resampler`); 0 in all if there is
  /// none to tell.
  std::array<double, outcomes> probability{};
  std::string no_probability_because;  ///< empty: there are probabilities

  double probability_of(Outcome each) const { return probability[static_cast<std::size_t>(each)]; }
  /// An outcome that is as probable as an interval covers.
  bool is_decided() const { return probability_of(outcome) >= 0.95; }
};

/// `contests` at two places at least, ascending.
Overtaking overtaking(std::span<const Contest> contests, const Resampling& resampling = {});

}  // namespace upout::harness::models
