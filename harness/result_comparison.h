#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/environment_differences.h"
#include "harness/statistics/median_interval.h"
#include "platform/error.h"

/// Two sets of results, point by point: a build against the one before it, a machine against another.
namespace upout::harness {

enum class ComparisonVerdict { no_difference, faster, slower };  ///< of B

std::string_view to_string(ComparisonVerdict verdict);

/// 99 % of the operations took at most so long; of the kind that there were most of.
struct LatencyPair {
  std::string kind;  ///< of operation, or type of transaction
  std::uint64_t a_ns;
  std::uint64_t b_ns;
};

/// What is taken for independent of each other. Runs of one program differ by more than the repetitions
/// within one do, which share a process, its memory and the machine's mood; but it takes several on each side
/// to see that (Kalibera and Jones, "Rigorous benchmarking in reasonable time", ISMM 2013).
enum class Sampled { repetitions, runs };

std::string_view to_string(Sampled sampled);

/// One configuration that both have results of.
struct PointComparison {
  std::string id = {};  ///< in A
  std::string unit = {};
  MedianInterval a = {};
  MedianInterval b = {};
  Sampled sampled = Sampled::repetitions;
  std::size_t samples_a = 0;  ///< repetitions, or runs
  std::size_t samples_b = 0;
  MedianInterval ratio = {};  ///< of the medians, B / A, by the bootstrap
  double superiority = 0.5;   ///< how probable it is that a sample of B is faster than one of A
  double p_value = 1;         ///< of the rank test, corrected for the number of points
  ComparisonVerdict verdict = ComparisonVerdict::no_difference;
  /// So few samples that nothing could have been found among so many points.
  bool has_too_few = false;
  std::optional<LatencyPair> p99 =
      {};  ///< none: one of them has no such latency, or several runs of the point
};

/// A configuration, or one run of it, that was not compared.
struct LeftOut {
  std::string id;
  std::string why;
  bool is_lost = false;  ///< A has a result, and B has none
};

struct ResultComparison {
  bool is_same = false;  ///< B is A
  std::vector<EnvironmentDifference> environment = {};
  std::vector<PointComparison> points = {};  ///< in A's order
  std::vector<LeftOut> left_out = {};
};

/// Compares validated documents. Points match if deployment, workload, properties and offered load are the
/// same. Where both sides have runs enough of a point (four each, or as good), a sample is the median of a
/// run; else it is a repetition, and those of several runs count together. Runs with the verdict `invalid`
/// are left out. B is faster or slower where both the ratio's 95 % interval excludes 1 and the rank test,
/// corrected by Holm's method over all points, is below 0.05. Fails if there is no point to compare, or if
/// units differ.
platform::Expected<ResultComparison> compare_results(std::span<const nlohmann::json> a,
                                                     std::span<const nlohmann::json> b);

/// Whether B is slower, and its ratio's whole interval lies below the bound.
bool is_below(const PointComparison& point, double bound);

}  // namespace upout::harness
