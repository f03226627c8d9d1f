#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "command.h"
#include "temporary_folder.h"

namespace upout::harness::schedulers {

namespace {

/// One script as it is to be. The file's name: SCHEDULER-WHAT.sh.
struct Golden {
  const Scheduler* scheduler;
  std::string what;
  JobRequest job;
  Resources resources;
};

std::vector<std::string> command_of(const std::string& folder) {
  return {"/opt/upout/bin/upout", "sweep", "/home/user/it's a sweep/plan.toml", "--out", folder, "--launcher",
          "LAUNCHER -n {ranks}"};
}

Golden plain(const Scheduler& scheduler) {
  const std::string folder = "/home/user/sweep/jobs/1";
  return {&scheduler, "plain", {.name = "quick-1", .folder = folder, .command = command_of(folder)}, {}};
}

/// What a scheduler has no place for is left out.
Golden everything(const Scheduler& scheduler) {
  const bool is_local = scheduler.name() == "local";
  const bool has_constraints = scheduler.name() != "lsf-jsrun";
  const std::string folder = "/home/user/it's a \"sweep\"; $(true) `true` é/jobs/2";
  return {&scheduler,
          "everything",
          {.name = "scale-out-2",
           .folder = folder,
           .nodes = is_local ? 1U : 3U,
           .time = std::chrono::minutes(150),
           .notice = std::chrono::seconds(300),
           .command = command_of(folder)},
          {.nodes = 4,
           .ranks_per_node = 2,
           .cores_per_rank = 16,
           .memory_bytes_per_node = 64ULL << 30U,
           .time = std::chrono::minutes(240),
           .queue = "normal",
           .account = "project-7",
           .constraint = has_constraints ? "rome" : "",
           .modules = {"gcc/12.2", "openmpi/4.1"},
           .prologue = {"ulimit -l unlimited", "export UCX_TLS=rc,self; echo \"on $(hostname)\""}}};
}

Golden array(const Scheduler& scheduler) {
  const std::string folder = "/home/user/sweep/jobs/3";
  return {&scheduler,
          "array",
          {.name = "skew-3",
           .folder = folder,
           .time = std::chrono::minutes(1),
           .tasks = 5,
           .command = command_of(folder + "/task-{task}")},
          {.exclusive = scheduler.name() == "lsf-jsrun"}};
}

std::vector<Golden> all() {
  std::vector<Golden> goldens;
  for (const Scheduler* scheduler : all_schedulers()) {
    goldens.push_back(plain(*scheduler));
    goldens.push_back(everything(*scheduler));
    if (scheduler->name() != "flux") goldens.push_back(array(*scheduler));
  }
  return goldens;
}

std::string name_of(const Golden& golden) {
  return std::string(golden.scheduler->name()) + "-" + golden.what + ".sh";
}

const std::filesystem::path folder = UPOUT_SOURCE_DIR "/tests/harness/schedulers/golden";

}  // namespace

/// UPOUT_WRITE_GOLDEN=1 in the environment writes them anew; then read the difference.
TEST(JobScripts, AreAsTheyWere) {
  for (const Golden& golden : all()) {
    const auto script = golden.scheduler->render(golden.job, golden.resources);
    ASSERT_TRUE(script) << name_of(golden) << ": " << script.error().to_string();
    if (std::getenv("UPOUT_WRITE_GOLDEN") != nullptr) std::ofstream(folder / name_of(golden)) << *script;
    EXPECT_EQ(*script, text_of(folder / name_of(golden))) << name_of(golden);
  }
}

TEST(JobScripts, AreAllThatAreInTheFolder) {
  std::set<std::string> known;
  for (const Golden& golden : all()) known.insert(name_of(golden));
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    EXPECT_TRUE(known.contains(entry.path().filename())) << entry.path();
}

TEST(JobScripts, AreReadableByTheShell) {
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    EXPECT_EQ(run_in("/", {"bash", "-n", entry.path()}).exit_status, 0) << entry.path();
}

}  // namespace upout::harness::schedulers
