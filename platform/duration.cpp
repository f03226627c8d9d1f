#include "platform/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

namespace upout::platform {

namespace {

/// Nanoseconds in each.
constexpr std::array<std::pair<std::string_view, double>, 4> units{
    {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}}};

}  // namespace

Expected<Timestamp> parse_duration(std::string_view text, Timestamp longest) {
  double number = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view name(rest, text.data() + text.size());
  const auto unit = std::ranges::find(units, name, [](const auto& each) { return each.first; });
  if (error == std::errc() && unit != units.end()) {
    const double nanoseconds = std::round(number * unit->second);
    if (nanoseconds >= 0 && nanoseconds <= static_cast<double>(longest.count()))
      return Timestamp(static_cast<std::int64_t>(nanoseconds));
  }
  return unexpected("", "'" + std::string(text) + "'",
                    "a duration such as 100us, 1.5ms or 0.2s, at most " + to_string(longest));
}

std::string to_string(Timestamp duration) {
  const auto nanoseconds = static_cast<double>(duration.count());
  const auto* unit =
      std::ranges::find_if(units, [&](const auto& each) { return nanoseconds >= each.second; });
  if (unit == units.end()) --unit;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g ", nanoseconds / unit->second);
  return text.data() + std::string(unit->first);
}

}  // namespace upout::platform
