#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "harness/plan.h"
#include "harness/schedulers/resources.h"

namespace upout::harness {

/// How many workers there is room for on a machine, and what for.
struct Room {
  std::size_t places = 0;
  std::string what;
};

/// Where a plan's points are measured: on this machine, or on nodes that all look like the one that
/// [resources] tells of.
struct Places {
  MachineSize node;
  unsigned ranks = 1;           ///< processes on all nodes; of this machine a launcher may find more
  unsigned cores_per_rank = 0;  ///< 0: not said, and how many ranks there is room for is not either
  std::string_view name;        ///< of the node, for errors

  static Places of(const MachineSize& machine);
  /// Of hardware threads nothing is known: schedulers are asked for cores.
  static Places of(const schedulers::Resources& resources);

  /// Of the node. `bind`: as a point has it; empty: it says nothing of that.
  Room room_for(const std::string& bind) const;
};

}  // namespace upout::harness
