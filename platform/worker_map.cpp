#include "platform/worker_map.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

#include "platform/host.h"

namespace upout::platform {

namespace {

using Order = Binding::Order;

constexpr std::array named_orders = {std::pair{std::string_view("cores"), Order::cores},
                                     std::pair{std::string_view("compact"), Order::compact},
                                     std::pair{std::string_view("scatter"), Order::scatter},
                                     std::pair{std::string_view("smt"), Order::smt}};

/// More than any kernel has; a slip in a range should not fill the memory.
constexpr unsigned cpu_numbers = 65536;

/// Takes a CPU's number from the front of `text`.
std::optional<unsigned> take_cpu(std::string_view& text) {
  unsigned cpu = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc() || cpu >= cpu_numbers) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return cpu;
}

/// "3" or "2-5", taken from the front of `text`; nothing if it is neither.
std::optional<std::pair<unsigned, unsigned>> take_range(std::string_view& text) {
  const auto first = take_cpu(text);
  if (!first) return std::nullopt;
  if (!text.starts_with('-')) return std::pair{*first, *first};
  text.remove_prefix(1);
  const auto last = take_cpu(text);
  if (!last || *last < *first) return std::nullopt;
  return std::pair{*first, *last};
}

/// The CPUs of a list; nothing if it is none.
std::optional<std::vector<unsigned>> parse_list(std::string_view text) {
  std::vector<unsigned> cpus;
  while (true) {
    const auto range = take_range(text);
    if (!range) return std::nullopt;
    for (unsigned cpu = range->first; cpu <= range->second; ++cpu) cpus.push_back(cpu);
    if (text.empty()) return cpus;
    if (!text.starts_with(',') || cpus.size() > cpu_numbers) return std::nullopt;
    text.remove_prefix(1);
  }
}

/// As `parse_list` takes it, numbers that follow each other as a range.
std::string format_list(std::span<const unsigned> cpus) {
  std::string text;
  for (std::size_t first = 0; first < cpus.size();) {
    std::size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(cpus[first]);
    if (last > first) text += "-" + std::to_string(cpus[last]);
    first = last + 1;
  }
  return text;
}

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
                        "CPUs that this process may use: " + format_list(usable));
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
  auto cpus = parse_list(text);
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
  return format_list(cpus);
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
