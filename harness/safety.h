#pragma once

#include <vector>

#include "harness/claims.h"
#include "harness/comparison.h"

namespace upout::harness {

/// What is left of throughput where changes go to a disk, or to other ranks, against the same deployment
/// where they do not, on the most cores on which there are both: "On 2 cores, at depth 16, async keeps 0.94
/// (0.91 to 0.97) of the throughput without a log on ycsb-a; sync keeps ...". Empty: there are no two of
/// them.
std::vector<Claim> safety_claims(const Comparison& comparison);

}  // namespace upout::harness
