#include "benchmarks/upout/command.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "engines/shared_memory/placement.h"
#include "harness/offered_load.h"
#include "platform/duration.h"
#include "platform/worker_map.h"

namespace upout {

namespace {

template <class Number>
bool parses_whole(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end;
}

}  // namespace

void Program::fail(const std::string& error, int exit_status) {
  if (is_root()) fmt::print(stderr, "upout: {}\n", error);
  status = exit_status;
}

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto check = [least, most](const std::string& text) {
    std::uint64_t number = 0;
    if (parses_whole(text, number) && number >= least && number <= most) return std::string();
    return fmt::format("found '{}', expected a whole number from {} to {}", text, least, most);
  };
  return {check, "N"};
}

CLI::Validator seconds_between(double least, double most) {
  const auto check = [least, most](const std::string& text) {
    double number = 0;
    if (parses_whole(text, number) && number >= least && number <= most) return std::string();
    return fmt::format("found '{}', expected seconds from {} to {}", text, least, most);
  };
  return {check, "S"};
}

CLI::Validator duration_up_to(platform::Timestamp longest) {
  const auto check = [longest](const std::string& text) {
    const auto duration = platform::parse_duration(text, longest);
    if (duration) return std::string();
    return fmt::format("found {}, expected {}", duration.error().found, duration.error().expected);
  };
  return {check, "DURATION"};
}

CLI::Validator operation_rate() {
  const auto check = [](const std::string& text) {
    const auto rate = harness::parse_rate(text);
    if (rate) return std::string();
    return fmt::format("found {}, expected {}", rate.error().found, rate.error().expected);
  };
  return {check, "RATE"};
}

CLI::Validator worker_binding() {
  const auto check = [](const std::string& text) {
    const auto binding = platform::Binding::parse(text);
    if (binding) return std::string();
    return fmt::format("found {}, expected {}", binding.error().found, binding.error().expected);
  };
  return {check, "NAME|LIST"};
}

CLI::Validator placement_name() {
  return CLI::Validator(
      [](const std::string& text) {
        const auto kind = engines::shared_memory::placement_named(text);
        if (kind) return std::string();
        return fmt::format("found {}, expected {}", kind.error().found, kind.error().expected);
      },
      "NAME");
}

}  // namespace upout
