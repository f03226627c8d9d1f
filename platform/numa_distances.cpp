#include "platform/numa_distances.h"

#include <hwloc.h>
#include <hwloc/distances.h>

#include <memory>

namespace upout::platform {

std::optional<NumaDistances> numa_distances(const Topology& topology) {
  hwloc_distances_s* found = nullptr;
  unsigned count = 1;  // of matrices that are wanted
  // What hwloc calls the kernel's matrix; others were measured, or are of bandwidths.
  if (hwloc_distances_get_by_name(topology.native(), "NUMALatency", &count, &found, 0) != 0 || count == 0)
    return std::nullopt;
  const auto release = [&topology](hwloc_distances_s* matrix) {
    hwloc_distances_release(topology.native(), matrix);
  };
  const std::unique_ptr<hwloc_distances_s, decltype(release)> matrix(found, release);
  NumaDistances distances;
  for (unsigned from = 0; from < matrix->nbobjs; ++from) {
    distances.nodes.push_back(matrix->objs[from]->os_index);
    const hwloc_uint64_t* row = matrix->values + std::size_t{from} * matrix->nbobjs;
    distances.from_to.emplace_back(row, row + matrix->nbobjs);
  }
  return distances;
}

}  // namespace upout::platform
