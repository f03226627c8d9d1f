#include "harness/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <utility>

#include "temporary_folder.h"

namespace upout::harness {
namespace {

using platform::Expected;

class PlanTest : public testing::Test {
 protected:
  Expected<Plan> read(const std::string& text, unsigned cores = 8) const {
    return read_plan(folder_.write("p.toml", text), MachineSize{cores});
  }
  /// The error's line, with the folder left out.
  std::string error(const std::string& text) const {
    const auto plan = read(text);
    if (plan) return "no error";
    std::string line = plan.error().to_string();
    const std::string folder = folder_ / "";
    for (auto at = line.find(folder); at != std::string::npos; at = line.find(folder))
      line.erase(at, folder.size());
    return line;
  }

  TemporaryFolder folder_;
};

std::vector<unsigned> workers(const Plan& plan) {
  std::vector<unsigned> result;
  std::ranges::transform(plan.points, std::back_inserter(result), &Point::workers);
  return result;
}

std::string property(const Point& point, std::string_view name) {
  const auto found = std::ranges::find(point.properties, name, &workloads::Property::name);
  return found == point.properties.end() ? "" : found->value;
}

constexpr const char* one_point = R"([[points]]
engine = "shared-memory"
threads = 2
workload = "ycsb-c"
)";

TEST_F(PlanTest, CoresStandsForAllCoresAlone) {
  const Plan plan =
      read("[[points]]\nengine = 'shared-memory'\nworkload = 'ycsb-c'\nthreads = 'cores'\n", 6).value();
  EXPECT_EQ(workers(plan), std::vector<unsigned>{6});
}

TEST_F(PlanTest, ScaleStandsForThePowersOfTwoAndAllCores) {
  const std::string text = "[[points]]\nengine = 'shared-memory'\nworkload = 'ycsb-c'\nthreads = 'scale'\n";
  EXPECT_EQ(workers(read(text, 1).value()), (std::vector<unsigned>{1}));
  EXPECT_EQ(workers(read(text, 2).value()), (std::vector<unsigned>{1, 2}));
  EXPECT_EQ(workers(read(text, 6).value()), (std::vector<unsigned>{1, 2, 4, 6}));
  EXPECT_EQ(workers(read(text, 8).value()), (std::vector<unsigned>{1, 2, 4, 8}));
}

TEST_F(PlanTest, ListsMultiplyWithTheSizeFastestAndTheWorkloadSlowest) {
  const Plan plan = read(R"(
[[points]]
engine = "shared-nothing"
ranks = [1, 3]
workload = ["ycsb-a", "ycsb-c"]
properties.recordcount = [10, 20]
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 8U);
  EXPECT_EQ(workers(plan), (std::vector<unsigned>{1, 3, 1, 3, 1, 3, 1, 3}));
  EXPECT_EQ(property(plan.points[1], "recordcount"), "10");
  EXPECT_EQ(property(plan.points[2], "recordcount"), "20");
  EXPECT_EQ(plan.points[3].workload, "ycsb-a");
  EXPECT_EQ(plan.points[4].workload, "ycsb-c");
}

TEST_F(PlanTest, APointsOwnValuesStandOverTheDefaultsPropertyByProperty) {
  const Plan plan = read(R"(
[defaults]
workload = "ycsb-a"
depth = 8
[defaults.properties]
recordcount = 100
fieldcount = 1
[[points]]
engine = "shared-memory"
threads = 1
depth = 4
properties = { fieldcount = 2 }
)")
                        .value();
  const Point& point = plan.points.at(0);
  EXPECT_EQ(point.options.at("depth"), "4");
  EXPECT_EQ(property(point, "recordcount"), "100");
  EXPECT_EQ(property(point, "fieldcount"), "2");
}

TEST_F(PlanTest, EachEngineTakesItsOwnSizeFromTheDefaults) {
  const Plan plan = read(R"(
[defaults]
workload = "ycsb-c"
engine = ["shared-memory", "shared-nothing"]
threads = 2
ranks = 3
[[points]]
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 2U);
  EXPECT_EQ(workers(plan), (std::vector<unsigned>{2, 3}));
}

TEST_F(PlanTest, ArgumentsSayWhatThePlanSaysAndNoMore) {
  Plan plan = read(one_point).value();
  EXPECT_EQ(run_arguments(plan.points.at(0), "out.json"),
            (std::vector<std::string>{"run", "--engine", "shared-memory", "--threads", "2", "--workload",
                                      "ycsb-c", "--id", plan.points[0].id, "--json", "out.json", "--quiet"}));

  folder_.write("w.properties", "fieldcount=3\n");
  plan = read(R"(
[[points]]
engine = "shared-nothing"
ranks = 2
workload = "ycsb-a"
depth = 64
seconds = 1.5
warmup = 0
repetitions = 6
seed = 7
oversubscribe = true
properties_file = "w.properties"
properties = { recordcount = 1000, requestdistribution = "uniform", readallfields = true }
)")
             .value();
  EXPECT_EQ(run_arguments(plan.points.at(0), "out.json"),
            (std::vector<std::string>{"run",
                                      "--engine",
                                      "shared-nothing",
                                      "--workload",
                                      "ycsb-a",
                                      "-P",
                                      folder_ / "w.properties",
                                      "-p",
                                      "readallfields=true",
                                      "-p",
                                      "recordcount=1000",
                                      "-p",
                                      "requestdistribution=uniform",
                                      "--depth",
                                      "64",
                                      "--repetitions",
                                      "6",
                                      "--seconds",
                                      "1.5",
                                      "--seed",
                                      "7",
                                      "--warmup",
                                      "0",
                                      "--oversubscribe",
                                      "--id",
                                      plan.points[0].id,
                                      "--json",
                                      "out.json",
                                      "--quiet"}));
}

TEST_F(PlanTest, BindingsAreValuesLikeOthersAndHaveRoomForAsManyWorkersAsTheirPlaces) {
  const std::string text = R"([[points]]
engine = "shared-memory"
threads = 8
workload = "ycsb-c"
bind = ["scatter", "smt", "0,1,2,3,4-8"]
)";
  const auto plan = read_plan(folder_.write("p.toml", text), {.cores = 4, .processing_units = 8});
  ASSERT_TRUE(plan) << plan.error().to_string();
  ASSERT_EQ(plan->points.size(), 3U);
  EXPECT_EQ(plan->points[1].options.at("bind"), "smt");
  EXPECT_EQ(plan->points[2].options.at("bind"), "0-8") << "written in one way";
  const std::vector<std::string> arguments = run_arguments(plan->points[1], "out.json");
  const auto option = std::ranges::find(arguments, "--bind");
  ASSERT_NE(option, arguments.end());
  EXPECT_EQ(*std::next(option), "smt");

  const auto cores =
      read_plan(folder_.write("p.toml", text + "[[points]]\nengine = 'shared-memory'\nthreads = 8\n"
                                               "workload = 'ycsb-c'\n"),
                {.cores = 4, .processing_units = 8});
  ASSERT_FALSE(cores) << "without --bind, workers go to cores";
  EXPECT_EQ(cores.error().expected, "at most 4 (the cores of this machine), or oversubscribe = true");
}

TEST_F(PlanTest, CoresToBindToAreNoNumberOfCores) {
  const auto bindings = [&](const std::string& bind) {
    std::vector<std::string> found;
    const Plan plan = read(std::string(one_point) + "bind = " + bind + "\n").value();
    for (const Point& point : plan.points) found.push_back(point.options.at("bind"));
    return found;
  };
  EXPECT_EQ(bindings("'cores'"), std::vector<std::string>{"cores"});
  EXPECT_EQ(bindings("['cores', 'compact']"), (std::vector<std::string>{"cores", "compact"}));
}

TEST_F(PlanTest, PlacementsAreOfSharedMemoryAlone) {
  const std::string text = R"([[points]]
engine = ["shared-memory", "shared-nothing"]
threads = 2
ranks = 2
workload = "ycsb-c"
placement = ["partitioned", "islands"]
)";
  const Plan plan = read(text).value();
  ASSERT_EQ(plan.points.size(), 3U);
  EXPECT_EQ(plan.points[0].options.at("placement"), "partitioned");
  EXPECT_EQ(plan.points[1].options.at("placement"), "islands");
  EXPECT_FALSE(plan.points[2].options.contains("placement"));
}

TEST_F(PlanTest, RanksThatAreThreadsNeedNoLauncher) {
  const Plan plan = read(R"(
[[points]]
engine = "shared-nothing"
ranks = 2
transport = ["mpi", "ring"]
workload = "ycsb-c"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 2u);
  EXPECT_TRUE(plan.points[0].is_launched());
  EXPECT_FALSE(plan.points[1].is_launched());
  const auto arguments = run_arguments(plan.points[1], "out.json");
  const auto ranks = std::ranges::find(arguments, "--ranks");
  ASSERT_NE(ranks, arguments.end());
  EXPECT_EQ(*std::next(ranks), "2");
  EXPECT_NE(std::ranges::find(arguments, "--transport"), arguments.end());
}

TEST_F(PlanTest, WhatConcernsPartitionsOfRanksIsLeftOutOfPointsOfTheOtherEngine) {
  const Plan plan = read(R"(
[[points]]
engine = ["shared-memory", "shared-nothing"]
threads = 1
ranks = 1
partitions = 16
rebalance = "cycle"
workload = "ycsb-c"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 2u);
  EXPECT_FALSE(plan.points[0].options.contains("partitions"));
  EXPECT_FALSE(plan.points[0].options.contains("rebalance"));
  EXPECT_EQ(plan.points[1].options.at("partitions"), "16");
  EXPECT_EQ(plan.points[1].options.at("rebalance"), "cycle");
}

TEST_F(PlanTest, LinksAreOfRanksAlone) {
  const Plan plan = read(R"(
[[points]]
engine = ["shared-memory", "shared-nothing"]
threads = 2
ranks = 2
link_delay = ["0us", "1.5ms"]
workload = "ycsb-c"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 3U);
  EXPECT_FALSE(plan.points[0].options.contains("link_delay"));
  const auto arguments = run_arguments(plan.points[2], "out.json");
  const auto delay = std::ranges::find(arguments, "--link-delay");
  ASSERT_NE(delay, arguments.end());
  EXPECT_EQ(*std::next(delay), "1.5ms");
}

/// Two engines have threads; what says where data lie is one's alone.
TEST_F(PlanTest, MeasuresTheLoadGeneratorBesideAnEngine) {
  const Plan plan = read(R"([[points]]
engine = ["null", "shared-memory"]
workload = "ycsb-c"
threads = 2
placement = "interleave"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 2U);
  EXPECT_TRUE(plan.points[0].id.starts_with("null-t2-ycsb-c"));
  EXPECT_FALSE(plan.points[0].options.contains("placement"));
  EXPECT_EQ(plan.points[1].options.at("placement"), "interleave");
  EXPECT_EQ(
      error("[[points]]\nengine = 'null'\nworkload = 'ycsb-c'\nranks = 2\nthreads = 1\n"),
      "p.toml:4: found 'ranks' with engine null, expected 'threads' ('ranks' belongs to shared-nothing)");
  EXPECT_EQ(error("[[points]]\nengine = 'null'\nworkload = 'ycsb-c'\nthreads = 1\nindex = 'hash'\n"),
            "p.toml:5: found 'index' with engine null, expected 'index' in points of an engine with records");
}

TEST_F(PlanTest, OffersTheLoadThatItSays) {
  const Plan plan = read(std::string(one_point) + R"(rate = [2_000_000, 1500.5, "3M/s"]
arrivals = "uniform"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 3U);
  EXPECT_EQ(plan.points[0].options.at("rate"), "2000000");
  EXPECT_EQ(plan.points[1].options.at("rate"), "1500.5");
  EXPECT_EQ(plan.points[2].options.at("rate"), "3M/s");
  const std::vector<std::string> arguments = run_arguments(plan.points[2], "out.json");
  const auto rate = std::ranges::find(arguments, "--rate");
  ASSERT_NE(rate, arguments.end());
  EXPECT_EQ(rate[1], "3M/s");
  EXPECT_NE(std::ranges::find(arguments, "--arrivals"), arguments.end());
}

TEST_F(PlanTest, GoesOnUntilItIsAsPreciseAsItSays) {
  const Plan plan = read(std::string(one_point) + R"(precision = "2%"
max_repetitions = 40
budget = 60
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 1U);
  const std::vector<std::string> arguments = run_arguments(plan.points[0], "out.json");
  for (const auto& [option, value] :
       {std::pair{"--precision", "2%"}, {"--max-repetitions", "40"}, {"--budget", "60"}}) {
    const auto found = std::ranges::find(arguments, option);
    ASSERT_NE(found, arguments.end()) << option;
    EXPECT_EQ(found[1], value);
  }
}

/// The fuzzer changes what it begins with, and finds a key that is not there only by luck.
TEST_F(PlanTest, ThoseThatTheFuzzerBeginsWithHaveEveryKeyButFiles) {
  std::string seeds;
  for (const auto& entry : std::filesystem::directory_iterator(UPOUT_SOURCE_DIR "/tests/fuzz/plans")) {
    const auto plan = read_plan(entry.path().string(), MachineSize{4});
    EXPECT_TRUE(plan) << plan.error().to_string();
    std::ifstream file(entry.path());
    seeds.append(std::istreambuf_iterator<char>(file), {});
  }
  const std::regex word("[a-z_]+");
  for (const char* table : {"[defaults]", "[resources]"}) {
    const std::string known = error(table + std::string("\nkey = 1\n"));
    const std::string list = known.substr(known.find("expected ") + 9);
    for (std::sregex_iterator key(list.begin(), list.end(), word), end; key != end; ++key) {
      if (key->str() == "or" || key->str() == "properties_file") continue;
      EXPECT_NE(seeds.find("\n" + key->str() + " = "), std::string::npos) << table << " " << key->str();
    }
  }
}

TEST_F(PlanTest, ALogIsOfEnginesThatKeepRecords) {
  const Plan plan = read(R"(
[[points]]
engine = ["shared-memory", "shared-nothing", "null"]
threads = 1
ranks = 1
workload = "ycsb-a"
durability = ["none", "sync"]
log_folder = "/disk"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 5U);
  EXPECT_FALSE(plan.points[0].options.contains("log_folder")) << "without a log";
  for (const std::size_t logged : {1U, 3U}) {
    EXPECT_EQ(plan.points[logged].options.at("durability"), "sync");
    EXPECT_EQ(plan.points[logged].options.at("log_folder"), "/disk");
  }
  EXPECT_FALSE(plan.points[4].options.contains("durability"));
}

TEST_F(PlanTest, CopiesAreOfRanksAndWhatIsSaidOfThemIsOfCopies) {
  const Plan plan = read(R"(
[[points]]
engine = ["shared-memory", "shared-nothing"]
threads = 1
ranks = [2, 3]
oversubscribe = true
workload = "ycsb-a"
replicas = [1, 2, 3]
acknowledge = ["none", "all"]
failure_timeout = "100ms"
)")
                        .value();
  std::vector<std::string> copies;
  for (const Point& point : plan.points) {
    if (!point.engine->has_ranks) continue;
    const auto replicas = point.options.find("replicas");
    const bool has_copies = replicas != point.options.end();
    copies.push_back(std::to_string(point.workers) +
                     (has_copies ? replicas->second + point.options.at("acknowledge") : ""));
    EXPECT_EQ(point.options.contains("failure_timeout"), has_copies);
  }
  std::ranges::sort(copies);
  EXPECT_EQ(copies,
            (std::vector<std::string>{"2", "22all", "22none", "3", "32all", "32none", "33all", "33none"}));
  EXPECT_FALSE(plan.points.front().options.contains("replicas")) << "shared memory";
}

TEST_F(PlanTest, FaultsMayBeTables) {
  const Plan plan = read(R"(
[[fault]]
at = "1s"
kill = "rank 2"

[[fault]]
at = "1500ms"
slow = "rank 0"
for = "250ms"
by = "5ms"

[defaults]
replicas = 3

[[points]]
engine = "shared-nothing"
ranks = 4
oversubscribe = true
workload = "ledger"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 1U);
  EXPECT_EQ(plan.points[0].options.at("fault"), "kill=2@1s,slow=0@1.5s+250ms:5ms");
  const auto arguments = run_arguments(plan.points[0], "out.json");
  EXPECT_NE(std::ranges::find(arguments, "--fault"), arguments.end());
}

TEST_F(PlanTest, BothWaysToReadAreOfRanksAlone) {
  const Plan plan = read(R"(
[[points]]
engine = ["shared-memory", "shared-nothing"]
threads = 2
ranks = 2
read_path = ["request", "rma"]
workload = "ycsb-c"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 3U);
  EXPECT_FALSE(plan.points[0].options.contains("read_path"));
  EXPECT_NE(plan.points[1].id, plan.points[2].id);
  const auto arguments = run_arguments(plan.points[2], "out.json");
  const auto path = std::ranges::find(arguments, "--read-path");
  ASSERT_NE(path, arguments.end());
  EXPECT_EQ(*std::next(path), "rma");
}

TEST_F(PlanTest, ThreadsOfRanksAreInIdsAndArguments) {
  const Plan plan = read(R"(
[[points]]
engine = ["shared-memory", "shared-nothing"]
threads = 2
ranks = 2
threads_per_rank = [1, 4]
workload = "ycsb-c"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 3U);
  EXPECT_EQ(plan.points[0].all_workers(), 2U);
  EXPECT_TRUE(plan.points[1].id.starts_with("shared-nothing-r2-ycsb-c")) << plan.points[1].id;
  EXPECT_TRUE(plan.points[2].id.starts_with("shared-nothing-r2t4-ycsb-c")) << plan.points[2].id;
  EXPECT_EQ(plan.points[2].all_workers(), 8U);
  const auto arguments = run_arguments(plan.points[2], "out.json");
  const auto threads = std::ranges::find(arguments, "--threads-per-rank");
  ASSERT_NE(threads, arguments.end());
  EXPECT_EQ(*std::next(threads), "4");
}

TEST_F(PlanTest, RecordsOfEachWorkerAreAnArgument) {
  const Plan plan = read(R"(
[[points]]
engine = "shared-nothing"
ranks = [1, 2]
records_per_worker = 1000
workload = "ycsb-c"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 2U);
  const auto arguments = run_arguments(plan.points[1], "out.json");
  const auto records = std::ranges::find(arguments, "--records-per-worker");
  ASSERT_NE(records, arguments.end());
  EXPECT_EQ(*std::next(records), "1000");
}

TEST_F(PlanTest, CombinationsOfClientsAloneAreLeftOut) {
  const Plan plan = read(R"(
[[points]]
engine = "shared-nothing"
ranks = [1, 2]
clients = [0, 1]
workload = "ycsb-c"
)")
                        .value();
  ASSERT_EQ(plan.points.size(), 3U);
  EXPECT_TRUE(plan.points[1].id.starts_with("shared-nothing-r2-ycsb-c")) << plan.points[1].id;
  EXPECT_TRUE(plan.points[2].id.starts_with("shared-nothing-r2c1-ycsb-c")) << plan.points[2].id;
  const auto refused =
      read("[[points]]\nengine = 'shared-nothing'\nranks = 1\nclients = 1\nworkload = 'ycsb-c'\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().found, "as many clients as ranks");
}

TEST_F(PlanTest, CombinationsWithMoreIslandsThanThreadsAreLeftOut) {
  const std::string text = R"([[points]]
engine = "shared-memory"
workload = "ycsb-c"
placement = "islands"
)";
  const Plan plan = read(text + "threads = 'scale'\nislands = 'scale'\n", 4).value();
  std::vector<std::pair<std::string, unsigned>> found;
  for (const Point& point : plan.points) found.emplace_back(point.options.at("islands"), point.workers);
  EXPECT_EQ(found, (std::vector<std::pair<std::string, unsigned>>{
                       {"1", 1}, {"1", 2}, {"1", 4}, {"2", 2}, {"2", 4}, {"4", 4}}));
  EXPECT_EQ(error(text + "threads = 2\nislands = 3\n"),
            "p.toml:1: found more islands than threads, expected at most as many islands as threads in some "
            "combination");
}

TEST_F(PlanTest, IdsAreReadableAndStable) {
  const Plan plan = read(std::string(one_point) + "depth = 16\n").value();
  // The number is a hash of the configuration: if it changes, sweeps that were begun before do not go on.
  EXPECT_EQ(plan.points.at(0).id, "shared-memory-t2-ycsb-c-d16-4c5024c1ed47");
}

TEST_F(PlanTest, DifferentConfigurationsHaveDifferentIds) {
  const Plan plan = read(R"(
[[points]]
engine = ["shared-memory", "shared-nothing"]
threads = [1, 2]
ranks = [1, 2]
workload = ["ycsb-a", "ycsb-c"]
depth = [1, 16]
seconds = [1, 2]
seed = [0, 1]
oversubscribe = [true, false]
properties.recordcount = [10, 20]
)")
                        .value();
  std::set<std::string> ids;
  for (const Point& point : plan.points) ids.insert(point.id);
  EXPECT_EQ(ids.size(), 256U);
  EXPECT_EQ(plan.points.size(), 256U);
}

TEST_F(PlanTest, TheSameConfigurationHasTheSameIdHoweverItIsWritten) {
  const auto id = [&](const std::string& rest) { return read(one_point + rest).value().points.at(0).id; };
  EXPECT_EQ(id("seconds = 3"), id("# a comment\nseconds = 3.0"));
  EXPECT_EQ(id(""), id("oversubscribe = false"));
}

TEST_F(PlanTest, WhatCrossesPartitionsIsAPropertyByAnotherName) {
  const std::string point =
      "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'tpcc'\nproperties.partitions = 4\n";
  const auto points = [&](const std::string& rest) { return read(point + rest).value().points; };
  const std::vector<Point> by_keys = points("cross_partition = [20, 12.5]\npartitions_touched = 3\n");
  ASSERT_EQ(by_keys.size(), 2U);
  EXPECT_EQ(property(by_keys[0], "crosspartition"), "20");
  EXPECT_EQ(property(by_keys[1], "crosspartition"), "12.5");
  EXPECT_EQ(property(by_keys[1], "partitionstouched"), "3");
  const std::string as_properties = "properties.crosspartition = 20\nproperties.partitionstouched = 3\n";
  EXPECT_EQ(by_keys[0].id, points(as_properties).at(0).id);
  EXPECT_EQ(by_keys[0].id, points(as_properties + "cross_partition = 20\n").at(0).id) << "said twice";
  // As with all keys, a point's own stands in place of the default, by whichever name.
  const Plan plan = read("[defaults]\ncross_partition = 1\n" + point + as_properties).value();
  EXPECT_EQ(plan.points.at(0).id, by_keys[0].id);
}

TEST_F(PlanTest, TheIdFollowsThePropertyFilesTextAndNotItsName) {
  const auto id = [&](const std::string& file) {
    return read(one_point + ("properties_file = '" + file + "'")).value().points.at(0).id;
  };
  folder_.write("a.properties", "fieldcount=3\n");
  folder_.write("b.properties", "fieldcount=3\n");
  const std::string before = id("a.properties");
  EXPECT_EQ(before, id("b.properties"));
  folder_.write("a.properties", "fieldcount=4\n");
  EXPECT_NE(before, id("a.properties"));
}

TEST_F(PlanTest, TheIdFollowsWhatIsInAFileOfLengths) {
  const auto id = [&](const std::string& text) {
    const std::string file = folder_.write("lengths.txt", text);
    return read(one_point + ("properties.fieldlengthdistribution = 'histogram'\n"
                             "properties.fieldlengthhistogram = '" +
                             file + "'\n"))
        .value()
        .points.at(0)
        .id;
  };
  const std::string before = id("BlockSize\t10\n0\t1\n1\t1\n");
  EXPECT_EQ(before, id("BlockSize\t10\n0\t1\n1\t1\n"));
  EXPECT_NE(before, id("BlockSize\t20\n0\t1\n1\t1\n"));
}

TEST_F(PlanTest, TheSuitesOwnPlansGoByTheirBareNames) {
  const auto plan = read_plan("quick", MachineSize{4});
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_EQ(plan->title, "Quick");
  EXPECT_TRUE(plan->warnings.empty());
  std::set<std::string_view> engines;
  for (const Point& point : plan->points) engines.insert(point.engine->name);
  EXPECT_EQ(engines, (std::set<std::string_view>{"shared-memory", "shared-nothing"}));
}

TEST_F(PlanTest, WhatYcsbKnowsAndHasNoEffectHereIsAWarningOnce) {
  const Plan plan =
      read(std::string(one_point) + "depth = [1, 2]\nproperties.dataintegrity = true\n").value();
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_NE(plan.warnings[0].find("dataintegrity"), std::string::npos) << plan.warnings[0];
}

TEST_F(PlanTest, OperationsAreCountedWhereThePlanSaysNothingOfSeconds) {
  const std::string counted = std::string(one_point) + "properties.operationcount = 1000\n";
  EXPECT_TRUE(read(counted).value().warnings.empty());
  const Plan timed = read(counted + "seconds = [1, 2]\n").value();
  EXPECT_EQ(timed.warnings,
            (std::vector<std::string>{"operationcount: has no effect: --seconds says how long is measured"}));
  EXPECT_EQ(
      error(counted + "repetitions = 2000\n"),
      "p.toml:1 operationcount: found '1000', expected at least one for each of the 2000 repetitions, or "
      "--seconds");
  EXPECT_EQ(error(counted + "rate = 1000\n"),
            "p.toml:1 operationcount: found it beside --rate, expected --seconds: what arrives at a rate is "
            "measured for a time");
}

TEST_F(PlanTest, AFileThatIsNotThereIsAnErrorThatNamesTheSuitesPlans) {
  const auto plan = read_plan("quikc", MachineSize{2});
  ASSERT_FALSE(plan);
  EXPECT_TRUE(plan.error().to_string().starts_with("quikc: found no such file, expected a plan"));
  EXPECT_NE(plan.error().expected.find("quick"), std::string::npos);
  EXPECT_EQ(read_plan(folder_ / "", MachineSize{2}).error().found, "Is a directory");
}

TEST_F(PlanTest, BrokenTomlIsAnErrorWithItsLine) {
  EXPECT_TRUE(error("title = 'x'\n[[points]\n").starts_with("p.toml:2: found "))
      << error("title = 'x'\n[[points]\n");
  EXPECT_TRUE(error("title = 'x'\ntitle = 'y'\n").starts_with("p.toml:2: found "));
}

struct Mistake {
  const char* name;
  const char* text;
  const char* message;
};

class PlanMistakes : public PlanTest, public testing::WithParamInterface<Mistake> {};

TEST_P(PlanMistakes, AreErrorsThatSayWhereWhatAndWhatInstead) {
  EXPECT_EQ(error(GetParam().text), GetParam().message);
}

#define RANKS "[[points]]\nengine = 'shared-nothing'\nranks = 2\noversubscribe = true\nworkload = 'ledger'\n"
#define POINT "[[points]]\nengine = 'shared-memory'\nworkload = 'ycsb-c'\n"

INSTANTIATE_TEST_SUITE_P(
    Plan, PlanMistakes,
    testing::Values(
        Mistake{"NoPoints", "title = 'x'\n",
                "p.toml:1: found a plan without points, expected at least one [[points]] table"},
        Mistake{"OnePointsTable", "[points]\nengine = 'shared-memory'\n",
                "p.toml:1: found points as a table, expected [[points]] tables"},
        Mistake{"UnknownTopKey", "tittle = 'x'\n" POINT,
                "p.toml:1: found unknown key 'tittle', expected 'title'"},
        Mistake{"UnknownKey", POINT "threads = 1\ndeph = 4\n",
                "p.toml:5: found unknown key 'deph', expected 'depth'"},
        Mistake{"UnknownDefault", "[defaults]\nrecordcount = 4\n" POINT "threads = 1\n",
                "p.toml:2: found unknown key 'recordcount', expected properties, engine, threads, ranks, "
                "threads_per_rank, clients, workload, records_per_worker, bind, placement, islands, index, "
                "partitioning, "
                "concurrency_control, durability, log_folder, replicas, acknowledge, read_from, heartbeat, "
                "failure_timeout, "
                "fault, cross_partition, partitions_touched, "
                "partitions, rebalance, transport, "
                "read_path, "
                "batch_bytes, batch_turns, link_delay, regions, home, depth, rate, arrivals, seconds, "
                "warmup, repetitions, "
                "precision, max_repetitions, budget, seed, "
                "oversubscribe or properties_file"},
        Mistake{"HomeWithoutRegions",
                "[[points]]\nengine = 'shared-nothing'\nworkload = 'ycsb-c'\nranks = 2\nhome = 'mars'\n",
                "p.toml:1: found home = \"mars\", expected regions beside it, and one of them"},
        Mistake{
            "FaultOfNoRank", "[[fault]]\nat = '1s'\nkill = '2'\n" POINT "threads = 1\n",
            "p.toml:3: found kill = \"2\", expected at = \"1s\" and one of kill, stop, cut and slow = \"rank "
            "2\", with for = \"500ms\" of all but kill, and by = \"5ms\" of slow"},
        Mistake{
            "FaultWithoutATime", "[[fault]]\nstop = 'rank 2'\n" POINT "threads = 1\n",
            "p.toml:1: found a fault that comes to stop=2@, expected at = \"1s\" and one of kill, stop, cut "
            "and slow = \"rank 2\", with for = \"500ms\" of all but kill, and by = \"5ms\" of slow"},
        Mistake{"FaultsTwice",
                "[defaults]\nfault = 'kill=1@1s'\n[[fault]]\nat = '1s'\nkill = 'rank 2'\n" POINT
                "threads = 1\n",
                "p.toml:3: found another value of fault than on line 2, expected one of them, or the same "
                "value twice"},
        Mistake{"FaultsWithoutCopies", "[[fault]]\nat = '1s'\nkill = 'rank 1'\n" RANKS,
                "p.toml:1: found faults, and no point with copies, expected replicas = 2 or more in some "
                "combination: without copies nothing is left to measure"},
        Mistake{"FaultsOfPointsWithoutCopies",
                RANKS "replicas = 2\n" RANKS "fault = ['kill=1@1s', 'kill=0@1s']\nreplicas = 1\n",
                "p.toml:12: found faults, and no point with copies, expected replicas = 2 or more in some "
                "combination: without copies nothing is left to measure"},
        Mistake{
            "MoreReplicasThanRanks", RANKS "replicas = [3, 4]\n",
            "p.toml:1: found more replicas than ranks that have data, expected at most as many replicas as "
            "ranks that are no clients in some combination"},
        Mistake{
            "MoreReplicasThanServers", RANKS "replicas = 2\nclients = 1\n",
            "p.toml:1: found more replicas than ranks that have data, expected at most as many replicas as "
            "ranks that are no clients in some combination"},
        Mistake{"MoreRegionsThanRanks", RANKS "regions = 'a 1ms; b 9ms 1ms; c 9ms 9ms 1ms'\n",
                "p.toml:1: found more regions than ranks that have data, or than clients, expected at least "
                "one of "
                "each for each region in some combination"},
        Mistake{"HeartbeatOfNothing", POINT "threads = 1\nheartbeat = '0ms'\n",
                "p.toml:5: found heartbeat = \"0ms\", expected a duration such as \"10ms\", from \"1ms\" to "
                "\"1s\""},
        Mistake{"FailureTimeoutOfSeconds", POINT "threads = 1\nfailure_timeout = '2s'\n",
                "p.toml:5: found failure_timeout = \"2s\", expected a duration such as \"60ms\", from "
                "\"1ms\" to \"1s\""},
        Mistake{"RateOfNothing", POINT "threads = 1\nrate = 0\n",
                "p.toml:5: found rate = 0, expected operations a second such as 300000 or \"2M/s\", "
                "from \"0.001/s\" to \"1G/s\""},
        Mistake{"RateInTextThatIsNone", POINT "threads = 1\nrate = '2 M'\n",
                "p.toml:5: found rate = \"2 M\", expected operations a second such as 300000 or \"2M/s\", "
                "from \"0.001/s\" to \"1G/s\""},
        Mistake{"PrecisionWithoutAPercentage", POINT "threads = 1\nprecision = 'high'\n",
                "p.toml:5: found precision = \"high\", expected a percentage such as \"5%\""},
        Mistake{"UnknownArrivals", POINT "threads = 1\narrivals = 'pareto'\n",
                "p.toml:5: found arrivals = \"pareto\", expected \"poisson\" or \"uniform\""},
        Mistake{"UnknownEngine", "[[points]]\nengine = 'shared-memry'\n",
                "p.toml:2: found unknown engine 'shared-memry', expected 'shared-memory'"},
        Mistake{"UnknownWorkload", "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'ycsb-z'\n",
                "p.toml:4: found 'ycsb-z', expected ycsb-a, ycsb-b, ycsb-c, ycsb-d, ycsb-e, ycsb-f, ycsb, "
                "ycsb-multi, smallbank, tatp, tpcc, analytics or ledger; "
                "did you "
                "mean ycsb-a?"},
        Mistake{
            "ControlOfSingleOperations", POINT "threads = 1\nconcurrency_control = 'serial'\n",
            "p.toml:5: found concurrency_control = \"serial\" with ycsb-c, expected it with a workload of "
            "transactions, such as ycsb-multi"},
        Mistake{"ArrivalsWithoutARate", POINT "threads = 1\narrivals = 'uniform'\n",
                "p.toml:5 --arrivals: found it without --rate, --profile or --goal, expected --rate, such as "
                "2M/s: without it "
                "operations do not arrive, they follow those that are done"},
        Mistake{
            "QueriesThatArrive",
            "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'analytics'\nrate = 100\n",
            "p.toml:5 --rate: found it with analytics, expected a workload of operations or transactions: "
            "queries are asked in a closed loop"},
        Mistake{"NothingThatCommitsTransactions",
                "[[points]]\nengine = 'null'\nthreads = 1\nworkload = 'smallbank'\n",
                "p.toml:1 --engine null: found it with smallbank, expected a workload of single operations: "
                "there is nothing to commit"},
        Mistake{"NothingThatScans", "[[points]]\nengine = 'null'\nthreads = 1\nworkload = 'ycsb-e'\n",
                "p.toml:1 --engine null: found it with ycsb-e, expected a workload without scans: there are "
                "no records to return"},
        Mistake{"UnknownControl", POINT "threads = 1\nconcurrency_control = 'mvcc'\n",
                "p.toml:5: found concurrency_control = \"mvcc\", expected \"occ\" or \"serial\""},
        Mistake{"TooFewPartitions",
                "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'ycsb-multi'\n"
                "properties.crosspartition = 5\nproperties.partitions = 1\n",
                "p.toml:4 -p partitions: found 1, expected at least the 2 that a transaction touches, or "
                "crosspartition=0"},
        Mistake{"NoSharesThatCross",
                "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'ycsb-multi'\n"
                "cross_partition = [5, 100.5]\n",
                "p.toml:5: found cross_partition = 100.5, expected a number from 0 to 100"},
        Mistake{"OnePartitionTouchedByWhatCrosses",
                "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'ycsb-multi'\n"
                "partitions_touched = 1\n",
                "p.toml:5: found partitions_touched = 1, expected a whole number from 2"},
        Mistake{"SingleOperationsThatCross",
                "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'ycsb-a'\n"
                "cross_partition = 5\n",
                "p.toml:5 crosspartition: found '5' with ycsb-a, expected it with transactions: ycsb-multi, "
                "smallbank, tatp or tpcc"},
        Mistake{"MorePartitionsThanItsTransactionsTouch",
                "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'smallbank'\n"
                "partitions_touched = 3\n",
                "p.toml:5 partitionstouched: found '3' with smallbank, expected none: a transaction of "
                "smallbank that crosses partitions touches two, those of its two customers"},
        Mistake{"TwoSharesThatCross",
                "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'ycsb-multi'\n"
                "cross_partition = 5\nproperties.crosspartition = [5, 6]\n",
                "p.toml:6: found another value of properties.crosspartition than on line 5, expected one of "
                "them, or the same value twice"},
        Mistake{"PartitionsThatLieInTwoOfTheEngines",
                "[[points]]\nengine = 'shared-nothing'\nranks = 3\nworkload = 'ycsb-multi'\n"
                "properties.partitions = 4\n",
                "p.toml:4 -p partitions: found 4, expected a multiple of the 3 over ranks (--partitions)"},
        Mistake{"NoEngine", "\n[[points]]\nworkload = 'ycsb-c'\n",
                "p.toml:2: found a point without an engine, expected engine = \"shared-memory\" or "
                "\"shared-nothing\""},
        Mistake{
            "NoWorkload", "[[points]]\nengine = 'shared-memory'\nthreads = 1\n",
            "p.toml:1: found a point without a workload, expected workload = \"NAME\" here or in [defaults]"},
        Mistake{"NoSize", POINT,
                "p.toml:1: found a shared-memory point without 'threads', expected threads = a number, a "
                "list, \"scale\" or \"cores\""},
        Mistake{"OtherEnginesSize", POINT "threads = 2\nranks = 2\n",
                "p.toml:5: found 'ranks' with engine shared-memory, expected 'threads' ('ranks' belongs to "
                "shared-nothing)"},
        Mistake{
            "ZeroThreads", POINT "threads = 0\n",
            "p.toml:4: found threads = 0, expected a number from 1, a list of them, \"scale\" or \"cores\""},
        Mistake{
            "NegativeInList", POINT "threads = [\n  1,\n  -2,\n]\n",
            "p.toml:6: found threads = -2, expected a number from 1, a list of them, \"scale\" or \"cores\""},
        Mistake{"WrongWord", POINT "threads = 'all'\n",
                "p.toml:4: found threads = \"all\", expected a number from 1, a list of them, \"scale\" or "
                "\"cores\""},
        Mistake{"EmptyList", POINT "threads = []\n",
                "p.toml:4: found threads = an empty list, expected at least one value"},
        Mistake{"MoreThreadsThanCores", POINT "threads = [1, 9]\n",
                "p.toml:4: found threads = 9, expected at most 8 (the cores of this machine), or "
                "oversubscribe = true"},
        Mistake{"MoreThreadsThanListedCpus", POINT "threads = 3\nbind = '0,4'\n",
                "p.toml:4: found threads = 3, expected at most 2 (the places of bind = \"0,4\"), or "
                "oversubscribe = true"},
        Mistake{"UnknownBinding", POINT "threads = 1\nbind = 'scater'\n",
                "p.toml:5: found bind = \"scater\", expected cores, compact, scatter, smt, or a list of CPUs "
                "such as "
                "0,2-5"},
        Mistake{"NumberForABinding", POINT "threads = 1\nbind = 0\n",
                "p.toml:5: found bind = 0, expected cores, compact, scatter, smt, or a list of CPUs such as "
                "0,2-5"},
        Mistake{"FractionalDepth", POINT "threads = 1\ndepth = 1.5\n",
                "p.toml:5: found depth = 1.5, expected a whole number from 1"},
        // They would pass for 0 workers and 1 client.
        Mistake{"MoreThreadsOfARankThanCanBeCounted",
                "[[points]]\nengine = 'shared-nothing'\nranks = 1\nthreads_per_rank = 4294967296\n"
                "workload = 'ycsb-c'\n",
                "p.toml:4: found threads_per_rank = 4294967296, expected a whole number from 1"},
        Mistake{"MoreClientsThanCanBeCounted",
                "[[points]]\nengine = 'shared-nothing'\nranks = 2\nclients = 4294967297\n"
                "workload = 'ycsb-c'\n",
                "p.toml:4: found clients = 4294967297, expected a whole number from 0"},
        Mistake{"ZeroSeconds", POINT "threads = 1\nseconds = 0\n",
                "p.toml:5: found seconds = 0, expected a number of seconds above 0"},
        Mistake{"NegativeWarmup", POINT "threads = 1\nwarmup = -1\n",
                "p.toml:5: found warmup = -1, expected a number of seconds from 0"},
        Mistake{"TextForAFlag", POINT "threads = 1\noversubscribe = 'yes'\n",
                "p.toml:5: found oversubscribe = \"yes\", expected true or false"},
        Mistake{"NoPropertyTable", POINT "threads = 1\nproperties = 3\n",
                "p.toml:5: found properties = 3, expected a table of YCSB properties"},
        Mistake{"NoPropertyFile", POINT "threads = 1\nproperties_file = ''\n",
                "p.toml:5: found properties_file = \"\", expected the path of a YCSB property file, from the "
                "plan's folder"},
        Mistake{"Twice", POINT "threads = [1, 2]\n" POINT "threads = 2\noversubscribe = false\n",
                "p.toml:5: found a point twice: shared-memory-t2-ycsb-c-461f3c9637b0 is already at p.toml:1, "
                "expected each "
                "configuration once"}),
    [](const auto& mistake) { return std::string(mistake.param.name); });

TEST_F(PlanTest, BadPropertiesAreErrorsWithTheirLines) {
  const std::string point = std::string(one_point) + "[points.properties]\n";
  EXPECT_TRUE(error(point + "recordcount = 0\n").starts_with("p.toml:6 recordcount: found '0'"))
      << error(point + "recordcount = 0\n");
  EXPECT_TRUE(error(point + "fieldcount = 1\nrecordcuont = 5\n")
                  .starts_with("p.toml:7: found unknown property 'recordcuont'"))
      << error(point + "fieldcount = 1\nrecordcuont = 5\n");
  EXPECT_TRUE(error(point + "recordcount = 1979-05-27\n").starts_with("p.toml:6: found recordcount = a date"))
      << error(point + "recordcount = 1979-05-27\n");
}

TEST_F(PlanTest, APropertyFileThatIsNotThereIsAnErrorAtItsLine) {
  EXPECT_TRUE(
      error(one_point + std::string("properties_file = 'none'\n"))
          .starts_with("p.toml:5: found properties_file = \"none\": No such file or directory, expected"))
      << error(one_point + std::string("properties_file = 'none'\n"));
}

TEST_F(PlanTest, ListsThatMultiplyBeyondReasonAreAnError) {
  std::string list = "[0";
  for (int n = 1; n < 400; ++n) list += ", " + std::to_string(n);
  list += "]";
  const std::string text = std::string(one_point) + "seed = " + list + "\nwarmup = " + list + "\n";
  EXPECT_TRUE(error(text).starts_with("p.toml:1: found lists that multiply to too many points"))
      << error(text);
}

}  // namespace
}  // namespace upout::harness
