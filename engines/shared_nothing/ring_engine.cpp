#include "engines/shared_nothing/ring_engine.h"

#include <utility>

namespace upout::engines::shared_nothing {

static_assert(engines::Engine<RingEngine>);

platform::Expected<std::unique_ptr<RingEngine>> RingEngine::create(const platform::Topology& topology,
                                                                   const platform::WorkerMap& map,
                                                                   unsigned ranks, const Options& options) {
  if (!options.oversubscribe) {
    if (auto room = map.check_room("--ranks", ranks); !room) return tl::unexpected(room.error());
  }
  std::unique_ptr<RingEngine> engine(new RingEngine(
      WorkerThreads(topology, map, ranks), Partitioning(options.partitioning, ranks, options.largest_key),
      message_bytes_for(options.value_bytes), ranks > map.size()));
  for (unsigned rank = 0; rank < ranks; ++rank) {
    auto store = kernel::Store<kernel::Exclusive>::create(
        {.expected_records = options.expected_records / ranks, .index = options.index});
    if (!store) return tl::unexpected(store.error());
    engine->ranks_.emplace_back(options.link_delay, engine->network_, static_cast<int>(rank),
                                std::move(*store));
  }
  return engine;
}

RingEngine::RingEngine(WorkerThreads threads, const Partitioning& partitioning, std::size_t message_bytes,
                       bool yields)
    : threads_(std::move(threads)),
      partitioning_(partitioning),
      network_(static_cast<int>(threads_.size()), message_bytes),
      yields_(yields) {}

std::uint64_t RingEngine::record_count() {
  std::uint64_t count = 0;
  for (const Rank& rank : ranks_) count += rank.store->size();
  return count;
}

}  // namespace upout::engines::shared_nothing
