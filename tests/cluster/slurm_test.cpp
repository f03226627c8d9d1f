#include "tests/cluster/slurm.h"

#include <filesystem>
#include <set>

namespace upout::cluster {
namespace {

const std::string small =
    " --workload ycsb-a -p recordcount=200 --seconds 0.05 --repetitions 1 --warmup 0.005 --quiet ";

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

/// What is there of the cluster: processes, namespaces and folders.
std::string remains() {
  return shell(
             "ip netns list | grep \"^$UPOUT_CLUSTER-\"; ls -d /run/upout-slurm-$UPOUT_CLUSTER 2>/dev/null; "
             "grep -lsz \"SLURM_CONF=/run/upout-slurm-$UPOUT_CLUSTER/\" /proc/[0-9]*/environ")
      .out;
}

TEST_F(Slurm, StartsATaskOnEachNode) {
  const Ended ended = login("srun -N 3 hostname");
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(lines_of(ended.out), (std::set<std::string>{host(1), host(2), host(3)}));
}

TEST_F(Slurm, DownEndsItWithWhatRunsInIt) {
  ASSERT_EQ(login("sbatch --quiet -N 3 -o /dev/null --wrap 'srun sleep 1000'").status, 0);
  EXPECT_TRUE(
      eventually([] { return login("squeue --noheader --steps").out.find("sleep") != std::string::npos; }));
  EXPECT_NE(remains(), "");
  EXPECT_EQ(script("slurm down").status, 0);
  EXPECT_EQ(remains(), "");
}

TEST_F(Slurm, DownEndsWhatIsLeftOfIt) {
  ASSERT_EQ(shell("ip netns pids $UPOUT_CLUSTER-switch | xargs kill -KILL").status, 0);
  EXPECT_NE(remains(), "");
  EXPECT_EQ(script("down").status, 0);
  EXPECT_EQ(remains(), "");
  // Killed while it comes up, whenever that is.
  EXPECT_EQ(shell("timeout --signal KILL 0.3 " UPOUT_CLUSTER_DIR "/slurm up 3").out, "");
  EXPECT_EQ(script("down").status, 0);
  EXPECT_EQ(remains(), "");
}

TEST_F(Slurm, ThatCannotBeStartedSaysWhyAndLeavesNothing) {
  EXPECT_EQ(script("down").status, 0);
  scratch_.write("slurmd", "#!/bin/sh\necho no luck >&2\nexit 1\n");
  const Ended ended = shell("cd '" + scratch_ / "" +
                            "' && chmod +x slurmd && PATH=$PWD:$PATH " UPOUT_CLUSTER_DIR "/slurm up 3");
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.err.find("no luck"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("could not be started"), std::string::npos) << ended.err;
  EXPECT_EQ(remains(), "");
}

TEST_F(Slurm, WhatMakesNoSenseIsRefusedWithStatus2) {
  for (const std::string arguments :
       {"slurm", "slurm sideways", "slurm up x", "slurm up 2 3", "slurm login", "slurm down 2"})
    EXPECT_EQ(script(arguments).status, 2) << arguments;
}

/// What srun is told and `upout run` is, and how it is called.
struct Job {
  const char* name;
  const char* srun;     ///< its options
  const char* options;  ///< of `upout run`
};

class BindingUnderSrun : public Slurm, public ::testing::WithParamInterface<Job> {};

TEST_P(BindingUnderSrun, IsWhatWasAskedForAndTheRecordProvesIt) {
  const std::string json = scratch_ / "out.json";
  const Ended ended = login(std::string("srun --cpu-bind=verbose,cores ") + GetParam().srun +
                            " " UPOUT_PROGRAM " run " + GetParam().options + small + "--json " + json);
  ASSERT_EQ(ended.status, 0) << ended.err;
  const auto document = harness::read_document(json);
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_TRUE(document->at("runs").at(0).at("verification").at("passed"));
  expect_bound_as_given(*document, task_places(ended.err));
}

INSTANTIATE_TEST_SUITE_P(
    Jobs, BindingUnderSrun,
    ::testing::Values(Job{"ThreadsOfANode", "-N 1 -n 1 -c 2", "--engine shared-memory --threads 2"},
                      Job{"RanksOfACore", "-N 2 --ntasks-per-node 2 -c 1", "--engine shared-nothing"},
                      Job{"RanksOfTwoCores", "-N 3 -n 3 -c 2", "--engine shared-nothing"},
                      Job{"RanksOfTwoWorkers", "-N 2 -n 2 -c 2",
                          "--engine shared-nothing --threads-per-rank 2"}),
    [](const auto& each) { return each.param.name; });

/// By what a sweep in a batch job starts ranks.
class SweepInABatchJob : public Slurm,
                         public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(SweepInABatchJob, MeasuresBothEnginesOnTwoNodes) {
  const std::string plan = scratch_.write("plan.toml", R"(
title = "Tiny"
question = "Up, or out over two nodes?"
[defaults]
workload = "ycsb-a"
seconds = 0.3
warmup = 0.005
repetitions = 6
[defaults.properties]
recordcount = 200
[[points]]
engine = "shared-memory"
threads = 2
[[points]]
engine = "shared-nothing"
ranks = [1, 4]
)");
  const std::string results = scratch_ / "results";
  const std::string job =
      scratch_.write("job.sh", "#!/bin/bash\nexec " UPOUT_PROGRAM " sweep " + plan + " --out " + results +
                                   " --launcher '" + GetParam().second + "'\n");
  const std::string log = scratch_ / "log";
  const Ended submitted =
      login("sbatch --parsable -N 2 --ntasks-per-node 2 -c 1 --exclusive -o " + log + " " + job);
  ASSERT_EQ(submitted.status, 0) << submitted.err;
  // (sbatch --wait looks ever more seldom.)
  const std::string state = "scontrol --oneliner show job " + submitted.out;
  ASSERT_TRUE(eventually([&] { return login("squeue --noheader").out.empty(); }, std::chrono::minutes(2)));
  ASSERT_NE(login(state).out.find("JobState=COMPLETED"), std::string::npos) << cli::testing::contents(log);
  EXPECT_EQ(shell(UPOUT_PROGRAM " validate " + results).status, 0);
  std::size_t points = 0;
  for (const auto& entry : std::filesystem::directory_iterator(results + "/points")) {
    if (entry.path().extension() != ".json") continue;
    const auto document = harness::read_document(entry.path());
    ASSERT_TRUE(document) << document.error().to_string();
    ++points;
    const bool has_four = document->at("runs").at(0).at("deployment").at("ranks") == 4;
    EXPECT_EQ(document->at("runs").at(0).at("deployment").at("nodes"), has_four ? 2 : 1);
    std::set<std::string> hosts;
    for (const nlohmann::json& worker : document->at("environment").at("workers")) {
      hosts.insert(worker.at("host"));
      EXPECT_EQ(worker.at("achieved"), true) << worker;
    }
    EXPECT_EQ(hosts, has_four ? (std::set<std::string>{host(1), host(2)}) : std::set<std::string>{host(1)});
  }
  EXPECT_EQ(points, 3U);
}

INSTANTIATE_TEST_SUITE_P(Launchers, SweepInABatchJob,
                         ::testing::Values(std::pair{"Srun", "srun --mpi=pmix -n {ranks}"},
                                           std::pair{"Mpirun", "mpirun -n {ranks} --bind-to core"}),
                         [](const auto& each) { return each.param.first; });

}  // namespace
}  // namespace upout::cluster
