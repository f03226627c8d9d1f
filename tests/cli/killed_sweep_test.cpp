#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "harness/process.h"
#include "tests/cli/program.h"
#include "tests/cli/survivors.h"

namespace upout::cli {
namespace {

using namespace testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

const std::string of_one_process = "[[points]]\nengine = 'shared-memory'\nthreads = 1\n";
const std::string of_ranks = "[[points]]\nengine = 'shared-nothing'\nranks = 2\n";

std::string plan_of(const std::string& points, const std::string& seconds) {
  return "[defaults]\nworkload = 'ycsb-a'\nwarmup = 0.005\nrepetitions = 6\noversubscribe = true\nseconds "
         "= " +
         seconds + "\n[defaults.properties]\nrecordcount = 1000\n" + points;
}

bool is_incomplete(const std::string& document) {
  return nlohmann::json::parse(document)["runs"][0]["incomplete"].get<bool>();
}

class KilledSweep : public ::testing::Test {
 protected:
  /// Starts the sweep, and kills nothing but `upout sweep` itself some time after it is as far as that.
  void kill_when(const std::function<bool()>& is_reached, std::chrono::milliseconds after = 0ms) {
    auto started = harness::ChildProcess::start({.arguments = {program, "sweep", plan_, "--out", results_},
                                                 .environment = {},
                                                 .output_path = scratch_ / "log"});
    ASSERT_TRUE(started) << started.error().to_string();
    while (!started->poll() && !is_reached()) std::this_thread::sleep_for(2ms);
    std::this_thread::sleep_for(after);
    ASSERT_FALSE(started->poll()) << contents(scratch_ / "log");
    kill(started->pid(), SIGKILL);
  }
  /// Files of points that end so: ".json" of finished ones, ".log" of the one that is being measured.
  std::map<std::string, std::string> files(const std::string& extension) const {
    std::map<std::string, std::string> found;
    std::error_code none_yet;
    for (const auto& entry : fs::directory_iterator(results_ + "/points", none_yet)) {
      if (entry.path().extension() == extension) found[entry.path()] = contents(entry.path());
    }
    return found;
  }
  bool measures_after(std::size_t finished) const {
    return files(".json").size() == finished && !files(".log").empty();
  }
  /// Nothing that was finished is measured again, and nobody writes beside the sweep that goes on.
  void expect_to_go_on_and_end() {
    auto before = files(".json");
    std::erase_if(before, [](const auto& file) { return is_incomplete(file.second); });
    const Ended ended = upout("sweep " + plan_ + " --out " + results_);
    EXPECT_EQ(ended.status, 0) << ended.err;
    const auto after = files(".json");
    EXPECT_EQ(after.size(), 2U);
    for (const auto& [file, document] : before) EXPECT_EQ(after.at(file), document) << file;
    for (const auto& [file, document] : after) EXPECT_FALSE(is_incomplete(document)) << file;
    expect_nobody_left(results_);
    EXPECT_EQ(files(".json"), after);
  }

  Scratch scratch_;
  std::string results_ = scratch_ / "results";
  std::string plan_ = scratch_.write("plan.toml", plan_of(of_one_process + of_ranks, "0.3"));
};

TEST_F(KilledSweep, InItsFirstPointGoesOn) {
  kill_when([&] { return measures_after(0); }, 100ms);
  expect_to_go_on_and_end();
}

TEST_F(KilledSweep, AfterItsFirstPointGoesOn) {
  kill_when([&] { return files(".json").size() == 1; });
  EXPECT_EQ(files(".json").size(), 1U);
  expect_to_go_on_and_end();
}

TEST_F(KilledSweep, InItsSecondPointGoesOn) {
  kill_when([&] { return measures_after(1); }, 500ms);
  expect_to_go_on_and_end();
}

TEST_F(KilledSweep, LeavesNobodyBehind) {
  for (const std::string& point : {of_one_process, of_ranks}) {
    plan_ = scratch_.write("plan.toml", plan_of(point, "600"));
    kill_when([&] { return measures_after(0); }, 500ms);
    expect_nobody_left(results_);
    fs::remove_all(results_);
  }
}

}  // namespace
}  // namespace upout::cli
