#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "platform/error.h"

namespace upout::platform {

/// Each page lies where the thread ran that touched it first, or where the process's own policy says
/// (`numactl --interleave`).
struct FirstTouch {};

/// Every page lies on this NUMA node and on no other one: strict. Whoever touches more than the node has is
/// killed by the kernel.
struct BoundTo {
  unsigned node = 0;
};

/// Page after page, huge ones too, in turn on each of these nodes; where one has nothing left, on another.
struct InterleavedOver {
  std::vector<unsigned> nodes;
};

/// On which NUMA nodes the pages of a range are to lie, by the OS numbers of the nodes. What is asked for is
/// not yet what is obtained: `nodes_of_pages` tells.
using Placement = std::variant<FirstTouch, BoundTo, InterleavedOver>;

/// "first touch", "bound to node 2", "interleaved over nodes 0,1".
std::string to_string(const Placement& placement);

/// OS numbers of the nodes from which this process may take memory: those of its cpuset (a cgroup's, a batch
/// system's) and, if it was bound (`numactl --membind`), of these the ones that the binding names. Fails
/// where the kernel does not tell.
Expected<std::vector<unsigned>> allowed_memory_nodes();

/// Sets the policy of a mapped range, from a page boundary on, before any of it is touched. Fails if a node
/// is not one of `allowed_memory_nodes`, if a node to bind to has not that much memory available, or if the
/// kernel refuses (a container's filter often does). This is mbind, and not hwloc_set_area_membind which
/// wraps it, so that who maps memory needs no topology. Any thread may call it.
Expected<void> place(std::span<std::byte> range, const Placement& placement);

}  // namespace upout::platform
