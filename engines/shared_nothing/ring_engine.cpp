#include "engines/shared_nothing/ring_engine.h"

#include <utility>

#include "engines/transaction.h"

namespace upout::engines::shared_nothing {

static_assert(engines::TransactingEngine<RingEngine>);

platform::Expected<std::unique_ptr<RingEngine>> RingEngine::create(const platform::Topology& topology,
                                                                   const platform::WorkerMap& map,
                                                                   unsigned ranks, const Options& options) {
  if (!options.oversubscribe) {
    if (auto room = map.check_room("--ranks", ranks); !room) return tl::unexpected(room.error());
  }
  const auto partition_map = make_map(options, ranks);
  if (!partition_map) return tl::unexpected(partition_map.error());
  std::unique_ptr<RingEngine> engine(new RingEngine(WorkerThreads(topology, map, ranks),
                                                    message_bytes_for(options, *partition_map),
                                                    ranks > map.size(), options.batching));
  for (unsigned rank = 0; rank < ranks; ++rank) {
    auto partitions = make_partitions(options, *partition_map, rank);
    if (!partitions) return tl::unexpected(partitions.error());
    engine->ranks_.emplace_back(options.link_delay, engine->network_, static_cast<int>(rank), *partition_map,
                                std::move(*partitions));
  }
  return engine;
}

RingEngine::RingEngine(WorkerThreads threads, std::size_t message_bytes, bool yields,
                       const Batching& batching)
    : threads_(std::move(threads)),
      network_(static_cast<int>(threads_.size()), message_bytes),
      yields_(yields),
      batching_(batching) {}

std::uint64_t RingEngine::record_count() {
  std::uint64_t count = 0;
  for (const Rank& rank : ranks_) count += rank.partitions.record_count();
  return count;
}

}  // namespace upout::engines::shared_nothing
