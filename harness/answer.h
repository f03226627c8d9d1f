#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "harness/comparison.h"

namespace upout::harness {

/// What a comparison says, in sentences (plain text), each with the figures and intervals that it rests on.
struct Answer {
  std::string headline;              ///< which engine is ahead
  std::vector<std::string> details;  ///< by how much, and whether either scales; a sentence or two a workload
};

/// Answers "which engine is ahead, and does either scale?" on the greatest number of cores that both engines
/// were measured on, each with its best configuration there. Engines differ only where the interval of the
/// ratio of their medians excludes 1.
Answer answer(std::span<const Comparison> comparisons);

/// What it cost to move a partition while clients ran: of the run's repetitions the middle one, by how many
/// operations were not done. Empty: nothing moved.
std::string rebalance_sentence(const nlohmann::json& run);

/// What a reader has to know before believing the answer: how many runs may be published, what was left out,
/// and whether the documents come from one machine and one build.
std::vector<std::string> caveats(std::span<const nlohmann::json> documents);

/// The throughput of a point over that of the first one of its series.
MedianInterval speed_up(const Series& series, const SeriesPoint& point);

}  // namespace upout::harness
