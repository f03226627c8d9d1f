#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "harness/plan.h"
#include "temporary_folder.h"

namespace upout::harness {

namespace {

using platform::Expected;
using schedulers::Resources;
using std::chrono::minutes;

constexpr const char* points_of_both = R"(
[[points]]
engine = ["shared-memory", "shared-nothing"]
threads = "scale"
ranks = "scale"
workload = "ycsb-c"
)";

class PlanResourcesTest : public testing::Test {
 protected:
  /// A plan with the table's lines, read on a machine of two cores.
  Expected<Plan> read(const std::string& lines, const std::string& points = points_of_both) const {
    return read_plan(folder_.write("p.toml", "[resources]\n" + lines + "\n" + points), MachineSize{2});
  }
  /// The error's line from the line's number on.
  std::string error(const std::string& lines, const std::string& points = points_of_both) const {
    const auto plan = read(lines, points);
    if (plan) return "no error";
    const std::string text = plan.error().to_string();
    return text.substr(text.find("p.toml:") + 7);
  }
  Resources resources(const std::string& lines) const {
    const auto plan = read(lines);
    EXPECT_TRUE(plan) << plan.error().to_string();
    return plan ? plan->resources.value() : Resources{};
  }

  TemporaryFolder folder_;
};

/// Those of the engine with this size key.
std::vector<unsigned> workers(const Plan& plan, std::string_view size_key) {
  std::vector<unsigned> result;
  for (const Point& point : plan.points)
    if (point.engine->size_key == size_key) result.push_back(point.workers);
  return result;
}

}  // namespace

TEST_F(PlanResourcesTest, EveryKeyIsRead) {
  const Resources all = resources(R"(nodes = 3
ranks_per_node = 4
cores_per_rank = 2
memory = "1.5GiB"
time = "1d2h30m"
queue = "debug"
account = "project.7@site"
constraint = "rome"
exclusive = false
modules = ["gcc/12.2", "openmpi"]
prologue = ["ulimit -l unlimited", "export A='b $c'"])");
  EXPECT_EQ(all.nodes, 3U);
  EXPECT_EQ(all.ranks_per_node, 4U);
  EXPECT_EQ(all.cores_per_rank, 2U);
  EXPECT_EQ(all.cores_per_node(), 8U);
  EXPECT_EQ(all.memory_bytes_per_node, 3ULL << 29U);
  EXPECT_EQ(all.time, minutes(1440 + 120 + 30));
  EXPECT_EQ(all.queue, "debug");
  EXPECT_EQ(all.account, "project.7@site");
  EXPECT_EQ(all.constraint, "rome");
  EXPECT_FALSE(all.exclusive);
  EXPECT_EQ(all.modules, (std::vector<std::string>{"gcc/12.2", "openmpi"}));
  EXPECT_EQ(all.prologue, (std::vector<std::string>{"ulimit -l unlimited", "export A='b $c'"}));
}

TEST_F(PlanResourcesTest, WhatIsNotSaidHasADefault) {
  const Resources none = resources("");
  EXPECT_EQ(none.nodes, 1U);
  EXPECT_EQ(none.time, minutes(60));
  EXPECT_TRUE(none.exclusive);
  EXPECT_FALSE(none.memory_bytes_per_node);
  EXPECT_FALSE(read_plan("quick", MachineSize{2})->resources);
}

TEST_F(PlanResourcesTest, TimesAreDaysHoursAndMinutes) {
  EXPECT_EQ(resources("time = '90m'").time, minutes(90));
  EXPECT_EQ(resources("time = '1h30m'").time, minutes(90));
  EXPECT_EQ(resources("time = '2h'").time, minutes(120));
  EXPECT_EQ(resources("time = '366d'").time, minutes(366 * 1440));
  for (const char* wrong : {"''", "'0m'", "'90'", "'30m1h'", "'1h1h'", "'1.5h'", "'-1h'", "'1h 30m'",
                            "'367d'", "'365d48h'", "'99999999999999999999m'", "'10s'", "60", "'m'", "'1h30'"})
    EXPECT_NE(error("time = " + std::string(wrong)).find("2: found time = "), std::string::npos) << wrong;
}

TEST_F(PlanResourcesTest, MemoryHasAUnitOfPowersOfTwo) {
  EXPECT_EQ(resources("memory = '512MiB'").memory_bytes_per_node, 512ULL << 20U);
  EXPECT_EQ(resources("memory = '2TiB'").memory_bytes_per_node, 2ULL << 40U);
  for (const char* wrong : {"'64'", "'64GB'", "'0GiB'", "'-1GiB'", "'1e3GiB'", "'infGiB'", "'nanGiB'",
                            "'9999999999TiB'", "64", "' 1GiB'"})
    EXPECT_NE(error("memory = " + std::string(wrong)).find("2: found memory = "), std::string::npos) << wrong;
}

/// What means something to a shell, a scheduler's directive or a line's end, in each of the names.
TEST_F(PlanResourcesTest, NamesHaveNothingThatAScriptWouldTakeForMore) {
  const std::vector<std::string> hostile = {
      "a b",    "a;b",         "a&b", "a|b", "$(id)", "`id`",  "a'b", R"(a\"b)",     R"(a\nb)",    R"(a\tb)",
      "-x",     "--x",         "a>b", "a*",  "a?",    "{a,b}", "~",   "#a",          "a,b",        "a=b",
      "a\\\\b", R"(a\u0000b)", "é",   "%j",  "a(b)",  "",      "a!b", R"(a\u2028b)", R"(a\u0085b)"};
  for (const char* key : {"queue", "account", "constraint", "modules"})
    for (const std::string& name : hostile) {
      const std::string text = error(std::string(key) + " = \"" + name + "\"");
      EXPECT_EQ(text.find("2: found " + std::string(key) + " = "), 0U) << text;
      EXPECT_EQ(text.find_first_of("\n\t\r"), std::string::npos) << text;
    }
  EXPECT_EQ(
      error("queue = 'a/b'").find("2: found queue = \"a/b\", expected letters, digits and . _ - + @ : only"),
      0U);
  EXPECT_NE(error("queue = '" + std::string(129, 'a') + "'"), "no error");
  EXPECT_EQ(error("queue = '" + std::string(128, 'a') + "'"), "no error");
}

TEST_F(PlanResourcesTest, APrologueIsShellOfOneLineEach) {
  EXPECT_EQ(resources("prologue = 'a; b | c > $(d)'").prologue, std::vector<std::string>{"a; b | c > $(d)"});
  for (const char* wrong : {R"("a\nb")", R"(["a", "b\rc"])", R"("a\u0000b")", R"("a\u0085b")", "1", "[1]"})
    EXPECT_NE(error("prologue = " + std::string(wrong)).find("2: found prologue = "), std::string::npos)
        << wrong;
}

TEST_F(PlanResourcesTest, OtherValuesAreErrorsOfTheirLine) {
  EXPECT_EQ(error("nodes = 0"), "2: found nodes = 0, expected a whole number from 1 to 1000000");
  EXPECT_EQ(error("time = '1h'\nranks_per_node = 'two'"),
            "3: found ranks_per_node = \"two\", expected a whole number from 1 to 1000000");
  EXPECT_EQ(error("exclusive = 1"), "2: found exclusive = 1, expected true or false");
  EXPECT_EQ(error("node = 1"), "2: found unknown key 'node' of [resources], expected 'nodes'");
  EXPECT_NE(error("nodes = 1000000\nranks_per_node = 1000000").find("1: found more cores in all"),
            std::string::npos);
}

/// Whatever machine reads it, so that login node and compute node agree.
TEST_F(PlanResourcesTest, SizesAreThoseOfTheNodes) {
  const Plan plan = read("nodes = 3\nranks_per_node = 2\ncores_per_rank = 4").value();
  EXPECT_EQ(workers(plan, "threads"), (std::vector<unsigned>{1, 2, 4, 8}));
  EXPECT_EQ(workers(plan, "ranks"), (std::vector<unsigned>{1, 2, 4, 6}));
  const Plan of_all = read("nodes = 3\nranks_per_node = 2\ncores_per_rank = 4", R"([[points]]
engine = ["shared-memory", "shared-nothing"]
threads = "cores"
ranks = "cores"
workload = "ycsb-c"
)")
                          .value();
  EXPECT_EQ(workers(of_all, "threads"), std::vector<unsigned>{8});
  EXPECT_EQ(workers(of_all, "ranks"), std::vector<unsigned>{6});
}

/// Ranks that are threads of one process are on one node.
TEST_F(PlanResourcesTest, RanksOverRingsHaveOneNode) {
  const std::string points =
      "[[points]]\nengine = 'shared-nothing'\nworkload = 'ycsb-c'\ntransport = 'ring'\nranks = ";
  const std::string nodes = "nodes = 3\nranks_per_node = 2\ncores_per_rank = 2";
  EXPECT_EQ(workers(read(nodes, points + "'scale'").value(), "ranks"), (std::vector<unsigned>{1, 2, 4}));
  EXPECT_EQ(error(nodes, points + "6"),
            "9: found ranks = 6, expected at most 4 (the cores of a node of [resources]), or oversubscribe "
            "= true");
}

TEST_F(PlanResourcesTest, MoreWorkersThanAskedForAreRefused) {
  const std::string nodes = "nodes = 2\nranks_per_node = 2\ncores_per_rank = 2";
  const auto with = [](const std::string& lines) { return "[[points]]\nworkload = 'ycsb-c'\n" + lines; };
  EXPECT_EQ(error(nodes, with("engine = 'shared-memory'\nthreads = 5")),
            "8: found threads = 5, expected at most 4 (the cores of a node of [resources]), or oversubscribe "
            "= true");
  EXPECT_EQ(error(nodes, with("engine = 'shared-nothing'\nranks = 5")),
            "8: found ranks = 5, expected at most 4 (nodes times ranks_per_node of [resources]), or "
            "oversubscribe = true");
  EXPECT_EQ(error(nodes, with("engine = 'shared-nothing'\nranks = 2\nthreads_per_rank = 3")),
            "9: found threads_per_rank = 3, expected at most 2 (cores_per_rank of [resources]), or "
            "oversubscribe = true");
  EXPECT_EQ(error(nodes, with("engine = 'shared-nothing'\nranks = 5\noversubscribe = true")), "no error");
}

}  // namespace upout::harness
