#include "engines/shared_nothing/engine.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "kernel/record.h"

namespace upout::engines::shared_nothing {

namespace {

/// Long enough for every rank to leave the collective call and reach its loop.
constexpr platform::Timestamp start_delay = std::chrono::milliseconds(10);

/// Ranks go through their records between two collectives, and one may have many more than the others.
constexpr std::chrono::seconds longest_collective{60};

/// Waits for what has been begun.
template <class Idle>
void wait(MPI_Request request, Idle&& idle) {
  for (int done = 0; done == 0;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done == 0) idle();
  }
}

/// How far this host's clock is ahead of the root's: the reading in the middle of the shortest of some round
/// trips (Cristian, "Probabilistic clock synchronization", 1989).
platform::Timestamp measure_clock_offset(MPI_Comm communicator, const platform::Clock& clock,
                                         const std::function<void()>& idle) {
  constexpr int round_trips = 32;
  constexpr int tag = 2;
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(communicator, &rank);
  MPI_Comm_size(communicator, &size);
  std::int64_t reading = 0;
  const auto receive = [&](int source) {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Irecv(&reading, 1, MPI_INT64_T, source, tag, communicator, &request);
    wait(request, idle);
  };
  platform::Timestamp offset{};
  for (int other = 1; other < size; ++other) {
    if (rank != 0 && rank != other) continue;
    platform::Timestamp shortest = platform::Timestamp::max();
    for (int i = 0; i < round_trips; ++i) {
      if (rank == 0) {
        receive(other);
        reading = clock.now().count();
        MPI_Send(&reading, 1, MPI_INT64_T, other, tag, communicator);
        continue;
      }
      const platform::Timestamp asked = clock.now();
      MPI_Send(&reading, 1, MPI_INT64_T, 0, tag, communicator);
      receive(0);
      const platform::Timestamp answered = clock.now();
      if (answered - asked >= shortest) continue;
      shortest = answered - asked;
      offset = asked + shortest / 2 - platform::Timestamp(reading);
    }
  }
  return offset;
}

}  // namespace

static_assert(engines::Engine<Engine>);
static_assert(engines::Engine<OneSidedEngine>);

platform::Expected<PartitionMap> make_map(const Options& options, unsigned ranks) {
  const std::uint32_t partitions = options.partitions == 0 ? ranks : options.partitions;
  if (partitions < ranks) {
    return platform::unexpected("--partitions", std::to_string(partitions),
                                "at least one for each of the " + std::to_string(ranks) + " ranks");
  }
  return PartitionMap(Partitioning(options.partitioning, partitions, options.largest_key), ranks);
}

template <class Policy>
platform::Expected<Partitions<Policy>> make_partitions(const Options& options, const PartitionMap& map,
                                                       unsigned rank) {
  Partitions<Policy> partitions(map.partitions(), {.index = options.index,
                                                   .concurrency_control = options.concurrency_control,
                                                   .distributed_transactions = true,
                                                   .memory = {.reserve = options.reserve}});
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

template platform::Expected<Partitions<kernel::Exclusive>> make_partitions(const Options&,
                                                                           const PartitionMap&, unsigned);

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
std::size_t window_bytes_for(const Options& options, const PartitionMap& map) {
  constexpr std::size_t beside_records = std::size_t{16} << 20;  // a partition's small table and first chunks
  constexpr std::size_t slot_bytes = 64;  // of tables half full, and of those they grow into
  const std::size_t record_bytes = kernel::Record<kernel::Shared>::bytes_for(options.value_bytes);
  const std::size_t records = options.expected_records / map.partitions() + 1;
  std::size_t partitions = 0;  // of the rank that has the most
  std::vector<std::size_t> owned(map.partitions());
  for (std::uint32_t partition = 0; partition < map.partitions(); ++partition)
    partitions = std::max(partitions, ++owned[map.owner(partition)]);
  return partitions * (4 * records * (record_bytes + slot_bytes) + beside_records);
}

template <class Policy>
platform::Expected<std::unique_ptr<MpiWindow>> make_window(MPI_Comm communicator, const Options& options,
                                                           const PartitionMap& map) {
  if constexpr (!Policy::is_shared) return std::unique_ptr<MpiWindow>();
  if (auto possible = check_one_sided(options); !possible) return tl::unexpected(possible.error());
  return MpiWindow::create(communicator, window_bytes_for(options, map), map.partitions());
}

}  // namespace

std::size_t message_bytes_for(const Options& options, const PartitionMap& map) {
  return message_bytes_for(options.value_bytes, map.bytes().size());
}

template <class Policy>
platform::Expected<std::unique_ptr<EngineOf<Policy>>> EngineOf<Policy>::create(
    MPI_Comm communicator, const platform::Topology& topology, const platform::WorkerMap& worker_map,
    const Options& asked) {
  Options options = asked;
  const auto neighbourhood = find_neighbours(communicator, topology, worker_map, options.oversubscribe);
  if (!neighbourhood) return tl::unexpected(neighbourhood.error());
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(communicator, &rank);
  MPI_Comm_size(communicator, &size);
  auto map = make_map(options, static_cast<unsigned>(size));
  if (!map) return tl::unexpected(map.error());
  auto window = make_window<Policy>(communicator, options, *map);
  if (!window) return tl::unexpected(window.error());
  if (*window != nullptr && (*window)->needs_owner() && neighbourhood->crowd > 0)
    return platform::unexpected(
        "--read-path rma",
        "more ranks than places, and an MPI library that lets a rank's owner answer reads of its "
        "memory",
        "a core for each rank, or a library that reads without the owner");
  if (*window != nullptr) options.reserve = &(*window)->reserve();
  auto partitions = make_partitions<Policy>(options, *map, static_cast<unsigned>(rank));
  int failed = partitions ? 0 : 1;
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, communicator);
  if (!partitions) return tl::unexpected(partitions.error());
  if (failed != 0)
    return platform::unexpected("the hash index", "no memory for it on another rank", "fewer records");
  const std::size_t message_bytes = message_bytes_for(options, *map);
  return std::unique_ptr<EngineOf>(new EngineOf(
      communicator, topology, *neighbourhood, planned_binding(communicator, *neighbourhood, worker_map),
      message_bytes, std::move(*window), std::move(*map), std::move(*partitions), options));
}

template <class Policy>
EngineOf<Policy>::EngineOf(MPI_Comm communicator, const platform::Topology& topology,
                           Neighbourhood neighbourhood, platform::WorkerBinding planned,
                           std::size_t message_bytes, std::unique_ptr<MpiWindow> window, PartitionMap map,
                           Partitions<Policy> partitions, const Options& options)
    : communicator_(communicator),
      topology_(&topology),
      neighbourhood_(neighbourhood),
      window_(std::move(window)),
      map_(std::move(map)),
      partitions_(std::move(partitions)),
      transport_(options.link_delay, communicator, message_bytes),
      planned_(std::move(planned)),
      on_lost_(options.on_lost),
      yields_(neighbourhood.crowd > 0),
      batching_(options.batching) {
  for (const platform::WorkerBinding& rank : gather_bindings(communicator, planned_)) {
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
  if (!on_lost_) return {};
  return [this](int rank) {
    LostRank lost{.rank = rank,
                  .host = hosts_[static_cast<std::size_t>(rank)],
                  .partitions = {},
                  .of_partitions = map_.partitions()};
    for (std::uint32_t partition = 0; partition < map_.partitions(); ++partition) {
      if (map_.owner(partition) == static_cast<std::uint32_t>(rank)) lost.partitions.push_back(partition);
    }
    on_lost_(lost);
  };
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

template <class Policy>
platform::Timestamp EngineOf<Policy>::agree_on_start(const platform::Clock& clock,
                                                     const std::function<void()>& idle) {
  // Clocks drift; a load may have taken long.
  ahead_of_root_ = measure_clock_offset(communicator_, clock, idle);
  std::int64_t instant = (clock.now() - ahead_of_root_ + start_delay).count();
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(MPI_IN_PLACE, &instant, 1, MPI_INT64_T, MPI_MAX, communicator_, &request);
  wait(request, idle);
  return platform::Timestamp(instant) + ahead_of_root_;
}

template <class Policy>
void EngineOf<Policy>::sum(std::span<std::uint64_t> numbers) {
  sum_up(numbers, MPI_SUM);
}

template <class Policy>
void EngineOf<Policy>::max(std::span<std::uint64_t> numbers) {
  sum_up(numbers, MPI_MAX);
}

/// All ranks call this at about the same time; who is missing for long has gone. (Which one it is, MPI does
/// not say.)
template <class Policy>
void EngineOf<Policy>::sum_up(std::span<std::uint64_t> numbers, MPI_Op operation) const {
  const auto begin = std::chrono::steady_clock::now();
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(numbers.size()), MPI_UINT64_T, operation,
                 communicator_, &request);
  wait(request, [&] {
    if (yields_) sched_yield();
    if (on_lost_ && std::chrono::steady_clock::now() - begin > longest_collective)
      on_lost_({.rank = -1, .host = {}, .partitions = {}});
  });
}

template <class Policy>
std::uint64_t EngineOf<Policy>::record_count() {
  std::uint64_t count = partitions_.record_count();
  sum({&count, 1});
  return count;
}

template <class Policy>
std::vector<platform::WorkerBinding> EngineOf<Policy>::bindings() {
  return gather_bindings(communicator_, binding_);
}

template class EngineOf<kernel::Exclusive>;
template class EngineOf<kernel::Shared>;

}  // namespace upout::engines::shared_nothing
