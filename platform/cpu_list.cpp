#include "platform/cpu_list.h"

#include <charconv>
#include <utility>

namespace upout::platform {

namespace {

/// More than any kernel has; a slip in a range should not fill the memory.
constexpr unsigned cpu_numbers = 65536;

/// Takes a CPU's number from the front of `text`.
std::optional<unsigned> take_cpu(std::string_view& text) {
  unsigned cpu = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc() || cpu >= cpu_numbers) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return cpu;
}

/// "3" or "2-5", taken from the front of `text`; nothing if it is neither.
std::optional<std::pair<unsigned, unsigned>> take_range(std::string_view& text) {
  const auto first = take_cpu(text);
  if (!first) return std::nullopt;
  if (!text.starts_with('-')) return std::pair{*first, *first};
  text.remove_prefix(1);
  const auto last = take_cpu(text);
  if (!last || *last < *first) return std::nullopt;
  return std::pair{*first, *last};
}

}  // namespace

std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text) {
  std::vector<unsigned> cpus;
  while (true) {
    const auto range = take_range(text);
    if (!range) return std::nullopt;
    for (unsigned cpu = range->first; cpu <= range->second; ++cpu) cpus.push_back(cpu);
    if (text.empty()) return cpus;
    if (!text.starts_with(',') || cpus.size() > cpu_numbers) return std::nullopt;
    text.remove_prefix(1);
  }
}

std::string format_cpu_list(std::span<const unsigned> cpus) {
  std::string text;
  for (std::size_t first = 0; first < cpus.size();) {
    std::size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(cpus[first]);
    if (last > first) text += "-" + std::to_string(cpus[last]);
    first = last + 1;
  }
  return text;
}

}  // namespace upout::platform
