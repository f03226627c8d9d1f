#include "engines/shared_nothing/ring_engine.h"

#include <cassert>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "engines/transaction.h"
#include "kernel/log/log_file.h"
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
  std::unique_ptr<RingEngineOver> engine(new RingEngineOver(WorkerThreads(topology, map, ranks * threads),
                                                            ranks, *partition_map,
                                                            ranks * threads > map.size(), options));
  if (auto recovered = engine->recover(); !recovered) return tl::unexpected(recovered.error());
  for (unsigned rank = 0; rank < ranks; ++rank) {
    auto replicas = make_replicas(options, *partition_map, engine->ranks_[rank], rank,
                                  std::vector<std::string>(ranks, platform::host_name()));
    if (!replicas) return tl::unexpected(replicas.error());
    if (*replicas != nullptr) engine->replicas_.push_back(std::move(*replicas));
    const auto& conditions = engine->conditions_.emplace_back(make_conditions(options, *partition_map));
    for (RingNetwork& plane : engine->planes_)
      engine->workers_.emplace_back(link_options(options, *partition_map, conditions.get()), plane,
                                    static_cast<int>(rank), *partition_map);
  }
  return engine;
}

template <class Policy>
RingEngineOver<Policy>::RingEngineOver(WorkerThreads threads, unsigned ranks, PartitionMap map, bool yields,
                                       const Options& options)
    : options_(options),
      map_(std::move(map)),
      threads_(std::move(threads)),
      yields_(yields),
      batching_(options.batching),
      on_lost_(options.on_lost),
      on_minority_(options.on_minority) {
  for (unsigned plane = 0; plane < options.threads_per_rank; ++plane)
    planes_.emplace_back(static_cast<int>(ranks), link_options(options, map_, nullptr).short_message);
}

// The logs
// ---------------------------------------------------------------------------------------------------------

template <class Policy>
platform::Expected<RecoveryReport> RingEngineOver<Policy>::recover() {
  RecoveryReport all;
  for (unsigned rank = 0; rank < ranks(); ++rank) {
    DurabilityOptions durability = options_.durability;
    if (durability.durability != Durability::none) {
      durability.folder /= "rank-" + std::to_string(rank);
      std::error_code error;
      std::filesystem::create_directory(durability.folder, error);
      if (error) return platform::unexpected(durability.folder, error.message(), "a folder for a rank's log");
      if (auto synced = kernel::sync_folder(options_.durability.folder); !synced)
        return tl::unexpected(synced.error());
    }
    auto recovered = shared_nothing::recover<Policy>(
        durability, map_.partitioning(),
        [&](kernel::LogWriter* log) { return make_partitions<Policy>(options_, map_, rank, log); });
    if (!recovered) return tl::unexpected(recovered.error());
    if (recovered->log != nullptr) logs_.push_back(std::move(recovered->log));
    ranks_.push_back(std::move(recovered->partitions));
    all.add(recovered->report);
  }
  return all;
}

template <class Policy>
platform::Expected<std::size_t> RingEngineOver<Policy>::take_checkpoint() {
  std::size_t bytes = 0;
  for (unsigned rank = 0; rank < logs_.size(); ++rank) {
    const auto taken = logs_[rank]->take_checkpoint(ranks_[rank]);
    if (!taken) return taken;
    bytes += *taken;
  }
  return bytes;
}

template <class Policy>
platform::Expected<RecoveryReport> RingEngineOver<Policy>::restart() {
  ranks_.clear();
  for (const auto& log : logs_) {
    if (auto closed = log->close(); !closed) return tl::unexpected(closed.error());
  }
  logs_.clear();
  return recover();
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
