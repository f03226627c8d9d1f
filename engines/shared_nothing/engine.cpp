#include "engines/shared_nothing/engine.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "platform/host.h"

namespace upout::engines::shared_nothing {

namespace {

/// Long enough for every rank to leave the collective call and reach its loop.
constexpr platform::Timestamp start_delay = std::chrono::milliseconds(10);

/// Small values travel many to a message, large ones one by one.
constexpr std::size_t smallest_message = std::size_t{16} << 10;

constexpr std::size_t most_cpus = 4096;

/// What ranks tell each other of where they are; of fixed size, so that one gather carries it.
struct Whereabouts {
  std::array<char, 256> host{};
  std::array<std::uint64_t, most_cpus / 64> cpus{};  ///< that the rank may use, as a bit set
  std::int64_t asked_cpu = -1;

  void set_cpus(const std::vector<unsigned>& numbers) {
    for (const unsigned cpu : numbers) {
      if (cpu < most_cpus) cpus[cpu / 64] |= std::uint64_t{1} << cpu % 64;
    }
  }
  std::vector<unsigned> cpu_numbers() const {
    std::vector<unsigned> numbers;
    for (unsigned cpu = 0; cpu < most_cpus; ++cpu) {
      if ((cpus[cpu / 64] >> cpu % 64 & 1) != 0) numbers.push_back(cpu);
    }
    return numbers;
  }
  bool shares_processors_with(const Whereabouts& other) const {
    return host == other.host && cpus == other.cpus;
  }
};

Whereabouts here(const std::vector<unsigned>& cpus) {
  Whereabouts whereabouts;
  const std::string host = platform::host_name();
  std::copy_n(host.begin(), std::min(host.size(), whereabouts.host.size() - 1), whereabouts.host.begin());
  whereabouts.set_cpus(cpus);
  return whereabouts;
}

std::vector<Whereabouts> exchange(MPI_Comm communicator, const Whereabouts& own) {
  int size = 1;
  MPI_Comm_size(communicator, &size);
  std::vector<Whereabouts> all(static_cast<std::size_t>(size));
  MPI_Allgather(&own, sizeof(own), MPI_BYTE, all.data(), sizeof(own), MPI_BYTE, communicator);
  return all;
}

Neighbourhood find_neighbours(MPI_Comm communicator, const platform::Topology& topology) {
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  const std::vector<Whereabouts> all = exchange(communicator, here(topology.cpus()));
  const Whereabouts& own = all[static_cast<std::size_t>(rank)];
  Neighbourhood found{.hosts = 0, .sharing = 0, .place = 0, .crowd = 0};
  std::set<std::string> hosts;
  for (std::size_t other = 0; other < all.size(); ++other) {
    hosts.insert(all[other].host.data());
    if (!own.shares_processors_with(all[other])) continue;
    if (other < static_cast<std::size_t>(rank)) ++found.place;
    ++found.sharing;
  }
  found.hosts = static_cast<unsigned>(hosts.size());
  const unsigned cores = topology.cores();
  found.crowd = found.sharing > cores ? found.sharing - cores : 0;
  MPI_Allreduce(MPI_IN_PLACE, &found.crowd, 1, MPI_UNSIGNED, MPI_MAX, communicator);
  return found;
}

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
                                                           const Options& options) {
  const Neighbourhood neighbourhood = find_neighbours(communicator, topology);
  if (neighbourhood.crowd > 0 && !options.oversubscribe) {
    return platform::unexpected("ranks on one host",
                                std::to_string(neighbourhood.crowd) + " more than it has cores for them",
                                "at most one rank a core; --oversubscribe allows more");
  }
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
  const std::size_t message_bytes = std::max(smallest_message, frame_bytes(options.value_bytes));
  const Partitioning partitioning(options.partitioning, static_cast<std::uint32_t>(size),
                                  options.largest_key);
  return std::unique_ptr<Engine>(new Engine(communicator, topology, neighbourhood, message_bytes,
                                            std::move(*store), partitioning, neighbourhood.crowd > 0));
}

Engine::Engine(MPI_Comm communicator, const platform::Topology& topology, Neighbourhood neighbourhood,
               std::size_t message_bytes, std::unique_ptr<kernel::Store<kernel::Exclusive>> store,
               const Partitioning& partitioning, bool yields)
    : communicator_(communicator),
      topology_(&topology),
      neighbourhood_(neighbourhood),
      store_(std::move(store)),
      partitioning_(partitioning),
      transport_(communicator, message_bytes),
      yields_(yields) {}

void Engine::bind() {
  binding_.host = platform::host_name();
  binding_.worker = static_cast<unsigned>(transport_.rank());
  const unsigned cpu = topology_->cpu_of_core(neighbourhood_.place);
  if (topology_->bind_this_thread(cpu)) binding_.asked_cpu = static_cast<int>(cpu);
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
  Whereabouts own = here(binding_.allowed_cpus);
  own.asked_cpu = binding_.asked_cpu;
  std::vector<platform::WorkerBinding> all;
  for (const Whereabouts& rank : exchange(communicator_, own)) {
    platform::WorkerBinding& binding = all.emplace_back();
    binding.host = rank.host.data();
    binding.worker = static_cast<unsigned>(all.size() - 1);
    binding.asked_cpu = static_cast<int>(rank.asked_cpu);
    binding.allowed_cpus = rank.cpu_numbers();
  }
  return all;
}

}  // namespace upout::engines::shared_nothing
