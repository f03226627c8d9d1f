#include "platform/bindings_picture.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "described_topology.h"

namespace upout::platform {
namespace {

/// `workers` workers by an order.
std::string picture(const Topology& topology, Binding::Order order, unsigned workers) {
  const WorkerMap map = WorkerMap::create(topology, {order, {}}).value();
  std::vector<WorkerPlace> places;
  for (unsigned worker = 0; worker < workers; ++worker) places.push_back(map[worker]);
  return draw_bindings(topology, places);
}

TEST(BindingsPicture, ShowsPackagesNodesCachesCoresAndWhoSitsThere) {
  const Topology topology = described_by(
      "Package:2 [NUMANode(memory=17179869184)] L3:1(size=33554432) L2:2(size=1048576) L1d:1(size=49152) "
      "Core:1 PU:2");
  EXPECT_EQ(picture(topology, Binding::Order::scatter, 5),
            "package 0\n"
            "  NUMA node 0: 16 GiB\n"
            "  L3 32 MiB\n"
            "    L2 1 MiB + L1d 48 KiB + core 0: CPU 0 = worker 0, CPU 1 = worker 4\n"
            "    L2 1 MiB + L1d 48 KiB + core 1: CPU 2 = worker 2, CPU 3\n"
            "package 1\n"
            "  NUMA node 1: 16 GiB\n"
            "  L3 32 MiB\n"
            "    L2 1 MiB + L1d 48 KiB + core 2: CPU 4 = worker 1, CPU 5\n"
            "    L2 1 MiB + L1d 48 KiB + core 3: CPU 6 = worker 3, CPU 7\n");
}

TEST(BindingsPicture, TellsMemoryWithoutProcessorsApartAndNamesAllWorkersOfAPlace) {
  EXPECT_EQ(picture(recorded_in("hybrid_with_far_memory.xml"), Binding::Order::cores, 6),
            "NUMA node 1: 64 GiB, no worker's home\n"
            "package 0\n"
            "  NUMA node 0: 16 GiB\n"
            "  L3 8 MiB\n"
            "    core 0: CPU 0 = workers 0 4, CPU 1\n"
            "    core 1: CPU 2 = workers 1 5, CPU 3\n"
            "    core 2: CPU 4 = worker 2\n"
            "    core 3: CPU 5 = worker 3\n");
}

TEST(BindingsPicture, ShowsOnlyWhatMayBeUsed) {
  const std::string text =
      picture(recorded_in("cgroup_without_the_second_nodes_memory.xml"), Binding::Order::cores, 1);
  EXPECT_NE(text.find("CPU 2 = worker 0\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("CPU 1"), std::string::npos) << text;
  EXPECT_EQ(text.find("NUMA node 1"), std::string::npos) << text;
}

TEST(BindingsPicture, DrawsAMachineThatNamesNoCores) {
  EXPECT_EQ(picture(described_by("Package:1 PU:2"), Binding::Order::cores, 1),
            "package 0\n"
            "  NUMA node 0: 1 GiB\n"
            "  CPU 0 = worker 0\n"
            "  CPU 1\n");
}

}  // namespace
}  // namespace upout::platform
