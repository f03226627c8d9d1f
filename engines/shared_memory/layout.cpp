#include "engines/shared_memory/layout.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace upout::engines::shared_memory {

namespace {

/// On one node nothing has to be said, and a container that forbids to say it does no harm. Where the node
/// may not be used for memory (`numactl --membind`), the kernel's choice is as good as another.
platform::Placement memory_at(const std::optional<unsigned>& node,
                              const std::vector<unsigned>& memory_nodes) {
  const bool may_be_used = node && std::ranges::find(memory_nodes, *node) != memory_nodes.end();
  if (!may_be_used || memory_nodes.size() < 2) return platform::FirstTouch{};
  return platform::BoundTo{*node};
}

}  // namespace

platform::Expected<Layout> Layout::create(const platform::WorkerMap& map, unsigned workers, unsigned islands,
                                          std::vector<unsigned> memory_nodes) {
  if (islands > workers) {
    return platform::unexpected("--islands", std::to_string(islands),
                                "at most one for each of the " + std::to_string(workers) + " workers");
  }
  // A node's workers stand together, in their own order.
  std::vector<unsigned> near(workers);
  std::iota(near.begin(), near.end(), 0U);
  std::ranges::stable_sort(near, {}, [&map](unsigned worker) { return map[worker].node; });

  Layout layout;
  layout.memory_nodes = std::move(memory_nodes);
  layout.island_of_worker.resize(workers);
  for (unsigned i = 0; i < workers; ++i) {
    const std::optional<unsigned> node = map[near[i]].node;
    const bool begins = islands == 0
                            ? i == 0 || node != map[near[i - 1]].node
                            : i == (std::size_t{workers} * layout.islands.size() + islands - 1) / islands;
    if (begins)
      layout.islands.push_back({.workers = {}, .node = node, .memory = memory_at(node, layout.memory_nodes)});
    layout.islands.back().workers.push_back(near[i]);
    layout.island_of_worker[near[i]] = static_cast<unsigned>(layout.islands.size() - 1);
  }
  for (Island& island : layout.islands) std::ranges::sort(island.workers);
  return layout;
}

}  // namespace upout::engines::shared_memory
