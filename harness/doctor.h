#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace upout::harness {

/// How something on a machine stands to measuring there.
enum class Standing {
  against_publishing,  ///< a run rule would say so of every run here, or there can be none
  worth_mending,       ///< figures will be noisier or mean less, but may be published
  fine,
  unknown,  ///< the system does not say
};

std::string_view to_string(Standing standing);

/// One thing that was looked at.
struct Finding {
  std::string_view check;
  Standing standing = Standing::unknown;
  std::string found;  ///< in words; empty if unknown
  std::string_view expected;
  std::string_view why;
  std::string_view mend;  ///< the command to type
};

/// How many NUMA nodes oneTBB makes out for this process, and hwloc. Without a working tbbbind oneTBB says
/// one.
struct NodeCounts {
  unsigned tbb = 1;
  unsigned hwloc = 1;
};

/// What is looked at: the `environment` and `suite` of a result document, and what is in neither.
struct Patient {
  nlohmann::json environment;
  nlohmann::json suite;
  std::optional<NodeCounts> nodes = {};  ///< nothing: oneTBB was not asked
};

/// All checks, in their order. What bars publishing is decided by the run rules alone.
std::vector<Finding> examine(const Patient& patient);

bool may_publish(const std::vector<Finding>& findings);

/// The machine in a few lines, then what stands against measuring with how to mend it, then the rest.
std::string render_findings(const Patient& patient, const std::vector<Finding>& findings);

/// { "publishable", "findings": [...], "environment", "suite" }
nlohmann::json findings_document(const Patient& patient, const std::vector<Finding>& findings);

}  // namespace upout::harness
