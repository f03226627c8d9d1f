#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "platform/cpu_list.h"
#include "tests/cluster/slurm.h"

/// `upout submit` and what follows it, against a real Slurm.
namespace upout::cluster {
namespace {

using nlohmann::json;

/// Its points take a second or two each.
std::string plan_of(const std::string& resources, const std::string& points, double seconds = 0.3) {
  return R"(
title = "Tiny"
question = "Up or out?"
[resources]
)" + resources +
         R"(
[defaults]
workload = "ycsb-a"
warmup = 0.005
repetitions = 6
seconds = )" +
         std::to_string(seconds) + R"(
[defaults.properties]
recordcount = 200
)" + points;
}

const std::string two_ranks_a_node = R"(
nodes = 3
ranks_per_node = 2
cores_per_rank = 1
time = "10m"
)";
const std::string one_node = "nodes = 1\ncores_per_rank = 2\ntime = \"10m\"\n";

std::string threads_with_seeds(int seeds) {
  std::string list;
  for (int seed = 1; seed <= seeds; ++seed) list += std::to_string(seed) + ", ";
  return "[[points]]\nengine = \"shared-memory\"\nthreads = 2\nseed = [" + list + "]\n";
}

class Submitted : public Slurm {
 protected:
  Ended submit(const std::string& plan, const std::string& options = "") {
    return login(UPOUT_PROGRAM " submit " + scratch_.write("plan.toml", plan) + " --scheduler slurm --out " +
                 out_ + " " + options);
  }
  Ended on_results(const std::string& command, const std::string& options = "") {
    return login(UPOUT_PROGRAM " " + command + " " + out_ + " " + options);
  }
  json status() {
    const Ended ended = on_results("status", "--json");
    return json::parse(ended.out, nullptr, false);
  }
  bool eventually_over() {
    return eventually([&] { return on_results("status").status != 3; }, std::chrono::minutes(3));
  }
  std::string job_id() { return status().at("jobs").back().at("id").get<std::string>(); }
  /// The results that are there, by file, whole.
  std::map<std::string, std::string> results() const {
    std::map<std::string, std::string> documents;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(out_))
      if (entry.path().extension() == ".json" && entry.path().parent_path().filename() == "points")
        documents[entry.path()] = cli::testing::contents(entry.path());
    return documents;
  }
  /// What the jobs wrote, for messages.
  std::string logs() const { return shell("tail -n 20 " + out_ + "/jobs/*/*.log").out; }

  void expect_all_finished() {
    const json now = status();
    EXPECT_EQ(now.at("finished"), now.at("points")) << now.dump(1) << logs();
    EXPECT_EQ(on_results("collect").status, 0);
    EXPECT_EQ(on_results("validate").status, 0);
    EXPECT_EQ(login(UPOUT_PROGRAM " report " + out_ + " -o " + (scratch_ / "report.html")).status, 0);
  }

  const std::string out_ = scratch_ / "results";
};

/// That the ranks have a processor each, on as few nodes as hold them, and the threads both of a node.
void expect_bound_as_the_plan_asks(const json& document) {
  const json& deployment = document.at("runs").at(0).at("deployment");
  const json& environment = document.at("environment");
  const bool has_ranks = deployment.at("engine") == "shared-nothing";
  const auto ranks = deployment.at("ranks").get<std::size_t>();
  EXPECT_EQ(deployment.at("nodes"), (ranks + 1) / 2);
  EXPECT_EQ(environment.at("processes").size(), ranks);
  std::set<std::string> places;
  for (const json& process : environment.at("processes")) {
    const auto given = platform::parse_cpu_list(process.at("given_cpus").get<std::string>());
    EXPECT_EQ(given.value().size(), has_ranks ? 1U : 2U) << process;
    places.insert(process.dump());
  }
  EXPECT_EQ(places.size(), ranks) << "two ranks on one processor: " << environment.at("processes");
  for (const json& worker : environment.at("workers")) EXPECT_EQ(worker.at("achieved"), true) << worker;
}

TEST_F(Submitted, SweepOfBothEnginesThatWasCancelledInTheMiddleIsResumed) {
  const std::string plan =
      plan_of(two_ranks_a_node,
              threads_with_seeds(4) + "[[points]]\nengine = \"shared-nothing\"\nranks = [2, 4, 6]\n");
  const Ended submitted = submit(plan);
  ASSERT_EQ(submitted.status, 0) << submitted.err;
  EXPECT_EQ(status().at("jobs").size(), 3U) << "one for each number of nodes";
  ASSERT_TRUE(eventually([&] { return status().at("finished") >= 1; })) << logs();
  const Ended cancelled = on_results("cancel");
  EXPECT_EQ(cancelled.status, 0) << cancelled.err;
  ASSERT_TRUE(eventually_over()) << status().dump(1);
  const auto before = results();
  EXPECT_GT(status().at("missing"), 0) << status().dump(1);
  EXPECT_EQ(status().at("failed"), 0) << logs();

  const Ended again = submit(plan);
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(on_results("status").status, 3);
  ASSERT_TRUE(eventually_over()) << status().dump(1);
  expect_all_finished();
  const auto after = results();
  for (const auto& [file, document] : before) EXPECT_EQ(after.at(file), document) << "measured again";
  for (const auto& [file, document] : after)
    if (file.starts_with(out_ + "/points/")) expect_bound_as_the_plan_asks(json::parse(document));
}

TEST_F(Submitted, JobAtItsTimeLimitIsResumedWithWhatIsMissing) {
  const std::string plan =
      plan_of("nodes = 1\ncores_per_rank = 2\ntime = \"60m\"\n", threads_with_seeds(20), 2);
  ASSERT_EQ(submit(plan).status, 0);
  ASSERT_EQ(status().at("jobs").size(), 1U);
  ASSERT_TRUE(eventually([&] { return status().at("finished") >= 1; })) << logs();
  // Within the notice: Slurm tells the job when it looks next, every half a minute.
  ASSERT_EQ(login("scontrol update JobId=" + job_id() + " EndTime=now+60").status, 0);
  ASSERT_TRUE(eventually_over()) << status().dump(1);
  const json ended = status();
  EXPECT_EQ(ended.at("jobs").at(0).at("state"), "timed_out") << ended.dump(1) << logs();
  EXPECT_EQ(ended.at("failed"), 0) << logs();
  ASSERT_GT(ended.at("missing"), 0) << "the machine is faster than was thought";
  for (const auto& [file, document] : results())
    EXPECT_TRUE(harness::read_document(file)) << file << document;

  const Ended again = submit(plan);
  ASSERT_EQ(again.status, 0) << again.err;
  const json resumed = status().at("jobs").at(1);
  EXPECT_EQ(resumed.at("points"), ended.at("missing")) << resumed;
  EXPECT_EQ(resumed.at("attempt"), 2);
  EXPECT_TRUE(eventually([&] { return status().at("finished") > ended.at("finished"); })) << logs();
}

TEST_F(Submitted, JobWaitsForADrainedNodeAndRunsWhenThereIsOne) {
  ASSERT_EQ(login("scontrol update NodeName=" + host(3) + " State=DRAIN Reason=test").status, 0);
  const std::string plan = plan_of(two_ranks_a_node, "[[points]]\nengine = \"shared-nothing\"\nranks = 6\n");
  const Ended submitted = submit(plan);
  ASSERT_EQ(submitted.status, 0) << submitted.err;
  ASSERT_TRUE(eventually([&] {
    return login("squeue --noheader --format %r").out.find("ReqNodeNotAvail") != std::string::npos ||
           login("squeue --noheader --format %r").out.find("Resources") != std::string::npos;
  })) << login("squeue").out;
  EXPECT_EQ(status().at("jobs").at(0).at("state"), "queued");
  EXPECT_EQ(on_results("status").status, 3);
  ASSERT_EQ(login("scontrol update NodeName=" + host(3) + " State=RESUME").status, 0);
  ASSERT_TRUE(eventually_over()) << status().dump(1);
  expect_all_finished();
}

TEST_F(Submitted, QueueThatDoesNotExistIsAnErrorAndLeavesNoJob) {
  const std::string plan = plan_of(one_node + "queue = \"nowhere\"\n", threads_with_seeds(1));
  const Ended submitted = submit(plan);
  EXPECT_EQ(submitted.status, 1);
  EXPECT_NE(submitted.err.find("invalid partition"), std::string::npos) << submitted.err;
  EXPECT_NE(submitted.err.find("nowhere"), std::string::npos) << submitted.err;
  EXPECT_EQ(login("squeue --noheader").out, "");
  EXPECT_EQ(status().at("jobs").size(), 0U);
}

TEST_F(Submitted, ArrayHasATaskForEachPackOfPoints) {
  const std::string plan = plan_of("nodes = 1\ncores_per_rank = 2\ntime = \"2m\"\n", threads_with_seeds(6));
  const Ended submitted = submit(plan, "--array");
  ASSERT_EQ(submitted.status, 0) << submitted.err;
  ASSERT_TRUE(eventually_over()) << status().dump(1);
  expect_all_finished();
  const json jobs = status().at("jobs");
  EXPECT_GT(jobs.size(), 1U) << jobs.dump(1);
  for (const json& task : jobs) {
    EXPECT_EQ(task.at("id"), jobs.at(0).at("id")) << "one job";
    EXPECT_EQ(task.at("state"), "done");
    EXPECT_EQ(task.at("finished"), task.at("points"));
  }
}

}  // namespace
}  // namespace upout::cluster
