#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "harness/record.h"
#include "tests/cli/program.h"

/// Runs whose changes go to disk.
namespace upout::cli {
namespace {

using namespace testing;

struct DurableRun {
  const char* name;
  const char* options;
  const char* engine = "--engine shared-memory --threads 2";
  int ranks = 0;  ///< under mpirun; 0: without it
};

constexpr const char* shared_nothing = "--engine shared-nothing";

class Durability : public ::testing::TestWithParam<DurableRun> {};

/// The document says what was written and how it came back, all of it is there, and the folder is left as it
/// was.
TEST_P(Durability, RunsComeBackFromTheDisk) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  std::filesystem::create_directory(scratch / "disk");
  const auto& [name, options, engine, ranks] = GetParam();
  const std::string arguments =
      "run " + std::string(engine) +
      " --oversubscribe --seconds 0.4 --repetitions 2 --warmup 0.05 -p recordcount=2000 --log-folder " +
      (scratch / "disk") + " --json " + json + " " + options;
  const Ended ended = ranks == 0 ? upout(arguments) : mpirun(ranks, arguments);
  ASSERT_EQ(ended.status, 0) << ended.err;
  const nlohmann::json document = nlohmann::json::parse(contents(json));
  ASSERT_TRUE(harness::validate_document(document));
  const nlohmann::json& run = document["runs"][0];
  EXPECT_TRUE(ended.out.find("groups a second") != std::string::npos) << ended.out;
  const nlohmann::json& checks = run["verification"]["checks"];
  const auto recovered = std::ranges::count_if(checks, [](const nlohmann::json& check) {
    return check["name"].get<std::string>().starts_with("after_recovery_");
  });
  EXPECT_GE(recovered, 4) << checks.dump(1);
  const nlohmann::json& log = run["log"];
  EXPECT_GT(log["flushes"], 0U);
  EXPECT_GT(log["bytes"], 4096U);
  EXPECT_GT(log["checkpoint"]["bytes"], 2000U);
  EXPECT_GT(log["recovery"]["changes"], 2000U) << "at least the records of the checkpoint";
  EXPECT_GT(run["load_seconds"], 0.0);
  EXPECT_TRUE(std::filesystem::is_empty(scratch / "disk"));
}

INSTANTIATE_TEST_SUITE_P(
    All, Durability,
    ::testing::Values(
        DurableRun{"AsyncUpdates", "--workload ycsb-a --durability async"},
        DurableRun{"SyncUpdates", "--workload ycsb-a --durability sync --depth 64"},
        DurableRun{"SyncInserts", "--workload ycsb-d --durability sync"},
        DurableRun{"SyncScans", "--workload ycsb-e --durability sync"},
        DurableRun{"SyncTransactions", "--workload ycsb-multi --durability sync"},
        DurableRun{"AsyncSerialTransactions",
                   "--workload ycsb-multi --concurrency-control serial --durability async"},
        DurableRun{"SyncInAnOpenLoop", "--workload ycsb-a --durability sync --rate 2000"},
        DurableRun{"AsyncRanks", "--workload ycsb-a --durability async", shared_nothing, 2},
        DurableRun{"SyncRanks", "--workload ycsb-a --durability sync --depth 64", shared_nothing, 3},
        DurableRun{"SyncScansOfRanks", "--workload ycsb-e --durability sync", shared_nothing, 2},
        DurableRun{"SyncRank", "--workload ycsb-d --durability sync", shared_nothing, 1},
        DurableRun{"SyncClientsBesideRanks", "--workload ycsb-a --durability sync --clients 1",
                   shared_nothing, 3},
        DurableRun{"SyncThreadsAsRanks", "--workload ycsb-a --durability sync",
                   "--engine shared-nothing --transport ring --ranks 2"}),
    [](const auto& run) { return std::string(run.param.name); });

/// The one that can't says why, the other does not wait for it, and nothing is left behind.
TEST(DurabilityOfRanks, WhatOneCannotDoAllSay) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "disk");
  const auto rank = [&](const std::string& folder) {
    return "-n 1 " + program + " run " + shared_nothing +
           " --oversubscribe --workload ycsb-a -p recordcount=2000 --durability sync --quiet --log-folder " +
           folder;
  };
  const Ended ended = shell(std::string(UPOUT_MPIRUN " " UPOUT_MPIRUN_SHARING " --timeout 60 ") +
                            rank(scratch / "disk") + " : " + rank(scratch / "nowhere"));
  EXPECT_NE(ended.status, 0);
  EXPECT_NE(ended.err.find("rank 1: --log-folder"), std::string::npos) << ended.err;
  EXPECT_TRUE(std::filesystem::is_empty(scratch / "disk"));
}

}  // namespace
}  // namespace upout::cli
