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

std::vector<Whereabouts> exchange(MPI_Comm communicator, const Whereabouts& own) {
  int size = 1;
  MPI_Comm_size(communicator, &size);
  std::vector<Whereabouts> all(static_cast<std::size_t>(size));
  MPI_Allgather(&own, sizeof(own), MPI_BYTE, all.data(), sizeof(own), MPI_BYTE, communicator);
  return all;
}

}  // namespace

platform::Expected<Neighbourhood> find_neighbours(MPI_Comm communicator, const platform::Topology& topology,
                                                  const platform::WorkerMap& map, bool oversubscribe) {
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  const std::vector<Whereabouts> all = exchange(communicator, here(topology.cpus()));
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
    if (other < static_cast<std::size_t>(rank)) ++found.place;
    ++found.sharing;
  }
  found.hosts = static_cast<unsigned>(hosts.size());
  found.machines = static_cast<unsigned>(machines.size());
  found.crowd = found.sharing > map.size() ? found.sharing - map.size() : 0;
  std::array most{found.crowd, apart};
  MPI_Allreduce(MPI_IN_PLACE, most.data(), static_cast<int>(most.size()), MPI_UNSIGNED, MPI_MAX,
                communicator);
  found.crowd = most[0];
  if (found.crowd > 0 && !oversubscribe) {
    return platform::unexpected(
        "ranks on one host", std::to_string(found.crowd) + " more than it has places for them",
        "at most one rank a place of --bind " + map.binding().to_string() + "; --oversubscribe allows more");
  }
  if (most[1] > 0 && map.binding().order != platform::Binding::Order::cores) {
    return platform::unexpected("--bind " + map.binding().to_string(),
                                "ranks that the launcher has bound to different processors",
                                "ranks that it leaves alone (mpirun --bind-to none)");
  }
  return found;
}

std::vector<platform::WorkerBinding> gather_bindings(MPI_Comm communicator,
                                                     const platform::WorkerBinding& own) {
  Whereabouts whereabouts = here(own.allowed_cpus);
  whereabouts.asked_cpu = own.asked_cpu;
  if (own.node) whereabouts.node = *own.node;
  std::vector<platform::WorkerBinding> all;
  for (const Whereabouts& rank : exchange(communicator, whereabouts)) {
    platform::WorkerBinding& binding = all.emplace_back();
    binding.host = rank.host.data();
    binding.worker = static_cast<unsigned>(all.size() - 1);
    binding.asked_cpu = static_cast<int>(rank.asked_cpu);
    if (rank.node >= 0) binding.node = static_cast<unsigned>(rank.node);
    binding.allowed_cpus = rank.cpu_numbers();
  }
  return all;
}

platform::WorkerBinding planned_binding(MPI_Comm communicator, const Neighbourhood& neighbourhood,
                                        const platform::WorkerMap& map) {
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  return platform::planned_binding(map, neighbourhood.place, static_cast<unsigned>(rank));
}

}  // namespace upout::engines::shared_nothing
