#include <gtest/gtest.h>

#include <string>

#include "tests/numa/guest.h"

/// upout-micro where its matrices have more than one cell. What it measures there means nothing; where it
/// measured, does.
namespace upout::numa {
namespace {

using namespace testing;

TEST(Micro, HasACellForEachPairOfNodesAndOfCores) {
  const auto listed = cli::testing::shell("upout-micro --benchmark_list_tests --benchmark_filter=machine/");
  const auto count = [&listed](const std::string& family) {
    std::size_t found = 0;
    for (auto at = listed.out.find(family); at != std::string::npos; at = listed.out.find(family, at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count("machine/numa_latency/"), 16U);
  EXPECT_EQ(count("machine/numa_bandwidth/"), 16U);
  EXPECT_EQ(count("machine/core_to_core/"), 28U);
  EXPECT_EQ(count("machine/shared_increment/"), 8U);
}

TEST(Micro, ReadsMemoryThatLiesOnTheNodeOfItsName) {
  const Observed observed = observe(
      "upout-micro --benchmark_filter='machine/numa_(latency|bandwidth)/[03]/1' --benchmark_min_time=0.01"
      " --benchmark_format=json");
  ASSERT_EQ(observed.status, 0);
  ASSERT_EQ(observed.document["benchmarks"].size(), 4U);
  for (const auto& benchmark : observed.document["benchmarks"]) {
    EXPECT_EQ(benchmark["on_node"], 1.0) << benchmark["name"];
  }
}

TEST(Micro, ShowsTheMatrixBesideTheJson) {
  const auto ended = cli::testing::shell(
      "upout-micro --benchmark_filter='machine/core_to_core/[01]/[27]/' --benchmark_format=json");
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(nlohmann::json::parse(ended.out, nullptr, false)["benchmarks"].size(), 4U) << ended.out;
  const auto table = ended.err.find("machine/core_to_core: ns for a line to go from one CPU to another\n");
  ASSERT_NE(table, std::string::npos) << ended.err;
  std::istringstream lines(ended.err.substr(table));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  EXPECT_EQ(line, "               2       7");
  for (const std::string row : {"       0", "       1"}) {
    std::getline(lines, line);
    EXPECT_EQ(line.substr(0, 8), row);
    EXPECT_EQ(std::ranges::count(line, '.'), 2) << line;
  }
}

}  // namespace
}  // namespace upout::numa
