#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "harness/statistics/median_interval.h"

namespace upout::harness {

/// The throughput of one configuration, over all repetitions of all its runs.
struct SeriesPoint {
  std::string id;  ///< of its runs
  unsigned cores =
      0;  ///< workers, over all ranks: each has a core of its own unless the run rules say otherwise
  MedianInterval throughput;
  std::vector<double> repetitions;  ///< the complete ones, whose median this is; not empty
};

/// Configurations of one engine that differ in how many cores they use, not in how they use them.
struct Series {
  std::string engine;
  std::string
      label;  ///< the engine, and what tells this series from its others, e.g. "shared-memory, depth 1"
  std::vector<SeriesPoint> points;     ///< by cores, ascending; never empty
  std::string source = {};             ///< where its documents come from, if that was said
  nlohmann::json variant = {};         ///< how it uses its cores, member by member of its deployment
  std::set<std::string> telling = {};  ///< members of it in which variants of the engine differ
};

/// One workload with one set of properties, by one kind of index, on everything that it was measured on.
struct Comparison {
  std::string workload;  ///< the name, and the properties that tell it from others of that name
  std::vector<Series> series;
  /// The sequential program (`upout-baseline`), on one core: what the series are set against, and none of
  /// them. Of several configurations, the fastest.
  std::optional<SeriesPoint> baseline = {};
  std::string unit = "operations/s";
  /// Where workloads of one name were measured with several shares of transactions across partitions: that of
  /// this one in percent.
  std::optional<double> crossing = {};
  std::string name = {};
  nlohmann::json properties = {};      ///< all of them, and the index
  std::set<std::string> telling = {};  ///< those in which comparisons of this name differ
};

/// Comparisons that differ in the share of transactions across partitions and in nothing else.
struct Crossing {
  std::string workload;
  std::vector<const Comparison*> by_share;  ///< two at the least, ascending
};
/// Points into `comparisons`.
std::vector<Crossing> crossings(std::span<const Comparison> comparisons);
/// On how many cores a crossing is told and drawn: those on which both engines were measured with most of its
/// shares; of several such numbers, the greatest.
unsigned cores_of(const Crossing& crossing);

/// What comparisons that differ in this property alone are called together.
std::string workload_without(const Comparison& comparison, const std::string& property);
/// The same of series, and a member of their variants.
std::string label_without(const Series& series, const std::string& member);

/// The deployment of a run, with what documents from before there was a choice do not say.
nlohmann::json completed_deployment(const nlohmann::json& run);

/// Lays out the runs of validated result documents for comparison. Runs with the verdict `invalid` or without
/// a complete repetition are no results, and left out, as are those of open loops. `sources` names where each
/// document comes from, or is empty; what comes from several sources is never one point, and where there are
/// several, labels of series name them.
std::vector<Comparison> compare(std::span<const nlohmann::json> documents,
                                std::span<const std::string> sources = {});

}  // namespace upout::harness
