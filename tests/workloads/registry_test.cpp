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
    EXPECT_GT((*workload)->record_count(), 100'000U) << entry.name;
    EXPECT_FALSE(entry.description.empty());
    EXPECT_TRUE(warnings.empty());
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " is there twice";
  }
}

TEST(Registry, NamesAllThatThereAreAndTheNearestOne) {
  std::string all;
  for (const WorkloadEntry& entry : workloads()) {
    const bool is_last = &entry == &workloads().back();
    all += (all.empty() ? "" : is_last ? " or " : ", ") + std::string(entry.name);
  }
  EXPECT_EQ(error_of("ycsb_a"), "--workload: found 'ycsb_a', expected " + all + "; did you mean ycsb-a?");
  EXPECT_EQ(error_of("nonesuch"), "--workload: found 'nonesuch', expected " + all);
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
