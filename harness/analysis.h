#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "harness/comparison.h"

namespace upout::harness {

/// What results say about scaling, as the schema's `analysis` has it: of each workload and series,
/// throughput, speed-up and efficiency by cores, and the laws of scaling that were fitted to it; where one
/// engine overtakes the other. The same results give the same object.
nlohmann::json analyze(const std::vector<Comparison>& comparisons);

/// Such an object in text: tables and sentences, one workload after the other.
std::string render_analysis(const nlohmann::json& analysis);

}  // namespace upout::harness
