#pragma once

#include <string>
#include <vector>

namespace upout::harness {

/// One figure of an answer, in the words that sentences are put together from.
struct Claim {
  std::string where;     ///< "On 2 cores", "From 1 to 2 cores": what the sentence begins with; may be empty
  std::string what;      ///< "shared-memory is ahead: shared-nothing reaches"
  std::string figure;    ///< "0.60 (0.58 to 0.62)"; may be empty
  std::string of;        ///< "of its throughput": once, after the first figure; may be empty
  std::string workload;  ///< "ycsb-c"
};

/// A sentence for each `where`, and in it each `what` once, in the order in which they come first: "On 2
/// cores, shared-memory is ahead: shared-nothing reaches 0.60 (0.58 to 0.62) of its throughput on ycsb-c and
/// 0.32 (0.30 to 0.34) on ycsb-a; ...."
std::vector<std::string> sentences(const std::vector<Claim>& claims);

}  // namespace upout::harness
