#include "benchmarks/upout/argument_values.h"

#include <string_view>

#include "engines/shared_memory/placement.h"
#include "harness/formats/format.h"
#include "harness/plan.h"
#include "workloads/registry.h"

namespace upout {

namespace {

template <class Entries>
std::vector<std::string> names_of(const Entries& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.emplace_back(entry.name);
  return names;
}

struct NamedValues {
  std::string_view name;
  std::vector<std::string> (*values)();
};

constexpr NamedValues known[] = {
    {"--engine", [] { return names_of(harness::engine_forms()); }},
    {"--format", [] { return names_of(harness::formats()); }},
    {"--placement", [] { return names_of(engines::shared_memory::placements()); }},
    {"--workload", [] { return names_of(workloads::workloads()); }},
    {"plan", [] { return names_of(harness::suite_plans().value_or(std::vector<harness::PlanEntry>())); }},
};

}  // namespace

std::vector<std::string> argument_values(const std::string& name) {
  for (const NamedValues& entry : known) {
    if (entry.name == name) return entry.values();
  }
  return {};
}

}  // namespace upout
