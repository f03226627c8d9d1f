#include "platform/environment.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "scoped_variable.h"

namespace upout::platform {
namespace {

using nlohmann::json;
using std::filesystem::path;

Topology four_cores() {
  const ScopedVariable variable("HWLOC_SYNTHETIC", "Package:1 [NUMANode] L3:1(size=8388608) Core:4 PU:2");
  return Topology::discover().value();
}

/// A directory that stands for the root of a machine, and holds the files that a test puts there.
class RecordedMachine : public testing::Test {
 protected:
  RecordedMachine() {
    std::string name = testing::TempDir() + "upout_machine_XXXXXX";
    root_ = mkdtemp(name.data());
  }
  ~RecordedMachine() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  json describe() const { return describe_environment(four_cores(), root_); }

  path root_;
};

TEST_F(RecordedMachine, IsDescribedByItsFiles) {
  write("etc/os-release", "NAME=\"X\"\nPRETTY_NAME=\"Example OS 12 (twelve)\"\nVERSION_ID=12\n");
  write("proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Example 9000\nflags\t\t: fpu hypervisor sse2\n\nprocessor\t: 1\n");
  write("proc/meminfo", "MemTotal:       16384000 kB\nMemFree:  1 kB\nSwapTotal:       1024 kB\n");
  write("proc/loadavg", "1.25 0.50 0.10 2/300 4711\n");
  write("proc/sys/kernel/numa_balancing", "1\n");
  write("proc/sys/kernel/randomize_va_space", "2\n");
  write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  write("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "performance\n");
  write("sys/devices/system/cpu/cpufreq/policy1/scaling_governor", "performance\n");
  write("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
  write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  write("sys/class/dmi/id/sys_vendor", "Example Cloud\n");

  const json record = describe();
  EXPECT_EQ(record["os"], "Example OS 12 (twelve)");
  EXPECT_EQ(record["cpu_model"], "Example 9000");
  EXPECT_EQ(record["memory_bytes"], 16384000ULL * 1024);
  EXPECT_EQ(record["swap_enabled"], true);
  EXPECT_EQ(record["load_average_1min"], 1.25);
  EXPECT_EQ(record["numa_balancing"], true);
  EXPECT_EQ(record["transparent_huge_pages"], "madvise");
  EXPECT_EQ(record["address_space_randomization"], true);
  EXPECT_EQ(record["scaling_governor"], "performance");
  EXPECT_EQ(record["turbo_enabled"], true);
  EXPECT_EQ(record["kernel_clock_source"], "tsc");
  EXPECT_EQ(record["hypervisor"], "Example Cloud");
}

TEST_F(RecordedMachine, ThatSaysNothingGivesNull) {
  const json record = describe();
  for (const char* key :
       {"os", "cpu_model", "memory_bytes", "swap_enabled", "load_average_1min", "numa_balancing",
        "transparent_huge_pages", "scaling_governor", "turbo_enabled", "kernel_clock_source", "hypervisor",
        "address_space_randomization", "memory_limit_bytes"}) {
    EXPECT_TRUE(record.contains(key) && record[key].is_null()) << key;
  }
}

TEST_F(RecordedMachine, ThatTalksNonsenseGivesNull) {
  write("proc/meminfo", "MemTotal: lots\nSwapTotal\n");
  write("proc/loadavg", "high\n");
  write("proc/sys/kernel/numa_balancing", "\n");
  write("sys/kernel/mm/transparent_hugepage/enabled", "] always [\n");
  write("sys/devices/system/cpu/cpufreq/boost", "maybe\n");
  const json record = describe();
  for (const char* key : {"memory_bytes", "swap_enabled", "load_average_1min", "numa_balancing",
                          "transparent_huge_pages", "turbo_enabled"}) {
    EXPECT_TRUE(record[key].is_null()) << key;
  }
}

TEST_F(RecordedMachine, WithFeaturesOffSaysFalse) {
  write("proc/cpuinfo", "model name : Example\nflags : fpu sse2\n");
  write("proc/meminfo", "SwapTotal: 0 kB\n");
  write("proc/sys/kernel/numa_balancing", "0\n");
  write("sys/devices/system/cpu/cpufreq/boost", "0\n");
  const json record = describe();
  EXPECT_EQ(record["hypervisor"], "none");
  EXPECT_EQ(record["swap_enabled"], false);
  EXPECT_EQ(record["numa_balancing"], false);
  EXPECT_EQ(record["turbo_enabled"], false);
}

TEST_F(RecordedMachine, LimitsMemoryByTheSmallestOfACgroupAndThoseAroundIt) {
  write("proc/self/cgroup", "0::/user.slice/job.scope\n");
  write("sys/fs/cgroup/user.slice/job.scope/memory.max", "max\n");
  EXPECT_EQ(describe()["memory_limit_bytes"], nullptr);
  write("sys/fs/cgroup/user.slice/memory.max", "8589934592\n");
  EXPECT_EQ(describe()["memory_limit_bytes"], 8589934592ULL);
  write("sys/fs/cgroup/user.slice/job.scope/memory.max", "1073741824\n");
  EXPECT_EQ(describe()["memory_limit_bytes"], 1073741824ULL);
}

TEST_F(RecordedMachine, LimitsMemoryByACgroupOfTheFirstVersionToo) {
  write("proc/self/cgroup", "5:cpuset:/a\n4:memory:/docker/0123\n0::/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(describe()["memory_limit_bytes"], nullptr);
  write("sys/fs/cgroup/memory/docker/0123/memory.limit_in_bytes", "2147483648\n");
  EXPECT_EQ(describe()["memory_limit_bytes"], 2147483648ULL);
  std::filesystem::remove_all(root_ / "sys/fs/cgroup/memory/docker");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");  // as a container sees its own
  EXPECT_EQ(describe()["memory_limit_bytes"], 1073741824ULL);
}

TEST_F(RecordedMachine, WithDifferingGovernorsNamesThemAll) {
  write("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "schedutil\n");
  write("sys/devices/system/cpu/cpufreq/policy8/scaling_governor", "powersave\n");
  EXPECT_EQ(describe()["scaling_governor"], "powersave,schedutil");
}

TEST_F(RecordedMachine, OfAnotherArchitectureIsNamedByItsPartNumbers) {
  write("proc/cpuinfo", "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd40\n");
  EXPECT_EQ(describe()["cpu_model"], "implementer 0x41 part 0xd40");
}

TEST(Environment, HoldsWhatTheTopologySays) {
  const json record = describe_environment(four_cores());
  EXPECT_EQ(record["cores"], 4);
  EXPECT_EQ(record["processing_units"], 8);
  EXPECT_EQ(record["core_kinds"], 1);
  EXPECT_EQ(record["numa_nodes"], 1);
  EXPECT_EQ(record["last_level_cache_bytes"], 8 << 20);
  EXPECT_EQ(record["topology"], four_cores().summary());
  EXPECT_EQ(record["topology_xml"], four_cores().to_xml());
  EXPECT_EQ(record["topology_is_this_machine"], false);
}

TEST(Environment, HasNothingOfTheVariablesOfTheProcess) {
  const ScopedVariable secret("UPOUT_TEST_ACCESS_TOKEN", "hush-7d1f0c");
  const std::string record = describe_environment(Topology::discover().value()).dump();
  EXPECT_EQ(record.find("hush-7d1f0c"), std::string::npos);
  EXPECT_EQ(record.find("UPOUT_TEST_ACCESS_TOKEN"), std::string::npos);
  EXPECT_EQ(record.find("PATH="), std::string::npos);
}

TEST(Environment, OfThisMachineHasEachDocumentedKeyAndNoOther) {
  const json record = describe_environment(Topology::discover().value());
  const std::set<std::string> documented{"host_name",
                                         "architecture",
                                         "os",
                                         "kernel",
                                         "cpu_model",
                                         "hypervisor",
                                         "cores",
                                         "processing_units",
                                         "core_kinds",
                                         "numa_nodes",
                                         "topology",
                                         "topology_xml",
                                         "topology_is_this_machine",
                                         "numa_distances",
                                         "last_level_cache_bytes",
                                         "memory_bytes",
                                         "scaling_governor",
                                         "turbo_enabled",
                                         "transparent_huge_pages",
                                         "numa_balancing",
                                         "address_space_randomization",
                                         "memory_limit_bytes",
                                         "swap_enabled",
                                         "load_average_1min",
                                         "kernel_clock_source",
                                         "clock_source"};
  std::set<std::string> found;
  for (const auto& [key, value] : record.items()) found.insert(key);
  EXPECT_EQ(found, documented);

  EXPECT_EQ(record["topology_is_this_machine"], true);
  EXPECT_GT(record["memory_bytes"].get<std::uint64_t>(), 1U << 20);
  EXPECT_TRUE(record["host_name"].is_string());
  EXPECT_TRUE(record["kernel"].is_string());
}

}  // namespace
}  // namespace upout::platform
