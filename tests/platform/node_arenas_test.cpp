#include "platform/node_arenas.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

namespace upout::platform {
namespace {

/// Unbound, since nothing is known of the workers' nodes.
NodeArenas arenas_of(unsigned workers) {
  const auto topology = Topology::discover();
  return NodeArenas::create(*topology, std::vector<WorkerPlace>(workers)).value();
}

TEST(NodeArenas, DoEachItemOnce) {
  for (const unsigned workers : {1U, 2U, 7U}) {
    NodeArenas arenas = arenas_of(workers);
    ASSERT_EQ(arenas.size(), 1U);
    for (const std::size_t items : {0U, 1U, 3U, 1000U}) {
      std::vector<std::atomic<unsigned>> times(items);
      arenas.run(arenas.share_out(items), [&](std::size_t arena, std::size_t item) {
        EXPECT_EQ(arena, 0U);
        ++times.at(item);
      });
      for (const auto& each : times) EXPECT_EQ(each, 1U);
    }
  }
}

TEST(NodeArenas, TakeThePlaceOfAnyNodeWhereNothingCanBeBound) {
  const NodeArenas arenas = arenas_of(3);
  EXPECT_EQ(arenas.arena_of(std::nullopt), 0U);
  EXPECT_EQ(arenas.arena_of(17), 0U);
}

TEST(NodesSeenByOneTbb, AreEnoughIfNoneThatHasWorkersIsMissing) {
  const std::vector<unsigned> seen{0, 1, 2, 3};
  EXPECT_TRUE(check_nodes_seen_by_tbb(seen, std::vector<unsigned>{2, 0}));
  EXPECT_TRUE(check_nodes_seen_by_tbb(seen, seen));
}

TEST(NodesSeenByOneTbb, AreAnErrorThatSaysHowToMendItIfOneIsMissing) {
  const std::vector<unsigned> needed{0, 4};
  const auto without_tbbbind = check_nodes_seen_by_tbb({}, needed);
  ASSERT_FALSE(without_tbbbind);
  EXPECT_EQ(without_tbbbind.error().found, "none");
  EXPECT_NE(without_tbbbind.error().expected.find("apt install libtbbbind"), std::string::npos);
  const auto with_others = check_nodes_seen_by_tbb(std::vector<unsigned>{0, 1}, needed);
  ASSERT_FALSE(with_others);
  EXPECT_EQ(with_others.error().found, "0, 1");
  EXPECT_EQ(with_others.error().expected.substr(0, 4), "0, 4");
}

}  // namespace
}  // namespace upout::platform
