#pragma once

#include <optional>
#include <vector>

#include "platform/error.h"
#include "platform/placement.h"
#include "platform/worker_map.h"

namespace upout::engines::shared_memory {

/// Workers that share what lies near to all of them.
struct Island {
  std::vector<unsigned> workers;  ///< by number, ascending
  std::optional<unsigned> node;   ///< OS number of the NUMA node of its first worker, if that is known
  platform::Placement memory;     ///< where its data are to lie
};

/// Which worker belongs to which island, and which NUMA nodes there are for data. Every worker belongs to one
/// island, and every island has a worker. A value.
struct Layout {
  std::vector<Island> islands;
  std::vector<unsigned> island_of_worker;
  std::vector<unsigned> memory_nodes;  ///< OS numbers of the nodes that this process may take memory from

  unsigned workers() const { return static_cast<unsigned>(island_of_worker.size()); }

  /// `islands`: how many; 0: one for each NUMA node that has a worker. Given a number, workers that are near
  /// to each other go together, as many to each island as to the others, or one more. Fails if there are
  /// fewer workers than islands.
  static platform::Expected<Layout> create(const platform::WorkerMap& map, unsigned workers, unsigned islands,
                                           std::vector<unsigned> memory_nodes);
};

}  // namespace upout::engines::shared_memory
