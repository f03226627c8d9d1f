#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "platform/error.h"
#include "platform/topology.h"
#include "platform/worker_map.h"

namespace upout::platform {

/// oneTBB's threads, NUMA node by NUMA node: one task arena for each node that workers have their places on,
/// with as many threads as there are workers, which tbbbind binds to the node's processors. For phases whose
/// work is known in advance: what one thread does not get done, another of its node takes over. Used by the
/// process's main thread.
class NodeArenas {
 public:
  /// `places`: one for each worker. Fails if oneTBB does not see a node that has some. Where nothing can be
  /// bound (one node, places on unknown ones, a machine that only is described) there is one arena, unbound.
  static Expected<NodeArenas> create(const Topology& topology, std::span<const WorkerPlace> places);
  NodeArenas(NodeArenas&&) noexcept;
  ~NodeArenas();

  std::size_t size() const { return crews_.size(); }
  /// The arena whose threads run on this node (OS number); the first one if none does.
  std::size_t arena_of(std::optional<unsigned> node) const;
  /// How many of `items` belong to each arena if all of its threads are to have as many: one number an arena.
  std::vector<std::size_t> share_out(std::size_t items) const;

  /// Calls `work(arena, item)` for all items from 0 up to `items[arena]`, each once, on the threads of the
  /// arena; returns when all have been done. `work` must not throw, and must not wait for another item.
  void run(std::span<const std::size_t> items, const std::function<void(std::size_t, std::size_t)>& work);

 private:
  struct Arenas;

  /// What one arena is for.
  struct Crew {
    std::optional<unsigned> node;  ///< OS number; nothing: wherever the process may run
    unsigned threads = 0;
    std::optional<int> number_of_tbb;  ///< of the node; nothing: threads are not bound
  };

  static std::vector<Crew> crews_of(std::span<const WorkerPlace> places);
  explicit NodeArenas(std::vector<Crew> crews);

  std::vector<Crew> crews_;
  std::unique_ptr<Arenas> arenas_;
};

/// The NUMA nodes (OS numbers) to which oneTBB binds threads of this process. Without a working tbbbind it
/// knows none. Nothing: it was not asked, because AddressSanitizer ends a program that loads tbbbind as
/// oneTBB does (RTLD_DEEPBIND).
std::optional<std::vector<unsigned>> nodes_seen_by_tbb(const Topology& topology);

/// An error that says how to mend it if `seen` (as `nodes_seen_by_tbb`) lacks one of `needed`.
Expected<void> check_nodes_seen_by_tbb(std::span<const unsigned> seen, std::span<const unsigned> needed);

}  // namespace upout::platform
