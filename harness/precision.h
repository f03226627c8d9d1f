#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "platform/error.h"

/// Repetitions until a median is known precisely enough (Chow and Robbins, "On the asymptotic theory of
/// fixed-width sequential confidence intervals for the mean", Annals of Mathematical Statistics 36(2), 1965):
/// after each one it is looked whether the interval is narrow enough. Who looks again and again stops rather
/// where the interval happens to be narrow, so that it covers the median somewhat less often than it says.
namespace upout::harness {

/// How precise a run is to be, and what that may cost.
struct Precision {
  double half_width = 0;  ///< of the median's 95 % interval at most, as a share of the median; 0: never mind
  unsigned most_repetitions = 0;  ///< 0: as many as it takes
  double budget_seconds = 0;      ///< for all repetitions with their warm-ups; 0: as many as it takes

  bool is_asked() const { return half_width > 0; }
};

/// What ended the repetitions.
enum class StoppedBy : std::uint8_t { precision, repetitions, budget };

std::string_view name_of(StoppedBy cause);

/// What a run whose repetitions adapt was to be, and how it ended.
struct PrecisionReport {
  Precision asked;
  unsigned least_repetitions = 0;
  std::optional<StoppedBy> ended_by = {};  ///< none: a signal
};

/// Of a precision such as "5%", above 0 and below 100 %: the share.
platform::Expected<double> parse_precision(std::string_view text);

/// What is asked for, with a limit if there is none: ten times the least repetitions.
Precision limited(Precision asked, unsigned least_repetitions);

/// How far the ends of the median's 95 % interval are from it at most, as a share of it; nothing where there
/// is no such interval (fewer than six values), or the median is 0.
std::optional<double> half_width(std::span<const double> throughputs);

/// Whether there are to be no more repetitions, and why: they have gone on for so long, `repetitions` of
/// them, of which these were complete. Nothing: go on.
std::optional<StoppedBy> stop(const Precision& precision, std::span<const double> throughputs,
                              std::size_t repetitions, double seconds);

}  // namespace upout::harness
