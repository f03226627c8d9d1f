#include <hwloc.h>

#include <cstdlib>
#include <set>

#include "platform/topology.h"
#include "platform/worker_map.h"
#include "reader.h"

namespace upout {

namespace {

/// hwloc loads its plugins when the first topology is made, and forgets them with the last.
struct KeptPlugins {
  KeptPlugins() { hwloc_topology_init(&topology); }
  KeptPlugins(const KeptPlugins&) = delete;
  KeptPlugins& operator=(const KeptPlugins&) = delete;
  ~KeptPlugins() { hwloc_topology_destroy(topology); }

  hwloc_topology_t topology = nullptr;
};

void ask_everything_of(const platform::Topology& topology) {
  if (topology.is_this_machine())
    fuzz::give_up("a described machine that can be bound to", topology.summary());
  topology.core_kinds();
  topology.last_level_cache_bytes();
  topology.to_xml();
  std::size_t listed = 0;
  for (const platform::Core& core : topology.core_list()) listed += core.cpus.size();
  std::size_t at_home = 0;
  for (const platform::NumaNode& node : topology.node_list()) at_home += node.cpus.size();
  if (listed != topology.processing_units() || at_home > listed)
    fuzz::give_up("processing units that are not counted once", topology.summary());
}

void make_worker_maps_of(const platform::Topology& topology) {
  for (const char* order : {"cores", "compact", "scatter", "smt"}) {
    const auto map = platform::WorkerMap::create(topology, platform::Binding::parse(order).value());
    if (!map) fuzz::give_up("a machine without a worker map", map.error().to_string());
    std::set<unsigned> cpus;
    for (const platform::WorkerPlace& place : map->places()) cpus.insert(place.cpu);
    if (cpus.empty() || cpus.size() != map->size())
      fuzz::give_up("a processing unit twice", topology.summary());
    planned_binding(*map, 0, 0);
  }
}

}  // namespace

}  // namespace upout

/// AddressSanitizer asks for it. The process that tries a description has a limit of memory, and is to see it
/// as it would see it otherwise.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}

/// A machine in hwloc's XML as HWLOC_XMLFILE gives it: read, asked for all that there is to know, and workers
/// laid out on it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace upout;
  static const fuzz::MemoryFile file;
  static const KeptPlugins plugins;
  file.replace(fuzz::text_of({data, size}));
  ::setenv("HWLOC_XMLFILE", file.path().c_str(), 1);
  const auto topology = platform::Topology::discover();
  if (!topology) {
    fuzz::demand_a_sentence_about(file.path(), topology.error());
    return 0;
  }
  ask_everything_of(*topology);
  make_worker_maps_of(*topology);
  return 0;
}
