#include "harness/schedulers/call.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "schedulers/fake_scheduler.h"
#include "temporary_folder.h"

namespace upout::harness::schedulers {
namespace {

using Kind = SubmitAnswer::Kind;

class Call : public testing::Test {
 protected:
  Called shell(const std::string& text) const {
    return call({"sh", "-c", text}, folder()).value_or(Called{.status = -1});
  }
  std::string folder() const { return folder_ / ""; }
  SubmitAnswer submitted_by(const std::string& text) const {
    return submit(FakeScheduler(text, "", ""), "job.sh", folder());
  }
  TemporaryFolder folder_;
};

TEST_F(Call, KeepsApartWhatIsWrittenAndHowItEnded) {
  const Called called = shell("pwd; cat; echo no >&2; exit 3");
  EXPECT_EQ(called.status, 3);
  EXPECT_EQ(called.output, std::filesystem::canonical(folder()).string() + "\n") << "with nothing on stdin";
  EXPECT_EQ(called.errors, "no\n");
  EXPECT_EQ(shell("kill -TERM $$").status, 128 + 15);
}

TEST_F(Call, HasRoomForAllThatIsWritten) {
  EXPECT_EQ(shell("head -c 1000000 /dev/zero").output.size(), 1000000U);
}

TEST_F(Call, DoesNotWaitForWhatIsLeftRunning) {
  const Called called = shell("sleep 1000 & echo $!");
  EXPECT_EQ(called.status, 0);
  EXPECT_EQ(shell("kill " + called.output).status, 0) << "it is still there";
}

TEST_F(Call, AProgramThatIsNotThereIsNamed) {
  const auto called = call({"no-such-program"}, folder());
  ASSERT_FALSE(called);
  EXPECT_EQ(called.error().where, "no-such-program");
  EXPECT_EQ(called.error().found, "No such file or directory");
}

TEST_F(Call, ASubmittedJobHasItsId) {
  const SubmitAnswer answer = submitted_by("echo \"id 7 of $(basename \"$1\")\"");
  EXPECT_EQ(answer.kind, Kind::accepted);
  EXPECT_EQ(answer.text, "7 of job.sh");
}

TEST_F(Call, QsubAndBsubRefuseWithStatusesAbove128) {
  EXPECT_EQ(submitted_by("echo 'qsub: Unknown queue' >&2; exit 170").kind, Kind::refused);
  EXPECT_EQ(submitted_by("echo 'no: No such queue. Job not submitted.' >&2; exit 255").kind, Kind::refused);
}

TEST_F(Call, ARefusalSaysWhatTheSchedulerSaid) {
  const SubmitAnswer answer = submitted_by("echo 'error: invalid partition\nfailed' >&2; exit 1");
  EXPECT_EQ(answer.kind, Kind::refused);
  EXPECT_EQ(answer.text, "sh ended with status 1: error: invalid partition failed");
}

TEST_F(Call, WhatIsNeitherAnIdNorARefusalIsUnclear) {
  EXPECT_EQ(submitted_by("echo queued").kind, Kind::unclear);
  EXPECT_EQ(submitted_by("echo 'Socket timed out on send/recv operation' >&2; exit 1").kind, Kind::unclear);
  EXPECT_EQ(submitted_by("kill -KILL $$").kind, Kind::unclear);
}

TEST_F(Call, AStateThatIsNotToldIsAnErrorWithWhatWasSaid) {
  const FakeScheduler silent("", "echo 'cannot connect' >&2; exit 1", "");
  const auto state = ask_state(silent, "7", 0, folder());
  ASSERT_FALSE(state);
  EXPECT_NE(state.error().found.find("cannot connect"), std::string::npos);
  const FakeScheduler telling("", "test \"$1 $2\" = '7 3' && echo preempted", "");
  EXPECT_EQ(ask_state(telling, "7", 3, folder()).value_or(JobState::unknown), JobState::preempted);
}

TEST_F(Call, AJobThatCannotBeCancelledIsNamed) {
  EXPECT_TRUE(cancel(FakeScheduler("", "", "test $1 = 7"), "7", folder()));
  EXPECT_EQ(cancel(FakeScheduler("", "", "echo denied >&2; exit 1"), "7", folder()).error().to_string(),
            "job 7: found sh ended with status 1: denied, expected a job that can be cancelled");
}

TEST_F(Call, ASchedulerIsFoundByItsNameOrTheNearestIsSaid) {
  EXPECT_EQ((*scheduler_named("local", "--scheduler"))->name(), "local");
  EXPECT_EQ(scheduler_named("locl", "--scheduler").error().to_string(),
            "--scheduler: found 'locl', expected local");
}

}  // namespace
}  // namespace upout::harness::schedulers
