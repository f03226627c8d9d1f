#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "harness/comparison.h"

namespace upout::harness {

/// What a comparison says, in sentences (plain text), each with the figures and intervals that it rests on.
struct Answer {
  std::string headline;              ///< a sentence or two
  std::vector<std::string> details;  ///< what else was measured, a sentence each
};

/// Answers the question that was measured, which is known by what was varied:
///
/// - the share of transactions across partitions, in all that was measured: where one engine overtakes the
///   other (harness/overtakings.h);
/// - another property of the workload, with both engines: what it does to either, and to which more
///   (harness/changes.h);
/// - the engine: which one is ahead, and whether either scales (harness/standings.h);
/// - the configurations of one engine: which one is ahead;
/// - how safe changes are, in deployments of one engine: what is left of throughput (harness/safety.h);
/// - cores alone: how it scales.
///
/// What does not answer it is in the details.
Answer answer(std::span<const Comparison> comparisons);

/// What it cost to move a partition while clients ran: of the run's repetitions the middle one, by how many
/// operations were not done. Empty: nothing moved.
std::string rebalance_sentence(const nlohmann::json& run);

/// What a run wrote to disk, how long it waited there, and how fast all came back. Empty: it wrote nothing.
std::string log_sentence(const nlohmann::json& run);

/// What a reader has to know before believing the answer: how many runs may be published, what was left out,
/// and whether the documents come from one machine and one build.
std::vector<std::string> caveats(std::span<const nlohmann::json> documents);

/// The throughput of a point over that of the first one of its series.
MedianInterval speed_up(const Series& series, const SeriesPoint& point);

}  // namespace upout::harness
