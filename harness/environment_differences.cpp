#include "harness/environment_differences.h"

#include <array>
#include <set>
#include <string_view>

#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// A member of a document's `environment` or `suite`.
struct Member {
  const char* part;
  const char* name;
};

/// Those that can change a figure. The load of the machine does so too, but is never the same twice.
constexpr auto members = std::to_array<Member>({
    {"environment", "host_name"},
    {"environment", "cpu_model"},
    {"environment", "architecture"},
    {"environment", "cores"},
    {"environment", "processing_units"},
    {"environment", "core_kinds"},
    {"environment", "numa_nodes"},
    {"environment", "last_level_cache_bytes"},
    {"environment", "topology"},
    {"environment", "topology_is_this_machine"},
    {"environment", "memory_bytes"},
    {"environment", "memory_limit_bytes"},
    {"environment", "hypervisor"},
    {"environment", "os"},
    {"environment", "kernel"},
    {"environment", "kernel_clock_source"},
    {"environment", "clock_source"},
    {"environment", "scaling_governor"},
    {"environment", "turbo_enabled"},
    {"environment", "transparent_huge_pages"},
    {"environment", "numa_balancing"},
    {"environment", "address_space_randomization"},
    {"environment", "swap_enabled"},
    {"environment", "mpi"},
    {"suite", "version"},
    {"suite", "commit"},
    {"suite", "dirty"},
    {"suite", "compiler"},
    {"suite", "flags"},
    {"suite", "build_type"},
    {"suite", "native_tuning"},
    {"suite", "sanitizer"},
});

std::string text_of(const json& value) {
  if (value.is_null()) return "unknown";
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return text.empty() ? "none" : text;
  }
  if (value.is_object() && value.contains("library"))
    return value.at("library").get<std::string>() + " " + value.at("version").get<std::string>();
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Runs without MPI do not say which there is: that is no difference between machines.
bool says_nothing(const Member& member, const json& value) {
  return std::string_view(member.name) == "mpi" && value.is_null();
}

std::set<std::string> values_of(std::span<const json> documents, const Member& member) {
  std::set<std::string> values;
  for (const json& document : documents) {
    const json value = document.at(member.part).value(member.name, json());
    if (!says_nothing(member, value)) values.insert(text_of(value));
  }
  return values;
}

std::string listed(const std::set<std::string>& values) {
  return enumeration(std::vector<std::string>(values.begin(), values.end()));
}

}  // namespace

std::vector<EnvironmentDifference> environment_differences(std::span<const nlohmann::json> a,
                                                           std::span<const nlohmann::json> b) {
  std::vector<EnvironmentDifference> differences;
  for (const Member& member : members) {
    const std::set<std::string> in_a = values_of(a, member);
    const std::set<std::string> in_b = values_of(b, member);
    if (in_a == in_b || in_a.empty() || in_b.empty()) continue;
    differences.push_back({member.name, listed(in_a), listed(in_b)});
  }
  return differences;
}

}  // namespace upout::harness
