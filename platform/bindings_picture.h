#pragma once

#include <span>
#include <string>

#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::platform {

/// The machine as a tree in text, a line each for packages, NUMA nodes, shared caches and cores, with the
/// processing units by OS number and, behind each, the workers that sit there: worker n at `workers[n]`.
std::string draw_bindings(const Topology& topology, std::span<const WorkerPlace> workers);

}  // namespace upout::platform
