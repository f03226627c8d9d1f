#include "platform/numa_distances.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "platform/environment.h"
#include "tests/platform/scoped_variable.h"

namespace upout::platform {
namespace {

/// Two packages of two nodes each, whose numbers were told to hwloc.
Topology four_nodes() {
  const ScopedVariable variable("HWLOC_XMLFILE",
                                std::string(UPOUT_TEST_MACHINES) + "/four_nodes_with_distances.xml");
  return Topology::discover().value();
}

const std::vector<std::vector<std::uint64_t>> distances_of_four_nodes{
    {10, 12, 21, 21}, {12, 10, 21, 21}, {21, 21, 10, 12}, {22, 21, 12, 10}};

TEST(NumaDistances, AreThoseOfTheKernel) {
  const auto found = numa_distances(four_nodes());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->nodes, (std::vector<unsigned>{0, 1, 2, 3}));
  EXPECT_EQ(found->from_to, distances_of_four_nodes);
}

TEST(NumaDistances, AreInTheEnvironment) {
  const nlohmann::json record = describe_environment(four_nodes());
  EXPECT_EQ(record.at("/numa_distances/nodes"_json_pointer), nlohmann::json({0, 1, 2, 3}));
  EXPECT_EQ(record.at("/numa_distances/from_to"_json_pointer), nlohmann::json(distances_of_four_nodes));
}

TEST(NumaDistances, AreNotMadeUpWhereNothingIsToldOfThem) {
  const ScopedVariable variable("HWLOC_SYNTHETIC", "Package:2 [NUMANode] Core:2 PU:1");
  const Topology topology = Topology::discover().value();
  EXPECT_FALSE(numa_distances(topology));
  EXPECT_TRUE(describe_environment(topology).at("numa_distances").is_null());
}

}  // namespace
}  // namespace upout::platform
