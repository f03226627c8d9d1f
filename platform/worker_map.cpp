#include "platform/worker_map.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <set>
#include <utility>

#include "platform/cpu_list.h"
#include "platform/host.h"

namespace upout::platform {

namespace {

using Order = Binding::Order;

constexpr std::array named_orders = {std::pair{std::string_view("cores"), Order::cores},
                                     std::pair{std::string_view("compact"), Order::compact},
                                     std::pair{std::string_view("scatter"), Order::scatter},
                                     std::pair{std::string_view("smt"), Order::smt}};

/// Some cores, and their processing units by turns: the n-th of each core in which there are as many.
struct Group {
  std::optional<unsigned> node;
  std::vector<Core> cores;

  std::vector<WorkerPlace> siblings(std::size_t n) const {
    std::vector<WorkerPlace> places;
    for (const Core& core : cores) {
      if (n < core.cpus.size()) places.push_back({core.cpus[n], core.node});
    }
    return places;
  }
};

std::vector<Group> by_node(const std::vector<Core>& cores) {
  std::vector<Group> groups;
  for (const Core& core : cores) {
    auto group = std::ranges::find(groups, core.node, &Group::node);
    if (group == groups.end()) group = groups.insert(groups.end(), Group{core.node, {}});
    group->cores.push_back(core);
  }
  return groups;
}

std::size_t most_siblings(const std::vector<Core>& cores) {
  std::size_t most = 0;
  for (const Core& core : cores) most = std::max(most, core.cpus.size());
  return most;
}

std::vector<WorkerPlace> compact(const std::vector<Core>& cores) {
  std::vector<WorkerPlace> places;
  for (const Group& group : by_node(cores)) {
    for (std::size_t n = 0; n < most_siblings(cores); ++n) {
      std::ranges::copy(group.siblings(n), std::back_inserter(places));
    }
  }
  return places;
}

std::vector<WorkerPlace> scatter(const std::vector<Core>& cores) {
  const std::vector<Group> groups = by_node(cores);
  std::vector<WorkerPlace> places;
  for (std::size_t n = 0; n < most_siblings(cores); ++n) {
    std::vector<std::vector<WorkerPlace>> nodes;
    nodes.reserve(groups.size());
    for (const Group& group : groups) nodes.push_back(group.siblings(n));
    for (std::size_t turn = 0; turn < cores.size(); ++turn) {
      for (const auto& node : nodes) {
        if (turn < node.size()) places.push_back(node[turn]);
      }
    }
  }
  return places;
}

std::vector<WorkerPlace> smt(const std::vector<Core>& cores) {
  std::vector<WorkerPlace> places;
  for (const Core& core : cores) {
    for (const unsigned cpu : core.cpus) places.push_back({cpu, core.node});
  }
  return places;
}

Expected<std::vector<WorkerPlace>> listed(const Topology& topology, const Binding& binding) {
  std::vector<unsigned> usable = topology.cpus();
  std::ranges::sort(usable);
  std::vector<WorkerPlace> places;
  for (const unsigned cpu : binding.cpus) {
    if (!std::ranges::binary_search(usable, cpu)) {
      return unexpected("--bind " + binding.to_string(), "CPU " + std::to_string(cpu),
                        "CPUs that this process may use: " + format_cpu_list(usable));
    }
    places.push_back({cpu, topology.node_of_cpu(cpu)});
  }
  return places;
}

Expected<std::vector<WorkerPlace>> places_for(const Topology& topology, const Binding& binding) {
  const std::vector<Core> cores = topology.core_list();
  switch (binding.order) {
    case Order::cores:
      return Group{std::nullopt, cores}.siblings(0);
    case Order::compact:
      return compact(cores);
    case Order::scatter:
      return scatter(cores);
    case Order::smt:
      return smt(cores);
    case Order::list:
      break;
  }
  return listed(topology, binding);
}

}  // namespace

Expected<Binding> Binding::parse(std::string_view text) {
  for (const auto& [name, order] : named_orders) {
    if (text == name) return Binding{order, {}};
  }
  auto cpus = parse_cpu_list(text);
  if (!cpus) return unexpected("--bind", "'" + std::string(text) + "'", std::string(expected));
  std::set<unsigned> seen;
  for (const unsigned cpu : *cpus) {
    if (!seen.insert(cpu).second) {
      return unexpected("--bind", "'" + std::string(text) + "' with CPU " + std::to_string(cpu) + " twice",
                        "each CPU once");
    }
  }
  return Binding{Order::list, std::move(*cpus)};
}

std::string Binding::to_string() const {
  for (const auto& [name, named] : named_orders) {
    if (order == named) return std::string(name);
  }
  return format_cpu_list(cpus);
}

Expected<WorkerMap> WorkerMap::create(const Topology& topology, const Binding& binding) {
  return places_for(topology, binding).map([&](std::vector<WorkerPlace> places) {
    assert(!places.empty());  // a process has a processing unit to run on
    return WorkerMap(binding, std::move(places));
  });
}

Expected<void> WorkerMap::check_room(std::string option, unsigned workers) const {
  if (workers <= size()) return {};
  const std::string kind = binding_.order == Order::cores ? "the cores that this process may use"
                                                          : "the places of --bind " + binding_.to_string();
  return unexpected(std::move(option), std::to_string(workers),
                    "at most " + std::to_string(size()) + " (" + kind + "); --oversubscribe allows more");
}

WorkerBinding planned_binding(const WorkerMap& map, unsigned place, unsigned worker) {
  WorkerBinding binding;
  binding.host = host_name();
  binding.worker = worker;
  binding.asked_cpu = static_cast<int>(map[place].cpu);
  binding.node = map[place].node;
  return binding;
}

}  // namespace upout::platform
