#include "harness/sweep_folder.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <thread>

#include "sweep_fixture.h"

namespace upout::harness {
namespace {

namespace fs = std::filesystem;

/// From now on flock fails in this thread as it does on a file system without locks. False: the kernel does
/// not let us.
bool take_locks_away(unsigned error) {
  std::array program = {
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {.len = program.size(), .filter = program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

using SweepFolderTest = SweepTest;

TEST_F(SweepFolderTest, WhereNothingCanBeLockedASweepWarnsAndGoesOn) {
  for (const int error : {ENOLCK, ENOSYS, EOPNOTSUPP}) {
    fs::remove_all(folder_ / "out");
    bool is_possible = false;
    platform::Expected<SweepSummary> summary;
    std::thread([&] {
      is_possible = take_locks_away(unsigned(error));
      if (is_possible) summary = sweep(plan("1"));
    }).join();
    if (!is_possible) GTEST_SKIP() << "no seccomp";
    ASSERT_TRUE(summary) << summary.error().to_string();
    EXPECT_TRUE(summary->complete());
    EXPECT_TRUE(shown().starts_with("warning: " + (folder_ / "out/lock").string() + ": cannot be locked ("))
        << shown();
  }
}

TEST_F(SweepFolderTest, ALockThatFailsForAnotherReasonIsAnError) {
  bool is_possible = false;
  platform::Expected<SweepSummary> summary;
  std::thread([&] {
    is_possible = take_locks_away(EIO);
    if (is_possible) summary = sweep(plan("1"));
  }).join();
  if (!is_possible) GTEST_SKIP() << "no seccomp";
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().where, (folder_ / "out/lock").string());
}

TEST_F(SweepFolderTest, WhoHasPatienceWaitsForTheLock) {
  auto other = std::optional(FolderLock::take(folder_ / ""));
  ASSERT_TRUE(*other);
  EXPECT_FALSE(FolderLock::take(folder_ / ""));
  EXPECT_FALSE(FolderLock::take(folder_ / "", std::chrono::milliseconds(1)));
  std::jthread leaving([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    other.reset();
  });
  EXPECT_TRUE(FolderLock::take(folder_ / "", std::chrono::hours(1)));
}

TEST_F(SweepFolderTest, MeasuresThePointsThatAreAskedForAndLooksAtNoOther) {
  const Plan points = plan("[1, 3]", "engine = 'shared-memory'\nthreads = [1, 2]");
  options_.points = {points.points[1].id, points.points[0].id, points.points[1].id};
  const auto summary = sweep(points);
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_TRUE(summary->complete());
  EXPECT_EQ(summary->points, 2U);
  EXPECT_EQ(summary->results.size(), 2U);
  EXPECT_EQ(std::ranges::count(started(), '\n'), 2);
  EXPECT_TRUE(shown().starts_with("point 1/2: " + points.points[0].id + " (0:25 left)\n")) << shown();
}

TEST_F(SweepFolderTest, ThatARestOfThePlanCannotBeLaunchedDoesNotMatter) {
  const Plan points = plan("1", "engine = 'shared-nothing'\nranks = [1, 3]");
  options_.points = {points.points[0].id};
  EXPECT_TRUE(sweep(points));
  options_.points = {points.points[1].id};
  EXPECT_FALSE(sweep(points)) << "more ranks than cores";
}

TEST_F(SweepFolderTest, AnUnknownPointIsAnErrorWithTheNearestOne) {
  const Plan points = plan("[1, 3]");
  std::string misspelt = points.points[0].id;
  misspelt.front() = 'x';
  options_.points = {points.points[1].id, misspelt};
  EXPECT_EQ(sweep(points).error().to_string(), "--points: found '" + misspelt +
                                                   "', expected the id of a point of " + points.path +
                                                   "; did you mean " + points.points[0].id + "?");
  options_.points = {"?"};
  EXPECT_TRUE(sweep(points).error().expected.ends_with(", such as " + points.points[0].id));
  EXPECT_FALSE(fs::exists(folder_ / "out")) << "nothing is begun";
}

TEST_F(SweepFolderTest, APointThatFailsIsNotedUntilItIsMeasuredAgain) {
  const Plan points = plan("[2, 1]");
  const SweepFolder results(options_.out);
  ASSERT_TRUE(sweep(points));
  EXPECT_TRUE(results.has_failed(points.points[0]));
  EXPECT_FALSE(results.has_failed(points.points[1]));
  EXPECT_EQ(text_of(results.failure_of(points.points[0])), "ended with status 3\n");
  folder_.write("upout", "#!/bin/sh\nkill -TERM $PPID\nsleep 0.1\nexit 143\n");
  const Interrupt interrupt;
  ASSERT_TRUE(sweep(points, interrupt));
  EXPECT_FALSE(results.has_failed(points.points[0])) << "one that was cut short has not failed";
}

TEST_F(SweepFolderTest, AfterASignalEachPointIsFinishedOrOpenAndTheSweepGoesOnWithThose) {
  const Plan points = plan("[1, 5, 3]");
  const SweepFolder results(options_.out);
  const Interrupt interrupt;
  {
    const std::jthread sender = interrupt_when_ready(SIGTERM);
    EXPECT_EQ(sweep(points, interrupt)->interrupted_by, SIGTERM);
  }
  EXPECT_TRUE(results.is_finished(points.points[0]));
  for (const std::size_t open : {1, 2}) {
    EXPECT_FALSE(results.is_finished(points.points[open]));
    EXPECT_FALSE(results.has_failed(points.points[open]));
  }
  for (const auto& entry : fs::directory_iterator(folder_ / "out/points"))
    EXPECT_TRUE(entry.path().extension() == ".json" || entry.path().extension() == ".log") << entry;
  folder_.write("upout",
                std::string(fake_program).replace(std::string(fake_program).find("$seed in"), 8, "1 in"));
  const Interrupt later;
  const auto resumed = sweep(points, later);
  EXPECT_EQ(resumed->kept, 1U);
  EXPECT_EQ(resumed->measured, 2U);
}

/// Whatever is written beside this file is written to a full disk.
void fill_disk_for(const fs::path& file) {
  fs::create_directories(file.parent_path());
  fs::create_symlink("/dev/full", file.string() + ".part-" + std::to_string(getpid()));
}

TEST_F(SweepFolderTest, OnAFullDiskNoHalfPlanIsLeft) {
  fill_disk_for(folder_ / "out/plan.toml");
  const auto refused = sweep(plan("1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().to_string(),
            (folder_ / "out/plan.toml").string() +
                ": found No space left on device, expected a file that can be written");
  EXPECT_FALSE(fs::exists(folder_ / "out/plan.toml"));
  EXPECT_EQ(started(), "");
  EXPECT_TRUE(sweep(plan("1"))) << "once there is room";
}

TEST_F(SweepFolderTest, OnAFullDiskAFailureThatCannotBeNotedIsSaid) {
  const Plan points = plan("2");
  const SweepFolder results(options_.out);
  fill_disk_for(results.failure_of(points.points[0]));
  ASSERT_TRUE(sweep(points));
  EXPECT_NE(shown().find(results.failure_of(points.points[0]).string() + ": found No space left on device"),
            std::string::npos)
      << shown();
}

}  // namespace
}  // namespace upout::harness
