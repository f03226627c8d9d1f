#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "platform/topology.h"

namespace upout::platform {

/// How far memory is from processors, as the firmware tells the kernel (ACPI, System Locality Information
/// Table): relative latencies without a unit, of which 10 is that of a node's own memory.
struct NumaDistances {
  std::vector<unsigned> nodes;                      ///< OS numbers; of both rows and columns
  std::vector<std::vector<std::uint64_t>> from_to;  ///< a row for each node whose processors ask
};

/// Nothing: the machine has one node, or does not say.
std::optional<NumaDistances> numa_distances(const Topology& topology);

}  // namespace upout::platform
