#include "harness/plan_places.h"

#include <fmt/format.h>

#include "platform/worker_map.h"

namespace upout::harness {

Places Places::of(const MachineSize& machine) {
  return {.node = machine, .ranks = machine.cores, .name = "this machine"};
}

Places Places::of(const schedulers::Resources& resources) {
  return {.node = {resources.cores_per_node()},
          .ranks = resources.nodes * resources.ranks_per_node,
          .cores_per_rank = resources.cores_per_rank,
          .name = "a node of [resources]"};
}

Room Places::room_for(const std::string& bind) const {
  using Order = platform::Binding::Order;
  const auto binding = bind.empty() ? platform::Binding{} : platform::Binding::parse(bind).value();
  if (binding.order == Order::cores) return {node.cores, fmt::format("the cores of {}", name)};
  return {binding.order == Order::list ? binding.cpus.size() : node.processing_units,
          fmt::format(R"(the places of bind = "{}")", binding.to_string())};
}

}  // namespace upout::harness
