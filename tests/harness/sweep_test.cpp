#include "harness/sweep.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "harness/process.h"
#include "sweep_fixture.h"

namespace upout::harness {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string folder_entries(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  std::string result;
  for (const auto& name : names) result += name + " ";
  return result;
}

TEST_F(SweepTest, MeasuresEveryPointAndKeepsThePlan) {
  const Plan points = plan("1");
  const auto summary = sweep(points);
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_TRUE(summary->complete());
  EXPECT_EQ(summary->measured, 1U);
  EXPECT_EQ(text_of(folder_ / "out/plan.toml"), points.text);
  EXPECT_EQ(folder_entries(folder_ / "out"), "lock plan.toml points ");
  EXPECT_EQ(folder_entries(folder_ / "out/points"), points.points[0].id + ".json ");
  EXPECT_EQ(summary->results,
            (std::vector<std::string>{folder_ / "out/points" / (points.points[0].id + ".json")}));
  EXPECT_EQ(shown(), "point 1/1: " + points.points[0].id + " (0:13 left)\n");
}

TEST_F(SweepTest, MeasuresNoFinishedPointAgain) {
  const Plan points = plan("1", "engine = 'shared-memory'\nthreads = [1, 2]");
  EXPECT_EQ(sweep(points)->measured, 2U);
  fs::remove(folder_ / "out/points" / (points.points[1].id + ".json"));
  const auto again = sweep(points);
  EXPECT_EQ(again->kept, 1U);
  EXPECT_EQ(again->measured, 1U);
  EXPECT_TRUE(again->complete());
  EXPECT_EQ(again->results.size(), 2U);
  EXPECT_EQ(std::ranges::count(started(), '\n'), 3);
  EXPECT_EQ(shown(), "point 2/2: " + points.points[1].id + " (0:13 left)\n");
}

TEST_F(SweepTest, MeasuresAgainWhatIsIncompleteDamagedOrAnotherPoints) {
  const Plan points = plan("1");
  const fs::path result = folder_ / "out/points" / (points.points[0].id + ".json");
  std::ptrdiff_t expected = 1;
  for (const std::string& text : {text_of(folder_ / "incomplete.json"), text_of(folder_ / "unverified.json"),
                                  text_of(folder_ / "finished.json"), std::string("{\"schema\": ")}) {
    fs::create_directories(result.parent_path());
    std::ofstream(result) << text;
    EXPECT_EQ(sweep(points)->measured, 1U);
    EXPECT_EQ(std::ranges::count(started(), '\n'), expected++);
  }
}

TEST_F(SweepTest, GoesOnAfterAPointThatFailsAndShowsItsLastLines) {
  const Plan points = plan("[2, 1]");
  const auto summary = sweep(points);
  EXPECT_FALSE(summary->complete());
  EXPECT_EQ(summary->measured, 1U);
  ASSERT_EQ(summary->failed.size(), 1U);
  EXPECT_EQ(summary->failed[0].id, points.points[0].id);
  EXPECT_EQ(summary->failed[0].reason, "ended with status 3");
  EXPECT_EQ(text_of(summary->failed[0].log_path),
            "line one\nline two\nline three\nline four\nline five\nline six\n");
  const std::string failure =
      points.points[0].where + ": point " + points.points[0].id +
      " ended with status 3\n    line two\n    line three\n    line four\n    line five\n    line six\n";
  EXPECT_TRUE(
      shown().starts_with("point 1/2: " + points.points[0].id + " (0:25 left)\n" + failure + "point 2/2: "))
      << shown();
}

TEST_F(SweepTest, StopsAfterAFailureIfItIsNotToKeepGoing) {
  options_.keep_going = false;
  const auto summary = sweep(plan("[2, 1]"));
  EXPECT_EQ(summary->failed.size(), 1U);
  EXPECT_EQ(summary->measured, 0U);
}

TEST_F(SweepTest, WhatDoesNotVerifyOrLeavesNothingHasFailed) {
  const auto summary = sweep(plan("[3, 4]"));
  ASSERT_EQ(summary->failed.size(), 2U);
  EXPECT_EQ(summary->failed[0].reason, "ended with status 0 and left no finished result");
  EXPECT_EQ(summary->failed[1].reason, "ended with status 1");
  EXPECT_TRUE(summary->results.empty());
}

TEST_F(SweepTest, AProgramThatCannotBeStartedIsAFailedPoint) {
  options_.program = folder_ / "nothing";
  const auto summary = sweep(plan("1"));
  ASSERT_EQ(summary->failed.size(), 1U);
  EXPECT_NE(summary->failed[0].reason.find("No such file or directory"), std::string::npos);
}

TEST_F(SweepTest, AnInterruptReachesThePointWhichMayKeepWhatItHas) {
  for (const int signal : {SIGINT, SIGTERM}) {
    fs::remove(folder_ / "ready");
    const Plan points = plan("[5, 1]");
    const Interrupt interrupt;
    const std::jthread sender = interrupt_when_ready(signal);
    const auto summary = sweep(points, interrupt);
    EXPECT_EQ(summary->interrupted_by, signal);
    EXPECT_FALSE(summary->complete());
    EXPECT_TRUE(summary->failed.empty());
    EXPECT_EQ(text_of(folder_ / "out/points" / (points.points[0].id + ".json")).find("\"incomplete\":false"),
              std::string::npos);
    EXPECT_TRUE(fs::exists(folder_ / "out/points" / (points.points[0].id + ".json")));
    EXPECT_FALSE(fs::exists(folder_ / "out/points" / (points.points[1].id + ".json")));
  }
}

TEST_F(SweepTest, AfterTheGraceEverythingThatThePointStartedIsKilled) {
  options_.grace = 200ms;
  const Interrupt interrupt;
  const std::jthread sender = interrupt_when_ready(SIGTERM);
  const auto summary = sweep(plan("6"), interrupt);
  EXPECT_EQ(summary->interrupted_by, SIGTERM);
  EXPECT_FALSE(any_left());
}

TEST_F(SweepTest, ASecondInterruptDoesNotWaitForTheGrace) {
  options_.grace = 1h;
  const Interrupt interrupt;
  const std::jthread sender([&] {
    while (text_of(folder_ / "ready").empty()) std::this_thread::sleep_for(5ms);
    kill(getpid(), SIGINT);
    while (interrupt.times() < 1) std::this_thread::sleep_for(5ms);
    kill(getpid(), SIGINT);
  });
  EXPECT_EQ(sweep(plan("6"), interrupt)->interrupted_by, SIGINT);
  EXPECT_FALSE(any_left());
}

TEST_F(SweepTest, WhatAPointLeavesRunningEndsWithIt) {
  EXPECT_TRUE(sweep(plan("7"))->complete());
  EXPECT_FALSE(text_of(folder_ / "left").empty());
  EXPECT_FALSE(any_left());
}

TEST_F(SweepTest, AFolderBelongsToOnePlan) {
  EXPECT_TRUE(sweep(plan("1")));
  const auto refused = sweep(plan("[1, 3]"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().to_string(),
      (folder_ / "out/plan.toml").string() + ": found a plan that differs from " +
          (folder_ / "plan.toml").string() +
          ", expected the same plan, to go on where it stopped; else another --out, or this folder removed");
  EXPECT_EQ(std::ranges::count(started(), '\n'), 1);
}

TEST_F(SweepTest, AFolderHasOneSweepAtATime) {
  fs::create_directories(folder_ / "out");
  const int other = open((folder_ / "out/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  ASSERT_EQ(flock(other, LOCK_EX), 0);
  const std::string pid = std::to_string(getpid());
  ASSERT_EQ(::write(other, pid.data(), pid.size()), ssize_t(pid.size()));
  options_.grace = 1h;
  const auto refused = sweep(plan("1"));
  close(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().to_string(), (folder_ / "out").string() +
                                             ": found another upout that is at work in it (process " + pid +
                                             "), expected another --out, or that one to end first");
  EXPECT_TRUE(sweep(plan("1")));
}

TEST_F(SweepTest, TheNextOneWaitsForWhatAKilledOneHasStarted) {
  const Plan points = plan("5");
  kill_a_sweep_of(points);
  const Interrupt interrupt;
  raise(SIGINT);
  const auto next = sweep(points, interrupt);
  ASSERT_TRUE(next) << next.error().to_string();
  EXPECT_TRUE(fs::exists(folder_ / "out/points" / (points.points[0].id + ".json")))
      << "the killed one's point was asked to end, and had written what it had when the next one began";
}

TEST_F(SweepTest, WhatAKilledOneHasStartedAndDoesNotEndKeepsOthersOut) {
  const Plan points = plan("6");
  kill_a_sweep_of(points);
  options_.grace = 100ms;
  const auto refused = sweep(points);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().found.starts_with("what an upout that was killed has left running"))
      << refused.error().to_string();
  std::ifstream left(folder_ / "left");
  for (pid_t pid = 0; left >> pid;) kill(-pid, SIGKILL);  // each leads a process group
  options_.grace = 1min;
  const Interrupt interrupt;
  raise(SIGINT);
  EXPECT_TRUE(sweep(points, interrupt));
}

TEST_F(SweepTest, AFolderThatCannotBeMadeIsAnError) {
  folder_.write("file", "");
  options_.out = folder_ / "file/out";
  const auto refused = sweep(plan("1"));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().where.starts_with((folder_ / "file/out").string()));
}

constexpr const char* two_ranks = "engine = 'shared-nothing'\nranks = 2";

TEST_F(SweepTest, APointOfProcessesThatEachBelievedToBeAloneHasFailed) {
  options_.launcher = "env N={ranks}";  // starts the program once, and tells it nothing of ranks
  const auto summary = sweep(plan("1", two_ranks));
  ASSERT_TRUE(summary);
  EXPECT_FALSE(summary->complete());
  ASSERT_EQ(summary->failed.size(), 1U);
}

TEST_F(SweepTest, RanksStandBehindTheLauncherAndThreadsAlone) {
  const Point ranks = plan("1", two_ranks).points[0];
  const auto head = [&](const Point& point, std::size_t words) {
    auto command = point_command(point, options_).value();
    command.resize(words);
    return command;
  };
  EXPECT_EQ(head(ranks, 7),
            (std::vector<std::string>{"mpirun", "-n", "2", "--bind-to", "core", options_.program, "run"}));
  const Point crowded = plan("1", "engine = 'shared-nothing'\nranks = 4\noversubscribe = true").points[0];
  EXPECT_EQ(head(crowded, 8), (std::vector<std::string>{"mpirun", "-n", "4", "--oversubscribe", "--bind-to",
                                                        "none", options_.program, "run"}));
  const auto alone = point_command(plan("1").points[0], options_).value();
  EXPECT_EQ((std::vector<std::string>{alone.end() - 2, alone.end()}),
            (std::vector<std::string>{"--plan", options_.out + "/plan.toml"}));
  EXPECT_EQ(head(plan("1").points[0], 2), (std::vector<std::string>{options_.program, "run"}));
  const Point bound = plan("1", "engine = 'shared-nothing'\nranks = 2\nbind = 'scatter'").points[0];
  EXPECT_EQ(head(bound, 5), (std::vector<std::string>{"mpirun", "-n", "2", "--bind-to", "none"}))
      << "ranks that the launcher has bound cannot lay themselves out";

  options_.launcher = "srun --ntasks={ranks}  --comment 'two words'";
  EXPECT_EQ(head(ranks, 6), (std::vector<std::string>{"srun", "--ntasks=2", "--comment", "two words",
                                                      options_.program, "run"}));
}

TEST_F(SweepTest, ALauncherWithoutItsPlaceForTheRanksIsAnError) {
  const Plan points = plan("1", two_ranks);
  options_.launcher = "srun -n {rank}";
  EXPECT_EQ(sweep(points).error().to_string(),
            "--launcher: found 'srun -n {rank}', expected a command with {ranks} in place of their number, "
            "such as \"srun "
            "-n {ranks}\"");
  options_.launcher = "no-such-launcher {ranks}";
  EXPECT_EQ(sweep(points).error().to_string(),
            "--launcher: found no program 'no-such-launcher' to start ranks with, expected a program in "
            "PATH, or its path");
  options_.launcher = "srun -n {ranks} \\q";
  EXPECT_EQ(sweep(points).error().where, "--launcher");
}

TEST_F(SweepTest, WithoutMpirunTheErrorNamesThePackage) {
  const Plan points = plan("1", two_ranks);
  const std::string path = getenv("PATH");
  setenv("PATH", (folder_ / "").c_str(), 1);
  const auto refused = sweep(points);
  setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().found, "no program 'mpirun' to start ranks with");
  EXPECT_NE(refused.error().expected.find("openmpi-bin"), std::string::npos);
}

TEST_F(SweepTest, MoreRanksThanCoresNeedALauncherOfTheUsersOrLeaveToCrowd) {
  const auto refused = sweep(plan("1", "engine = 'shared-nothing'\nranks = [1, 3]"));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().where.ends_with("plan.toml:1"));
  EXPECT_EQ(refused.error().found, "ranks = 3");
  EXPECT_EQ(started(), "");
}

TEST_F(SweepTest, AnotherLauncherStartsTheRanks) {
  folder_.write("launch",
                "#!/bin/sh\necho \"launched $1\" >> \"$(dirname \"$0\")/started\"\n"
                "RANKS=$1; export RANKS\nshift\nexec \"$@\"\n");
  fs::permissions(folder_ / "launch", fs::perms::owner_all);
  options_.launcher = (folder_ / "launch").string() + " {ranks}";
  EXPECT_TRUE(sweep(plan("1", "engine = 'shared-nothing'\nranks = 5"))->complete());
  EXPECT_TRUE(started().starts_with("launched 5\n1 alone/1"));
}

class SweepUnderMpirun : public SweepTest {
 protected:
  void SetUp() override {
    SweepTest::SetUp();
    if (!find_program("mpirun")) GTEST_SKIP() << "no mpirun";
  }
};

TEST_F(SweepUnderMpirun, StartsSoManyRanks) {
  const auto summary = sweep(plan("1", "engine = 'shared-nothing'\nranks = 2\noversubscribe = true"));
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_TRUE(summary->complete()) << shown();
  EXPECT_NE(started().find("1 0/2"), std::string::npos);
  EXPECT_NE(started().find("1 1/2"), std::string::npos);
  EXPECT_NE(started().find(geteuid() == 0 ? "root=1" : "root=no"), std::string::npos);
}

TEST_F(SweepUnderMpirun, AnInterruptReachesTheRanks) {
  const Plan points = plan("5", "engine = 'shared-nothing'\nranks = 2\noversubscribe = true");
  const Interrupt interrupt;
  const std::jthread sender = interrupt_when_ready(SIGINT, 2);
  const auto summary = sweep(points, interrupt);
  EXPECT_EQ(summary->interrupted_by, SIGINT);
  EXPECT_TRUE(fs::exists(folder_ / "out/points" / (points.points[0].id + ".json")));
}

TEST_F(SweepUnderMpirun, ASecondInterruptLeavesNoRankBehind) {
  const Interrupt interrupt;
  const std::jthread sender([&] {
    const auto ready = [&] { return std::ranges::count(text_of(folder_ / "ready"), '\n'); };
    while (ready() < 2) std::this_thread::sleep_for(5ms);
    kill(getpid(), SIGINT);
    while (interrupt.times() < 1) std::this_thread::sleep_for(5ms);
    kill(getpid(), SIGTERM);
  });
  const auto summary =
      sweep(plan("6", "engine = 'shared-nothing'\nranks = 2\noversubscribe = true"), interrupt);
  EXPECT_NE(summary->interrupted_by, 0);
  EXPECT_EQ(std::ranges::count(text_of(folder_ / "left"), '\n'), 4);
  EXPECT_FALSE(any_left());
}

}  // namespace
}  // namespace upout::harness
