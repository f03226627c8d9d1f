#include "engines/shared_memory/placement.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engines/shared_memory/placement_names.h"

namespace upout::engines::shared_memory {

namespace {

constexpr std::array<PlacementKind, 5> kinds{{
    {"os", "one store; each page lies where the worker ran that touched it first", create_os},
    {"interleave", "one store; its pages lie in turn on all NUMA nodes", create_interleave},
    {"partitioned", "a partition for each island, in its memory; every worker reaches all of them",
     create_partitioned},
    {"islands", "a partition for each island, in its memory; others' workers delegate to it", create_islands},
    {"replicated", "a copy of everything for each island, in its memory; writes go to all",
     create_replicated},
}};
static_assert(std::ranges::equal(kinds, placement_names, {}, &PlacementKind::name));

}  // namespace

std::span<const PlacementKind> placements() {
  return kinds;
}

platform::Expected<PlacementKind> placement_named(std::string_view name) {
  const auto* const found = std::ranges::find(kinds, name, &PlacementKind::name);
  if (found != kinds.end()) return *found;
  std::string expected;
  for (const PlacementKind& kind : kinds) expected += (expected.empty() ? "" : ", ") + std::string(kind.name);
  return platform::unexpected("--placement", "'" + std::string(name) + "'", "one of " + expected);
}

platform::Expected<PlacedStore> make_store(const PlacementOptions& options, std::size_t expected_records,
                                           platform::Placement memory) {
  kernel::StoreOptions of_store = options.store;
  of_store.expected_records = expected_records;
  of_store.memory.placement = memory;
  auto store = Store::create(of_store);
  if (!store) return tl::unexpected(store.error());
  return PlacedStore{std::move(*store), std::move(memory)};
}

platform::Expected<std::vector<PlacedStore>> make_island_stores(const Layout& layout,
                                                                const PlacementOptions& options,
                                                                std::size_t expected_records) {
  std::vector<PlacedStore> stores;
  for (const Island& island : layout.islands) {
    auto store = make_store(options, expected_records, island.memory);
    if (!store) return tl::unexpected(store.error());
    stores.push_back(std::move(*store));
  }
  return stores;
}

std::size_t records_in(std::span<const PlacedStore> stores) {
  std::size_t sum = 0;
  for (const PlacedStore& placed : stores) sum += placed.store->size();
  return sum;
}

}  // namespace upout::engines::shared_memory
