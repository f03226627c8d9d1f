#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "harness/histogram.h"

namespace upout::harness {

/// What those waited who were in one region. A value.
struct RegionReport {
  std::string name;
  std::vector<unsigned> ranks;               ///< that were there
  std::map<std::string, Histogram> latency;  ///< by kind of operation, of those whose clients were there
};

/// "Regions (1 copy, home in virginia): virginia: read 1.0 ms (p99 1.1 ms), update ...; ireland: ...": what
/// half of each region's operations took at most. Empty: there were none.
std::string region_sentence(const nlohmann::json& run);

/// What users wait for a read, and for a write, in the region that waits the longest, where data and copies
/// are placed best and where worst, of all runs with regions that were measured to their end. Empty: there
/// were none.
std::vector<std::string> region_answer(std::span<const nlohmann::json> documents);

}  // namespace upout::harness
