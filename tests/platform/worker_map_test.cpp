#include "platform/worker_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "described_topology.h"

namespace upout::platform {
namespace {

/// A machine, and where its workers go by each named order: "CPU@NODE", in the order of workers.
struct Machine {
  const char* name;
  const char* description;  ///< hwloc's synthetic form, or a file of machines/
  const char* cores;
  const char* compact;
  const char* scatter;
  const char* smt;
};

std::ostream& operator<<(std::ostream& out, const Machine& machine) {
  return out << machine.name;
}

Topology topology_of(const Machine& machine) {
  const std::string description = machine.description;
  return description.ends_with(".xml") ? recorded_in(description) : described_by(description);
}

std::string places_of(const Topology& topology, const std::string& binding) {
  const WorkerMap map = WorkerMap::create(topology, Binding::parse(binding).value()).value();
  std::string text;
  for (const WorkerPlace& place : map.places()) {
    text += (text.empty() ? "" : " ") + std::to_string(place.cpu) + "@" +
            (place.node ? std::to_string(*place.node) : "-");
  }
  return text;
}

constexpr Machine machines[] = {
    {"OneNode", "Package:1 [NUMANode] L3:1 Core:4 PU:1", "0@0 1@0 2@0 3@0", "0@0 1@0 2@0 3@0",
     "0@0 1@0 2@0 3@0", "0@0 1@0 2@0 3@0"},
    {"OneNodeWithSiblingsFarApartInNumber", "Package:1 [NUMANode] Core:3 PU:2(indexes=0,3,1,4,2,5)",
     "0@0 1@0 2@0", "0@0 1@0 2@0 3@0 4@0 5@0", "0@0 1@0 2@0 3@0 4@0 5@0", "0@0 3@0 1@0 4@0 2@0 5@0"},
    {"TwoNodes", "Package:2 [NUMANode] Core:2 PU:1", "0@0 1@0 2@1 3@1", "0@0 1@0 2@1 3@1", "0@0 2@1 1@0 3@1",
     "0@0 1@0 2@1 3@1"},
    {"TwoNodesWithEverySecondCpuEach", "Package:2 [NUMANode] Core:2 PU:1(indexes=0,2,1,3)", "0@0 2@0 1@1 3@1",
     "0@0 2@0 1@1 3@1", "0@0 1@1 2@0 3@1", "0@0 2@0 1@1 3@1"},
    {"TwoPackagesOfTwoNodesEachWithSiblings",
     "Package:2 Group:2 [NUMANode] Core:2 PU:2(indexes=0,8,1,9,2,10,3,11,4,12,5,13,6,14,7,15)",
     "0@0 1@0 2@1 3@1 4@2 5@2 6@3 7@3",
     "0@0 1@0 8@0 9@0 2@1 3@1 10@1 11@1 4@2 5@2 12@2 13@2 6@3 7@3 14@3 15@3",
     "0@0 2@1 4@2 6@3 1@0 3@1 5@2 7@3 8@0 10@1 12@2 14@3 9@0 11@1 13@2 15@3",
     "0@0 8@0 1@0 9@0 2@1 10@1 3@1 11@1 4@2 12@2 5@2 13@2 6@3 14@3 7@3 15@3"},
    {"EightNodes", "Package:4 Group:2 [NUMANode] Core:2 PU:1",
     "0@0 1@0 2@1 3@1 4@2 5@2 6@3 7@3 8@4 9@4 10@5 11@5 12@6 13@6 14@7 15@7",
     "0@0 1@0 2@1 3@1 4@2 5@2 6@3 7@3 8@4 9@4 10@5 11@5 12@6 13@6 14@7 15@7",
     "0@0 2@1 4@2 6@3 8@4 10@5 12@6 14@7 1@0 3@1 5@2 7@3 9@4 11@5 13@6 15@7",
     "0@0 1@0 2@1 3@1 4@2 5@2 6@3 7@3 8@4 9@4 10@5 11@5 12@6 13@6 14@7 15@7"},
    {"FourSiblingsACore", "Package:2 [NUMANode] Core:1 PU:4", "0@0 4@1", "0@0 1@0 2@0 3@0 4@1 5@1 6@1 7@1",
     "0@0 4@1 1@0 5@1 2@0 6@1 3@0 7@1", "0@0 1@0 2@0 3@0 4@1 5@1 6@1 7@1"},
    {"MemoryWithoutProcessors", "memory_without_processors.xml", "0@0 1@0 2@1 3@1", "0@0 1@0 2@1 3@1",
     "0@0 2@1 1@0 3@1", "0@0 1@0 2@1 3@1"},
    {"SomeCoresWithSiblingsAndFarMemory", "hybrid_with_far_memory.xml", "0@0 2@0 4@0 5@0",
     "0@0 2@0 4@0 5@0 1@0 3@0", "0@0 2@0 4@0 5@0 1@0 3@0", "0@0 1@0 2@0 3@0 4@0 5@0"},
    {"BigLittle", "big_little.xml", "0@0 1@0 2@0 3@0 4@0 5@0 6@0 7@0", "0@0 1@0 2@0 3@0 4@0 5@0 6@0 7@0",
     "0@0 1@0 2@0 3@0 4@0 5@0 6@0 7@0", "0@0 1@0 2@0 3@0 4@0 5@0 6@0 7@0"},
    {"CgroupThatLeavesUnequalNodesAndACoreWithoutItsSibling", "cgroup_with_unequal_nodes.xml",
     "3@0 5@1 6@1 7@1", "3@0 5@1 6@1 7@1 13@1 14@1 15@1", "3@0 5@1 6@1 7@1 13@1 14@1 15@1",
     "3@0 5@1 13@1 6@1 14@1 7@1 15@1"},
    {"CgroupThatForbidsTheSecondNodesMemory", "cgroup_without_the_second_nodes_memory.xml", "2@0 3@0 4@- 5@-",
     "2@0 3@0 4@- 5@-", "2@0 4@- 3@0 5@-", "2@0 3@0 4@- 5@-"},
};

class WorkerMapOf : public testing::TestWithParam<Machine> {};

TEST_P(WorkerMapOf, PutsWorkersWhereItsNameSays) {
  const Topology topology = topology_of(GetParam());
  EXPECT_EQ(places_of(topology, "cores"), GetParam().cores);
  EXPECT_EQ(places_of(topology, "compact"), GetParam().compact);
  EXPECT_EQ(places_of(topology, "scatter"), GetParam().scatter);
  EXPECT_EQ(places_of(topology, "smt"), GetParam().smt);
}

TEST_P(WorkerMapOf, HasEachProcessingUnitOrEachCoreOnce) {
  const Topology topology = topology_of(GetParam());
  std::vector<unsigned> usable = topology.cpus();
  std::ranges::sort(usable);
  for (const char* name : {"compact", "scatter", "smt"}) {
    const WorkerMap map = WorkerMap::create(topology, Binding::parse(name).value()).value();
    std::vector<unsigned> used;
    for (const WorkerPlace& place : map.places()) used.push_back(place.cpu);
    std::ranges::sort(used);
    EXPECT_EQ(used, usable) << name;
  }
  EXPECT_EQ(WorkerMap::create(topology).value().size(), topology.cores());
}

TEST_P(WorkerMapOf, HasAsManyHomesAsTheTopologyHasNodes) {
  const Topology topology = topology_of(GetParam());
  const auto nodes = topology.node_list();
  EXPECT_EQ(std::ranges::count_if(nodes, [](const NumaNode& node) { return !node.is_memory_only(); }),
            topology.numa_nodes());
  for (const NumaNode& node : nodes) {
    for (const unsigned cpu : node.cpus) EXPECT_EQ(topology.node_of_cpu(cpu), node.index);
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, WorkerMapOf, testing::ValuesIn(machines),
                         [](const auto& each) { return each.param.name; });

TEST(WorkerMap, OfAListIsTheListInItsOrder) {
  const Topology topology = described_by("Package:2 [NUMANode] Core:4 PU:1");
  EXPECT_EQ(places_of(topology, "6,0-2,5"), "6@1 0@0 1@0 2@0 5@1");
}

TEST(WorkerMap, OfAListWithACpuThatMayNotBeUsedIsAnError) {
  const Topology topology = recorded_in("cgroup_with_unequal_nodes.xml");
  const auto map = WorkerMap::create(topology, Binding::parse("3,8").value());
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().to_string(),
            "--bind 3,8: found CPU 8, expected CPUs that this process may use: 3,5-7,13-15");
}

TEST(WorkerMap, GoesRoundWhereThereAreMoreWorkersThanPlaces) {
  const WorkerMap map = WorkerMap::create(described_by("Package:1 [NUMANode] Core:3 PU:1")).value();
  EXPECT_EQ(map[2].cpu, 2U);
  EXPECT_EQ(map[3].cpu, 0U);
}

TEST(WorkerMap, HasRoomForAsManyWorkersAsPlaces) {
  const Topology topology = described_by("Package:1 [NUMANode] Core:2 PU:2");
  const WorkerMap cores = WorkerMap::create(topology).value();
  EXPECT_TRUE(cores.check_room("--threads", 2));
  EXPECT_EQ(cores.check_room("--threads", 3).error().to_string(),
            "--threads: found 3, expected at most 2 (the cores that this process may use); --oversubscribe "
            "allows more");
  const WorkerMap smt = WorkerMap::create(topology, {Binding::Order::smt, {}}).value();
  EXPECT_TRUE(smt.check_room("--threads", 4));
  EXPECT_EQ(smt.check_room("--threads", 5).error().expected,
            "at most 4 (the places of --bind smt); --oversubscribe allows more");
}

TEST(Binding, IsWrittenAsItIsRead) {
  for (const char* text : {"cores", "compact", "scatter", "smt", "0", "0,2-5", "7,0-2,9", "5,4,3"}) {
    EXPECT_EQ(Binding::parse(text).value().to_string(), text);
  }
  EXPECT_EQ(Binding::parse("0,1,2").value().to_string(), "0-2");
}

TEST(Binding, ThatMakesNoSenseIsAnError) {
  for (const char* text : {"", "core", "Cores", "cores,0", "1,", ",1", "1,,2", "-1", "1-", "3-1", "1 ,2",
                           "0x1", "1-2-3", "99999999999999999999", "0-4294967295", "65536"}) {
    const auto binding = Binding::parse(text);
    ASSERT_FALSE(binding) << text;
    EXPECT_EQ(binding.error().to_string(),
              "--bind: found '" + std::string(text) +
                  "', expected cores, compact, scatter, smt, or a list of CPUs such as 0,2-5");
  }
}

TEST(Binding, OfACpuTwiceIsAnError) {
  const auto binding = Binding::parse("4,2-5");
  ASSERT_FALSE(binding);
  EXPECT_EQ(binding.error().to_string(), "--bind: found '4,2-5' with CPU 4 twice, expected each CPU once");
}

}  // namespace
}  // namespace upout::platform
