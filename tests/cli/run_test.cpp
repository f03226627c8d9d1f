#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/cli/program.h"

namespace upout::cli {
namespace {

using namespace testing;

/// A point of the deployment space, as a command to be given the options of a run.
struct Place {
  const char* name;
  int ranks;  ///< 0: one process without a launcher
  const char* options;
};

Ended run(const Place& place, const std::string& options) {
  const std::string arguments = "run " + std::string(place.options) + " " + options;
  return place.ranks == 0 ? upout(arguments) : mpirun(place.ranks, arguments);
}

constexpr Place places[] = {
    {"1 thread", 0, "--engine shared-memory --threads 1"},
    {"2 threads", 0, "--engine shared-memory --threads 2"},
    {"3 threads", 0, "--engine shared-memory --threads 3"},
    {"interleaved", 0, "--engine shared-memory --threads 2 --placement interleave"},
    {"2 partitions", 0,
     "--engine shared-memory --threads 3 --oversubscribe --placement partitioned --islands 2"},
    {"2 islands", 0, "--engine shared-memory --threads 3 --oversubscribe --placement islands --islands 2"},
    {"2 copies", 0, "--engine shared-memory --threads 3 --oversubscribe --placement replicated --islands 2"},
    {"a rank without mpirun", 0, "--engine shared-nothing"},
    {"1 rank", 1, "--engine shared-nothing"},
    {"2 ranks", 2, "--engine shared-nothing"},
    {"3 ranks", 3, "--engine shared-nothing"},
    {"2 ranks of 5 partitions", 2, "--engine shared-nothing --partitions 5"},
    {"2 ranks that are threads", 0, "--engine shared-nothing --transport ring --ranks 2"},
    {"3 ranks that are threads", 0, "--engine shared-nothing --transport ring --ranks 3"},
    {"2 ranks of 2 threads", 2, "--engine shared-nothing --threads-per-rank 2"},
    {"2 ranks that are 2 threads each", 0,
     "--engine shared-nothing --transport ring --ranks 2 --threads-per-rank 2"},
    {"3 ranks of which 1 is a client", 3, "--engine shared-nothing --clients 1"},
    {"3 ranks of which 2 are clients", 3, "--engine shared-nothing --clients 2"},
    {"3 ranks that are threads, 2 of them clients", 0,
     "--engine shared-nothing --transport ring --ranks 3 --clients 2"},
    {"2 ranks that are 2 threads each, 1 of them a client", 0,
     "--engine shared-nothing --transport ring --ranks 2 --threads-per-rank 2 --clients 1"},
};

/// That the record has what generator and recorder took. No share is too great for a machine that others use.
void expect_generator(const nlohmann::json& result) {
  ASSERT_TRUE(result.contains("generator"));
  EXPECT_GT(result["generator"]["ns_per_operation"], 0.0);
  EXPECT_GE(result["generator"]["share"], 0.0);
}

class RunOfMovingPartitions : public ::testing::TestWithParam<const char*> {};

TEST_P(RunOfMovingPartitions, MovesOneInEachRepetitionAndLosesNothing) {
  const Scratch scratch;
  for (const Place& place : {Place{"processes", 2, "--engine shared-nothing"},
                             Place{"threads", 0, "--engine shared-nothing --transport ring --ranks 2"}}) {
    SCOPED_TRACE(place.name);
    const std::string json = scratch / "out.json";
    const Ended ended = run(place, "--partitions 3 --rebalance cycle --workload " + std::string(GetParam()) +
                                       small + "--json " + json);
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("Rebalancing ("), std::string::npos) << ended.out;
    const nlohmann::json result = read_run(json);
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_EQ(result["deployment"]["partitions"], 3u);
    unsigned number = 0;
    for (const nlohmann::json& repetition : result["repetitions"]) {
      EXPECT_EQ(repetition["failed"], 0u);
      const nlohmann::json& move = repetition["rebalance"];
      EXPECT_TRUE(move["complete"]);
      EXPECT_EQ(move["partition"], number++ % 3);
      EXPECT_NE(move["from_rank"], move["to_rank"]);
      EXPECT_GT(move["records"], 0u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, RunOfMovingPartitions,
                         ::testing::Values("ycsb-a", "ycsb-d", "ycsb-e --partitioning range", "ycsb-e"));

class RunOfWorkload : public ::testing::TestWithParam<const char*> {};

TEST_P(RunOfWorkload, IsMeasuredVerifiedAndLoadsTheSameDataEverywhere) {
  const Scratch scratch;
  std::string digest;
  for (const Place& place : places) {
    SCOPED_TRACE(place.name);
    const std::string json = scratch / "out.json";
    const Ended ended = run(place, "--workload " + std::string(GetParam()) + small + "--json " + json);
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find(GetParam()), std::string::npos) << "the table names the workload";
    EXPECT_NE(ended.out.find("generator and recorder: "), std::string::npos) << ended.out;
    EXPECT_EQ(ended.err.find("arning"), std::string::npos) << ended.err;
    const nlohmann::json result = read_run(json);
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_EQ(result["repetitions"].size(), 6u);
    for (const nlohmann::json& repetition : result["repetitions"]) EXPECT_EQ(repetition["failed"], 0u);
    EXPECT_GT(operations_of(result), 0U);
    EXPECT_GT(result["summary"]["latency_ns"]["read"]["p50"], 0u);
    expect_generator(result);
    if (digest.empty()) digest = result["verification"]["digest"];
    EXPECT_EQ(result["verification"]["digest"], digest);
  }
}

// The mixes are the same code: where it is slow, one that writes and one that inserts are enough.
#if defined(__SANITIZE_ADDRESS__)
const auto mixes = ::testing::Values("ycsb-a", "ycsb-d");
#else
const auto mixes = ::testing::Values("ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-f");
#endif
INSTANTIATE_TEST_SUITE_P(Ycsb, RunOfWorkload, mixes,
                         [](const auto& each) { return std::string(1, each.param[5]); });

class RunOfTransactions : public ::testing::TestWithParam<const char*> {};

TEST_P(RunOfTransactions, IsMeasuredVerifiedAndLoadsTheSameDataEverywhere) {
  const Scratch scratch;
  std::string options = small;
  const std::string workload = GetParam();
  if (const std::string records = "recordcount=2000"; workload != "ycsb-multi") {
    options.replace(options.find(records), records.size(),
                    workload == "smallbank" ? "customers=2000"
                    : workload == "tatp"    ? "subscribers=2000"
                                            : "warehouses=2 -p items=100 -p customers=30");
  }
  std::string digest;
  for (const std::string control : {"occ", "serial"}) {
    for (const Place& place :
         {Place{"2 threads", 0, "--engine shared-memory --threads 2"},
          Place{"2 ranks", 2, "--engine shared-nothing"},
          Place{"2 threads that are ranks", 0, "--engine shared-nothing --transport ring --ranks 2"}}) {
      SCOPED_TRACE(control + ", " + place.name);
      const std::string json = scratch / "out.json";
      const Ended ended =
          run(place, "--workload " + workload + " --cross-partition 50 --concurrency-control " + control +
                         options + "--json " + json);
      ASSERT_EQ(ended.status, 0) << ended.err;
      EXPECT_NE(ended.out.find("aborts"), std::string::npos) << ended.out;
      EXPECT_NE(ended.out.find(control), std::string::npos) << ended.out;
      const nlohmann::json result = read_run(json);
      EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
      EXPECT_EQ(result["deployment"]["concurrency_control"], control);
      EXPECT_EQ(result["summary"]["throughput"]["unit"], "transactions/s");
      EXPECT_EQ(result["workload"]["properties"]["partitions"], "one a worker");
      EXPECT_EQ(result["workload"]["properties"]["crosspartition"], 50);
      expect_generator(result);
      EXPECT_EQ(result["summary"].contains("new_orders_per_minute"), workload == "tpcc");
      EXPECT_EQ(ended.out.find("not a compliant TPC-C result") != std::string::npos, workload == "tpcc");
      for (const nlohmann::json& repetition : result["repetitions"]) {
        EXPECT_EQ(repetition["failed"], 0u);
        std::uint64_t committed = 0;
        for (const nlohmann::json& times : repetition.value("committed_by_type", nlohmann::json::object()))
          committed += times.get<std::uint64_t>();
        EXPECT_EQ(repetition["operations"], committed);
        std::uint64_t aborts = 0;
        for (const auto& [cause, times] : repetition["aborts_by_cause"].items())
          aborts += cause == "requested" ? 0 : times.get<std::uint64_t>();
        EXPECT_EQ(repetition["aborts"], aborts);
      }
      if (digest.empty()) digest = result["verification"]["digest"];
      EXPECT_EQ(result["verification"]["digest"], digest);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, RunOfTransactions, ::testing::Values("ycsb-multi", "smallbank", "tatp", "tpcc"));

TEST(RunOfQueries, AreAnsweredRightlyOverTheSameDataEverywhere) {
  const Scratch scratch;
  std::string options = small;
  options.replace(options.find("recordcount"), std::string("recordcount").size(), "sales");
  std::string digest;
  for (const Place& place : places) {
    if (std::string(place.options).find("--clients") != std::string::npos) continue;
    SCOPED_TRACE(place.name);
    const std::string json = scratch / "out.json";
    const Ended ended = run(place, "--workload analytics -p customers=100 " + options + "--json " + json);
    ASSERT_EQ(ended.status, 0) << ended.err;
    const nlohmann::json result = read_run(json);
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_EQ(result["summary"]["throughput"]["unit"], "queries/s");
    EXPECT_FALSE(result.contains("generator"));
    for (const nlohmann::json& repetition : result["repetitions"]) {
      EXPECT_GT(repetition["operations"], 0u) << "a window lasts until there is an answer";
      EXPECT_EQ(repetition["failed"], 0u);
    }
    EXPECT_FALSE(result["summary"]["latency_ns"].empty());
    if (digest.empty()) digest = result["verification"]["digest"];
    EXPECT_EQ(result["verification"]["digest"], digest);
  }
}

TEST(Run, TransactionsTouchAsManyPartitionsAsTheOptionSays) {
  const Scratch scratch;
  const std::string options =
      "run --engine shared-memory --threads 2 --oversubscribe --seconds 0.06 --repetitions 2 --quiet "
      "--cross-partition 100 -p crosspartition=100 --partitions-touched 3 -p partitions=4 --json " +
      (scratch / "out.json") + " --workload ";
  for (const std::string workload :
       {"ycsb-multi -p recordcount=2000", "tpcc -p warehouses=4 -p items=100 -p customers=30"}) {
    SCOPED_TRACE(workload);
    const Ended ended = upout(options + workload);
    ASSERT_EQ(ended.status, 0) << ended.err;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_EQ(result["workload"]["properties"]["crosspartition"], 100);
    EXPECT_EQ(result["workload"]["properties"]["partitionstouched"], 3);
    EXPECT_FALSE(result["summary"]["latency_ns"].contains("single_partition"));
  }
}

TEST(Run, TheLatenciesAreOfTheOperationsThatWereCounted) {
  const Scratch scratch;
  for (const Place& place : {places[1], places[5]}) {
    ASSERT_EQ(run(place, "--workload ycsb-a" + small + "--json " + (scratch / "out.json")).status, 0);
    const nlohmann::json result = read_run(scratch / "out.json");
    std::uint64_t timed = 0;
    for (const nlohmann::json& latency : result["summary"]["latency_ns"])
      timed += latency["count"].get<std::uint64_t>();
    EXPECT_EQ(operations_of(result), timed) << place.name;
  }
}

TEST(Run, AgainstNothingIsMeasuredAndNeverAResult) {
  const Scratch scratch;
  for (const std::string workload :
       {"ycsb-a", "ycsb-c", "ycsb-d", "ycsb-c --rate 20K/s", "ycsb-f -p fieldlengthdistribution=uniform"}) {
    SCOPED_TRACE(workload);
    const Ended ended = upout("run --engine null --threads 2 --workload " + workload + small + "--json " +
                              (scratch / "out.json"));
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("n/a"), std::string::npos) << ended.out;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_EQ(result["deployment"]["engine"], "null");
    EXPECT_EQ(result["verification"]["applicable"], false);
    EXPECT_EQ(result["verification"]["passed"], false);
    EXPECT_EQ(result["verdict"]["class"], "invalid");
    EXPECT_FALSE(result.contains("generator")) << "there it takes all of the time";
    EXPECT_NE(result["verdict"].dump().find("real-engine"), std::string::npos) << result["verdict"].dump(1);
    EXPECT_GT(operations_of(result), 0U);
    for (const nlohmann::json& repetition : result["repetitions"]) EXPECT_EQ(repetition["failed"], 0U);
  }
}

TEST(Run, OffersOperationsAtARateEverywhere) {
  const Scratch scratch;
  for (const Place& place : places) {
    SCOPED_TRACE(place.name);
    const Ended ended = run(place, "--rate 20K/s --arrivals uniform --workload ycsb-a" + small + "--json " +
                                       (scratch / "out.json"));
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("0.020, uniform"), std::string::npos) << ended.out;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_EQ(result["load"]["offered_per_second"], 20e3);
    EXPECT_EQ(result["load"]["arrivals"], "uniform");
    EXPECT_TRUE(result["id"].get<std::string>().ends_with("-ycsb-a-d16-rate20000-uniform")) << result["id"];
    EXPECT_GT(operations_of(result), 0U);
    expect_generator(result);
    for (const nlohmann::json& repetition : result["repetitions"]) {
      EXPECT_EQ(repetition["failed"], 0U);
      // Give or take one a worker.
      EXPECT_NEAR(repetition["offered_operations"].get<double>(), 20e3 * small_window_seconds, 5);
    }
  }
}

/// A transaction that wanted to abort is done as well as one that commits: of smallbank's some find too
/// little.
TEST(Run, OffersTransactionsAtARateEverywhere) {
  const Scratch scratch;
  std::string options = small;
  options.replace(options.find("recordcount"), std::string("recordcount").size(), "customers");
  for (const Place& place : {places[0], places[2], places[9], places[12], places[14], places[16]}) {
    SCOPED_TRACE(place.name);
    const Ended ended = run(place, "--rate 5K/s --arrivals uniform --workload smallbank" + options +
                                       "--json " + (scratch / "out.json"));
    ASSERT_EQ(ended.status, 0) << ended.err;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_GT(operations_of(result), 0U);
    std::uint64_t offered = 0;
    for (const nlohmann::json& repetition : result["repetitions"]) {
      EXPECT_EQ(repetition["failed"], 0U);
      EXPECT_NEAR(repetition["offered_operations"].get<double>(), 5e3 * small_window_seconds, 5);
      offered += repetition["offered_operations"].get<std::uint64_t>();
    }
    std::uint64_t timed = 0;
    for (const nlohmann::json& latency : result["summary"]["latency_ns"])
      timed += latency["count"].get<std::uint64_t>();
    EXPECT_LE(timed, offered + 6 * 4) << "none that arrived before, or afterwards";
  }
}

TEST(Run, FollowsAProfileAndKeepsATimeSeriesEverywhere) {
  const Scratch scratch;
  const std::string options =
      "--profile steps=0,40K --arrivals uniform --interval 12500us --json " + (scratch / "out.json");
  for (const Place& place : {places[1], places[9], places[14], places[17]}) {
    for (const std::string& workload : {"ycsb-a" + small, "ycsb-multi" + small}) {
      SCOPED_TRACE(place.name + workload);
      const Ended ended = run(place, options + " --workload " + workload);
      ASSERT_EQ(ended.status, 0) << ended.err;
      EXPECT_NE(ended.out.find("steps=0,40K"), std::string::npos) << ended.out;
      const nlohmann::json result = read_run(scratch / "out.json");
      EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
      EXPECT_EQ(result["load"]["profile"], "steps=0,40K");
      EXPECT_DOUBLE_EQ(result["load"]["offered_per_second"], 20e3);
      std::uint64_t timed = 0;
      for (const nlohmann::json& repetition : result["repetitions"]) {
        const nlohmann::json& series = repetition["time_series"];
        ASSERT_EQ(series.size(), 4U);
        std::uint64_t operations = 0;
        for (const nlohmann::json& interval : series) {
          operations += interval["operations"].get<std::uint64_t>();
          timed += interval["latency_ns"]["count"].get<std::uint64_t>();
        }
        EXPECT_EQ(operations, repetition["operations"]);
        EXPECT_EQ(series[0]["latency_ns"]["count"], 0U) << "nothing arrives in the first half";
        EXPECT_EQ(series[1]["latency_ns"]["count"], 0U);
        EXPECT_NEAR(series[1]["offered_per_second"], 0, 1e-6);
        EXPECT_NEAR(series[2]["offered_per_second"], 40e3, 1);
        EXPECT_NEAR(series[3]["begin_seconds"], 0.0375, 1e-9);
      }
      std::uint64_t counted = 0;
      for (const nlohmann::json& latency : result["summary"]["latency_ns"])
        counted += latency["count"].get<std::uint64_t>();
      EXPECT_EQ(timed, counted);
    }
  }
}

TEST(Run, KeepsATimeSeriesOfAClosedLoop) {
  const Scratch scratch;
  ASSERT_EQ(
      run(places[1], "--interval 20ms --workload ycsb-c" + small + "--json " + (scratch / "out.json")).status,
      0);
  const nlohmann::json result = read_run(scratch / "out.json");
  for (const nlohmann::json& repetition : result["repetitions"]) {
    const nlohmann::json& series = repetition["time_series"];
    ASSERT_EQ(series.size(), 3U);
    EXPECT_DOUBLE_EQ(series[2]["seconds"], 0.01) << "what is left of a window";
    std::uint64_t operations = 0;
    for (const nlohmann::json& interval : series) {
      EXPECT_EQ(interval["latency_ns"]["count"], interval["operations"]);
      EXPECT_FALSE(interval.contains("offered_per_second"));
      operations += interval["operations"].get<std::uint64_t>();
    }
    EXPECT_EQ(operations, repetition["operations"]);
  }
}

/// How high a rate keeps a goal depends on the machine, and on what else it does; but there is one that keeps
/// the longest of goals, and none that keeps an impossible one.
TEST(Run, SearchesForTheRateThatKeepsAGoal) {
  const Scratch scratch;
  for (const Place& place : {places[0], places[9], places[13]}) {
    for (const std::string workload : {"ycsb-d", "ycsb-multi"}) {
      SCOPED_TRACE(place.name + (" " + workload));
      const Ended ended =
          run(place, "--goal p50=1000s --workload " + workload + small + "--json " + (scratch / "out.json"));
      ASSERT_EQ(ended.status, 0) << ended.err;
      EXPECT_NE(ended.out.find("p50 of 1000 s"), std::string::npos) << ended.out;
      const nlohmann::json result = read_run(scratch / "out.json");
      EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
      const nlohmann::json& goal = result["load"]["goal"];
      EXPECT_FALSE(goal["probes"].empty());
      // However busy the machine is, it carries some rate of those that are tried.
      EXPECT_NE(goal.dump().find("\"kept\":true"), std::string::npos) << goal.dump(1);
      EXPECT_EQ(goal["measured"]["offered_per_second"], result["load"]["offered_per_second"]);
      EXPECT_EQ(result["repetitions"].size(), 6U);
    }
  }
  ASSERT_EQ(
      run(places[0], "--goal max=1ns --workload ycsb-c" + small + "--json " + (scratch / "out.json")).status,
      0);
  EXPECT_EQ(read_run(scratch / "out.json")["load"]["goal"]["measured"]["kept"], false);
}

TEST(Run, SaysThatALoadIsNotCarried) {
  const Scratch scratch;
  const std::string options = " --rate 1G/s --workload ycsb-c" + small + "--json " + (scratch / "out.json");
  for (const Place& place : {places[0], places[4], places[9], places[12]}) {
    SCOPED_TRACE(place.name);
    const Ended ended = run(place, options);
    ASSERT_EQ(ended.status, 0) << ended.err;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_NE(result["verdict"].dump().find("load-carried"), std::string::npos) << result["verdict"].dump(1);
  }
}

TEST(Run, RecordsTheDeploymentAndWhereWorkersWere) {
  const Scratch scratch;
  ASSERT_EQ(
      mpirun(2, "run --engine shared-nothing --workload ycsb-c" + small + "--json " + (scratch / "out.json"))
          .status,
      0);
  const auto document = harness::read_document(scratch / "out.json");
  ASSERT_TRUE(document);
  const nlohmann::json& deployment = (*document)["runs"][0]["deployment"];
  EXPECT_EQ(deployment["engine"], "shared-nothing");
  EXPECT_EQ(deployment["ranks"], 2u);
  EXPECT_EQ(deployment["partitions"], 2u);
  EXPECT_EQ(deployment["transport"], "mpi");
  EXPECT_EQ((*document)["environment"]["workers"].size(), 2u);
  EXPECT_FALSE((*document)["environment"]["mpi"].is_null());
}

TEST(Run, RecordsOfEachWorkerGrowWithThem) {
  const Scratch scratch;
  const std::string options =
      "--oversubscribe --workload ycsb-c --records-per-worker 500 --seconds 0.1 --warmup 0 --repetitions 1 "
      "--json " +
      (scratch / "out.json");
  for (const auto& [place, holders] :
       {std::pair{Place{"2 threads", 0, "--engine shared-memory --threads 2"}, 2U},
        std::pair{Place{"3 ranks, 1 client", 3, "--engine shared-nothing --clients 1"}, 2U},
        std::pair{Place{"2 ranks of 2 threads", 2, "--engine shared-nothing --threads-per-rank 2"}, 4U},
        std::pair{Place{"3 threads that are ranks", 0, "--engine shared-nothing --transport ring --ranks 3"},
                  3U}}) {
    SCOPED_TRACE(place.name);
    const Ended ended = run(place, options);
    ASSERT_EQ(ended.status, 0) << ended.err;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_EQ(result["workload"]["properties"]["recordcount"], 500 * holders);
    EXPECT_EQ(result["workload"]["properties"]["recordcount_per_worker"], 500U);
    EXPECT_EQ(result["verification"]["records"], 500 * holders);
  }
}

TEST(Run, RecordsTheWorkersOfEachRank) {
  const Scratch scratch;
  const Ended ended = mpirun(2, "run --engine shared-nothing --threads-per-rank 2 --workload ycsb-a" + small +
                                    "--json " + (scratch / "out.json"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.out.find("2 x 2"), std::string::npos) << ended.out;
  const auto document = harness::read_document(scratch / "out.json");
  ASSERT_TRUE(document);
  const nlohmann::json& run = (*document)["runs"][0];
  EXPECT_EQ(run["deployment"]["ranks"], 2U);
  EXPECT_EQ(run["deployment"]["threads_per_rank"], 2U);
  EXPECT_EQ(run["deployment"]["partitions"], 2U);
  EXPECT_TRUE(run["verification"]["passed"]) << run["verification"].dump(1);
  EXPECT_EQ((*document)["environment"]["workers"].size(), 4U);
}

TEST(Run, RecordsWhoTheClientsWere) {
  const Scratch scratch;
  for (const Place& place :
       {Place{"processes", 3, "--engine shared-nothing --clients 1 --rebalance cycle"},
        Place{"threads", 0,
              "--engine shared-nothing --transport ring --ranks 3 --clients 1 --rebalance cycle"}}) {
    SCOPED_TRACE(place.name);
    const std::string json = scratch / "out.json";
    const Ended ended = run(place, "--workload ycsb-d" + small + "--json " + json);
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("3 x 1, 1 client"), std::string::npos) << ended.out;
    const nlohmann::json result = read_run(json);
    EXPECT_EQ(result["deployment"]["ranks"], 3U);
    EXPECT_EQ(result["deployment"]["clients"], 1U);
    EXPECT_EQ(result["deployment"]["partitions"], 2U);
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    for (const nlohmann::json& repetition : result["repetitions"]) {
      EXPECT_EQ(repetition["failed"], 0U);
      EXPECT_LT(repetition["rebalance"]["to_rank"], 2U);
      EXPECT_LT(repetition["rebalance"]["from_rank"], 2U);
    }
  }
}

TEST(Run, RanksReadEachOthersMemoryAndItVerifies) {
  const Scratch scratch;
  const std::string options =
      "run --engine shared-nothing --read-path rma --oversubscribe --workload ycsb-b" + small + "--json " +
      (scratch / "out.json");
  for (const int ranks : {1, 2, 3}) {
    const Ended ended = mpirun(ranks, options);
    ASSERT_EQ(ended.status, 0) << ended.err;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_EQ(result["deployment"]["read_path"], "rma");
    const auto document = harness::read_document(scratch / "out.json");
    ASSERT_TRUE(document);
    const nlohmann::json& reads = (*document)["environment"]["one_sided_reads"];
    EXPECT_EQ(reads["done"].get<std::uint64_t>() > 0, ranks > 1) << reads;
    EXPECT_TRUE(result["verification"]["passed"]);
  }
}

/// With so long a link, what a backup tells often misses what its primary has just done.
TEST(Run, SaysHowOldItWasWhatBackupsTold) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  for (const Place& place : {Place{"processes", 3, "--engine shared-nothing"},
                             Place{"threads", 0, "--engine shared-nothing --transport ring --ranks 3"}}) {
    SCOPED_TRACE(place.name);
    const Ended ended =
        run(place,
            "--oversubscribe --replicas 3 --read-from nearest --failure-timeout 1s --acknowledge none "
            "--link-delay 20ms --workload ycsb-a -p recordcount=10 --seconds 1 --repetitions 1 "
            "--json " +
                json);
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("Backups (3 copies, read from nearest)"), std::string::npos) << ended.out;
    const nlohmann::json result = read_run(json);
    EXPECT_EQ(result["deployment"]["read_from"], "nearest");
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    const nlohmann::json& staleness = result["staleness"];
    EXPECT_GT(staleness["sampled_reads"], 10U) << staleness;
    EXPECT_GT(staleness["stale_reads"], 0U) << staleness;
    EXPECT_GT(staleness["age_ns"]["max"], 1'000'000U) << staleness;
    EXPECT_GE(staleness["clock_error_ns"], 20'000'000U) << "half of the way there and back";
  }
}

TEST(Run, CountsNoReadsOfItsVerificationAsOneSided) {
  const Scratch scratch;
  const Ended ended = mpirun(2,
                             "run --engine shared-nothing --read-path rma --oversubscribe --workload ycsb-c "
                             "-p readproportion=0 -p updateproportion=1" +
                                 small + "--json " + (scratch / "out.json"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  const auto document = harness::read_document(scratch / "out.json");
  ASSERT_TRUE(document);
  const nlohmann::json none = {{"done", 0}, {"asked_for", 0}};
  EXPECT_EQ((*document)["environment"]["one_sided_reads"], none);
}

TEST(Run, ADelayOfLinksIsSeenByWhatGoesOverThemAndNeverPublished) {
  const Scratch scratch;
  // Windows that hold many round trips, even if the ranks wait for a core.
  const std::string options =
      "--workload ycsb-c --link-delay 1.5ms -p requestdistribution=uniform -p recordcount=2000 --seconds 0.6 "
      "--repetitions 6 --warmup 0.02 --quiet --oversubscribe --json " +
      (scratch / "out.json");
  for (const Place& place : {places[9], places[11]}) {
    SCOPED_TRACE(place.name);
    const Ended ended = run(place, options);
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("1.5 ms"), std::string::npos) << ended.out;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_TRUE(result["verification"]["passed"]);
    EXPECT_EQ(result["deployment"]["link_delay_ns"], 1'500'000U);
    // There and back, less what a histogram's buckets are wide; one of two reads goes over the link.
    EXPECT_GT(result["summary"]["latency_ns"]["read"]["p99"], 2 * 1'500'000 * 0.98);
    EXPECT_NE(result["verdict"]["class"], "publishable");
    EXPECT_NE(result["verdict"].dump().find("real-links"), std::string::npos) << result["verdict"].dump(1);
  }
}

TEST(Run, RecordsWhereTheDataLie) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const Ended ended =
      upout("run --engine shared-memory --threads 2 --placement islands --islands 2 --workload ycsb-c" +
            std::string(small) + "--oversubscribe --json " + json);
  ASSERT_EQ(ended.status, 0) << ended.err;
  const nlohmann::json document = nlohmann::json::parse(contents(json));
  const nlohmann::json& deployment = document["runs"][0]["deployment"];
  EXPECT_EQ(deployment["placement"], "islands");
  EXPECT_EQ(deployment["islands"], 2U);
  EXPECT_EQ(deployment["partitions"], 2U);
  EXPECT_EQ(deployment["partitioning"], "hash");
  const nlohmann::json& data = document["environment"]["data"];
  EXPECT_EQ(data["pages_asked"], "transparent");
  ASSERT_EQ(data["unverified_because"].is_null(), data["placement_score"].is_number()) << data.dump(1);
  if (data["placement_score"].is_null()) GTEST_SKIP() << data["unverified_because"];
  ASSERT_EQ(data["stores"].size(), 2U);
  for (const nlohmann::json& store : data["stores"]) EXPECT_GT(store["sampled_pages"], 0U);
  EXPECT_GE(data["placement_score"], 0.95);
  EXPECT_GE(data["placement_score_after_load"], 0.95);
}

TEST(Run, ADashWritesTheDocumentToStdoutAndNothingElse) {
  const Ended ended = upout("run --engine shared-memory --workload ycsb-c" + small + "--json -");
  ASSERT_EQ(ended.status, 0);
  const nlohmann::json document = nlohmann::json::parse(ended.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << ended.out;
  EXPECT_TRUE(harness::validate_document(document));
}

/// Each process reads the file, and all know the same length of each field.
TEST(Run, LoadsFieldsAsLongAsAHistogramSaysEverywhere) {
  const Scratch scratch;
  const std::string file = scratch.write("lengths.txt", "BlockSize\t16\n0\t70\n1\t20\n2\t0\n3\t10\n4\t0\n");
  const std::string options =
      "--workload ycsb-a -p fieldlengthdistribution=histogram -p fieldlengthhistogram=" + file + small +
      "--json " + (scratch / "out.json");
  std::string digest;
  for (const Place& place : {places[1], places[6], places[9], places[13]}) {
    SCOPED_TRACE(place.name);
    const Ended ended = run(place, options);
    ASSERT_EQ(ended.status, 0) << ended.err;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_EQ(result["workload"]["properties"]["fieldlengthhistogram"], "lengths.txt");
    EXPECT_EQ(result["workload"]["properties"]["fieldlength"], 64U);
    for (const nlohmann::json& repetition : result["repetitions"]) EXPECT_EQ(repetition["failed"], 0U);
    if (digest.empty()) digest = result["verification"]["digest"];
    EXPECT_EQ(result["verification"]["digest"], digest);
  }
  EXPECT_EQ(mpirun(2,
                   "run --engine shared-nothing --workload ycsb-a -p fieldlengthdistribution=histogram -p "
                   "fieldlengthhistogram=/nowhere" +
                       small)
                .status,
            2);
}

/// YCSB's workload A, as a file of it has it; but for the number of operations, which is not to divide
/// evenly.
const std::string workload_a =
    "# Yahoo! Cloud System Benchmark\n# Workload A: Update heavy workload\n\nrecordcount=1000\n"
    "operationcount=1001\nworkload=site.ycsb.workloads.CoreWorkload\n\nreadallfields=true\n\n"
    "readproportion=0.5\nupdateproportion=0.5\nscanproportion=0\ninsertproportion=0\n\n"
    "requestdistribution=zipfian\n";

TEST(Run, DoesAsManyOperationsAsPropertiesSayEverywhere) {
  const Scratch scratch;
  const std::string options = "--workload ycsb -P " + scratch.write("workloada", workload_a) +
                              " --repetitions 6 --warmup 0.005 --quiet --oversubscribe --json " +
                              (scratch / "out.json");
  for (const Place& place : places) {
    SCOPED_TRACE(place.name);
    const Ended ended = run(place, options);
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    EXPECT_NE(ended.out.find("Counted operations (ycsb): 1001 in "), std::string::npos) << ended.out;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_EQ(result["limits"], nlohmann::json::parse(R"({"operations": 1001, "seconds": null})"));
    EXPECT_TRUE(result["id"].get<std::string>().ends_with("-ycsb-d16-operations1001")) << result["id"];
    std::vector<std::uint64_t> done;
    for (const nlohmann::json& repetition : result["repetitions"]) {
      done.push_back(repetition["operations"]);
      EXPECT_EQ(repetition["ended_by"], "count");
      EXPECT_GT(repetition["seconds"], 0.0);
    }
    EXPECT_EQ(done, (std::vector<std::uint64_t>{167, 167, 167, 167, 167, 166}));
    std::uint64_t timed = 0;
    for (const nlohmann::json& latency : result["summary"]["latency_ns"])
      timed += latency["count"].get<std::uint64_t>();
    EXPECT_EQ(timed, 1001U);
  }
}

TEST(Run, EndsWhenItsTimeIsOverBeforeItsOperationsAreDone) {
  const Scratch scratch;
  const std::string options =
      " --workload ycsb-a -p recordcount=1000 -p operationcount=1000000000000 -p maxexecutiontime=1 "
      "--warmup 0 --repetitions 4 --quiet --oversubscribe --json " +
      (scratch / "out.json");
  for (const Place& place : {places[1], places[9], places[13]}) {
    SCOPED_TRACE(place.name);
    const Ended ended = run(place, options);
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("0 of 4 repetitions ended by the count"), std::string::npos) << ended.out;
    const nlohmann::json result = read_run(scratch / "out.json");
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_EQ(result["incomplete"], false);
    EXPECT_EQ(result["limits"]["seconds"], 1.0);
    ASSERT_EQ(result["repetitions"].size(), 4U);
    for (const nlohmann::json& repetition : result["repetitions"]) {
      EXPECT_EQ(repetition["ended_by"], "time");
      EXPECT_EQ(repetition["seconds"], 0.25);
      EXPECT_TRUE(repetition["complete"]);
    }
  }
}

TEST(Run, TakesTheTimeOfThePropertiesAsItsOwn) {
  const Scratch scratch;
  const Ended ended = upout(
      "run --engine shared-memory --workload ycsb-c -p recordcount=1000 -p maxexecutiontime=1 --repetitions "
      "4 "
      "--warmup 0 --quiet --oversubscribe --json " +
      (scratch / "out.json"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  const nlohmann::json result = read_run(scratch / "out.json");
  EXPECT_FALSE(result.contains("limits"));
  for (const nlohmann::json& repetition : result["repetitions"]) {
    EXPECT_EQ(repetition["seconds"], 0.25);
    EXPECT_FALSE(repetition.contains("ended_by"));
  }
}

TEST(Run, OfFewOperationsIsNotPublishedAndSaysWhy) {
  const Scratch scratch;
  const Ended ended =
      upout("run --engine shared-memory --workload ycsb -P " + scratch.write("workloada", workload_a) +
            " --warmup 0 --quiet --json " + (scratch / "out.json"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  const nlohmann::json verdict = read_run(scratch / "out.json")["verdict"];
  EXPECT_NE(verdict["class"], "publishable");
  EXPECT_NE(verdict.dump().find("long-windows"), std::string::npos) << verdict.dump(1);
  EXPECT_NE(ended.out.find("which is too short to be published"), std::string::npos) << ended.out;
}

TEST(Run, RefusesToCountWhatArrivesAtARate) {
  const Ended ended =
      upout("run --engine shared-memory --workload ycsb-c -p operationcount=1000 --rate 1K/s --quiet");
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(ended.err,
            "upout: operationcount: found it beside --rate, expected --seconds: what arrives at a rate is "
            "measured for a time\n");
}

TEST(Run, TakesYcsbPropertyFilesAndOverrides) {
  const Scratch scratch;
  const std::string file = scratch.write("workload",
                                         "# A comment\nrecordcount=500\nfieldcount=2\nfieldlength=20\n"
                                         "readproportion=0.5\nupdateproportion=0.5\noperationcount=1000\n");
  const Ended ended = upout("run --engine shared-memory --workload ycsb -P " + file + small +
                            "-p recordcount=700 --json " + (scratch / "out.json"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("operationcount"), std::string::npos) << "--seconds rules: named in a warning";
  const nlohmann::json result = read_run(scratch / "out.json");
  EXPECT_EQ(result["verification"]["records"], 700u);
  EXPECT_FALSE(result.contains("limits"));
  EXPECT_GT(result["summary"]["latency_ns"]["update"]["count"], 0u);
}

}  // namespace
}  // namespace upout::cli
