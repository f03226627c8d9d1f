#include "harness/offered_load.h"

#include <charconv>
#include <string>

namespace upout::harness {

namespace {

/// What a number with this ending is multiplied by; 0: there is no such ending.
double multiplier_of(std::string_view ending) {
  if (ending.ends_with("/s")) ending.remove_suffix(2);
  if (ending.empty()) return 1;
  if (ending == "K" || ending == "k") return 1e3;
  if (ending == "M") return 1e6;
  if (ending == "G") return 1e9;
  return 0;
}

}  // namespace

std::string_view name_of(ArrivalKind kind) {
  return kind == ArrivalKind::poisson ? "poisson" : "uniform";
}

platform::Expected<double> parse_rate(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error == std::errc()) {
    const double rate = number * multiplier_of({rest, static_cast<std::size_t>(end - rest)});
    if (rate >= lowest_rate && rate <= highest_rate) return rate;
  }
  return platform::unexpected("", "'" + std::string(text) + "'",
                              "operations a second, such as 2M/s, 500K/s or 300000, from 0.001/s to 1G/s");
}

}  // namespace upout::harness
