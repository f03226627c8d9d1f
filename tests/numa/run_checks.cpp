#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/numa/guest.h"

/// upout on a machine with four nodes, as its users start it.
namespace upout::numa {
namespace {

using namespace testing;

/// The shared-memory engine with so many workers, started by `launcher`.
Observed run(const std::string& launcher, unsigned threads) {
  return observe(launcher + " upout run --engine shared-memory --threads " + std::to_string(threads) + small +
                 "--json -");
}

/// Nodes that hold more than a fiftieth of the memory: libraries' pages may have been there before.
std::vector<unsigned> nodes_used(const PagesByNode& pages) {
  std::vector<unsigned> nodes;
  for (const auto& [node, count] : pages) {
    if (count > total(pages) / 50) nodes.push_back(node);
  }
  return nodes;
}

TEST(Run, BindsOneWorkerToEachCore) {
  const Observed observed = run("", 8);
  ASSERT_EQ(observed.status, 0);
  EXPECT_EQ(achieved_cpus(observed.document), (std::vector<unsigned>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(observed.document["environment"]["numa_nodes"], 4U);
  EXPECT_TRUE(observed.document["runs"][0]["verification"]["passed"]);
}

TEST(Run, StaysOnTheProcessorsThatTasksetLeaves) {
  const Observed observed = run("taskset cc", 4);
  ASSERT_EQ(observed.status, 0);
  EXPECT_EQ(achieved_cpus(observed.document), (std::vector<unsigned>{2, 3, 6, 7}));
}

TEST(Run, TakesMemoryOnlyFromTheNodesThatNumactlNames) {
  const Observed observed = run("numactl --membind=2", 2);
  ASSERT_EQ(observed.status, 0);
  ASSERT_GT(total(observed.pages), 1000U) << "the records were not seen";
  EXPECT_EQ(nodes_used(observed.pages), (std::vector<unsigned>{2}));
}

TEST(Run, InterleavesItsMemoryIfNumactlSaysSo) {
  const Observed observed = run("numactl --interleave=1,3", 2);
  ASSERT_EQ(observed.status, 0);
  EXPECT_EQ(nodes_used(observed.pages), (std::vector<unsigned>{1, 3}));
}

/// A cgroup with these processors and nodes; gone afterwards.
class Cpuset {
 public:
  Cpuset(const std::string& cpus, const std::string& nodes) {
    std::ofstream("/sys/fs/cgroup/cgroup.subtree_control") << "+cpuset";
    std::filesystem::create_directory(path_);
    std::ofstream(path_ + "/cpuset.cpus") << cpus;
    std::ofstream(path_ + "/cpuset.mems") << nodes;
  }
  ~Cpuset() { rmdir(path_.c_str()); }
  Cpuset(const Cpuset&) = delete;
  Cpuset& operator=(const Cpuset&) = delete;

  /// To stand before a command.
  std::string enter() const { return "sh -c 'echo $$ >" + path_ + "/cgroup.procs && exec \"$@\"' sh"; }

 private:
  const std::string path_ = "/sys/fs/cgroup/part";
};

TEST(Run, StaysWithinItsCpuset) {
  const Cpuset part("4-7", "2-3");
  const Observed observed = run(part.enter(), 4);
  ASSERT_EQ(observed.status, 0);
  EXPECT_EQ(achieved_cpus(observed.document), (std::vector<unsigned>{4, 5, 6, 7}));
  EXPECT_EQ(observed.document["environment"]["numa_nodes"], 2U);
  for (const unsigned node : nodes_used(observed.pages)) EXPECT_TRUE(node == 2 || node == 3) << node;
}

TEST(Run, RefusesMoreWorkersThanItsCpusetHasCores) {
  const Cpuset part("4-7", "2-3");
  EXPECT_EQ(run(part.enter(), 5).status, 2);
}

}  // namespace
}  // namespace upout::numa
