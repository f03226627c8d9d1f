#pragma once

#include <optional>
#include <vector>

#include "harness/claims.h"
#include "harness/comparison.h"

/// Who is ahead where, and what becomes of throughput with more cores: what answers are made of. A difference
/// is one only where the interval of the ratio of the medians excludes 1.
namespace upout::harness {

/// The two engines on the most cores that both were measured on, each with its best configuration there: "On
/// 2 cores, shared-memory is ahead: shared-nothing reaches 0.60 (0.58 to 0.62) of its throughput on ycsb-c".
/// Nothing: there is no such number of cores.
std::optional<Claim> race_claim(const Comparison& comparison);

/// Where one engine alone was measured, its configurations beside each other, on the most cores on which
/// there are two of them: "On 2 cores, shared-memory, placement os is ahead on ycsb-b, where placement
/// islands reaches 0.87 (0.85 to 0.89) of its throughput". Of many, the next and the last are named. Nothing:
/// there are no two, or several engines.
std::optional<Claim> configurations_claim(const Comparison& comparison);

/// What was measured, of what has neither.
Claim uncompared_claim(const Comparison& comparison);

/// "From 1 to 2 cores, shared-memory scales by 1.91 (1.85 to 1.97) on ycsb-c": of each engine the
/// configuration that raced, or else the best one that was measured on several numbers of cores.
std::vector<Claim> scaling_claims(const Comparison& comparison);

}  // namespace upout::harness
