#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <regex>
#include <thread>

#include "command.h"
#include "harness/schedulers/kinds.h"
#include "temporary_folder.h"

namespace upout::harness::schedulers {

namespace {

/// Jobs that really run, in a queue of the test's own.
class LocalScheduler : public testing::Test {
 protected:
  struct Job {
    std::string folder;
    std::string id;
  };

  std::string environment() const { return "TMPDIR=" + quote((folder_ / "").string()); }

  /// Submits `command` from a folder of this name. `tuned` changes the script first.
  Job submit(
      const std::string& name, std::vector<std::string> command, unsigned tasks = 1,
      const std::function<std::string(std::string)>& tuned = [](std::string text) { return text; }) {
    Job job{.folder = folder_ / name, .id = ""};
    std::filesystem::create_directories(job.folder);
    const auto script = local().render(
        {.name = "job", .folder = job.folder, .tasks = tasks, .command = std::move(command)}, {});
    EXPECT_TRUE(script) << script.error().to_string();
    folder_.write(name + "/job.sh", tuned(*script));
    const Outcome outcome = run_in(job.folder, local().submit_command("job.sh"), environment());
    EXPECT_EQ(outcome.exit_status, 0);
    const auto id = local().read_id(outcome.output);
    EXPECT_TRUE(id) << id.error().to_string();
    job.id = id.value_or("");
    return job;
  }

  JobState state(const Job& job, unsigned task = 0) const {
    const Outcome outcome = run_in("/", local().state_command(job.id, task));
    const auto state = local().read_state(outcome.output, outcome.exit_status);
    EXPECT_TRUE(state) << state.error().to_string();
    return state.value_or(JobState::unknown);
  }

  void cancel(const Job& job) const { EXPECT_EQ(run_in("/", local().cancel_command(job.id)).exit_status, 0); }

  /// Fails the test after a minute.
  template <class Condition>
  static void wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  JobState end_of(const Job& job, unsigned task = 0) const {
    wait_until([&] { return is_over(state(job, task)); });
    return state(job, task);
  }

  static std::filesystem::path machine_of(const Job& job) {
    return std::filesystem::path(job.folder) / ("local." + job.id.substr(0, job.id.find('@')) + ".machine");
  }

  std::string log_of(const Job& job, const std::string& name = "output.log") const {
    return text_of(std::filesystem::path(job.folder) / name);
  }

  TemporaryFolder folder_;
};

/// Runs until a file is there, or it is told to end, or the test is over and its folder gone.
std::vector<std::string> until_there(const std::string& file) {
  return {"bash", "-c",
          "trap 'echo told; exit 143' TERM; echo began; until [ -e \"$1\" ] || [ ! -d \"$PWD\" ]; do sleep "
          "0.02; done",
          "-", file};
}

std::string with_seconds(std::string script, int seconds, int notice) {
  script = std::regex_replace(script, std::regex("#LOCAL seconds \\d+"),
                              "#LOCAL seconds " + std::to_string(seconds));
  return std::regex_replace(script, std::regex("#LOCAL notice \\d+"),
                            "#LOCAL notice " + std::to_string(notice));
}

}  // namespace

TEST_F(LocalScheduler, TellsHowAJobEnded) {
  const Job good = submit("good", {"echo", "out and", "$HOME"});
  const Job bad = submit("bad", {"bash", "-c", "echo complaint >&2; exit 3"});
  EXPECT_EQ(end_of(good), JobState::done);
  EXPECT_EQ(end_of(bad), JobState::failed);
  EXPECT_EQ(log_of(good), "out and $HOME\n");
  EXPECT_EQ(log_of(bad), "complaint\n");
}

TEST_F(LocalScheduler, RunsInAFolderOfAnyName) {
  const Job job = submit("a 'b' \"c\" $(touch x) `d`; é @ &", {"pwd"});
  EXPECT_EQ(end_of(job), JobState::done);
  EXPECT_EQ(log_of(job), job.folder + "\n");
}

TEST_F(LocalScheduler, RunsOneJobAfterAnother) {
  const Job first = submit("first", until_there(folder_ / "go"));
  wait_until([&] { return log_of(first) == "began\n"; });
  const Job second = submit("second", {"true"});
  EXPECT_EQ(state(first), JobState::running);
  EXPECT_EQ(state(second), JobState::queued);
  folder_.write("go", "");
  EXPECT_EQ(end_of(second), JobState::done);
  EXPECT_EQ(state(first), JobState::done);
}

TEST_F(LocalScheduler, WhatAJobLeftRunningHoldsTheNextOneBack) {
  const Job first = submit(
      "first", {"bash", "-c", "until [ -e ../go ] || [ ! -d \"$PWD\" ]; do sleep 0.02; done & exit 0"});
  EXPECT_EQ(end_of(first), JobState::done);
  const Job second = submit("second", {"test", "-e", "../go"});
  // Time enough to begin, if it may.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(state(second), JobState::queued);
  folder_.write("go", "");
  EXPECT_EQ(end_of(second), JobState::done);
}

TEST_F(LocalScheduler, WithoutAQueueNoJobRuns) {
  std::filesystem::create_directory(folder_ / ("upout-" + std::to_string(getuid()) + ".lock"));
  const Job job = submit("job", {"echo", "ran"});
  EXPECT_EQ(end_of(job), JobState::failed);
  EXPECT_NE(log_of(job).find("cannot be locked"), std::string::npos) << log_of(job);
  EXPECT_EQ(log_of(job).find("ran"), std::string::npos) << log_of(job);
}

TEST_F(LocalScheduler, ACancelledJobIsToldAndItsSuccessorRuns) {
  const Job running = submit("running", until_there("/nowhere"));
  wait_until([&] { return log_of(running) == "began\n"; });
  const Job waiting = submit("waiting", {"echo", "never"});
  const Job next = submit("next", {"true"});
  cancel(waiting);
  EXPECT_EQ(end_of(waiting), JobState::cancelled);
  EXPECT_EQ(state(running), JobState::running);
  cancel(running);
  EXPECT_EQ(end_of(running), JobState::cancelled);
  EXPECT_EQ(log_of(running), "began\ntold\n");
  EXPECT_EQ(log_of(waiting), "");
  EXPECT_EQ(end_of(next), JobState::done);
}

TEST_F(LocalScheduler, AJobIsToldBeforeItsTimeIsUpAndKilledAfterwards) {
  const auto short_of_time = [](std::string script) { return with_seconds(std::move(script), 2, 1); };
  // Time to begin on a busy machine, before it is told.
  const Job obedient = submit("obedient", until_there("/nowhere"), 1,
                              [](std::string script) { return with_seconds(std::move(script), 6, 3); });
  const Job deaf = submit("deaf", {"bash", "-c", "trap '' TERM; while [ -d \"$PWD\" ]; do sleep 0.02; done"},
                          1, short_of_time);
  EXPECT_EQ(end_of(obedient), JobState::timed_out);
  EXPECT_EQ(log_of(obedient), "began\ntold\n");
  EXPECT_EQ(end_of(deaf), JobState::timed_out);
}

TEST_F(LocalScheduler, EachTaskOfAnArrayHasItsNumberLogAndState) {
  const Job job =
      submit("array", {"bash", "-c", "echo \"$1\"; [ \"$1\" != 'task-2 of' ]", "-", "task-{task} of"}, 3);
  EXPECT_EQ(end_of(job, 3), JobState::done);
  EXPECT_EQ(state(job, 1), JobState::done);
  EXPECT_EQ(state(job, 2), JobState::failed);
  EXPECT_EQ(log_of(job, "output-1.log"), "task-1 of\n");
  EXPECT_EQ(log_of(job, "output-3.log"), "task-3 of\n");
}

TEST_F(LocalScheduler, AJobWhoseRunnerWasKilledLostItsNode) {
  const Job job = submit("job", until_there(folder_ / "go"));
  wait_until([&] { return log_of(job) == "began\n"; });
  ASSERT_EQ(kill(std::stoi(job.id), SIGKILL), 0);
  EXPECT_EQ(end_of(job), JobState::node_failed);
  folder_.write("go", "");
}

/// Its number was given to another process, which is left alone.
TEST_F(LocalScheduler, AProcessOfTheSameNumberIsAnother) {
  const Job job = submit("job", until_there(folder_ / "go"));
  wait_until([&] { return state(job) == JobState::running; });
  const std::string number = job.id.substr(0, job.id.find('-'));
  const Job before{.folder = job.folder, .id = number + "-1@" + job.folder};
  std::filesystem::copy_file(machine_of(job), machine_of(before));
  EXPECT_EQ(state(before), JobState::node_failed);
  cancel(before);
  EXPECT_EQ(state(job), JobState::running);
  folder_.write("go", "");
  EXPECT_EQ(end_of(job), JobState::done);
}

TEST_F(LocalScheduler, WhatIsCancelledBeforeItSaysAWordIsCancelled) {
  const Job job{.folder = folder_ / "", .id = "1-1@" + (folder_ / "").string()};
  const Job other = submit("other", until_there(folder_ / "go"));
  std::filesystem::copy_file(machine_of(other), machine_of(job));
  EXPECT_EQ(state(job), JobState::node_failed);
  folder_.write("local.1-1.cancelled", "");
  EXPECT_EQ(state(job), JobState::cancelled);
  cancel(other);
  EXPECT_EQ(end_of(other), JobState::cancelled);
}

TEST_F(LocalScheduler, AJobOfAnotherMachineIsToBeAskedForThere) {
  const Job job = submit("job", {"true"});
  EXPECT_EQ(end_of(job), JobState::done);
  std::ofstream(machine_of(job)) << "elsewhere 1\n";
  const Outcome outcome = run_in("/", local().state_command(job.id, 0));
  EXPECT_EQ(local().read_state(outcome.output, outcome.exit_status).error().to_string(),
            "the state of a local job: found that it was submitted on elsewhere, expected to be asked there");
}

TEST_F(LocalScheduler, AJobWithoutItsFolderIsUnknown) {
  const Job job = submit("job", {"true"});
  EXPECT_EQ(end_of(job), JobState::done);
  std::filesystem::remove_all(job.folder);
  EXPECT_EQ(state(job), JobState::unknown);
}

TEST_F(LocalScheduler, HasOneMachine) {
  EXPECT_EQ(local()
                .render({.name = "job", .folder = "/tmp", .nodes = 2, .command = {"true"}}, {.nodes = 2})
                .error()
                .to_string(),
            "--scheduler local: found a job of 2 nodes, expected 1, for it has this machine alone");
}

TEST_F(LocalScheduler, WhatDoesNotNameAJobIsNoId) {
  for (const char* output :
       {"", "12", "12-1@", "12-1@relative", "x12-1@/a", "12@/a", "12-@/a", "@/a", "12-1@/a\n13-1@/b"})
    EXPECT_FALSE(local().read_id(output)) << output;
  EXPECT_EQ(local().read_id("12-1@/a b\n").value(), "12-1@/a b");
}

}  // namespace upout::harness::schedulers
