#include <gtest/gtest.h>

#include "platform/topology.h"

namespace upout::numa {
namespace {

TEST(Topology, HasFourNodesOfTwoCores) {
  const auto topology = platform::Topology::discover();
  ASSERT_TRUE(topology) << topology.error().to_string();
  EXPECT_TRUE(topology->is_this_machine());
  EXPECT_EQ(topology->numa_nodes(), 4U);
  EXPECT_EQ(topology->cores(), 8U);
}

}  // namespace
}  // namespace upout::numa
