#pragma once

#include <span>
#include <vector>

#include "harness/claims.h"
#include "harness/comparison.h"

/// What becomes of throughput where one thing alone is changed: a property of the workload, or a member of
/// the deployment. Factors are ratios of medians (`ratio`).
namespace upout::harness {

/// "On 2 cores, from requestdistribution uniform to zipfian, throughput of shared-memory is multiplied by
/// 0.80 (0.76 to 0.84) on ycsb-a; ...; shared-nothing comes off worse: its factor is 0.63 (0.60 to 0.66) of
/// that of shared-memory on ycsb-a." Of comparisons that differ in one property, from the least of its values
/// to the greatest, or from the first to each other one if they are no numbers; on the most cores on which
/// most engines were measured with both. Of each engine, what its best configuration with the first value
/// does with the other. Who comes off worse takes six repetitions on each side (`ratio_of_ratios`).
struct WorkloadChanges {
  std::vector<Claim> claims;
  bool are_of_all = false;      ///< each comparison is one of those; not by the index, which is no property
  bool are_of_engines = false;  ///< of both, somewhere; likewise
};
WorkloadChanges workload_changes(std::span<const Comparison> comparisons);

/// "On 2 cores, from rebalance none to cycle, throughput of shared-nothing, partitions 16 is multiplied by
/// ...": of series of one engine that differ in one member alone, from the first of its values to the others.
std::vector<Claim> deployment_changes(const Comparison& comparison);

}  // namespace upout::harness
