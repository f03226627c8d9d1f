#include "engines/shared_memory/layout.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/platform/scoped_variable.h"

namespace upout::engines::shared_memory {
namespace {

using Groups = std::vector<std::vector<unsigned>>;

/// On two NUMA nodes of four cores each.
platform::Expected<Layout> laid_out(const std::string& bind, unsigned workers, unsigned islands,
                                    const std::vector<unsigned>& memory_nodes = {0, 1}) {
  const platform::ScopedVariable machine("HWLOC_SYNTHETIC", "NUMANode:2 Core:4 PU:1");
  const auto topology = platform::Topology::discover().value();
  const auto map = platform::WorkerMap::create(topology, platform::Binding::parse(bind).value()).value();
  return Layout::create(map, workers, islands, memory_nodes);
}

Groups groups(const Layout& layout) {
  Groups all;
  for (const Island& island : layout.islands) all.push_back(island.workers);
  return all;
}

TEST(Layout, MakesAnIslandOfEachNodeThatHasWorkers) {
  EXPECT_EQ(groups(laid_out("cores", 8, 0).value()), (Groups{{0, 1, 2, 3}, {4, 5, 6, 7}}));
  EXPECT_EQ(groups(laid_out("scatter", 8, 0).value()), (Groups{{0, 2, 4, 6}, {1, 3, 5, 7}}));
  EXPECT_EQ(groups(laid_out("cores", 3, 0).value()), (Groups{{0, 1, 2}}));
  EXPECT_EQ(groups(laid_out("scatter", 3, 0).value()), (Groups{{0, 2}, {1}}));
}

TEST(Layout, GroupsWorkersFreelyWhenTold) {
  EXPECT_EQ(groups(laid_out("cores", 8, 1).value()), (Groups{{0, 1, 2, 3, 4, 5, 6, 7}}));
  EXPECT_EQ(groups(laid_out("scatter", 8, 4).value()), (Groups{{0, 2}, {4, 6}, {1, 3}, {5, 7}}));
  EXPECT_EQ(groups(laid_out("cores", 5, 5).value()), (Groups{{0}, {1}, {2}, {3}, {4}}));
  const Layout uneven = laid_out("cores", 8, 3).value();
  ASSERT_EQ(uneven.islands.size(), 3U);
  for (const Island& island : uneven.islands) {
    EXPECT_GE(island.workers.size(), 2U);
    EXPECT_LE(island.workers.size(), 3U);
  }
}

TEST(Layout, EveryWorkerKnowsItsIsland) {
  for (unsigned islands = 0; islands <= 8; ++islands) {
    const Layout layout = laid_out("scatter", 8, islands).value();
    ASSERT_EQ(layout.workers(), 8U);
    std::size_t workers = 0;
    for (unsigned island = 0; island < layout.islands.size(); ++island) {
      workers += layout.islands[island].workers.size();
      for (const unsigned worker : layout.islands[island].workers)
        EXPECT_EQ(layout.island_of_worker[worker], island);
    }
    EXPECT_EQ(workers, 8U);
  }
}

TEST(Layout, PutsAnIslandsDataOnTheNodeOfItsWorkers) {
  const Layout layout = laid_out("scatter", 8, 4).value();
  EXPECT_EQ(platform::to_string(layout.islands[1].memory), "bound to node 0");
  EXPECT_EQ(platform::to_string(layout.islands[2].memory), "bound to node 1");
}

TEST(Layout, AsksForNoNodeThatMayNotBeUsed) {
  const Layout layout = laid_out("cores", 8, 0, {1, 2}).value();
  EXPECT_EQ(platform::to_string(layout.islands[0].memory), "first touch");
  EXPECT_EQ(platform::to_string(layout.islands[1].memory), "bound to node 1");
  EXPECT_EQ(platform::to_string(laid_out("cores", 8, 0, {1}).value().islands[1].memory), "first touch")
      << "there is no other";
}

TEST(Layout, RefusesMoreIslandsThanWorkers) {
  const auto refused = laid_out("cores", 2, 3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "--islands");
}

}  // namespace
}  // namespace upout::engines::shared_memory
