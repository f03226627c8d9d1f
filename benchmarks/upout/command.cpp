#include "benchmarks/upout/command.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "engines/shared_memory/placement.h"
#include "harness/latency_goal.h"
#include "harness/load_profile.h"
#include "harness/offered_load.h"
#include "platform/duration.h"
#include "platform/worker_map.h"

namespace upout {

namespace {

/// What `parse` makes of a text is right, or its error says what is wrong.
template <class Parse>
CLI::Validator parsed_by(Parse parse, const char* type_name) {
  return CLI::Validator(
      [parse](const std::string& text) {
        const auto parsed = parse(text);
        if (parsed) return std::string();
        return fmt::format("found {}, expected {}", parsed.error().found, parsed.error().expected);
      },
      type_name);
}

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
  return parsed_by([longest](const std::string& text) { return platform::parse_duration(text, longest); },
                   "DURATION");
}

CLI::Validator operation_rate() {
  return parsed_by(harness::parse_rate, "RATE");
}

CLI::Validator load_profile() {
  return parsed_by(harness::parse_profile, "SHAPE=RATES");
}

CLI::Validator latency_goal() {
  return parsed_by(harness::parse_goal, "PERCENTILE=DURATION");
}

CLI::Validator worker_binding() {
  return parsed_by([](const std::string& text) { return platform::Binding::parse(text); }, "NAME|LIST");
}

CLI::Validator placement_name() {
  return parsed_by([](const std::string& text) { return engines::shared_memory::placement_named(text); },
                   "NAME");
}

}  // namespace upout
