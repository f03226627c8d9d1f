#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/comparison.h"
#include "harness/models/overtaking.h"

namespace upout::harness {

/// Whether one engine overtakes the other on a workload as something grows: "one" is shared-memory, "other"
/// shared-nothing, each with its best configuration at each place.
struct EngineOvertaking {
  enum class Axis { cores, crosspartition };
  Axis axis = Axis::cores;
  unsigned cores = 0;  ///< on which shares of crosspartition were compared; 0 along cores
  std::string workload;
  double from = 0, to = 0;  ///< the range in which both were measured
  models::Overtaking result;
  /// Who is ahead with which shares, as far as the intervals of single ones tell: "shared-nothing is ahead
  /// with 0 % to 5 %". Empty along cores.
  std::vector<std::string> stretches = {};
};

/// Along numbers of cores. Nothing: there are not two on which both engines were measured.
std::optional<EngineOvertaking> overtaking_over_cores(const Comparison& comparison);
/// Along shares of transactions across partitions, on the cores of which the crossing is told. Nothing: there
/// are not two with which both engines were measured.
std::optional<EngineOvertaking> overtaking_over_shares(const Crossing& crossing);

/// Along whatever there is: shares for workloads that were measured with several of them, else cores.
std::vector<EngineOvertaking> overtakings(const std::vector<Comparison>& comparisons);

/// A sentence or two: where, with the interval, or that it is not within the measured range; or, if the
/// measurements do not tell, how probable each outcome is.
std::string sentence_of(const EngineOvertaking& overtaking);

}  // namespace upout::harness
