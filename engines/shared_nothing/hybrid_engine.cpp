#include "engines/shared_nothing/hybrid_engine.h"

#include <utility>

#include "engines/transaction.h"

namespace upout::engines::shared_nothing {

static_assert(engines::TransactingEngine<HybridEngine>);

platform::Expected<std::unique_ptr<HybridEngine>> HybridEngine::create(MPI_Comm communicator,
                                                                       const platform::Topology& topology,
                                                                       const platform::WorkerMap& worker_map,
                                                                       const Options& options) {
  const unsigned threads = options.threads_per_rank;
  const auto neighbourhood =
      find_neighbours(communicator, topology, worker_map, threads, options.oversubscribe);
  if (!neighbourhood) return tl::unexpected(neighbourhood.error());
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(communicator, &rank);
  MPI_Comm_size(communicator, &size);
  auto map = make_map(options, static_cast<unsigned>(size));
  if (!map) return tl::unexpected(map.error());
  auto recovered = recover_own_partitions<kernel::Shared>(communicator, options, *map);
  if (!recovered) return tl::unexpected(recovered.error());
  return std::unique_ptr<HybridEngine>(
      new HybridEngine(communicator,
                       WorkerThreads(topology, worker_map, threads,
                                     {neighbourhood->place, static_cast<unsigned>(rank) * threads}),
                       *neighbourhood, std::move(*map), std::move(recovered->partitions), options));
}

HybridEngine::HybridEngine(MPI_Comm communicator, WorkerThreads threads, Neighbourhood neighbourhood,
                           PartitionMap map, Partitions<kernel::Shared> partitions, const Options& options)
    : communicator_(communicator),
      collectives_(communicator, neighbourhood.crowd > 0, missing(options.on_lost)),
      threads_(std::move(threads)),
      neighbourhood_(neighbourhood),
      map_(std::move(map)),
      partitions_(std::move(partitions)),
      conditions_(make_conditions(options, map_)),
      funnel_(
          threads_.size(), link_options(options, map_, nullptr).short_message,
          [this](int rank) { lose(rank); }, communicator, threads_.size(),
          link_options(options, map_, nullptr).short_message),
      on_lost_(options.on_lost),
      yields_(neighbourhood.crowd > 0),
      batching_(options.batching) {
  for (unsigned worker = 0; worker < threads_.size(); ++worker)
    workers_.emplace_back(link_options(options, map_, conditions_.get()), funnel_, worker, map_);
  const auto planned = planned_bindings(communicator, neighbourhood_, threads_.map(), threads_.size());
  const auto all = gather_bindings(communicator, planned);
  for (std::size_t worker = 0; worker < all.size(); worker += threads_.size())
    hosts_.push_back(all[worker].host);
}

/// What a session calls with a rank that it does not hear of. Ending the others takes MPI, and so worker 0.
std::function<void(int)> HybridEngine::watch(unsigned worker) {
  if (!on_lost_) return {};
  if (worker == 0) return [this](int rank) { lose(rank); };
  return [this](int rank) { funnel_.tell(rank); };
}

std::uint64_t HybridEngine::record_count() {
  std::uint64_t count = partitions_.record_count();
  collectives_.sum({&count, 1});
  return count;
}

std::vector<platform::WorkerBinding> HybridEngine::bindings() {
  return gather_bindings(communicator_, threads_.bindings());
}

}  // namespace upout::engines::shared_nothing
