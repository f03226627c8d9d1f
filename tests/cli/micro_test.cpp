#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/cli/shell.h"

/// upout-micro as its users see it. Nothing here builds the ten million records that it measures.
namespace upout::cli {
namespace {

using namespace testing;

Ended upout_micro(const std::string& arguments) {
  return shell(UPOUT_MICRO + (" " + arguments));
}

std::set<std::string> listed_names() {
  const Ended ended = upout_micro("--benchmark_list_tests");
  EXPECT_EQ(ended.status, 0) << ended.err;
  std::istringstream lines(ended.out);
  std::set<std::string> names;
  for (std::string name; std::getline(lines, name);) names.insert(name);
  return names;
}

/// The names that docs/performance.md sets in code type.
std::set<std::string> documented_names() {
  const std::string text = contents(UPOUT_PERFORMANCE_DOCUMENT);
  const std::regex name("`((machine|limit|peer|kernel|engine)/[A-Za-z0-9_/:-]+)`");
  std::set<std::string> names;
  for (std::sregex_iterator match(text.begin(), text.end(), name), end; match != end; ++match)
    names.insert((*match)[1]);
  return names;
}

/// Needs a library that this build may lack.
bool is_optional(std::string_view name) {
  return name.starts_with("peer/libcds") || name.starts_with("peer/lmdb") || name.starts_with("peer/rocksdb");
}

/// A family is named by what its members have in common, up to a slash.
bool names(const std::string& family, const std::string& member) {
  return member == family || member.starts_with(family + "/");
}

TEST(UpoutMicro, ListsEveryNameThatTheDocumentHas) {
  const auto listed = listed_names();
  const auto documented = documented_names();
  ASSERT_GE(documented.size(), 20U) << "not the document, or no names in it";
  for (const std::string& family : documented) {
    if (!UPOUT_HAS_PEERS && is_optional(family)) continue;
    EXPECT_TRUE(std::ranges::any_of(listed, [&](const auto& name) { return names(family, name); })) << family;
  }
}

TEST(UpoutMicro, DocumentsEveryPartOfTheMachineLimitAndPeer) {
  const auto documented = documented_names();
  for (const std::string& name : listed_names()) {
    if (name.starts_with("kernel/") || name.starts_with("engine/")) continue;
    EXPECT_TRUE(std::ranges::any_of(documented, [&](const auto& family) { return names(family, name); }))
        << name;
  }
}

TEST(UpoutMicro, MeasuresALimit) {
  const Ended ended = upout_micro(
      "--benchmark_filter='limit/two_dependent_random_reads/rolling_16$' --benchmark_min_time=0.001");
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.out.find("items_per_second="), std::string::npos) << ended.out;
}

TEST(UpoutMicro, HasTheMatricesOfADescribedMachineButMeasuresNothingThere) {
  const std::string elsewhere = "HWLOC_SYNTHETIC='Package:2 [NUMANode] Core:2 PU:2' ";
  const Ended listed = shell(elsewhere + UPOUT_MICRO + " --benchmark_list_tests --benchmark_filter=machine/");
  for (const char* name : {"numa_latency/0/1", "numa_latency/1/0", "numa_bandwidth/1/1", "core_to_core/0/6",
                           "shared_increment/threads:4"}) {
    EXPECT_NE(listed.out.find(std::string("machine/") + name), std::string::npos) << name;
  }
  const Ended run = shell(elsewhere + UPOUT_MICRO + " --benchmark_filter=machine/shared_increment/threads:1");
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.out.find("topology of another machine"), std::string::npos) << run.out;
}

TEST(UpoutMicro, RefusesAFilterThatNamesNothing) {
  EXPECT_EQ(upout_micro("--benchmark_filter=peer/no_such_structure").status, 2);
}

}  // namespace
}  // namespace upout::cli
