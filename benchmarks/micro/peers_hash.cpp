#include <absl/container/flat_hash_map.h>
#include <tbb/concurrent_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "keys.h"
#include "peers.h"
#include "registry.h"

namespace upout::micro {

namespace {

/// Keys are random bits already, so each library's own hash of an integer serves: absl's mixes, std's is the
/// identity modulo a prime, oneTBB's a multiplication.
template <class Value>
using AbslMap = absl::flat_hash_map<std::uint64_t, Value>;
template <class Value>
using TbbMap = tbb::concurrent_hash_map<std::uint64_t, Value>;
using StdMap = std::unordered_map<std::uint64_t, Value8>;

/// All room that is needed is made beforehand: nothing of the load's growth is left in the table. The maximal
/// load factors are the libraries' own (absl 7/8, std 1).
template <class Map>
Map filled_after_reserve() {
  Map map;
  map.reserve(record_count);
  return filled(std::move(map));
}

/// By accessors: their lock on the record, shared for a get and exclusive for an update, is what the
/// container asks of those who read or write while others may write.
template <class Value_>
class TbbSession {
 public:
  using Value = Value_;
  using Structure = TbbMap<Value>;

  explicit TbbSession(Structure& map) : map_(map) {}

  bool get(std::uint64_t key, Value& value) {
    typename Structure::const_accessor record;
    if (!map_.find(record, key)) return false;
    value = record->second;
    return true;
  }
  bool update(std::uint64_t key, const Value& value) {
    typename Structure::accessor record;
    if (!map_.find(record, key)) return false;
    record->second = value;
    return true;
  }

 private:
  Structure& map_;
};

/// With a bucket for each record from the start, so that no segment is split lazily by the reads.
template <class Value>
TbbMap<Value> filled_tbb_map() {
  return filled(TbbMap<Value>(std::size_t{record_count}));
}

}  // namespace

void register_hash_peers() {
  using Absl8 = AbslMap<Value8>;
  using Absl100 = AbslMap<Value100>;
  Peer<MapSession<Absl8>>("absl_flat_hash_map", filled_after_reserve<Absl8>).get().get_prefetched().update();
  Peer<MapSession<Absl100>>("absl_flat_hash_map_100_bytes", filled_after_reserve<Absl100>).get();
  Peer<MapSession<StdMap>>("std_unordered_map", filled_after_reserve<StdMap>).get();
  Peer<TbbSession<Value8>>("tbb_concurrent_hash_map", filled_tbb_map<Value8>).get().get(2).update().update(2);
  Peer<TbbSession<Value100>>("tbb_concurrent_hash_map_100_bytes", filled_tbb_map<Value100>).get();
}

}  // namespace upout::micro
