#include "platform/topology.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "described_topology.h"

namespace upout::platform {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// Restores the calling thread's affinity, so that tests of one process do not see each other's.
class ScopedAffinity {
 public:
  ScopedAffinity() { sched_getaffinity(0, sizeof(before_), &before_); }
  ScopedAffinity(const ScopedAffinity&) = delete;
  ScopedAffinity& operator=(const ScopedAffinity&) = delete;
  ~ScopedAffinity() { sched_setaffinity(0, sizeof(before_), &before_); }

 private:
  cpu_set_t before_;
};

/// A file for as long as this object lives.
class ScopedFile {
 public:
  explicit ScopedFile(const std::string& text)
      : path_(testing::TempDir() + "/upout_machine_" + std::to_string(getpid()) + ".xml") {
    std::ofstream(path_) << text;
  }
  ScopedFile(const ScopedFile&) = delete;
  ScopedFile& operator=(const ScopedFile&) = delete;
  ~ScopedFile() { std::filesystem::remove(path_); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// big_little.xml, with something else in its last object of a kind.
std::string recorded_with(const std::string& from, const std::string& to, const std::string& object) {
  std::ifstream file(std::string(UPOUT_TEST_MACHINES) + "/big_little.xml");
  std::string xml{std::istreambuf_iterator<char>(file), {}};
  return xml.replace(xml.find(from, xml.rfind(object)), from.size(), to);
}

std::vector<unsigned> allowed_cpus() {
  cpu_set_t set;
  sched_getaffinity(0, sizeof(set), &set);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

TEST(Topology, CountsAMachineOfOneNode) {
  const Topology topology = described_by("Package:1 [NUMANode] L3:1(size=8388608) Core:4 PU:1");
  EXPECT_EQ(topology.cores(), 4U);
  EXPECT_EQ(topology.processing_units(), 4U);
  EXPECT_EQ(topology.numa_nodes(), 1U);
  EXPECT_EQ(topology.core_kinds(), 1U);
  EXPECT_EQ(topology.last_level_cache_bytes(), 8 * mebibyte);
}

TEST(Topology, CountsTwoPackagesOfTwoNodesEach) {
  const Topology topology = described_by("Package:2 Group:2 [NUMANode] L3:1(size=33554432) Core:8 PU:1");
  EXPECT_EQ(topology.cores(), 32U);
  EXPECT_EQ(topology.numa_nodes(), 4U);
  EXPECT_EQ(topology.last_level_cache_bytes(), 4 * 32 * mebibyte);
}

TEST(Topology, ListsTheProcessingUnitsOfEachCoreByOperatingSystemNumbers) {
  // As many two-way SMT machines are numbered: the second thread of core n is n + cores.
  const Topology topology = described_by("Package:2 [NUMANode] Core:1 PU:2(indexes=0,2,1,3)");
  const auto cores = topology.core_list();
  ASSERT_EQ(cores.size(), 2U);
  EXPECT_EQ(cores[0].cpus, (std::vector<unsigned>{0, 2}));
  EXPECT_EQ(cores[0].node, 0U);
  EXPECT_EQ(cores[1].cpus, (std::vector<unsigned>{1, 3}));
  EXPECT_EQ(cores[1].node, 1U);
}

TEST(Topology, ListsNodesWithTheirMemoryAndProcessors) {
  const auto nodes = described_by("Package:2 [NUMANode(memory=1073741824)] Core:2 PU:1").node_list();
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[1].index, 1U);
  EXPECT_EQ(nodes[1].memory_bytes, 1024 * mebibyte);
  EXPECT_EQ(nodes[1].cpus, (std::vector<unsigned>{2, 3}));
  EXPECT_FALSE(nodes[1].is_memory_only());
}

TEST(Topology, TellsMemoryWithoutProcessorsApart) {
  for (const char* file : {"memory_without_processors.xml", "hybrid_with_far_memory.xml"}) {
    const Topology topology = recorded_in(file);
    const auto nodes = topology.node_list();
    ASSERT_EQ(nodes.size(), topology.numa_nodes() + 1) << file;
    EXPECT_TRUE(nodes.back().is_memory_only()) << file;
    EXPECT_EQ(nodes.back().memory_bytes, 65536 * mebibyte) << file;
    EXPECT_FALSE(nodes.front().is_memory_only()) << file;
  }
}

TEST(Topology, HasNoNodeForAProcessingUnitWhoseMemoryMayNotBeUsed) {
  const Topology topology = recorded_in("cgroup_without_the_second_nodes_memory.xml");
  EXPECT_EQ(topology.node_of_cpu(3), 0U);
  EXPECT_EQ(topology.node_of_cpu(4), std::nullopt);
  EXPECT_EQ(topology.node_of_cpu(7), std::nullopt) << "may not be used itself";
  EXPECT_EQ(topology.numa_nodes(), 1U);
}

TEST(Topology, IsTheSameWhenItsXmlIsReadAgain) {
  for (const char* file :
       {"memory_without_processors.xml", "big_little.xml", "cgroup_with_unequal_nodes.xml"}) {
    const Topology topology = recorded_in(file);
    const std::string copy = testing::TempDir() + "/upout_topology_copy.xml";
    std::ofstream(copy) << topology.to_xml();
    const ScopedVariable variable("HWLOC_XMLFILE", copy);
    const Topology again = Topology::discover().value();
    EXPECT_EQ(again.summary(), topology.summary()) << file;
    EXPECT_EQ(again.cpus(), topology.cpus()) << file;
    EXPECT_EQ(again.core_kinds(), topology.core_kinds()) << file;
    EXPECT_EQ(again.numa_nodes(), topology.numa_nodes()) << file;
    EXPECT_EQ(again.to_xml(), topology.to_xml()) << file;
    std::filesystem::remove(copy);
  }
}

TEST(Topology, HasXmlThatDoesNotSayWhoseMachineItIs) {
  const std::string xml = Topology::discover().value().to_xml();
  EXPECT_NE(xml.find("type=\"PU\""), std::string::npos) << xml;
  for (const char* name : {"HostName", "ProcessName", "Serial", "UUID", "Cgroup", "PCIDev"}) {
    EXPECT_EQ(xml.find(name), std::string::npos) << name;
  }
}

TEST(Topology, HasXmlOfSaneSizeOfALargeMachine) {
  const Topology topology =
      described_by("Package:2 Group:4 [NUMANode] L3:2 L2:8 L1d:1 Core:1 PU:2");  // 256 processing units
  EXPECT_LT(topology.to_xml().size(), 160'000U);
}

TEST(Topology, CountsACacheByItsLastLevel) {
  const Topology topology = described_by("Package:2 L3:1(size=8388608) L2:4(size=1048576) Core:1 PU:1");
  EXPECT_EQ(topology.last_level_cache_bytes(), 2 * 8 * mebibyte);
  EXPECT_EQ(described_by("Package:2 L2:4(size=1048576) Core:1 PU:1").last_level_cache_bytes(), 8 * mebibyte);
  EXPECT_EQ(described_by("Core:2 PU:1").last_level_cache_bytes(), 0U);
}

TEST(Topology, CountsProcessingUnitsWhereNoCoresAreNamed) {
  const Topology topology = described_by("Package:2 PU:2");
  EXPECT_EQ(topology.cores(), 4U);
  EXPECT_EQ(topology.core_list().at(2).cpus, std::vector<unsigned>{2});
}

TEST(Topology, CountsTwoKindsOfMemoryOfOnePackageAsOneNode) {
  EXPECT_EQ(described_by("Package:2 [NUMANode] [NUMANode] Core:2 PU:1").numa_nodes(), 2U);
}

TEST(Topology, SeesUnlikeCoresAndMemoryWithoutProcessors) {
  const Topology topology = recorded_in("hybrid_with_far_memory.xml");
  EXPECT_FALSE(topology.is_this_machine());
  EXPECT_EQ(topology.cores(), 4U);
  EXPECT_EQ(topology.processing_units(), 6U);
  EXPECT_EQ(topology.core_kinds(), 2U);
  EXPECT_EQ(topology.numa_nodes(), 1U);
  EXPECT_EQ(topology.last_level_cache_bytes(), 8 * mebibyte);
  EXPECT_EQ(topology.summary(), "asymmetric Package:1 L3:1 Core:4 PU:6");
}

TEST(Topology, SummarizesInHwlocsSyntheticForm) {
  const std::string summary = described_by("Package:2 L3:1(size=1024) Core:2 PU:1").summary();
  EXPECT_NE(summary.find("Package:2"), std::string::npos) << summary;
  EXPECT_NE(summary.find("Core:2 PU:1"), std::string::npos) << summary;
  EXPECT_EQ(summary.find('\n'), std::string::npos);
  EXPECT_EQ(described_by(summary).cores(), 4U) << summary;
}

TEST(Topology, OfAnotherMachineBindsNothing) {
  const Topology topology = described_by("Package:1 Core:1 PU:1");
  EXPECT_FALSE(topology.is_this_machine());
  const auto before = allowed_cpus();
  const auto bound = topology.bind_this_thread(0);
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().to_string().find("another machine"), std::string::npos);
  EXPECT_TRUE(topology.this_thread_cpus().empty());
  EXPECT_EQ(allowed_cpus(), before);
}

TEST(Topology, DescriptionThatCannotBeReadIsAnError) {
  const ScopedVariable variable("HWLOC_XMLFILE", "/no/such/machine.xml");
  const auto topology = Topology::discover();
  ASSERT_FALSE(topology);
  EXPECT_NE(topology.error().to_string().find("HWLOC_XMLFILE: found '/no/such/machine.xml'"),
            std::string::npos);
}

TEST(Topology, DescriptionThatHwlocCrashesOnIsAnError) {
  const ScopedFile damaged(recorded_with("complete_cpuset", "complete_cruset", "<object type=\"L2Cache\""));
  const ScopedVariable variable("HWLOC_XMLFILE", damaged.path());
  const auto topology = Topology::discover();
  ASSERT_FALSE(topology);
  EXPECT_EQ(topology.error().to_string(),
            "HWLOC_XMLFILE: found '" + damaged.path() + "', expected a topology that hwloc can read");
}

/// hwloc takes half a gigabyte for such an object, also for one that it leaves out in the end.
TEST(Topology, DescriptionWithAProcessingUnitOrNodeThatHasNoNumberIsAnError) {
  const std::pair<const char*, const char*> slips[] = {
      {"os_inddx=\"0\"", " without os_index"},
      {"os_index=\"4294967295\"", " of os_index '4294967295'"},
      {"os_index=\"\"", " of os_index ''"},
      {"os_index=\"-1\"", " of os_index '-1'"}};
  for (const auto& [type, number] : {std::pair("PU", "7"), std::pair("NUMANode", "0")}) {
    for (const auto& [slip, found] : slips) {
      const ScopedFile damaged(recorded_with("os_index=\"" + std::string(number) + "\"", slip,
                                             "<object type=\"" + std::string(type) + "\""));
      const ScopedVariable variable("HWLOC_XMLFILE", damaged.path());
      const auto topology = Topology::discover();
      ASSERT_FALSE(topology) << slip;
      EXPECT_TRUE(topology.error().to_string().starts_with("HWLOC_XMLFILE: found '" + damaged.path() +
                                                           "' with a " + type + found + " in line "))
          << topology.error().to_string();
    }
  }
}

TEST(Topology, DescriptionInAnotherStyleWithAProcessingUnitThatHasNoNumberIsAnError) {
  const ScopedFile damaged(recorded_with("type=\"PU\" os_index=\"7\"", "type='PU'", "<object type=\"PU\""));
  const ScopedVariable variable("HWLOC_XMLFILE", damaged.path());
  const auto topology = Topology::discover();
  ASSERT_FALSE(topology);
  EXPECT_EQ(topology.error().expected, "a topology that hwloc can read");
}

TEST(Topology, DescriptionWithAProcessingUnitTwiceIsAnError) {
  const ScopedFile damaged(recorded_with("os_index=\"7\"", "os_index=\"6\"", "<object type=\"PU\""));
  const ScopedVariable variable("HWLOC_XMLFILE", damaged.path());
  const auto topology = Topology::discover();
  ASSERT_FALSE(topology);
  EXPECT_EQ(topology.error().to_string(),
            "HWLOC_XMLFILE: found '" + damaged.path() +
                "' with processing unit 6 twice, expected one processing unit or more, each number once");
}

TEST(Topology, DescriptionWithoutAProcessingUnitIsAnError) {
  const ScopedFile empty(
      R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="2.0">
  <object type="Machine" cpuset="0x1" complete_cpuset="0x1" allowed_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1" allowed_nodeset="0x1">
    <object type="NUMANode" os_index="0" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1" local_memory="1"/>
  </object>
</topology>
)");
  const ScopedVariable variable("HWLOC_XMLFILE", empty.path());
  const auto topology = Topology::discover();
  ASSERT_FALSE(topology);
  EXPECT_EQ(topology.error().found, "'" + empty.path() + "' without a processing unit");
}

TEST(Topology, OfAnotherMachineThatIsPassedOffAsThisOneIsAnError) {
  const ScopedVariable description("HWLOC_SYNTHETIC", "Package:8 Core:8 PU:1");
  const ScopedVariable claim("HWLOC_THISSYSTEM", "1");
  const auto topology = Topology::discover();
  ASSERT_FALSE(topology);
  EXPECT_EQ(topology.error().where, "HWLOC_THISSYSTEM");
}

TEST(Topology, OfThisMachineIsWhereThisProcessMayRun) {
  const Topology topology = Topology::discover().value();
  ASSERT_TRUE(topology.is_this_machine());
  EXPECT_EQ(topology.processing_units(), allowed_cpus().size());
  EXPECT_EQ(topology.this_thread_cpus(), allowed_cpus());
  EXPECT_GE(topology.cores(), 1U);
  EXPECT_LE(topology.cores(), topology.processing_units());
  EXPECT_GE(topology.numa_nodes(), 1U);
}

TEST(Topology, OfAProcessBoundToOneCoreHasOneCore) {
  const ScopedAffinity restored;
  const unsigned last = allowed_cpus().back();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);

  // In a child, which inherits the mask as a rank does from mpirun: a sanitizer's own thread keeps the old
  // one here.
  const auto describe = [] {
    const Topology topology = Topology::discover().value();
    std::cerr << "cores " << topology.cores() << " units " << topology.processing_units() << " first "
              << topology.cpus().front() << " nodes " << topology.numa_nodes() << "\n";
    std::exit(0);
  };
  EXPECT_EXIT(describe(), testing::ExitedWithCode(0),
              "cores 1 units 1 first " + std::to_string(last) + " nodes 1\n");
}

TEST(Topology, BindingIsReadBackFromTheKernel) {
  const Topology topology = Topology::discover().value();
  for (unsigned core = 0; core < topology.cores(); ++core) {
    std::thread([&topology, core] {
      const unsigned cpu = topology.core_list()[core].cpus.front();
      const auto bound = topology.bind_this_thread(cpu);
      ASSERT_TRUE(bound) << bound.error().to_string();
      EXPECT_EQ(topology.this_thread_cpus(), std::vector<unsigned>{cpu});
      EXPECT_EQ(allowed_cpus(), std::vector<unsigned>{cpu});
      EXPECT_EQ(static_cast<unsigned>(sched_getcpu()), cpu);
    }).join();
  }
}

TEST(Topology, BindingToAForeignProcessingUnitIsAnError) {
  const Topology topology = Topology::discover().value();
  const auto before = allowed_cpus();
  const auto bound = topology.bind_this_thread(123456);
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().where.find("123456"), std::string::npos);
  EXPECT_EQ(topology.this_thread_cpus(), before);
}

TEST(WorkerBinding, IsAchievedOnlyByTheOneUnitAskedFor) {
  EXPECT_TRUE((WorkerBinding{"host", 0, 1, {1}}.achieved()));
  EXPECT_FALSE((WorkerBinding{"host", 0, 1, {0, 1}}.achieved()));
  EXPECT_FALSE((WorkerBinding{"host", 0, 1, {0}}.achieved()));
  EXPECT_FALSE((WorkerBinding{"host", 0, 1, {}}.achieved()));
  EXPECT_FALSE((WorkerBinding{"host", 0, -1, {0}}.achieved()));
}

}  // namespace
}  // namespace upout::platform
