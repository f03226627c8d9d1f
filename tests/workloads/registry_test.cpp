#include "workloads/registry.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
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

/// Records of the workloads that have others than a million by default, as far as their numbers are not
/// drawn.
const std::map<std::string_view, double> record_counts{{"smallbank", 2'000'000},
                                                       {"tatp", 1'075'000},  // 10.75 a subscriber
                                                       {"tpcc", 2'556'000},  // of four warehouses
                                                       {"analytics", 1'030'000},
                                                       {"ledger", 100'000}};

TEST(Registry, MakesEachWorkloadThatItLists) {
  std::set<std::string_view> names;
  for (const WorkloadEntry& entry : workloads()) {
    std::vector<std::string> warnings;
    const auto workload = make_workload(entry.name, Properties{}, warnings);
    ASSERT_TRUE(workload) << workload.error().to_string();
    EXPECT_EQ((*workload)->name(), entry.name);
    const auto other = record_counts.find(entry.name);
    const double expected = other == record_counts.end() ? 1'000'000 : other->second;
    const bool is_drawn = entry.name == "tatp" || entry.name == "tpcc";
    EXPECT_NEAR(static_cast<double>((*workload)->record_count()), expected, is_drawn ? 5'000 : 0)
        << entry.name;
    EXPECT_FALSE(entry.description.empty());
    EXPECT_TRUE(warnings.empty());
    names.insert(entry.name);
  }
  EXPECT_EQ(names,
            (std::set<std::string_view>{"ycsb", "ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-e", "ycsb-f",
                                        "ycsb-multi", "smallbank", "tatp", "tpcc", "analytics", "ledger"}));
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

/// Counting what is drawn takes as long as there are records: minutes, for these. Plans make many workloads.
TEST(Registry, CountsNothingBeforeItIsAsked) {
  for (const auto& [name, property, most] :
       {std::array{"tatp", "subscribers", "1073741824"}, std::array{"tpcc", "warehouses", "65536"}}) {
    Properties properties;
    properties.set(property, most, "-p");
    std::vector<std::string> warnings;
    for (int points = 0; points < 100; ++points)
      EXPECT_TRUE(make_workload(name, properties, warnings)) << name;
  }
}

}  // namespace
}  // namespace upout::workloads
