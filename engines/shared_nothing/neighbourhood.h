#pragma once

#include <mpi.h>

#include <span>
#include <vector>

#include "platform/error.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::engines::shared_nothing {

/// Where this process stands among those of its host, and how many hosts there are.
struct Neighbourhood {
  unsigned hosts = 1;
  unsigned machines = 1;  ///< that these are on
  unsigned sharing = 1;   ///< processes of this host that may use the same processors as this one
  unsigned place = 0;     ///< of this one's first worker in the map
  unsigned crowd = 0;     ///< over all hosts: the largest number of workers to one processor set, less the
                          ///< places of the map, if positive
};

/// Collective; fails on all ranks or on none. Each rank has so many workers. More of them than places are an
/// error unless `oversubscribe` allows them, and so is a map other than `cores` over ranks that a launcher
/// has bound apart: it could lay out nothing.
platform::Expected<Neighbourhood> find_neighbours(MPI_Comm communicator, const platform::Topology& topology,
                                                  const platform::WorkerMap& map, unsigned threads_per_rank,
                                                  bool oversubscribe);

/// What each rank says of its workers, as many on each, by worker, on all of them. Collective.
std::vector<platform::WorkerBinding> gather_bindings(MPI_Comm communicator,
                                                     std::span<const platform::WorkerBinding> own);

/// The bindings that this rank's workers are to ask for; the kernel has not been asked yet.
std::vector<platform::WorkerBinding> planned_bindings(MPI_Comm communicator,
                                                      const Neighbourhood& neighbourhood,
                                                      const platform::WorkerMap& map,
                                                      unsigned threads_per_rank);

}  // namespace upout::engines::shared_nothing
