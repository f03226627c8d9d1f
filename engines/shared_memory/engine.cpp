#include "engines/shared_memory/engine.h"

#include <string>
#include <utility>

#include "engines/transaction.h"

namespace upout::engines::shared_memory {

static_assert(engines::TransactingEngine<Engine>);

platform::Expected<std::unique_ptr<Engine>> Engine::create(const platform::Topology& topology,
                                                           const platform::WorkerMap& map,
                                                           const Options& options) {
  if (!options.oversubscribe) {
    if (auto room = map.check_room("--threads", options.threads); !room) return tl::unexpected(room.error());
  }
  auto kind = placement_named(options.placement);
  if (!kind) return tl::unexpected(kind.error());
  // Where the kernel does not tell, the nodes are taken to be one.
  auto layout = Layout::create(map, options.threads, options.islands,
                               platform::allowed_memory_nodes().value_or(std::vector<unsigned>{}));
  if (!layout) return tl::unexpected(layout.error());
  auto placement = kind->create(*layout, {.store = {.expected_records = options.expected_records,
                                                    .index = options.index,
                                                    .concurrency_control = options.concurrency_control,
                                                    .memory = {.placement = {}, .pages = options.pages}},
                                          .partitioning = options.partitioning,
                                          .largest_key = options.largest_key,
                                          .yields = options.oversubscribe});
  if (!placement) return tl::unexpected(placement.error());
  std::vector<platform::WorkerPlace> places;
  for (unsigned worker = 0; worker < options.threads; ++worker) places.push_back(map[worker]);
  auto arenas = platform::NodeArenas::create(topology, places);
  if (!arenas) return tl::unexpected(arenas.error());
  return std::unique_ptr<Engine>(new Engine(std::move(*layout), std::move(*placement), std::move(*arenas),
                                            WorkerThreads(topology, map, options.threads)));
}

Engine::Engine(Layout layout, std::unique_ptr<Placement> placement, platform::NodeArenas arenas,
               WorkerThreads threads)
    : layout_(std::move(layout)),
      placement_(std::move(placement)),
      arenas_(std::move(arenas)),
      threads_(std::move(threads)) {}

void Engine::serve_until(Session& session, const std::atomic<unsigned>& at_work) {
  for (Completed none; at_work.load() != 0;) session.poll(none);
}

auto Engine::divide(Copies copies) const -> Division {
  std::span<const PlacedStore> stores = placement_->stores();
  if (copies == Copies::one) stores = stores.first(stores.size() / placement_->copies());
  const std::size_t parts = (local_shares() + stores.size() - 1) / stores.size();
  Division division{.by_arena = std::vector<std::vector<Division::Piece>>(arenas_.size())};
  for (const PlacedStore& placed : stores) {
    const auto* bound = std::get_if<platform::BoundTo>(&placed.asked);
    // What lies everywhere is everybody's.
    std::vector<std::size_t> shares = arenas_.share_out(parts);
    if (bound != nullptr) {
      shares.assign(arenas_.size(), 0);
      shares[arenas_.arena_of(bound->node)] = parts;
    }
    std::size_t index = 0;
    for (std::size_t arena = 0; arena < shares.size(); ++arena) {
      for (std::size_t i = 0; i < shares[arena]; ++i)
        division.by_arena[arena].push_back({placed.store.get(), {index++, parts}});
    }
  }
  return division;
}

unsigned Engine::worker_near(std::size_t arena) const {
  unsigned worker = 0;
  while (arenas_.arena_of(threads_.map()[worker].node) != arena) ++worker;
  return worker;
}

std::size_t Engine::used_bytes() const {
  std::size_t sum = 0;
  for (const PlacedStore& placed : placement_->stores()) sum += placed.store->used_bytes();
  return sum;
}

PlacementProof Engine::prove_placement() const {
  PlacementProof proof = prove(placement_->stores());
  proof.pages_asked = placement_->stores()[0].store->heap().memory().pages;
  return proof;
}

}  // namespace upout::engines::shared_memory
