#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "harness/result_comparison.h"

namespace upout::harness {

/// How a comparison is headed and judged.
struct ComparisonOptions {
  std::string a;  ///< where A comes from
  std::string b;
  std::optional<double> fail_below = {};  ///< a ratio B / A
};

/// What differs between the machines and the builds, a line for each point, and what was left out.
std::string render_comparison(const ResultComparison& comparison, const ComparisonOptions& options);

/// The same for programs; throughputs in their unit, latencies in nanoseconds.
nlohmann::json comparison_document(const ResultComparison& comparison, const ComparisonOptions& options);

}  // namespace upout::harness
