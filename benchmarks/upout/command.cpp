#include "benchmarks/upout/command.h"

#include <fmt/format.h>

#include <cstdio>

#include "engines/shared_memory/placement.h"
#include "harness/fault.h"
#include "harness/latency_goal.h"
#include "harness/load_profile.h"
#include "harness/offered_load.h"
#include "harness/precision.h"
#include "platform/duration.h"
#include "platform/regions.h"
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

}  // namespace

void Program::fail(const std::string& error, int exit_status) {
  if (is_root()) fmt::print(stderr, "upout: {}\n", error);
  status = exit_status;
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

CLI::Validator faults() {
  return parsed_by(harness::parse_faults, "FAULTS");
}

CLI::Validator regions() {
  return parsed_by(platform::Regions::parse, "ROWS");
}

CLI::Validator precision() {
  return parsed_by(harness::parse_precision, "PERCENT%");
}

CLI::Validator worker_binding() {
  return parsed_by([](const std::string& text) { return platform::Binding::parse(text); }, "NAME|LIST");
}

CLI::Validator placement_name() {
  return parsed_by([](const std::string& text) { return engines::shared_memory::placement_named(text); },
                   "NAME");
}

}  // namespace upout
