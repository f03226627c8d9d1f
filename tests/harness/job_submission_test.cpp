#include "harness/job_submission.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include "harness/submission_status.h"
#include "sample_documents.h"
#include "schedulers/fake_scheduler.h"
#include "temporary_folder.h"

namespace upout::harness {
namespace {

namespace fs = std::filesystem;
using schedulers::FakeScheduler;
using schedulers::JobState;

constexpr const char* plan_text = R"(
title = "Some jobs"
[resources]
nodes = 2
ranks_per_node = 2
time = "1h"
[defaults]
workload = "ycsb-c"
[[points]]
engine = "shared-memory"
threads = [1, 2]
[[points]]
engine = "shared-nothing"
ranks = [2, 4]
)";

/// A sweep of two jobs: of three points on one node, and of one on two. Its scheduler writes down what is
/// submitted, and says of a job what stands in the file state.ID.
class JobSubmission : public testing::Test {
 protected:
  JobSubmission() : fake_(fake(":")) {}

  std::string root() const { return folder_ / ""; }
  std::string out() const { return folder_ / "out"; }
  /// `before`: shell that runs first when a job is submitted.
  FakeScheduler fake(const std::string& before) const {
    return {"n=$(basename $(dirname $1)); " + before + "; echo $n >>" + root() + "submitted; echo id 10$n",
            "cat " + root() + "state.$1.$2 2>/dev/null || echo running", "true"};
  }
  void set_state(const std::string& id, const std::string& state, const std::string& task = "0") const {
    folder_.write("state." + id + "." + task, state + "\n");
  }
  Plan plan() const { return read_plan(folder_.write("plan.toml", text_), MachineSize{1}).value(); }
  platform::Expected<PreparedJobs> submit(const FakeScheduler& scheduler, SubmitOptions options = {}) {
    made_.clear();
    auto sweep = SubmittedSweep::begin(plan(), out(), scheduler, MachineSize{1});
    if (!sweep) return tl::unexpected(sweep.error());
    options.program = "/opt/upout";
    auto prepared = prepare_jobs(*sweep, options);
    if (!prepared) return prepared;
    const auto submitted =
        submit_jobs(*sweep, prepared->jobs, [&](const MadeJob& made) { made_.push_back(made); });
    return submitted.map([&] { return std::move(*prepared); });
  }
  PreparedJobs submit(SubmitOptions options = {}) {
    const auto prepared = submit(fake_, std::move(options));
    EXPECT_TRUE(prepared) << prepared.error().to_string();
    return prepared.value_or(PreparedJobs{});
  }
  schedulers::Submission books() const {
    return schedulers::read_submission(folder_ / "out/submission.json").value();
  }
  std::string submitted() const { return text_of(folder_ / "submitted"); }
  std::string id(std::size_t point) const { return plan().points.at(point).id; }
  void finish(const std::string& job, std::size_t number) const {
    const Point point = plan().points.at(number);
    RunRecord record = samples::run(std::string(point.engine->name), point.workers, "ycsb-c", 1e6);
    record.id = point.id;
    fs::create_directories(folder_ / ("out/" + job + "/points"));
    ASSERT_TRUE(write_document(samples::document(record),
                               folder_ / ("out/" + job + "/points/" + point.id + ".json")));
  }

  TemporaryFolder folder_;
  std::string text_ = plan_text;
  FakeScheduler fake_;
  std::vector<MadeJob> made_;
};

TEST_F(JobSubmission, PutsPointsOfAsManyNodesIntoAJobAndKeepsBooks) {
  const PreparedJobs summary = submit();
  EXPECT_EQ(summary.points, 4U);
  EXPECT_EQ(submitted(), "1\n2\n");
  ASSERT_EQ(made_.size(), 2U);
  EXPECT_EQ(made_[0].points(), 3U);
  const schedulers::Submission kept = books();
  EXPECT_EQ(kept.scheduler, "fake");
  ASSERT_EQ(kept.jobs.size(), 2U);
  EXPECT_EQ(kept.jobs[0].id, "101");
  EXPECT_EQ(kept.jobs[0].nodes, 1U);
  EXPECT_EQ(kept.jobs[0].tasks.at(0).points, (std::vector{id(0), id(1), id(2)}));
  EXPECT_EQ(kept.jobs[1].id, "102");
  EXPECT_EQ(kept.jobs[1].nodes, 2U);
  EXPECT_EQ(kept.jobs[1].tasks.at(0).points, (std::vector{id(3)}));
}

TEST_F(JobSubmission, AJobSweepsItsPointsIntoAFolderOfItsOwn) {
  submit();
  const std::string job = out() + "/jobs/1";
  EXPECT_EQ(text_of(job + "/job.sh"), "# upout-some-jobs-1 1 nodes 1 tasks 60 minutes\n/opt/upout\nsweep\n" +
                                          out() + "/plan.toml\n--out\n" + job + "\n--points\n@" + job +
                                          "/points.txt\n--launcher\nstart {ranks}\n");
  EXPECT_EQ(text_of(job + "/points.txt"), id(0) + "\n" + id(1) + "\n" + id(2) + "\n");
  EXPECT_NE(fs::status(job + "/job.sh").permissions() & fs::perms::owner_exec, fs::perms::none);
}

TEST_F(JobSubmission, AnotherLauncherTakesThePlaceOfTheSchedulersOwn) {
  submit({.launcher = "mine {ranks}"});
  EXPECT_TRUE(text_of(out() + "/jobs/2/job.sh").ends_with("--launcher\nmine {ranks}\n"));
}

/// Open MPI's mpirun ends all ranks with the first, unless it is told not to.
TEST_F(JobSubmission, WhereRanksAreKilledTheLauncherLeavesTheOthersAlone) {
  const auto launched = [&](const std::string& folder, const std::string& launcher) {
    const FakeScheduler scheduler("echo id 1", "echo running", "true", launcher);
    auto sweep = SubmittedSweep::begin(plan(), folder_ / folder, scheduler, MachineSize{1});
    EXPECT_TRUE(sweep && prepare_jobs(*sweep, {.program = "/opt/upout"}));
    const std::string script = text_of(folder_ / (folder + "/jobs/1/job.sh"));
    return script.substr(script.find("--launcher\n"));
  };
  EXPECT_EQ(launched("whole", "mpirun -n {ranks}"), "--launcher\nmpirun -n {ranks}\n");
  text_ +=
      "[[points]]\nengine = 'shared-nothing'\nranks = 3\nworkload = 'ledger'\nreplicas = 2\n"
      "fault = 'kill=1@1s'\n";
  EXPECT_EQ(launched("damaged", "mpirun -n {ranks}"), "--launcher\nmpirun -n {ranks} --enable-recovery\n");
  EXPECT_EQ(launched("else", "start {ranks}"), "--launcher\nstart {ranks}\n");
}

TEST_F(JobSubmission, AnArrayHasATaskForEachJobThatItStandsFor) {
  text_.replace(text_.find("1h"), 2, "4m");
  text_ += "[[points]]\nengine = 'shared-memory'\nthreads = 2\nseed = [3, 4, 5, 6]\n";
  submit({.array = true});
  EXPECT_EQ(submitted(), "1\n2\n");
  const schedulers::SubmittedJob array = books().jobs.at(0);
  ASSERT_GT(array.tasks.size(), 1U);
  EXPECT_FALSE(books().jobs.at(1).is_array()) << "one job is no array";
  EXPECT_NE(text_of(out() + "/jobs/1/job.sh").find("@" + out() + "/jobs/1/task-{task}/points.txt"),
            std::string::npos);
  for (std::size_t n = 0; n < array.tasks.size(); ++n) {
    std::string list;
    for (const std::string& point : array.tasks[n].points) list += point + "\n";
    EXPECT_EQ(text_of(out() + "/" + array.folder_of(n) + "/points.txt"), list);
  }
  set_state("101", "done", "1");
  submit();
  EXPECT_EQ(books().jobs[0].tasks[0].state, JobState::done);
  EXPECT_EQ(books().jobs[0].tasks[1].state, JobState::running);
}

TEST_F(JobSubmission, PreparingWritesScriptsAndSubmitsNothing) {
  auto sweep = SubmittedSweep::begin(plan(), out(), fake_, MachineSize{1});
  const auto prepared = prepare_jobs(*sweep, {.program = "/opt/upout"});
  ASSERT_TRUE(prepared) << prepared.error().to_string();
  EXPECT_EQ(prepared->points, 4U);
  for (const MadeJob& job : prepared->jobs) EXPECT_TRUE(fs::exists(job.script));
  EXPECT_EQ(submitted(), "");
  EXPECT_FALSE(fs::exists(out() + "/submission.json"));
}

TEST_F(JobSubmission, WhatIsInAJobIsNotSubmittedAgain) {
  submit();
  const PreparedJobs again = submit();
  EXPECT_EQ(again.points, 0U);
  EXPECT_EQ(again.in_jobs, 4U);
  EXPECT_EQ(submitted(), "1\n2\n");
}

TEST_F(JobSubmission, OfAJobThatWasEndedOnlyWhatIsMissingIsSubmittedAgain) {
  for (const std::string state :
       {"timed_out", "preempted", "node_failed", "cancelled", "failed", "unknown"}) {
    fs::remove_all(out());
    fs::remove(folder_ / "submitted");
    fs::remove(folder_ / "state.101.0");
    submit();
    finish("jobs/1", 1);
    set_state("101", state);
    const PreparedJobs again = submit();
    EXPECT_EQ(again.points, 2U) << state;
    EXPECT_EQ(again.finished, 1U);
    EXPECT_EQ(again.in_jobs, 1U);
    EXPECT_EQ(submitted(), "1\n2\n3\n");
    EXPECT_EQ(books().jobs.at(2).attempt, 2U);
    EXPECT_EQ(books().jobs.at(2).tasks.at(0).points, (std::vector{id(0), id(2)}));
    EXPECT_TRUE(fs::exists(out() + "/points/" + id(1) + ".json")) << "what was finished is collected";
  }
}

TEST_F(JobSubmission, APointThatFailedIsLeftAloneUnlessItIsAskedFor) {
  submit();
  set_state("101", "failed");
  finish("jobs/1", 0);
  finish("jobs/1", 1);
  const SweepFolder job(fs::path(out()) / "jobs/1");
  ASSERT_TRUE(job.note_failure(plan().points.at(2), "ended with status 3"));
  const PreparedJobs left = submit();
  EXPECT_EQ(left.failed, 1U);
  EXPECT_EQ(left.points, 0U);
  EXPECT_EQ(submit({.retry_failed = true}).points, 1U);
  EXPECT_EQ(books().jobs.at(2).tasks.at(0).points, (std::vector{id(2)}));
}

TEST_F(JobSubmission, ARefusedJobIsNoneAndThoseBeforeStaySubmitted) {
  const auto refused = submit(fake("test $n != 2 || { echo 'invalid partition' >&2; exit 1; }"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "job 2 (upout-some-jobs-2)");
  EXPECT_NE(refused.error().found.find("invalid partition"), std::string::npos);
  EXPECT_EQ(books().jobs.size(), 1U);
  EXPECT_EQ(submit().points, 1U);
  EXPECT_EQ(submitted(), "1\n2\n");
}

TEST_F(JobSubmission, WhatIsUnclearIsNotSubmittedAgainUntilSomebodyHasLooked) {
  ASSERT_FALSE(submit(fake("echo $n >>" + root() + "submitted; echo queued; exit 0")));
  const auto refused = submit(fake_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().to_string(),
      out() +
          "/submission.json: found job 1 without an id: upout was ended while it submitted it, expected "
          "a look at the scheduler's list of your jobs: if upout-some-jobs-1 is there, --job 1=ID, and "
          "--job 1=none if not");
  EXPECT_EQ(submitted(), "1\n");
  EXPECT_FALSE(submit(fake_, {.ids = {{2, "7"}}})) << "there is no such job";
  EXPECT_EQ(submit({.ids = {{1, "77"}}}).in_jobs, 3U);
  EXPECT_EQ(books().jobs.at(0).id, "77");
  EXPECT_EQ(submitted(), "1\n2\n");
}

TEST_F(JobSubmission, AJobThatNeverWasIsMissingAgain) {
  ASSERT_FALSE(submit(fake("echo 'Connection timed out' >&2; exit 1")));
  EXPECT_EQ(submit({.ids = {{1, ""}}}).points, 4U);
  EXPECT_EQ(submitted(), "2\n3\n");
}

TEST_F(JobSubmission, WhoIsKilledBetweenASubmissionAndTheBooksForgetsNothing) {
  const pid_t child = fork();
  if (child == 0) {
    submit(fake("test $n != 2 || { echo $n >>" + root() + "submitted; kill -KILL $PPID; exit; }"));
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(submitted(), "1\n2\n");
  EXPECT_EQ(books().jobs.at(0).id, "101");
  EXPECT_FALSE(books().jobs.at(1).has_id());
  EXPECT_FALSE(submit(fake_));
  EXPECT_EQ(submitted(), "1\n2\n") << "not a second time";
}

TEST_F(JobSubmission, OnAFullDiskTheErrorHasTheIdThatCouldNotBeWrittenDown) {
  const auto full = submit(fake("ln -s /dev/full " + out() + "/submission.json.part-$PPID"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().where, out() + "/submission.json");
  EXPECT_EQ(full.error().found, "No space left on device");
  EXPECT_NE(full.error().expected.find("--job 1=101"), std::string::npos);
  EXPECT_FALSE(books().jobs.at(0).has_id()) << "as before it was submitted";
}

TEST_F(JobSubmission, NothingIsSubmittedIfTheSchedulerDoesNotTell) {
  submit();
  set_state("101", "timed_out");
  set_state("102", "nonsense");
  EXPECT_FALSE(submit(fake_));
  EXPECT_EQ(submitted(), "1\n2\n");
}

TEST_F(JobSubmission, NothingIsSubmittedIfAJobCannotBeRendered) {
  text_.replace(text_.find("Some jobs"), 9, "unrenderable");
  EXPECT_EQ(submit(fake_).error().found, "what cannot be rendered");
  EXPECT_EQ(submitted(), "");
}

TEST_F(JobSubmission, APropertyFileGoesAlongAndMayNotChange) {
  folder_.write("some.properties", "recordcount=1000\n");
  text_ += "[[points]]\nengine = 'shared-memory'\nthreads = 1\nproperties_file = 'some.properties'\n";
  EXPECT_EQ(submit().points, 5U);
  EXPECT_EQ(text_of(out() + "/some.properties"), "recordcount=1000\n");
  folder_.write("some.properties", "recordcount=2000\n");
  const auto changed = submit(fake_);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().where, out() + "/some.properties");
}

TEST_F(JobSubmission, LengthsAreInAFileThatAJobFindsFromItsOwnFolder) {
  const std::string point = "[[points]]\nengine = 'shared-memory'\nthreads = 1\n";
  const std::string before = std::exchange(text_, "");
  folder_.write("lengths", "BlockSize\t10\n0\t1\n1\t1\n");
  folder_.write("relative.properties", "fieldlengthdistribution=histogram\nfieldlengthhistogram=lengths\n");
  const fs::path here = fs::current_path();
  fs::current_path(root());
  for (const char* properties :
       {"properties_file = 'relative.properties'\n", "properties = { fieldlengthhistogram = 'lengths' }\n"}) {
    text_ = before + point + properties;
    const auto refused = submit(fake_);
    ASSERT_FALSE(refused) << properties;
    EXPECT_EQ(refused.error().found, "'lengths'") << properties;
  }
  fs::rename("lengths", "hist.txt");
  text_ = before + point + "properties = { fieldlengthdistribution = 'histogram' }\n";
  const auto refused = submit(fake_);
  fs::current_path(here);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().found, "no fieldlengthhistogram");
  EXPECT_EQ(submitted(), "");
}

TEST_F(JobSubmission, ALogIsInAFolderThatAJobFindsFromItsOwnFolder) {
  text_ += "[[points]]\nengine = 'shared-memory'\nthreads = 1\ndurability = 'sync'\nlog_folder = 'disk'\n";
  const auto refused = submit(fake_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().found, "'disk'");
  EXPECT_EQ(submitted(), "");
}

TEST_F(JobSubmission, MoreRanksThanThereIsRoomForNeedALauncherThatStartsThem) {
  text_ += "[[points]]\nengine = 'shared-nothing'\nranks = 5\noversubscribe = true\n";
  const auto refused = submit(fake_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().found, "5 ranks of 1 threads");
  EXPECT_EQ(submitted(), "");
  EXPECT_EQ(submit({.launcher = "mine {ranks}"}).points, 5U);
}

TEST_F(JobSubmission, WhatOnlyTheUserCanMoveIsNotGoingOn) {
  ASSERT_FALSE(submit(fake("echo 'Connection timed out' >&2; exit 1")));
  auto sweep = SubmittedSweep::begin(plan(), out(), fake_, MachineSize{1});
  ASSERT_TRUE(sweep) << sweep.error().to_string();
  EXPECT_FALSE(status_of(*sweep).is_going_on);
  sweep->books().jobs.at(0).id = "7";
  EXPECT_TRUE(status_of(*sweep).is_going_on);
}

TEST_F(JobSubmission, BooksWithPointsOfAnotherPlanAreAnError) {
  submit();
  std::string books = text_of(out() + "/submission.json");
  books.replace(books.find(id(3)), id(3).size(), "other-point");
  folder_.write("out/submission.json", books);
  const auto damaged = submit(fake_);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().where, out() + "/submission.json: /jobs/1");
  EXPECT_EQ(damaged.error().found, "point other-point");
}

TEST_F(JobSubmission, AFolderHasOnePlanAndOneScheduler) {
  submit();
  const auto other =
      SubmittedSweep::begin(plan(), out(), **schedulers::all_schedulers().begin(), MachineSize{1});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().where, "--scheduler");
  text_ += "# more";
  EXPECT_EQ(submit(fake_).error().where, out() + "/plan.toml");
}

TEST_F(JobSubmission, AFolderThatWasNotSubmittedIsAnError) {
  const auto none = SubmittedSweep::open(root(), MachineSize{1}, SubmittedSweep::Use::look);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().found, "no submission.json in it");
  EXPECT_FALSE(fs::exists(folder_ / "lock"));
}

TEST_F(JobSubmission, AnArrayCannotHaveItsPlaceholderInTheFolder) {
  auto sweep = SubmittedSweep::begin(plan(), folder_ / "{task}", fake_, MachineSize{1});
  EXPECT_EQ(prepare_jobs(*sweep, {.array = true}).error().found, "a folder with {task} in its name");
}

TEST_F(JobSubmission, RanksTakeAsManyNodesAsTheyNeed) {
  schedulers::Resources resources;
  resources.nodes = 3;
  resources.ranks_per_node = 4;
  Point point = plan().points.at(3);
  for (const auto& [ranks, nodes] : {std::pair(1U, 1U), {4U, 1U}, {5U, 2U}, {12U, 3U}}) {
    point.workers = ranks;
    EXPECT_EQ(nodes_of(point, resources), nodes);
  }
  point.oversubscribe = true;
  point.workers = 100;
  EXPECT_EQ(nodes_of(point, resources), 3U);
  point.options["transport"] = "ring";
  EXPECT_EQ(nodes_of(point, resources), 1U) << "threads of one process";
}

}  // namespace
}  // namespace upout::harness
