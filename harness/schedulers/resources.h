#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace upout::harness::schedulers {

/// What a plan asks a scheduler for, in terms that all of them share: the plan's table [resources]. A value;
/// what has been read is checked: names are names, nothing in it can end a line or a word of a job script.
struct Resources {
  unsigned nodes = 1;           ///< that the largest point takes
  unsigned ranks_per_node = 1;  ///< of the shared-nothing engine's points
  unsigned cores_per_rank = 1;
  std::optional<std::uint64_t> memory_bytes_per_node =
      {};                         ///< nothing: what the scheduler gives; all of it if exclusive
  std::chrono::minutes time{60};  ///< the longest that one job may run
  std::string queue = {};         ///< partition, queue; empty: the site's default
  std::string account = {};       ///< who pays; empty: the user's default
  std::string constraint = {};    ///< a feature that nodes must have; empty: none
  bool exclusive = true;          ///< no other job on the nodes: what is measured beside others is no result
  std::vector<std::string> modules = {};  ///< loaded by `module load` before anything else
  std::vector<std::string> prologue =
      {};  ///< the user's own shell lines, which run as they stand after the modules

  /// Of a node: what the shared-memory engine's points have.
  unsigned cores_per_node() const { return ranks_per_node * cores_per_rank; }
};

}  // namespace upout::harness::schedulers
