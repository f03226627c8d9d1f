#include <absl/container/btree_map.h>
#include <tbb/concurrent_map.h>

#include <cstdint>
#include <map>

#include "peers.h"
#include "registry.h"

namespace upout::micro {

namespace {

using AbslMap = absl::btree_map<std::uint64_t, Value8>;
using StdMap = std::map<std::uint64_t, Value8>;
using TbbMap = tbb::concurrent_map<std::uint64_t, Value8>;

/// Filled in random order, as an index is that lives under inserts: a B-tree's nodes are then about
/// two thirds full, and neighbours by key are none in memory.
template <class Map>
Map filled_at_random() {
  return filled(Map());
}

}  // namespace

void register_ordered_peers() {
  Peer<MapSession<AbslMap>>("absl_btree_map", filled_at_random<AbslMap>).get().scan();
  Peer<MapSession<StdMap>>("std_map", filled_at_random<StdMap>).get().scan();
  Peer<MapSession<TbbMap>>("tbb_concurrent_map", filled_at_random<TbbMap>).get().get(2).scan();
}

}  // namespace upout::micro
