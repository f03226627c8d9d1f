#include "tests/history/dependency_graph.h"

#include <gtest/gtest.h>

#include <random>

namespace upout::history {
namespace {

/// From which node which other can be reached.
std::vector<std::vector<bool>> closure(std::size_t nodes, const std::vector<Edge>& edges) {
  std::vector<std::vector<bool>> reaches(nodes, std::vector<bool>(nodes));
  for (const Edge& edge : edges) reaches[edge.from][edge.to] = true;
  for (std::size_t via = 0; via < nodes; ++via) {
    for (std::size_t from = 0; from < nodes; ++from) {
      for (std::size_t to = 0; to < nodes; ++to) {
        if (reaches[from][via] && reaches[via][to]) reaches[from][to] = true;
      }
    }
  }
  return reaches;
}

TEST(RealTimeEdges, ImplyTheWholeOrderAndAreFew) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<Transaction> history(60);
    for (Transaction& transaction : history) {
      transaction.committed = true;
      transaction.began = random() % 200;
      transaction.ended = transaction.began + 1 + random() % 20;
    }
    std::vector<Edge> edges;
    add_real_time_edges(history, edges);
    const auto reaches = closure(history.size(), edges);
    for (std::size_t i = 0; i < history.size(); ++i) {
      for (std::size_t j = 0; j < history.size(); ++j) {
        ASSERT_EQ(reaches[i][j], history[i].ended < history[j].began) << "seed " << seed;
      }
    }
    EXPECT_LT(edges.size(), history.size() * 12);
  }
}

TEST(FindCycle, FindsACycleWhereverThereIsOne) {
  std::size_t with_cycle = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    constexpr std::size_t nodes = 8;
    std::vector<Edge> edges(random() % 14);
    for (Edge& edge : edges) {
      edge.from = random() % nodes;
      edge.to = (edge.from + 1 + random() % (nodes - 1)) % nodes;
    }
    const auto reaches = closure(nodes, edges);
    bool is_cyclic = false;
    for (std::size_t node = 0; node < nodes; ++node) is_cyclic |= reaches[node][node];
    const auto cycle = find_cycle(nodes, edges);
    ASSERT_EQ(!cycle.empty(), is_cyclic) << "seed " << seed;
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      ASSERT_EQ(edges[cycle[i]].to, edges[cycle[(i + 1) % cycle.size()]].from) << "seed " << seed;
    }
    with_cycle += is_cyclic ? 1 : 0;
  }
  EXPECT_GT(with_cycle, 200U);
  EXPECT_LT(with_cycle, 1800U);
}

}  // namespace
}  // namespace upout::history
