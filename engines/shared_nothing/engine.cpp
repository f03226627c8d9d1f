#include "engines/shared_nothing/engine.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>
#include <utility>

#include "engines/shared_nothing/agree.h"
#include "engines/transaction.h"
#include "kernel/record.h"

namespace upout::engines::shared_nothing {

static_assert(engines::TransactingEngine<Engine>);
static_assert(engines::TransactingEngine<OneSidedEngine>);

platform::RegionsOfRanks regions_of(const Options& options, unsigned ranks) {
  return {options.regions, ranks - options.clients, options.clients};
}

namespace {

platform::Expected<void> check_regions(const Options& options, unsigned servers) {
  const std::size_t regions = options.regions.size();
  const auto refuse = [&](unsigned ranks, const char* what) {
    return platform::unexpected("--regions",
                                std::to_string(regions) + " for " + std::to_string(ranks) + " ranks " + what,
                                "at least one of them for each region");
  };
  if (servers < regions) return refuse(servers, "with data");
  if (options.clients != 0 && options.clients < regions) return refuse(options.clients, "that are --clients");
  return {};
}

}  // namespace

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
  const Partitioning partitioning(options.partitioning, partitions, options.largest_key);
  if (auto room = check_regions(options, servers); !room) return tl::unexpected(room.error());
  if (!options.home) return PartitionMap(partitioning, servers);
  return PartitionMap(partitioning, servers, regions_of(options, ranks).servers_of(*options.home));
}

template <class Policy>
platform::Expected<Partitions<Policy>> make_partitions(const Options& options, const PartitionMap& map,
                                                       unsigned rank, kernel::LogWriter* log) {
  Partitions<Policy> partitions(map.partitions(),
                                {.index = options.index,
                                 .concurrency_control = options.concurrency_control,
                                 .distributed_transactions = true,
                                 .memory = {.reserve = options.reserve}},
                                options.copies.copies > 1, log);
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
platform::Expected<RecoveredPartitions<Policy>> recover_own_partitions(MPI_Comm communicator,
                                                                       const Options& options,
                                                                       const PartitionMap& map) {
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  const auto make = [&](kernel::LogWriter* log) {
    return make_partitions<Policy>(options, map, static_cast<unsigned>(rank), log);
  };
  return agree(communicator, recover<Policy>(options.durability, map.partitioning(), make));
}

template platform::Expected<Partitions<kernel::Exclusive>> make_partitions(const Options&,
                                                                           const PartitionMap&, unsigned,
                                                                           kernel::LogWriter*);
template platform::Expected<Partitions<kernel::Shared>> make_partitions(const Options&, const PartitionMap&,
                                                                        unsigned, kernel::LogWriter*);
template platform::Expected<RecoveredPartitions<kernel::Exclusive>> recover_own_partitions(
    MPI_Comm, const Options&, const PartitionMap&);
template platform::Expected<RecoveredPartitions<kernel::Shared>> recover_own_partitions(MPI_Comm,
                                                                                        const Options&,
                                                                                        const PartitionMap&);

std::function<void()> missing(const std::function<void(const LostRank&)>& on_lost) {
  if (!on_lost) return {};
  return [on_lost] { on_lost({.rank = LostRank::unknown, .host = {}, .partitions = {}}); };
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

LinkOptions link_options(const Options& options, const PartitionMap& map, const LinkConditions* conditions) {
  const std::size_t ranks = map.ranks() + options.clients;
  const std::size_t view_bytes =
      Consensus::beside_decision + View::most_bytes(ranks, map.partitions(), options.copies.copies);
  const std::size_t longest =
      longest_message_for(options.value_bytes, std::max(map.bytes().size(), view_bytes));
  return {conditions, longest, std::min(longest, most_piece_bytes)};
}

std::unique_ptr<LinkConditions> make_conditions(const Options& options, const PartitionMap& map) {
  if (options.link_delay == platform::Timestamp::zero() && !options.changes_links) return nullptr;
  return std::make_unique<LinkConditions>(static_cast<int>(map.ranks() + options.clients),
                                          options.link_delay);
}

namespace {

/// Of ranks from that one: those of its region are near, and nearer those of its host.
std::vector<platform::Timestamp> distances(unsigned rank, const std::vector<std::string>& hosts,
                                           const platform::RegionsOfRanks& regions) {
  std::vector<platform::Timestamp> to;
  for (unsigned other = 0; other < hosts.size(); ++other) {
    const platform::Timestamp beside_region(hosts[other] == hosts[rank] ? 0 : 1);
    to.push_back(beside_region + (regions.empty() ? platform::Timestamp() : regions.round_trip(rank, other)));
  }
  return to;
}

/// Of so many ranks, by rank; of no regions nothing.
std::vector<std::string> names_by_rank(const platform::RegionsOfRanks& regions, std::size_t ranks) {
  std::vector<std::string> names;
  if (regions.empty()) return names;
  for (unsigned rank = 0; rank < ranks; ++rank)
    names.push_back(regions.regions().name(regions.region_of(rank)));
  return names;
}

}  // namespace

template <class Policy>
platform::Expected<std::unique_ptr<Replicas<Policy>>> make_replicas(const Options& options,
                                                                    const PartitionMap& map,
                                                                    const Partitions<Policy>& partitions,
                                                                    unsigned rank,
                                                                    const std::vector<std::string>& hosts) {
  if (options.copies.copies == 1) return std::unique_ptr<Replicas<Policy>>();
  const platform::RegionsOfRanks regions = regions_of(options, static_cast<unsigned>(hosts.size()));
  return Replicas<Policy>::create(static_cast<int>(rank), partitions,
                                  CopyPlacement(map, hosts, names_by_rank(regions, hosts.size())),
                                  {.policy = options.copies,
                                   .timing = options.copy_timing,
                                   .expected_records = options.expected_records / map.partitions(),
                                   .longest_message = link_options(options, map, nullptr).longest_message,
                                   .seed = rank,
                                   .distances = distances(rank, hosts, regions)});
}
template platform::Expected<std::unique_ptr<Replicas<kernel::Exclusive>>> make_replicas(
    const Options&, const PartitionMap&, const Partitions<kernel::Exclusive>&, unsigned,
    const std::vector<std::string>&);
template platform::Expected<std::unique_ptr<Replicas<kernel::Shared>>> make_replicas(
    const Options&, const PartitionMap&, const Partitions<kernel::Shared>&, unsigned,
    const std::vector<std::string>&);

namespace {

platform::Expected<void> check_one_sided(const Options& options) {
  if (options.index != kernel::IndexKind::hash)
    return platform::unexpected("--read-path rma", "an ordered index", "--index hash: only that is read so");
  if (options.concurrency_control == kernel::ConcurrencyControl::serial)
    return platform::unexpected("--read-path rma", "serial transactions, which lock no records", "occ");
  return {};
}

/// Room for a rank's records and tables to begin with, and to grow to several times that; what does not fit
/// lies elsewhere and is asked for.
std::size_t window_bytes_for(const Options& options, const PartitionMap& map, unsigned rank) {
  constexpr std::size_t beside_records = std::size_t{16} << 20;  // a partition's small table and first chunks
  constexpr std::size_t slot_bytes = 64;  // of tables half full, and of those they grow into
  const std::size_t record_bytes = kernel::Record<kernel::Shared>::bytes_for(options.value_bytes);
  const std::size_t records = options.expected_records / map.partitions() + 1;
  std::size_t partitions = 0;  // of the rank
  for (std::uint32_t partition = 0; partition < map.partitions(); ++partition)
    partitions += map.owner(partition) == rank ? 1 : 0;
  return partitions * (4 * records * (record_bytes + slot_bytes) + beside_records);
}

template <class Policy>
platform::Expected<std::unique_ptr<MpiWindow>> make_window(MPI_Comm communicator, const Options& options,
                                                           const PartitionMap& map) {
  if constexpr (!Policy::is_shared) return std::unique_ptr<MpiWindow>();
  assert(options.durability.durability == Durability::none);  // what others read may not be on disk yet
  if (auto possible = check_one_sided(options); !possible) return tl::unexpected(possible.error());
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  return MpiWindow::create(communicator, window_bytes_for(options, map, static_cast<unsigned>(rank)),
                           map.partitions());
}

}  // namespace

template <class Policy>
platform::Expected<std::unique_ptr<EngineOf<Policy>>> EngineOf<Policy>::create(
    MPI_Comm communicator, const platform::Topology& topology, const platform::WorkerMap& worker_map,
    const Options& asked) {
  Options options = asked;
  const auto neighbourhood = find_neighbours(communicator, topology, worker_map, 1, options.oversubscribe);
  if (!neighbourhood) return tl::unexpected(neighbourhood.error());
  int size = 1;
  MPI_Comm_size(communicator, &size);
  auto map = make_map(options, static_cast<unsigned>(size));
  if (!map) return tl::unexpected(map.error());
  auto window = make_window<Policy>(communicator, options, *map);
  if (!window) return tl::unexpected(window.error());
  if (*window != nullptr) options.reserve = &(*window)->reserve();
  auto recovered = recover_own_partitions<Policy>(communicator, options, *map);
  if (!recovered) return tl::unexpected(recovered.error());
  std::unique_ptr<EngineOf> engine(
      new EngineOf(communicator, topology, *neighbourhood,
                   planned_bindings(communicator, *neighbourhood, worker_map, 1).front(), std::move(*window),
                   std::move(*map), std::move(*recovered), options));
  const auto rank = static_cast<unsigned>(engine->transport_.rank());
  auto replicas = make_replicas(options, engine->map_, engine->partitions_, rank, engine->hosts_);
  std::uint64_t failed = replicas ? 0 : 1;
  engine->max({&failed, 1});
  if (!replicas) return tl::unexpected(replicas.error());
  if (failed != 0) return platform::unexpected("the copies", "no memory for them on another rank", "fewer");
  engine->replicas_ = std::move(*replicas);
  return engine;
}

template <class Policy>
EngineOf<Policy>::EngineOf(MPI_Comm communicator, const platform::Topology& topology,
                           Neighbourhood neighbourhood, platform::WorkerBinding planned,
                           std::unique_ptr<MpiWindow> window, PartitionMap map,
                           RecoveredPartitions<Policy> recovered, const Options& options)
    : options_(options),
      communicator_(communicator),
      collectives_(communicator, neighbourhood.crowd > 0, missing(options.on_lost)),
      topology_(&topology),
      neighbourhood_(neighbourhood),
      window_(std::move(window)),
      map_(std::move(map)),
      log_(std::move(recovered.log)),
      partitions_(std::move(recovered.partitions)),
      conditions_(make_conditions(options, map_)),
      transport_(link_options(options, map_, conditions_.get()), communicator,
                 link_options(options, map_, nullptr).short_message),
      planned_(std::move(planned)),
      on_lost_(options.on_lost),
      on_minority_(options.on_minority),
      yields_(neighbourhood.crowd > 0),
      batching_(options.batching) {
  for (const platform::WorkerBinding& rank : gather_bindings(communicator, {&planned_, 1})) {
    hosts_.push_back(rank.host);
  }
  if constexpr (Policy::is_shared) {
    one_sided_ = std::make_unique<OneSidedReads>(*window_, map_.partitions());
    for (const Partition<Policy>* partition : partitions_)
      one_sided_->publish(partition->number, *partition->store->hash());
    window_->wait_for_all();
    one_sided_->find_tables(map_, transport_.rank());
  }
}

/// What a session calls with a rank that it does not hear of.
template <class Policy>
std::function<void(int)> EngineOf<Policy>::watch() const {
  if (!on_lost_ || replicas_ != nullptr) return {};
  return [this](int rank) { on_lost_(lost_rank(rank, hosts_, map_)); };
}

template <class Policy>
std::function<void(const std::vector<std::uint32_t>&)> EngineOf<Policy>::watch_partitions() const {
  if (!on_lost_) return {};
  return [this](const std::vector<std::uint32_t>& lost) {
    on_lost_({.rank = LostRank::several, .host = {}, .partitions = lost, .of_partitions = map_.partitions()});
  };
}

/// Those that the view has; who comes back later has missed too much.
template <class Policy>
void EngineOf<Policy>::note_who_is_there() {
  if (replicas_ == nullptr) return;
  collectives_.limit_to(replicas_->members().view().alive);
  if (collectives_.present() == workers()) bindings_ = gather_bindings(communicator_, {&binding_, 1});
}

template <class Policy>
void EngineOf<Policy>::bind() {
  binding_ = planned_;
  // A refusal shows in what is read back; the run rules say what it means.
  if (!topology_->bind_this_thread(static_cast<unsigned>(planned_.asked_cpu))) {
    binding_.asked_cpu = -1;
    binding_.node.reset();
  }
  binding_.add_allowed(topology_->this_thread_cpus());
}

// The log
// ---------------------------------------------------------------------------------------------------------

template <class Policy>
platform::Expected<std::size_t> EngineOf<Policy>::take_checkpoint() {
  return agree(communicator_, log_->take_checkpoint(partitions_));
}

template <class Policy>
platform::Expected<RecoveryReport> EngineOf<Policy>::restart() {
  const auto forget = [this]() -> platform::Expected<void> {
    partitions_ = Partitions<Policy>(map_.partitions(), {});
    auto closed = log_->close();
    log_.reset();
    return closed;
  };
  if (auto closed = agree(communicator_, forget()); !closed) return tl::unexpected(closed.error());
  auto recovered = recover_own_partitions<Policy>(communicator_, options_, map_);
  if (!recovered) return tl::unexpected(recovered.error());
  log_ = std::move(recovered->log);
  partitions_ = std::move(recovered->partitions);
  RecoveryReport& report = recovered->report;
  std::array<std::uint64_t, 2> sums{report.log_bytes, report.changes};
  std::array<std::uint64_t, 2> nanoseconds{static_cast<std::uint64_t>(report.reading_seconds * 1e9),
                                           static_cast<std::uint64_t>(report.redoing_seconds * 1e9)};
  sum(sums);
  max(nanoseconds);
  return RecoveryReport{.log_bytes = sums[0],
                        .changes = sums[1],
                        .reading_seconds = static_cast<double>(nanoseconds[0]) * 1e-9,
                        .redoing_seconds = static_cast<double>(nanoseconds[1]) * 1e-9};
}

template <class Policy>
std::uint64_t EngineOf<Policy>::record_count() {
  std::uint64_t count = partitions_.record_count();
  collectives_.sum({&count, 1});
  return count;
}

template <class Policy>
std::vector<platform::WorkerBinding> EngineOf<Policy>::bindings() {
  if (collectives_.present() != workers()) return bindings_;
  return gather_bindings(communicator_, {&binding_, 1});
}

template class EngineOf<kernel::Exclusive>;
template class EngineOf<kernel::Shared>;

}  // namespace upout::engines::shared_nothing
