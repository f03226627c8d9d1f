#include "engines/shared_nothing/engine.h"

#include <algorithm>
#include <string>
#include <utility>

namespace upout::engines::shared_nothing {

namespace {

/// Long enough for every rank to leave the collective call and reach its loop.
constexpr platform::Timestamp start_delay = std::chrono::milliseconds(10);

/// How far this host's clock is ahead of the root's: the reading in the middle of the shortest of some round
/// trips (Cristian, "Probabilistic clock synchronization", 1989).
platform::Timestamp measure_clock_offset(MPI_Comm communicator, const platform::Clock& clock) {
  constexpr int round_trips = 32;
  constexpr int tag = 2;
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(communicator, &rank);
  MPI_Comm_size(communicator, &size);
  platform::Timestamp offset{};
  for (int other = 1; other < size; ++other) {
    if (rank != 0 && rank != other) continue;
    platform::Timestamp shortest = platform::Timestamp::max();
    for (int i = 0; i < round_trips; ++i) {
      std::int64_t reading = 0;
      if (rank == 0) {
        MPI_Recv(&reading, 1, MPI_INT64_T, other, tag, communicator, MPI_STATUS_IGNORE);
        reading = clock.now().count();
        MPI_Send(&reading, 1, MPI_INT64_T, other, tag, communicator);
        continue;
      }
      const platform::Timestamp asked = clock.now();
      MPI_Send(&reading, 1, MPI_INT64_T, 0, tag, communicator);
      MPI_Recv(&reading, 1, MPI_INT64_T, 0, tag, communicator, MPI_STATUS_IGNORE);
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

platform::Expected<std::unique_ptr<Engine>> Engine::create(MPI_Comm communicator,
                                                           const platform::Topology& topology,
                                                           const platform::WorkerMap& map,
                                                           const Options& options) {
  const auto neighbourhood = find_neighbours(communicator, topology, map, options.oversubscribe);
  if (!neighbourhood) return tl::unexpected(neighbourhood.error());
  int size = 1;
  MPI_Comm_size(communicator, &size);
  // No more than its share: room to spare could double the table, and one engine's buckets would be emptier
  // than the other's.
  auto store = kernel::Store<kernel::Exclusive>::create(
      {.expected_records = options.expected_records / static_cast<std::size_t>(size),
       .index = options.index});
  int failed = store ? 0 : 1;
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, communicator);
  if (!store) return tl::unexpected(store.error());
  if (failed != 0)
    return platform::unexpected("the hash index", "no memory for it on another rank", "fewer records");
  const Partitioning partitioning(options.partitioning, static_cast<std::uint32_t>(size),
                                  options.largest_key);
  return std::unique_ptr<Engine>(new Engine(
      communicator, topology, *neighbourhood, planned_binding(communicator, *neighbourhood, map),
      message_bytes_for(options.value_bytes), options.link_delay, std::move(*store), partitioning));
}

Engine::Engine(MPI_Comm communicator, const platform::Topology& topology, Neighbourhood neighbourhood,
               platform::WorkerBinding planned, std::size_t message_bytes, platform::Timestamp link_delay,
               std::unique_ptr<kernel::Store<kernel::Exclusive>> store, const Partitioning& partitioning)
    : communicator_(communicator),
      topology_(&topology),
      neighbourhood_(neighbourhood),
      store_(std::move(store)),
      partitioning_(partitioning),
      transport_(link_delay, communicator, message_bytes),
      planned_(std::move(planned)),
      yields_(neighbourhood.crowd > 0) {}

void Engine::bind() {
  binding_ = planned_;
  // A refusal shows in what is read back; the run rules say what it means.
  if (!topology_->bind_this_thread(static_cast<unsigned>(planned_.asked_cpu))) {
    binding_.asked_cpu = -1;
    binding_.node.reset();
  }
  binding_.add_allowed(topology_->this_thread_cpus());
}

platform::Timestamp Engine::agree_on_start(const platform::Clock& clock) {
  ahead_of_root_ = measure_clock_offset(communicator_, clock);  // clocks drift; a load may have taken long
  std::int64_t instant = (clock.now() - ahead_of_root_ + start_delay).count();
  MPI_Allreduce(MPI_IN_PLACE, &instant, 1, MPI_INT64_T, MPI_MAX, communicator_);
  return platform::Timestamp(instant) + ahead_of_root_;
}

void Engine::sum(std::span<std::uint64_t> numbers) {
  MPI_Allreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(numbers.size()), MPI_UINT64_T, MPI_SUM,
                communicator_);
}

void Engine::max(std::span<std::uint64_t> numbers) {
  MPI_Allreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(numbers.size()), MPI_UINT64_T, MPI_MAX,
                communicator_);
}

std::uint64_t Engine::record_count() {
  std::uint64_t count = store_->size();
  sum({&count, 1});
  return count;
}

std::vector<platform::WorkerBinding> Engine::bindings() {
  return gather_bindings(communicator_, binding_);
}

}  // namespace upout::engines::shared_nothing
