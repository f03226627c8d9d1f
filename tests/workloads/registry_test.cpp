#include "workloads/registry.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace upout::workloads {
namespace {

std::string error_of(std::string_view name) {
  std::vector<std::string> warnings;
  const auto workload = make_workload(name, Properties{}, warnings);
  return workload ? "" : workload.error().to_string();
}

TEST(Registry, MakesEachWorkloadThatItLists) {
  std::set<std::string_view> names;
  for (const WorkloadEntry& entry : workloads()) {
    std::vector<std::string> warnings;
    const auto workload = make_workload(entry.name, Properties{}, warnings);
    ASSERT_TRUE(workload) << workload.error().to_string();
    EXPECT_EQ((*workload)->name(), entry.name);
    if (entry.name == "tatp") {
      EXPECT_NEAR(static_cast<double>((*workload)->record_count()), 1'075'000, 5'000);  // 10.75 a subscriber
    } else {
      EXPECT_EQ((*workload)->record_count(), entry.name == "smallbank" ? 2'000'000U : 1'000'000U);
    }
    EXPECT_FALSE(entry.description.empty());
    EXPECT_TRUE(warnings.empty());
    names.insert(entry.name);
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"ycsb", "ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-e",
                                               "ycsb-f", "ycsb-multi", "smallbank", "tatp"}));
}

TEST(Registry, SuggestsTheNearestName) {
  EXPECT_EQ(error_of("ycsb_a"),
            "--workload: found 'ycsb_a', expected ycsb-a, ycsb-b, ycsb-c, ycsb-d, ycsb-e, ycsb-f, ycsb, "
            "ycsb-multi, smallbank or tatp; did you "
            "mean ycsb-a?");
  EXPECT_EQ(error_of("tpc-c"),
            "--workload: found 'tpc-c', expected ycsb-a, ycsb-b, ycsb-c, ycsb-d, ycsb-e, ycsb-f, ycsb, "
            "ycsb-multi, smallbank or tatp");
}

TEST(Registry, KnowsWhichWorkloadsNeedOrder) {
  for (const WorkloadEntry& entry : workloads()) {
    std::vector<std::string> warnings;
    const auto workload = make_workload(entry.name, Properties(), warnings);
    ASSERT_TRUE(workload) << entry.name;
    EXPECT_EQ((*workload)->needs_order(), entry.name == "ycsb-e") << entry.name;
  }
}

}  // namespace
}  // namespace upout::workloads
