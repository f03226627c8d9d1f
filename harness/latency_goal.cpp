#include "harness/latency_goal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "platform/duration.h"

namespace upout::harness {

platform::Expected<LatencyGoal> parse_goal(std::string_view text) {
  constexpr platform::Timestamp longest = std::chrono::hours(1);
  constexpr std::array<std::pair<std::string_view, double>, 5> percentiles{
      {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}}};
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view name = text.substr(0, equals);
  const auto percentile = std::ranges::find(percentiles, name, &std::pair<std::string_view, double>::first);
  const auto at_most = platform::parse_duration(text.substr(std::min(equals + 1, text.size())), longest);
  if (percentile == percentiles.end() || !at_most || *at_most <= platform::Timestamp::zero()) {
    return platform::unexpected(
        "", "'" + std::string(text) + "'",
        "p50, p90, p99, p999 or max, and a time of at most an hour, such as p99=100us");
  }
  return LatencyGoal{.text = std::string(text),
                     .name = std::string(name),
                     .fraction = percentile->second,
                     .at_most = *at_most};
}

}  // namespace upout::harness
