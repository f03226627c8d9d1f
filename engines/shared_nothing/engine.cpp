#include "engines/shared_nothing/engine.h"

#include <string>
#include <utility>

#include "engines/transaction.h"

namespace upout::engines::shared_nothing {

static_assert(engines::TransactingEngine<Engine>);

platform::Expected<PartitionMap> make_map(const Options& options, unsigned ranks) {
  if (options.clients != 0 && options.clients >= ranks) {
    return platform::unexpected("--clients", std::to_string(options.clients),
                                "fewer than the " + std::to_string(ranks) +
                                    (ranks == 1 ? " rank" : " ranks") + ", for the others have the data");
  }
  const std::uint32_t servers = ranks - options.clients;
  const std::uint32_t partitions = options.partitions == 0 ? servers : options.partitions;
  if (partitions < servers) {
    return platform::unexpected("--partitions", std::to_string(partitions),
                                "at least one for each of the " + std::to_string(servers) +
                                    (options.clients == 0 ? " ranks" : " ranks that are not clients"));
  }
  return PartitionMap(Partitioning(options.partitioning, partitions, options.largest_key), servers);
}

template <class Policy>
platform::Expected<Partitions<Policy>> make_partitions(const Options& options, const PartitionMap& map,
                                                       unsigned rank) {
  Partitions<Policy> partitions(map.partitions(), {.index = options.index,
                                                   .concurrency_control = options.concurrency_control,
                                                   .distributed_transactions = true});
  // No more than its share: room to spare could double the table, and one engine's buckets would be emptier
  // than the other's.
  const std::size_t expected_records = options.expected_records / map.partitions();
  for (std::uint32_t partition = 0; partition < map.partitions(); ++partition) {
    if (map.owner(partition) != rank) continue;
    auto made = partitions.make(partition, expected_records);
    if (!made) return tl::unexpected(made.error());
    partitions.add(std::move(*made));
  }
  return partitions;
}

template <class Policy>
platform::Expected<Partitions<Policy>> make_own_partitions(MPI_Comm communicator, const Options& options,
                                                           const PartitionMap& map) {
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  auto partitions = make_partitions<Policy>(options, map, static_cast<unsigned>(rank));
  int failed = partitions ? 0 : 1;
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, communicator);
  if (partitions && failed != 0)
    return platform::unexpected("the hash index", "no memory for it on another rank", "fewer records");
  return partitions;
}

template platform::Expected<Partitions<kernel::Exclusive>> make_partitions(const Options&,
                                                                           const PartitionMap&, unsigned);
template platform::Expected<Partitions<kernel::Shared>> make_partitions(const Options&, const PartitionMap&,
                                                                        unsigned);
template platform::Expected<Partitions<kernel::Exclusive>> make_own_partitions(MPI_Comm, const Options&,
                                                                               const PartitionMap&);
template platform::Expected<Partitions<kernel::Shared>> make_own_partitions(MPI_Comm, const Options&,
                                                                            const PartitionMap&);

std::function<void()> missing(const Options& options) {
  if (!options.on_lost) return {};
  return [on_lost = options.on_lost] { on_lost({.rank = -1, .host = {}, .partitions = {}}); };
}

LostRank lost_rank(int rank, const std::vector<std::string>& hosts, const PartitionMap& map) {
  LostRank lost{.rank = rank,
                .host = hosts[static_cast<std::size_t>(rank)],
                .partitions = {},
                .of_partitions = map.partitions()};
  for (std::uint32_t partition = 0; partition < map.partitions(); ++partition) {
    if (map.owner(partition) == static_cast<std::uint32_t>(rank)) lost.partitions.push_back(partition);
  }
  return lost;
}

LinkOptions link_options(const Options& options, const PartitionMap& map) {
  return {options.link_delay, longest_message_for(options.value_bytes, map.bytes().size())};
}

platform::Expected<std::unique_ptr<Engine>> Engine::create(MPI_Comm communicator,
                                                           const platform::Topology& topology,
                                                           const platform::WorkerMap& worker_map,
                                                           const Options& options) {
  const auto neighbourhood = find_neighbours(communicator, topology, worker_map, 1, options.oversubscribe);
  if (!neighbourhood) return tl::unexpected(neighbourhood.error());
  int size = 1;
  MPI_Comm_size(communicator, &size);
  auto map = make_map(options, static_cast<unsigned>(size));
  if (!map) return tl::unexpected(map.error());
  auto partitions = make_own_partitions<kernel::Exclusive>(communicator, options, *map);
  if (!partitions) return tl::unexpected(partitions.error());
  const LinkOptions links = link_options(options, *map);
  return std::unique_ptr<Engine>(
      new Engine(communicator, topology, *neighbourhood,
                 planned_bindings(communicator, *neighbourhood, worker_map, 1).front(), links,
                 std::move(*map), std::move(*partitions), options));
}

Engine::Engine(MPI_Comm communicator, const platform::Topology& topology, Neighbourhood neighbourhood,
               platform::WorkerBinding planned, const LinkOptions& links, PartitionMap map,
               Partitions<> partitions, const Options& options)
    : communicator_(communicator),
      collectives_(communicator, neighbourhood.crowd > 0, missing(options)),
      topology_(&topology),
      neighbourhood_(neighbourhood),
      map_(std::move(map)),
      partitions_(std::move(partitions)),
      transport_(links, communicator, short_message_bytes),
      planned_(std::move(planned)),
      on_lost_(options.on_lost),
      yields_(neighbourhood.crowd > 0),
      batching_(options.batching) {
  for (const platform::WorkerBinding& rank : gather_bindings(communicator, {&planned_, 1})) {
    hosts_.push_back(rank.host);
  }
}

/// What a session calls with a rank that it does not hear of.
std::function<void(int)> Engine::watch() const {
  if (!on_lost_) return {};
  return [this](int rank) { on_lost_(lost_rank(rank, hosts_, map_)); };
}

void Engine::bind() {
  binding_ = planned_;
  // A refusal shows in what is read back; the run rules say what it means.
  if (!topology_->bind_this_thread(static_cast<unsigned>(planned_.asked_cpu))) {
    binding_.asked_cpu = -1;
    binding_.node.reset();
  }
  binding_.add_allowed(topology_->this_thread_cpus());
}

std::uint64_t Engine::record_count() {
  std::uint64_t count = partitions_.record_count();
  collectives_.sum({&count, 1});
  return count;
}

std::vector<platform::WorkerBinding> Engine::bindings() {
  return gather_bindings(communicator_, {&binding_, 1});
}

}  // namespace upout::engines::shared_nothing
