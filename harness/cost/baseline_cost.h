#pragma once

#include <string>

#include "harness/comparison.h"

/// COST, the "configuration that outperforms a single thread" (McSherry, Isard and Murray, "Scalability! But
/// at what COST?", HotOS 2015): how many cores an engine needs to beat a sequential program.
namespace upout::harness {

/// "COST on ycsb-c: shared-memory beats the single-threaded baseline from 2 cores on, with 1.40 (1.30
/// to 1.50) of its throughput; shared-nothing does not within 2 cores." An engine beats it with a
/// configuration whose interval lies above the baseline's; its best one counts on each number of cores.
/// Empty: no baseline was measured on that workload, or nothing else.
std::string baseline_sentence(const Comparison& comparison);

}  // namespace upout::harness
