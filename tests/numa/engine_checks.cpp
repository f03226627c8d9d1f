#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/numa/guest.h"

/// The shared-memory engine's placements on a machine with four nodes: what a result says, and what the
/// kernel says of the process meanwhile.
namespace upout::numa {
namespace {

using namespace testing;
using nlohmann::json;

constexpr unsigned nodes = 4;

Observed run(const std::string& placement, const std::string& options = "--threads 8 ") {
  return observe("upout run --engine shared-memory --placement " + placement + small + options + "--json -");
}

const json& data_of(const Observed& observed) {
  return observed.document.at("environment").at("data");
}

/// That it ran, that the records are right, and that nearly all pages are where they were asked to be.
void expect_in_place(const Observed& observed) {
  ASSERT_EQ(observed.status, 0);
  EXPECT_TRUE(observed.document["runs"][0]["verification"]["passed"]);
  const json& data = data_of(observed);
  ASSERT_TRUE(data["placement_score"].is_number()) << data.dump(1);
  EXPECT_GE(data["placement_score"], 0.95) << data.dump(1);
  EXPECT_GE(data["placement_score_after_load"], 0.95) << data.dump(1);
  EXPECT_FALSE(achieved_cpus(observed.document).empty()) << "a worker is not where it was asked to be";
}

/// That store n was asked to lie on node n, and that it lies there and nowhere else.
void expect_a_store_on_each_node(const Observed& observed) {
  const json& stores = data_of(observed)["stores"];
  ASSERT_EQ(stores.size(), nodes);
  for (unsigned node = 0; node < nodes; ++node) {
    const std::string name = std::to_string(node);
    EXPECT_EQ(stores[node]["asked"], "bound to node " + name);
    EXPECT_GT(stores[node]["sampled_pages"], 100U);
    ASSERT_EQ(stores[node]["pages_by_node"].size(), 1U) << stores[node].dump(1);
    EXPECT_EQ(stores[node]["pages_by_node"][name], stores[node]["sampled_pages"]);
  }
}

TEST(Placement, OsLeavesPagesWhereTheyWereTouched) {
  const Observed observed = run("os");
  expect_in_place(observed);
  EXPECT_EQ(data_of(observed)["stores"][0]["asked"], "first touch");
}

TEST(Placement, InterleaveSpreadsPagesOverAllNodes) {
  // Each worker's memory grows by larger and larger pieces, which are spread evenly only from a huge page for
  // each node on: one worker, with enough that the first piece makes no difference.
  const Observed observed = run("interleave", "--threads 1 -p recordcount=60000 ");
  expect_in_place(observed);
  const json& by_node = data_of(observed)["stores"][0]["pages_by_node"];
  EXPECT_EQ(by_node.size(), nodes) << by_node.dump();
}

TEST(Placement, PartitionedHasAPartitionOnEachNode) {
  const Observed observed = run("partitioned");
  expect_in_place(observed);
  expect_a_store_on_each_node(observed);
  EXPECT_EQ(observed.document["runs"][0]["deployment"]["partitions"], nodes);
}

TEST(Placement, IslandsHaveTheirDataOnTheirOwnNode) {
  const Observed observed = run("islands");
  expect_in_place(observed);
  expect_a_store_on_each_node(observed);
  EXPECT_EQ(observed.document["runs"][0]["deployment"]["islands"], nodes);
}

TEST(Placement, ReplicatedHasACopyOnEachNode) {
  const Observed observed = run("replicated");
  expect_in_place(observed);
  expect_a_store_on_each_node(observed);
}

TEST(Placement, AnIslandOfEachCoreSharesItsNodesMemory) {
  const Observed observed = run("islands", "--threads 8 --islands 8 ");
  expect_in_place(observed);
  const json& stores = data_of(observed)["stores"];
  ASSERT_EQ(stores.size(), 8U);
  for (unsigned island = 0; island < 8; ++island)
    EXPECT_EQ(stores[island]["asked"], "bound to node " + std::to_string(island / 2));
}

/// Whatever node its workers are on.
TEST(Placement, StaysOnTheNodeThatNumactlNames) {
  const Observed observed = observe(
      "numactl --membind=2 upout run --engine shared-memory --threads 8 --placement "
      "partitioned" +
      small + "--json -");
  ASSERT_EQ(observed.status, 0);
  ASSERT_TRUE(data_of(observed)["placement_score"].is_number());
  for (const json& store : data_of(observed)["stores"])
    EXPECT_EQ(store["pages_by_node"].size(), store["pages_by_node"].count("2")) << store.dump(1);
}

}  // namespace
}  // namespace upout::numa
