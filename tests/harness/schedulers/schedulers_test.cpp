#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <map>

#include "command.h"
#include "harness/schedulers/kinds.h"
#include "temporary_folder.h"

namespace upout::harness::schedulers {

namespace {

/// A scheduler whose programs are stand-ins (tests/harness/schedulers/fake).
class WithStandIns : public testing::TestWithParam<std::string> {
 protected:
  WithStandIns() { std::filesystem::create_directories(folder_ / "fake"); }

  const Scheduler& scheduler() const { return *find_scheduler(GetParam()); }

  Outcome run(const CommandLine& command, const std::string& folder = "/") const {
    return run_in(folder, command,
                  "FAKE=" + quote((folder_ / "fake").string()) + " PATH=" + quote(programs_) + ":\"$PATH\"");
  }
  /// Writes the script into the job's folder and submits it there.
  Outcome submit(const JobRequest& job, const Resources& resources = {}) const {
    std::filesystem::create_directories(job.folder);
    const auto script = scheduler().render(job, resources);
    EXPECT_TRUE(script) << script.error().to_string();
    std::ofstream(std::filesystem::path(job.folder) / "job.sh") << *script;
    return run(scheduler().submit_command("job.sh"), job.folder);
  }
  std::string id_of(const Outcome& submitted) const {
    EXPECT_EQ(submitted.exit_status, 0) << submitted.output;
    const auto id = scheduler().read_id(submitted.output);
    EXPECT_TRUE(id) << id.error().to_string();
    return id.value_or("");
  }
  platform::Expected<JobState> state(const std::string& id, unsigned task = 0) const {
    const Outcome outcome = run(scheduler().state_command(id, task));
    EXPECT_NE(outcome.exit_status, 99) << outcome.output;
    return scheduler().read_state(outcome.output, outcome.exit_status);
  }
  /// Lets the stand-in say what became of a job.
  void become(const std::string& id, const std::string& what) const {
    folder_.write("fake/" + number(id) + ".state", what + "\n");
  }
  void execute(const std::string& id, const std::string& task = "") const {
    EXPECT_EQ(run({programs_ + "/run", number(id), task}).exit_status, 0);
  }
  JobRequest job(std::vector<std::string> command, const std::string& name = "job",
                 unsigned tasks = 1) const {
    return {.name = "job", .folder = folder_ / name, .tasks = tasks, .command = std::move(command)};
  }

  static std::string number(const std::string& id) { return id.substr(0, id.find_first_of(".[")); }

  TemporaryFolder folder_;
  std::string programs_ = UPOUT_SOURCE_DIR "/tests/harness/schedulers/fake";
};

const std::vector<std::string> hostile = {"a b",
                                          "it's",
                                          "\"quoted\"",
                                          "$HOME",
                                          "$(touch broken)",
                                          "`touch broken`",
                                          "a;touch broken",
                                          "a&&touch broken",
                                          "a|touch broken",
                                          "a>broken",
                                          "*",
                                          "~",
                                          "#no comment",
                                          "-n",
                                          "\\",
                                          "\\n",
                                          "a\\'b",
                                          "!history",
                                          "{a,b}",
                                          "é€ \xf0\x9f\x98\x80",
                                          "%j %a %I",
                                          "{{id}}",
                                          "^array_index^",
                                          "PROGRAM",
                                          ""};

std::string lines_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + "\n";
  return text;
}

std::string output_of(const JobRequest& job, const std::string& name = "output.log") {
  return text_of(std::filesystem::path(job.folder) / name);
}

}  // namespace

TEST_P(WithStandIns, AJobIsSubmittedAndRuns) {
  const JobRequest request = job({"echo", "done"});
  const std::string id = id_of(submit(request));
  EXPECT_EQ(state(id).value(), JobState::queued);
  execute(id);
  EXPECT_EQ(state(id).value(), JobState::done);
  EXPECT_EQ(output_of(request), "done\n");
}

/// What stands in a script reaches the program as it is, wherever the job's folder is.
TEST_P(WithStandIns, NothingBreaksOut) {
  std::vector<std::string> command = {"printf", "%s\\n"};
  command.insert(command.end(), hostile.begin(), hostile.end());
  // All of them in one name, and each alone on the way to it.
  std::string name;
  for (const std::string& word : hostile) name += word + "_";
  for (const std::string& word : hostile) name += "/" + word;
  const JobRequest request = job(command, name);
  execute(id_of(submit(request)));
  EXPECT_EQ(output_of(request), lines_of(hostile));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / ""))
    EXPECT_NE(entry.path().filename(), "broken") << entry.path();
}

TEST_P(WithStandIns, EverythingThatAPlanMayAskForIsAccepted) {
  Resources resources{.nodes = 3,
                      .ranks_per_node = 2,
                      .cores_per_rank = 4,
                      .memory_bytes_per_node = 3ULL << 30U,
                      .queue = "a.b_c-d+e@f:g",
                      .account = "a.b_c-d+e@f:g",
                      .constraint = GetParam() == "lsf-jsrun" ? "" : "big_1",
                      .prologue = {"export FROM_PROLOGUE='as it is'", "alias module=false"}};
  JobRequest request = job({"bash", "-c", "echo \"$FROM_PROLOGUE\""});
  request.nodes = 2;
  request.time = std::chrono::minutes(59);
  const std::string id = id_of(submit(request, resources));
  execute(id);
  EXPECT_EQ(output_of(request), "as it is\n");
}

TEST_P(WithStandIns, ModulesAreLoadedBeforeAnythingElse) {
  const std::string tools =
      folder_.write("tools", "module() { echo \"module $*\"; [ \"$2\" != missing ]; }; export -f module\n");
  const auto with = [&](const std::vector<std::string>& modules) {
    const JobRequest request = job({"echo", "ran"}, modules.back() == "missing" ? "bad" : "good");
    const std::string id = id_of(submit(request, {.modules = modules, .prologue = {"echo prologue"}}));
    run({"bash", "-c", ". " + quote(tools) + "; exec " + quote(programs_ + "/run") + " " + number(id)});
    return std::pair(output_of(request), state(id).value());
  };
  EXPECT_EQ(with({"gcc/12.2", "mpi"}),
            std::pair(std::string("module load gcc/12.2\nmodule load mpi\nprologue\nran\n"), JobState::done));
  EXPECT_EQ(with({"missing"}), std::pair(std::string("module load missing\n"), JobState::failed));
}

TEST_P(WithStandIns, StatesAreToldApart) {
  const bool preemption_requeues = GetParam() == "pbs";
  const std::string id = id_of(submit(job({"true"})));
  for (const auto& [said, expected] :
       {std::pair{"queued", JobState::queued},
        {"running", JobState::running},
        {"done", JobState::done},
        {"failed", JobState::failed},
        {"told", JobState::timed_out},
        {"timeout", JobState::timed_out},
        {"preempted", preemption_requeues ? JobState::queued : JobState::preempted},
        {"node", JobState::node_failed}}) {
    become(id, said);
    EXPECT_EQ(state(id).value(), expected) << said;
  }
  EXPECT_EQ(run(scheduler().cancel_command(id)).exit_status, 0);
  EXPECT_EQ(state(id).value(), JobState::cancelled);
  std::filesystem::remove(folder_ / ("fake/" + number(id) + ".state"));
  EXPECT_EQ(state(id).value(), JobState::unknown);
}

/// Neither what is no state nor a scheduler that does not answer is taken for a job's end.
TEST_P(WithStandIns, WhatIsNotUnderstoodIsAnError) {
  for (const char* output : {"", "nonsense", "Unable to contact slurm controller (connect failure)",
                             "cannot connect to server pbs (errno=111)", "LSF is down. Please wait ...",
                             "flux-jobs: ERROR: Unable to connect to Flux: ENOENT", "JobId=1 JobState=NEWLY ",
                             "    job_state = ?", "STRANGE|1|-", "INACTIVE|STRANGE||"}) {
    const auto state = scheduler().read_state(output, 1);
    ASSERT_FALSE(state) << output;
    const std::string error = state.error().to_string();
    EXPECT_NE(error.find("exit status 1"), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
  for (const char* output :
       {"", "nonsense", "12 13", "Job <x> is submitted", "Job <12> is not found", "12;\n13", "[].server"})
    EXPECT_FALSE(scheduler().read_id(output)) << output;
}

TEST_P(WithStandIns, AQueueThatDoesNotExistIsRefusedBySubmission) {
  EXPECT_NE(submit(job({"true"}), {.queue = "nowhere"}).exit_status, 0);
}

TEST_P(WithStandIns, TasksOfAnArrayHaveTheirOwnNumberLogAndState) {
  const JobRequest request =
      job({"bash", "-c", "echo \"$1\"; [ \"$1\" != 'b 2 {' ]", "-", "b {task} {"}, "it's", 3);
  if (GetParam() == "flux") {
    EXPECT_EQ(
        scheduler().render(request, {}).error().to_string(),
        "--scheduler flux: found an array of 3 tasks, expected jobs of their own, for Flux has no arrays of "
        "batch jobs");
    return;
  }
  const std::string id = id_of(submit(request));
  execute(id, "2");
  execute(id, "3");
  EXPECT_EQ(state(id, 1).value(), JobState::queued);
  EXPECT_EQ(state(id, 2).value(), JobState::failed);
  EXPECT_EQ(state(id, 3).value(), JobState::done);
  EXPECT_EQ(output_of(request, "output-3.log"), "b 3 {\n");
}

/// SIGTERM reaches the command itself, and how it ends is how the job ends.
TEST_P(WithStandIns, ACommandThatIsToldByItsScriptEndsTheJob) {
  const JobRequest request =
      job({"bash", "-c", "trap 'echo told; exit 143' TERM; for i in {1..3000}; do sleep 0.02; done"});
  const std::string id = id_of(submit(request));
  const std::string script = text_of(std::filesystem::path(request.folder) / "job.sh");
  const std::string own = "timeout --foreground --signal=TERM 3480 ";
  if (GetParam() == "slurm") {
    EXPECT_NE(script.find("#SBATCH --signal=B:TERM@120\n"), std::string::npos);
    EXPECT_EQ(script.find(own), std::string::npos);
    return;
  }
  const auto place = script.find(own);
  ASSERT_NE(place, std::string::npos);
  folder_.write("fake/" + number(id) + ".sh",
                std::string(script).replace(place, own.size(), "timeout --foreground --signal=TERM 1 "));
  execute(id);
  EXPECT_EQ(output_of(request), "told\n");
  EXPECT_EQ(state(id).value(), JobState::timed_out);
}

TEST_P(WithStandIns, WhatMustNotStandInAScriptIsRefused) {
  const auto error = [&](const JobRequest& request, const Resources& resources) {
    const auto script = scheduler().render(request, resources);
    return script ? "no error" : script.error().to_string();
  };
  for (const char* text : {"a\nb", "a\rb", "a\x7f", "a\xc2\x85z"}) {
    EXPECT_EQ(error(job({"true", text}), {}).find("the job's command: found a line break"), 0U) << text;
    EXPECT_EQ(error(job({"true"}, text), {}).find("the job's folder: found a line break"), 0U) << text;
    EXPECT_EQ(error(job({"true"}), {.prologue = {text}}).find("prologue: found a line break"), 0U) << text;
  }
  for (const char* name : {"a b", "a;b", "$(a)", "-x", "a'b", "a\nb", "a,b", "a=b"}) {
    EXPECT_EQ(error(job({"true"}), {.queue = name}).find("queue: found '"), 0U) << name;
    EXPECT_EQ(error(job({"true"}), {.account = name}).find("account: found '"), 0U) << name;
    EXPECT_EQ(error(job({"true"}), {.constraint = name}).find("constraint: found '"), 0U) << name;
    EXPECT_EQ(error(job({"true"}), {.modules = {name}}).find("modules: found '"), 0U) << name;
    JobRequest named = job({"true"});
    named.name = name;
    EXPECT_EQ(error(named, {}).find("the job's name: found '"), 0U) << name;
  }
  JobRequest large = job({"true"});
  large.nodes = 2;
  EXPECT_NE(error(large, {}), "no error");
  JobRequest longer = job({"true"});
  longer.time = std::chrono::minutes(61);
  EXPECT_NE(error(longer, {}), "no error");
}

INSTANTIATE_TEST_SUITE_P(All, WithStandIns, testing::Values("slurm", "pbs", "lsf", "lsf-jsrun", "flux"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

using WithPbs = WithStandIns;
INSTANTIATE_TEST_SUITE_P(Pbs, WithPbs, testing::Values("pbs"));

TEST_P(WithPbs, AServerThatKeepsNoHistoryTellsOfJobsThatAreNotOver) {
  const std::string id = id_of(submit(job({"true"})));
  folder_.write("fake/no-history", "");
  EXPECT_EQ(state(id).value(), JobState::queued);
  std::filesystem::remove(folder_ / ("fake/" + number(id) + ".state"));
  EXPECT_EQ(state(id).value(), JobState::unknown);
}

using WithSlurm = WithStandIns;
INSTANTIATE_TEST_SUITE_P(Slurm, WithSlurm, testing::Values("slurm"));

TEST_P(WithSlurm, ATaskMayBeForgottenBeforeItsArrayIs) {
  const std::string id = id_of(submit(job({"true"}, "array", 2)));
  folder_.write("fake/" + number(id) + ".1.state", "purged\n");
  EXPECT_EQ(state(id, 1).value(), JobState::unknown);
  EXPECT_EQ(state(id, 2).value(), JobState::queued);
}

using WithFlux = WithStandIns;
INSTANTIATE_TEST_SUITE_P(Flux, WithFlux, testing::Values("flux"));

/// Or it would be submitted twice.
TEST_P(WithFlux, AJobWhoseIdIsNotToldIsNotTakenForRefused) {
  std::filesystem::create_directories(folder_ / "fake");
  folder_.write("fake/no-ids", "");
  const Outcome submitted = submit(job({"true"}));
  EXPECT_EQ(submitted.exit_status, 0);
  EXPECT_FALSE(scheduler().read_id(submitted.output));
}

TEST(Schedulers, ConstraintsHaveNoOperatorsOfTheirs) {
  const auto error = [](const Scheduler& scheduler, const std::string& constraint) {
    const auto script =
        scheduler.render({.name = "job", .folder = "/a", .command = {"true"}}, {.constraint = constraint});
    return script ? "no error" : script.error().to_string();
  };
  EXPECT_EQ(error(pbs(), "a:ncpus"),
            "constraint: found 'a:ncpus', expected a name without any of .:@+, which mean something to PBS");
  for (const char* constraint : {"a-b", "a.b", "a+b", "a:b", "a@b"})
    EXPECT_NE(error(lsf(), constraint), "no error");
  EXPECT_NE(error(flux(), "rank:0"), "no error");
  EXPECT_NE(error(lsf_jsrun(), "a"), "no error");
  EXPECT_EQ(error(slurm(), "a.b_c-d+e@f:g"), "no error");
}

TEST(Schedulers, MemoryIsAskedForWhereItCanBe) {
  const auto script = [](const Scheduler& scheduler, bool exclusive) {
    const auto rendered =
        scheduler.render({.name = "job", .folder = "/a", .command = {"true"}},
                         {.memory_bytes_per_node = (1ULL << 30U) + 1, .exclusive = exclusive});
    return rendered ? *rendered : rendered.error().to_string();
  };
  EXPECT_NE(script(slurm(), true).find("--mem=1025M\n"), std::string::npos);
  EXPECT_NE(script(pbs(), true).find(":mem=1025mb\n"), std::string::npos);
  EXPECT_NE(script(lsf(), true).find("rusage[mem=1025MB/host]"), std::string::npos);
  EXPECT_EQ(script(flux(), false),
            "memory: found an amount of it, expected exclusive = true, for Flux hands out no memory alone");
}

/// By which MPI a program is linked with, and what Slurm offers. `ldd` and `srun` are stand-ins.
TEST(Schedulers, SlurmStartsRanksAsTheirMpiWantsIt) {
  const TemporaryFolder folder;
  const auto choice = [&](const std::string& library, const std::string& offered,
                          const std::string& own = "") {
    const auto program = [&](const std::string& name, const std::string& text) {
      const std::string path = folder.write(name, "#!/bin/sh\n" + text + "\n");
      std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    };
    program("ldd", "echo '\t" + library + " => /lib/" + library + " (0x1)'");
    program("srun", "echo 'MPI plugin types are...' " + offered + " >&2");
    const std::string show = folder.write("show", "");
    program("show", "echo \"${SLURM_MPI_TYPE:-none} $SRUN_CPUS_PER_TASK\"");
    const auto script = slurm().render({.name = "job", .folder = folder / "", .command = {show}}, {});
    const std::string path = folder.write("job.sh", script.value());
    return run_in("/", {"bash", path},
                  own + " SLURM_CPUS_PER_TASK=7 PATH=" + quote((folder / "").string()) + ":\"$PATH\"")
        .output;
  };
  EXPECT_EQ(choice("libmpi.so.40", "none pmi2 pmix pmix_v4"), "pmix 7\n");
  EXPECT_EQ(choice("libmpi.so.40", "none pmi2 pmix_v4"), "none 7\n");
  EXPECT_EQ(choice("libmpich.so.12", "none pmi2 pmix"), "pmi2 7\n");
  EXPECT_EQ(choice("libmpi.so.12", "none pmi2 pmix"), "pmi2 7\n");
  EXPECT_EQ(choice("libelse.so.1", "none pmi2 pmix"), "none 7\n");
  EXPECT_EQ(choice("libmpi.so.40", "none pmi2 pmix", "SLURM_MPI_TYPE=cray_shasta"), "cray_shasta 7\n");
}

TEST(Schedulers, TheOneWhoseProgramsAreThereIsTheOneHere) {
  const TemporaryFolder folder;
  const std::string before = std::getenv("PATH");
  const auto here = [&](const std::vector<std::string>& programs) {
    std::filesystem::remove_all(folder / "bin");
    std::filesystem::create_directories(folder / "bin");
    for (const std::string& program : programs)
      std::filesystem::permissions(folder.write("bin/" + program, ""), std::filesystem::perms::owner_all);
    setenv("PATH", ("/nowhere:" + (folder / "bin").string()).c_str(), 1);
    const std::string name(scheduler_here().name());
    setenv("PATH", before.c_str(), 1);
    return name;
  };
  EXPECT_EQ(here({}), "local");
  EXPECT_EQ(here({"sbatch", "qsub"}), "slurm");
  EXPECT_EQ(here({"qsub"}), "pbs");
  EXPECT_EQ(here({"bsub"}), "lsf");
  EXPECT_EQ(here({"bsub", "jsrun"}), "lsf-jsrun");
  EXPECT_EQ(here({"flux"}), "flux");
  EXPECT_EQ(find_scheduler("sluurm"), nullptr);
}

}  // namespace upout::harness::schedulers
