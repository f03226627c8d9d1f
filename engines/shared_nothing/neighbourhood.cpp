#include "engines/shared_nothing/neighbourhood.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>

#include "platform/host.h"

namespace upout::engines::shared_nothing {

namespace {

constexpr std::size_t most_cpus = 4096;

/// What ranks tell each other of where they are; of fixed size, so that one gather carries it.
struct Whereabouts {
  std::array<char, 256> host{};
  std::array<char, 256> machine{};
  std::array<std::uint64_t, most_cpus / 64> cpus{};  ///< that the rank may use, as a bit set
  std::int64_t asked_cpu = -1;
  std::int64_t node = -1;

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
  const auto copy = [](const std::string& name, std::array<char, 256>& to) {
    std::copy_n(name.begin(), std::min(name.size(), to.size() - 1), to.begin());
  };
  copy(platform::host_name(), whereabouts.host);
  copy(platform::machine_id(), whereabouts.machine);
  whereabouts.set_cpus(cpus);
  return whereabouts;
}

/// As many of each rank.
std::vector<Whereabouts> gather_all(MPI_Comm communicator, std::span<const Whereabouts> own) {
  int size = 1;
  MPI_Comm_size(communicator, &size);
  std::vector<Whereabouts> all(static_cast<std::size_t>(size) * own.size());
  const auto bytes = static_cast<int>(own.size_bytes());
  MPI_Allgather(own.data(), bytes, MPI_BYTE, all.data(), bytes, MPI_BYTE, communicator);
  return all;
}

}  // namespace

platform::Expected<Neighbourhood> find_neighbours(MPI_Comm communicator, const platform::Topology& topology,
                                                  const platform::WorkerMap& map, unsigned threads_per_rank,
                                                  bool oversubscribe) {
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  const Whereabouts mine = here(topology.cpus());
  const std::vector<Whereabouts> all = gather_all(communicator, {&mine, 1});
  const Whereabouts& own = all[static_cast<std::size_t>(rank)];
  Neighbourhood found{.hosts = 0, .machines = 0, .sharing = 0, .place = 0, .crowd = 0};
  std::set<std::string> hosts;
  std::set<std::string> machines;
  unsigned apart = 0;
  for (std::size_t other = 0; other < all.size(); ++other) {
    hosts.insert(all[other].host.data());
    machines.insert(all[other].machine.data());
    if (all[other].host == own.host && !own.shares_processors_with(all[other])) apart = 1;
    if (!own.shares_processors_with(all[other])) continue;
    if (other < static_cast<std::size_t>(rank)) found.place += threads_per_rank;
    ++found.sharing;
  }
  found.hosts = static_cast<unsigned>(hosts.size());
  found.machines = static_cast<unsigned>(machines.size());
  const auto workers = static_cast<std::size_t>(found.sharing) * threads_per_rank;
  found.crowd = workers > map.size() ? static_cast<unsigned>(workers - map.size()) : 0;
  std::array most{found.crowd, apart};
  MPI_Allreduce(MPI_IN_PLACE, most.data(), static_cast<int>(most.size()), MPI_UNSIGNED, MPI_MAX,
                communicator);
  found.crowd = most[0];
  if (found.crowd > 0 && !oversubscribe) {
    return platform::unexpected(
        threads_per_rank == 1 ? "ranks on one host" : "workers of ranks on one host",
        std::to_string(found.crowd) + " more than it has places for them",
        "at most one a place of --bind " + map.binding().to_string() + "; --oversubscribe allows more");
  }
  if (most[1] > 0 && map.binding().order != platform::Binding::Order::cores) {
    return platform::unexpected("--bind " + map.binding().to_string(),
                                "ranks that the launcher has bound to different processors",
                                "ranks that it leaves alone (mpirun --bind-to none)");
  }
  return found;
}

std::vector<platform::WorkerBinding> gather_bindings(MPI_Comm communicator,
                                                     std::span<const platform::WorkerBinding> own) {
  std::vector<Whereabouts> mine;
  for (const platform::WorkerBinding& binding : own) {
    Whereabouts& whereabouts = mine.emplace_back(here(binding.allowed_cpus));
    whereabouts.asked_cpu = binding.asked_cpu;
    if (binding.node) whereabouts.node = *binding.node;
  }
  std::vector<platform::WorkerBinding> all;
  for (const Whereabouts& worker : gather_all(communicator, mine)) {
    platform::WorkerBinding& binding = all.emplace_back();
    binding.host = worker.host.data();
    binding.worker = static_cast<unsigned>(all.size() - 1);
    binding.asked_cpu = static_cast<int>(worker.asked_cpu);
    if (worker.node >= 0) binding.node = static_cast<unsigned>(worker.node);
    binding.allowed_cpus = worker.cpu_numbers();
  }
  return all;
}

std::vector<platform::WorkerBinding> planned_bindings(MPI_Comm communicator,
                                                      const Neighbourhood& neighbourhood,
                                                      const platform::WorkerMap& map,
                                                      unsigned threads_per_rank) {
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  std::vector<platform::WorkerBinding> planned;
  for (unsigned thread = 0; thread < threads_per_rank; ++thread) {
    planned.push_back(platform::planned_binding(map, neighbourhood.place + thread,
                                                static_cast<unsigned>(rank) * threads_per_rank + thread));
  }
  return planned;
}

}  // namespace upout::engines::shared_nothing
