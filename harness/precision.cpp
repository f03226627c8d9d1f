#include "harness/precision.h"

#include <algorithm>
#include <charconv>

#include "harness/statistics/median_interval.h"

namespace upout::harness {

std::string_view name_of(StoppedBy cause) {
  switch (cause) {
    case StoppedBy::precision:
      return "precision";
    case StoppedBy::repetitions:
      return "repetitions";
    case StoppedBy::budget:
      return "budget";
  }
  return "unknown";
}

platform::Expected<double> parse_precision(std::string_view text) {
  double percent = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, percent, std::chars_format::fixed);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (error == std::errc() && (unit == "%" || unit == " %") && percent > 0 && percent < 100)
    return percent / 100;
  return platform::unexpected("", "'" + std::string(text) + "'",
                              "a percentage of the median above 0% and below 100%, such as 5%");
}

Precision limited(Precision asked, unsigned least_repetitions) {
  constexpr unsigned usual_growth = 10;
  if (asked.most_repetitions == 0 && asked.budget_seconds <= 0)
    asked.most_repetitions = usual_growth * least_repetitions;
  return asked;
}

std::optional<double> half_width(std::span<const double> throughputs) {
  constexpr double wanted_confidence = 0.95;
  if (throughputs.empty()) return std::nullopt;
  const MedianInterval interval = median_interval(throughputs);
  if (interval.confidence < wanted_confidence || interval.median <= 0) return std::nullopt;
  return std::max(interval.high - interval.median, interval.median - interval.low) / interval.median;
}

std::optional<StoppedBy> stop(const Precision& precision, std::span<const double> throughputs,
                              std::size_t repetitions, double seconds) {
  const std::optional<double> reached = half_width(throughputs);
  if (reached && *reached <= precision.half_width) return StoppedBy::precision;
  if (precision.most_repetitions != 0 && repetitions >= precision.most_repetitions)
    return StoppedBy::repetitions;
  if (precision.budget_seconds > 0 && seconds >= precision.budget_seconds) return StoppedBy::budget;
  return std::nullopt;
}

}  // namespace upout::harness
