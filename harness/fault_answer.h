#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace upout::harness {

/// What one fault did to those who used the deployment: "After 1 s, rank 2 was killed (3 copies, all
/// acknowledge): taken for dead after 62 ms; ...". Empty: nothing was done.
std::string fault_sentence(const nlohmann::json& run);

/// What faults did at their worst, over all runs that had some and were measured to their end: "Where ranks
/// are taken for dead after 60 ms of silence, no client waited longer for a partition than 69 ms where one
/// was killed ...", and how many acknowledged writes were lost, whether or not the run had promised to lose
/// none. Empty: there were none.
std::vector<std::string> fault_answer(std::span<const nlohmann::json> documents);

}  // namespace upout::harness
