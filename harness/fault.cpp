#include "harness/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "platform/duration.h"

namespace upout::harness {

using platform::Expected;
using platform::Timestamp;

namespace {

constexpr std::array<std::string_view, 4> kinds{"kill", "stop", "cut", "slow"};
constexpr Timestamp longest = std::chrono::hours(24);
constexpr const char* expected =
    "kill=RANK@TIME, stop=RANK@TIME+DURATION, cut=RANK@TIME+DURATION or slow=RANK@TIME+DURATION:DELAY, such "
    "as stop=2@1.5s+500ms";

/// What stands before `separator`; the rest stays. Nothing: there is none.
std::optional<std::string_view> take_until(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

bool read(std::string_view text, Timestamp& duration) {
  const auto parsed = platform::parse_duration(text, longest);
  if (parsed) duration = *parsed;
  return parsed.has_value();
}
bool read(std::string_view text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<Fault> parse_fault(std::string_view text) {
  Fault fault;
  const auto kind = std::ranges::find(kinds, take_until(text, '=').value_or(""));
  if (kind == kinds.end()) return std::nullopt;
  fault.kind = static_cast<Fault::Kind>(kind - kinds.begin());
  const auto rank = take_until(text, '@');
  if (!rank || !read(*rank, fault.rank)) return std::nullopt;
  if (fault.kind == Fault::Kind::kill) return read(text, fault.at) ? std::optional(fault) : std::nullopt;
  const auto at = take_until(text, '+');
  if (!at || !read(*at, fault.at)) return std::nullopt;
  if (fault.kind == Fault::Kind::slow) {
    const auto lasts = take_until(text, ':');
    if (!lasts || !read(*lasts, fault.lasts)) return std::nullopt;
    return read(text, fault.delay) ? std::optional(fault) : std::nullopt;
  }
  return read(text, fault.lasts) ? std::optional(fault) : std::nullopt;
}

/// As `parse_duration` takes it.
std::string written(Timestamp duration) {
  std::string text = platform::to_string(duration);
  std::erase(text, ' ');
  return text;
}

}  // namespace

std::string_view name_of(Fault::Kind kind) noexcept {
  return kinds[static_cast<std::size_t>(kind)];
}

Expected<std::vector<Fault>> parse_faults(std::string_view text) {
  std::vector<Fault> faults;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    const auto fault = parse_fault(one);
    if (!fault) return platform::unexpected("", fmt::format("'{}'", one), expected);
    faults.push_back(*fault);
    text.remove_prefix(std::min(text.size(), one.size() + 1));
  }
  return faults;
}

std::string to_string(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) {
    text += fmt::format("{}{}={}@{}", text.empty() ? "" : ",", name_of(fault.kind), fault.rank,
                        written(fault.at));
    if (fault.kind != Fault::Kind::kill) text += "+" + written(fault.lasts);
    if (fault.kind == Fault::Kind::slow) text += ":" + written(fault.delay);
  }
  return text;
}

}  // namespace upout::harness
