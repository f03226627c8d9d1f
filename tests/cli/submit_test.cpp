#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "tests/cli/shell.h"

namespace upout::cli {
namespace {

using namespace testing;
namespace fs = std::filesystem;

const std::string program = UPOUT_PROGRAM;

Ended upout(const std::string& arguments) {
  return shell(program + " " + arguments);
}

/// Each point may need up to a hundred seconds to be precise, if one asks for what to expect of it, and needs
/// one: two of them are two jobs. The second task of an array waits for the file GATE to go.
constexpr const char* plan_text = R"(
title = "Jobs"
question = "Do jobs work?"
[resources]
ranks_per_node = 2
time = "5m"
prologue = ['while [ "$UPOUT_TASK" = 2 ] && [ -e "GATE" ]; do sleep 0.05; done']
[defaults]
workload = "ycsb-a"
seconds = 0.6
warmup = 0.05
repetitions = 6
precision = "99%"
max_repetitions = 600
oversubscribe = true
[defaults.properties]
recordcount = 1000
[[points]]
engine = "shared-memory"
threads = 1
[[points]]
engine = "shared-nothing"
ranks = 2
)";

/// Local jobs, with a queue of this test's own.
class Submit : public ::testing::Test {
 protected:
  Submit() {
    text_.replace(text_.find("GATE"), 4, gate_);
    scratch_.write("gate", "");
  }
  Ended submit(const std::string& options) {
    return shell("TMPDIR=" + (scratch_ / "") + " " + program + " submit " +
                 scratch_.write("plan.toml", text_) + " --out " + results_ + " " + options);
  }
  Ended status(const std::string& options = "") { return upout("status " + results_ + " " + options); }
  /// Of the n-th job or task.
  nlohmann::json task(std::size_t n) {
    const auto document = nlohmann::json::parse(status("--json").out, nullptr, false);
    return document.is_discarded() ? document : document["jobs"].at(n);
  }
  /// Whether it comes to this within some minutes, which is no matter of speed.
  bool comes_to(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }
  bool is_over() {
    return comes_to([&] { return status().status != 3; });
  }

  Scratch scratch_;
  std::string gate_ = scratch_ / "gate";
  std::string results_ = scratch_ / "results";
  std::string text_ = plan_text;
};

TEST_F(Submit, RunsOnThisMachineIsCancelledAndGoesOnWithWhatIsMissing) {
  const Ended submitted = submit("--scheduler local --array");
  ASSERT_EQ(submitted.status, 0) << submitted.err;
  EXPECT_EQ(std::ranges::count(submitted.out, '\n'), 2) << "a heading and a job:\n" << submitted.out;
  ASSERT_TRUE(comes_to([&] { return task(0)["state"] == "done" && task(1)["state"] == "running"; }));
  EXPECT_EQ(status().status, 3);
  EXPECT_EQ(task(0)["finished"], 1);
  EXPECT_EQ(task(1)["finished"], 0);
  const Ended again = submit("--scheduler local");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.err.find("0 points submitted, 1 finished before, 1 in jobs already"), std::string::npos)
      << again.err;

  EXPECT_EQ(upout("cancel " + results_).status, 0);
  ASSERT_TRUE(is_over());
  EXPECT_EQ(status().status, 1) << "a point is missing, and no job has it";
  EXPECT_EQ(task(1)["state"], "cancelled");

  fs::remove(gate_);
  ASSERT_EQ(submit("--scheduler local").status, 0);
  ASSERT_TRUE(is_over());
  EXPECT_EQ(status().status, 0) << status().out;
  EXPECT_EQ(task(2)["points"], 1);
  EXPECT_EQ(task(2)["attempt"], 2);

  const Ended collected = upout("collect " + results_);
  EXPECT_EQ(collected.status, 0) << collected.err;
  EXPECT_EQ(collected.out, "1 points collected, 2 of 2 are there\n")
      << "the other one was when it was submitted again";
  const Ended validated = upout("validate " + results_);
  EXPECT_EQ(validated.status, 0) << validated.out;
  EXPECT_EQ(upout("report " + results_ + " -o " + (scratch_ / "report.html")).status, 0);
  EXPECT_NE(contents(scratch_ / "report.html").find("Do jobs work?"), std::string::npos);
  const Ended swept = upout("sweep " + results_ + "/plan.toml --out " + results_ + " --quiet");
  EXPECT_EQ(swept.status, 0) << "it is a sweep's folder, of which nothing is left to be measured\n"
                             << swept.err;
}

TEST_F(Submit, WhatFailsIsLeftAloneUntilItIsAskedFor) {
  fs::remove(gate_);
  text_.replace(text_.find("threads = 1"), 11, "threads = 1\nproperties = {recordcount = 1001}");
  ASSERT_EQ(submit("--scheduler local --launcher 'false {ranks}'").status, 0);
  ASSERT_TRUE(is_over());
  EXPECT_EQ(status().status, 1);
  const Ended left = submit("--scheduler local");
  EXPECT_EQ(left.status, 1);
  EXPECT_NE(left.err.find("1 points failed and are in no job; --retry-failed"), std::string::npos)
      << left.err;
  ASSERT_EQ(submit("--scheduler local --retry-failed").status, 0);
  ASSERT_TRUE(is_over());
  EXPECT_EQ(status().status, 0) << status().out;
}

TEST_F(Submit, ADryRunWritesScriptsThatABashCanRead) {
  const Ended dry = submit("--scheduler local --dry-run");
  ASSERT_EQ(dry.status, 0) << dry.err;
  EXPECT_EQ(std::ranges::count(dry.out, '\n'), 3);
  for (const std::string job : {"1", "2"})
    EXPECT_EQ(shell("bash -n " + results_ + "/jobs/" + job + "/job.sh").status, 0);
  EXPECT_EQ(status().status, 2) << "nothing was submitted";
}

TEST_F(Submit, APlanWithoutResourcesIsAnErrorWithSomeToPaste) {
  const std::size_t begin = text_.find("[resources]");
  text_.erase(begin, text_.find("[defaults]") - begin);
  const Ended refused = submit("");
  EXPECT_EQ(refused.status, 2);
  const std::size_t example = refused.err.find("[resources]\n");
  ASSERT_NE(example, std::string::npos) << refused.err;
  text_.insert(begin, refused.err.substr(example));
  EXPECT_EQ(submit("--scheduler local --dry-run").status, 0) << "which is one";
}

TEST_F(Submit, WhatMakesNoSenseIsNamed) {
  const auto error = [&](const std::string& options) {
    const Ended refused = submit(options);
    EXPECT_EQ(refused.status, 2) << options;
    EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1) << refused.err;
    return refused.err;
  };
  EXPECT_EQ(error("--scheduler slurn"), "upout: --scheduler: found 'slurn', expected slurm\n");
  EXPECT_EQ(error("--job 1"), "upout: --job: found '1', expected N=ID or N=none\n");
  EXPECT_EQ(upout("cancel " + results_).status, 2);
  EXPECT_EQ(upout("collect " + results_).status, 2);
  text_.replace(text_.find("5m"), 2, "1m");
  EXPECT_NE(error("--scheduler local").find("time of [resources] is 1min"), std::string::npos);
}

/// Schedulers whose programs are stand-ins, which print what the real ones print.
class SubmitTo : public Submit, public ::testing::WithParamInterface<const char*> {
 protected:
  SubmitTo() {
    fs::create_directory(scratch_ / "fake");
    fs::remove(gate_);
    const std::size_t ranks = text_.rfind("[[points]]");
    text_.replace(ranks, std::string::npos, "[[points]]\nengine = 'shared-memory'\nthreads = 1\ndepth = 2\n");
  }
  Ended with_stand_ins(const std::string& command) {
    return shell("FAKE=" + (scratch_ / "fake") + " PATH=" UPOUT_STAND_INS ":\"$PATH\" " + command);
  }
  Ended command(const std::string& name, const std::string& options = "") {
    return with_stand_ins(program + " " + name + " " + options);
  }
  Ended submit_to(const std::string& options = "") {
    return command("submit", scratch_.write("plan.toml", text_) + " --out " + results_ + " --scheduler " +
                                 GetParam() + " " + options);
  }
  void set_state(const std::string& job, const std::string& state) {
    scratch_.write("fake/" + job + ".state", state + "\n");
  }
};

TEST_P(SubmitTo, RunsWhatItIsGivenAndIsToldOfStatesAndRefusals) {
  ASSERT_EQ(submit_to().status, 0) << submit_to().err;
  const Ended ran = with_stand_ins("run 42");
  EXPECT_EQ(ran.status, 0) << ran.err;
  set_state("43", "running");
  const Ended status = command("status", results_);
  EXPECT_EQ(status.status, 3) << status.out << status.err;
  EXPECT_NE(status.out.find("1 of 2 points finished, 1 in jobs, 0 failed, 0 in no job\n"), std::string::npos)
      << status.out;
  EXPECT_EQ(command("cancel", results_).status, 0);
  EXPECT_EQ(contents(scratch_ / "fake/43.state"), "cancelled\n");
  ASSERT_EQ(submit_to().status, 0);
  EXPECT_TRUE(fs::exists(scratch_ / "fake/44.sh"));
  set_state("44", "timeout");
  EXPECT_EQ(command("status", results_).status, 1);
  text_.insert(text_.find("time ="), "queue = \"nowhere\"\n");
  results_ = scratch_ / "refused";
  const Ended refused = submit_to();
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1) << refused.err;
  EXPECT_NE(refused.err.find("job 1 (upout-jobs-1)"), std::string::npos) << refused.err;
}

INSTANTIATE_TEST_SUITE_P(, SubmitTo, ::testing::Values("slurm", "pbs", "lsf", "flux"),
                         [](const auto& scheduler) { return std::string(scheduler.param); });

TEST(SweepPoints, AreTakenFromTheLineOrFromAFile) {
  const Scratch scratch;
  const std::string plan = scratch.write(
      "plan.toml",
      "[defaults]\nworkload = 'ycsb-c'\nseconds = 0.06\nwarmup = 0\nrepetitions = 6\n[defaults.properties]\n"
      "recordcount = 1000\n[[points]]\nengine = 'shared-memory'\nthreads = 1\ndepth = [1, 2, 3]\n");
  const std::string results = scratch / "results";
  EXPECT_EQ(upout("sweep " + plan + " --quiet --out " + results + " --points ''").status, 2);
  const Ended unknown = upout("sweep " + plan + " --out " + results + " --points a,b");
  EXPECT_EQ(unknown.status, 2);
  const std::size_t begin = unknown.err.find("such as ") + 8;
  const std::string first = unknown.err.substr(begin, unknown.err.find('\n') - begin);
  ASSERT_EQ(upout("sweep " + plan + " --quiet --out " + results + " --points " + first).status, 0);
  EXPECT_EQ(shell("ls " + results + "/points/*.json").out, results + "/points/" + first + ".json\n");
  const std::string list = scratch.write("ids", first + "\n\n");
  EXPECT_EQ(upout("sweep " + plan + " --quiet --out " + results + " --points @" + list).status, 0);
  EXPECT_EQ(shell("ls " + results + "/points/*.json").out, results + "/points/" + first + ".json\n");
  EXPECT_EQ(upout("sweep " + plan + " --quiet --out " + results + " --points @" + list + "x").status, 2);
}

}  // namespace
}  // namespace upout::cli
