#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace upout::harness {

/// Something about the machine or the build in which two sets of results differ.
struct EnvironmentDifference {
  std::string name;  ///< as the schema has it, e.g. "kernel"
  std::string a;     ///< what the documents say, each value once; "unknown" where the system did not say
  std::string b;
};

/// What is to be known of two sets of validated result documents before their figures are compared:
/// processor, cores, memory, system, settings, libraries, compiler, flags, commit.
std::vector<EnvironmentDifference> environment_differences(std::span<const nlohmann::json> a,
                                                           std::span<const nlohmann::json> b);

}  // namespace upout::harness
