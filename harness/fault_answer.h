#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace upout::harness {

/// What one fault did to those who used the deployment: "After 1 s, rank 2 was killed (3 copies, all
/// acknowledge): taken for dead after 62 ms; ...". Empty: nothing was done.
std::string fault_sentence(const nlohmann::json& run);

/// What faults of each kind did, at their worst, over all runs that had some, whatever their verdict but that
/// they verified: "Killed (2 runs): for at most 69 ms a partition was not served, ...". Empty: there are
/// none.
std::vector<std::string> fault_answer(std::span<const nlohmann::json> documents);

}  // namespace upout::harness
