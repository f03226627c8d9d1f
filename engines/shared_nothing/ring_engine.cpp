#include "engines/shared_nothing/ring_engine.h"

#include <cassert>
#include <string>
#include <utility>
#include <vector>

#include "engines/transaction.h"
#include "platform/host.h"

namespace upout::engines::shared_nothing {

static_assert(engines::TransactingEngine<RingEngine>);
static_assert(engines::TransactingEngine<HybridRingEngine>);

template <class Policy>
platform::Expected<std::unique_ptr<RingEngineOver<Policy>>> RingEngineOver<Policy>::create(
    const platform::Topology& topology, const platform::WorkerMap& map, unsigned ranks,
    const Options& options) {
  const unsigned threads = options.threads_per_rank;
  assert(Policy::is_shared || threads == 1);
  if (!options.oversubscribe) {
    if (auto room = check_room(map, ranks, threads); !room) return tl::unexpected(room.error());
  }
  const auto partition_map = make_map(options, ranks);
  if (!partition_map) return tl::unexpected(partition_map.error());
  const LinkOptions links = link_options(options, *partition_map, nullptr);
  std::unique_ptr<RingEngineOver> engine(new RingEngineOver(
      WorkerThreads(topology, map, ranks * threads), ranks, links, ranks * threads > map.size(), options));
  for (unsigned rank = 0; rank < ranks; ++rank) {
    auto partitions = make_partitions<Policy>(options, *partition_map, rank);
    if (!partitions) return tl::unexpected(partitions.error());
    auto replicas = make_replicas(options, *partition_map, *partitions, rank,
                                  std::vector<std::string>(ranks, platform::host_name()));
    if (!replicas) return tl::unexpected(replicas.error());
    if (*replicas != nullptr) engine->replicas_.push_back(std::move(*replicas));
    engine->ranks_.push_back(std::move(*partitions));
    const auto& conditions = engine->conditions_.emplace_back(make_conditions(options, *partition_map));
    for (RingNetwork& plane : engine->planes_)
      engine->workers_.emplace_back(link_options(options, *partition_map, conditions.get()), plane,
                                    static_cast<int>(rank), *partition_map);
  }
  return engine;
}

template <class Policy>
RingEngineOver<Policy>::RingEngineOver(WorkerThreads threads, unsigned ranks, const LinkOptions& links,
                                       bool yields, const Options& options)
    : threads_(std::move(threads)),
      yields_(yields),
      batching_(options.batching),
      on_lost_(options.on_lost),
      on_minority_(options.on_minority) {
  for (unsigned plane = 0; plane < options.threads_per_rank; ++plane)
    planes_.emplace_back(static_cast<int>(ranks), links.short_message);
}

template <class Policy>
std::uint64_t RingEngineOver<Policy>::record_count() {
  std::uint64_t count = 0;
  for (const Partitions<Policy>& partitions : ranks_) count += partitions.record_count();
  return count;
}

template class RingEngineOver<kernel::Exclusive>;
template class RingEngineOver<kernel::Shared>;

platform::Expected<void> check_room(const platform::WorkerMap& map, unsigned ranks,
                                    unsigned threads_per_rank) {
  return map.check_room(threads_per_rank == 1 ? "--ranks" : "--ranks times --threads-per-rank",
                        ranks * threads_per_rank);
}

}  // namespace upout::engines::shared_nothing
