#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "harness/claims.h"

namespace upout::harness {

/// What holds scaling back, as far as the Universal Scalability Law tells it apart: "By the Universal
/// Scalability Law, shared-memory is held back by contention on ycsb-a with sigma 0.05 (0.04 to 0.06) and
/// kappa 0 (0 to 0.0001)". A coefficient counts if its interval excludes 0. Of an analysis
/// (harness/analysis.h), for each engine's strongest series of each workload, if there are intervals.
std::vector<Claim> limit_claims(const nlohmann::json& analysis);

}  // namespace upout::harness
