#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include "tests/cli/program.h"
#include "tests/cli/survivors.h"

namespace upout::cli {
namespace {

using namespace testing;

/// Starts a command line that would take minutes, waits until it measures, does something to it, and waits
/// for its end. `deed` is a shell's command that finds the process in $pid.
Ended disturbed(const std::string& command, const std::string& deed, const Scratch& scratch) {
  const std::string err = scratch / "err";
  // With job control, so that the command does not ignore SIGINT as background jobs of scripts do.
  const std::string script =
      scratch.write("script", "set -m\n" + command + " >" + (scratch / "out") + " 2>" + err +
                                  " &\npid=$!\n"
                                  "for i in $(seq 600); do\n"
                                  "  grep -q 'measure 2/' " +
                                  err +
                                  " && break\n"
                                  "  sleep 0.05\n"
                                  "done\n" +
                                  deed +
                                  "\n"
                                  "wait $pid\n"
                                  "echo $? >" +
                                  (scratch / "status") + "\n");
  EXPECT_EQ(std::system(("bash " + script + " 2>/dev/null").c_str()), 0);
  return {std::atoi(contents(scratch / "status").c_str()), contents(scratch / "out"), contents(err)};
}

/// As Ctrl-C does.
Ended interrupted(const std::string& command, const Scratch& scratch) {
  return disturbed(command, "kill -INT $pid", scratch);
}

void expect_partial_result(const std::string& path) {
  const nlohmann::json result = read_run(path);
  EXPECT_TRUE(result["incomplete"].get<bool>());
  EXPECT_EQ(result["verdict"]["class"], "invalid");
  ASSERT_GE(result["repetitions"].size(), 1u);
  EXPECT_LT(result["repetitions"].size(), 100u);
  EXPECT_TRUE(result["repetitions"][0]["complete"].get<bool>());
  EXPECT_GT(operations_of(result), 0U);
}

/// Options that no other process on this machine has, so that survivors can be told.
std::string marked_options(const std::string& json, unsigned repetitions = 100) {
  return " --workload ycsb-a -p recordcount=2000 --oversubscribe --seconds 50 --warmup 0 --repetitions " +
         std::to_string(repetitions) + " --json " + json;
}

TEST(Interrupt, OfOneProcessKeepsWhatWasMeasured) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const Ended ended =
      interrupted(program + " run --engine shared-memory --threads 2" + marked_options(json), scratch);
  EXPECT_EQ(ended.status, 130) << ended.err;
  expect_partial_result(json);
}

TEST(Interrupt, OfAnOpenLoopKeepsWhatWasMeasured) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  // Much more than can be carried: what waits is not done first.
  const Ended ended = interrupted(
      program + " run --engine shared-memory --threads 2 --rate 1G/s" + marked_options(json), scratch);
  EXPECT_EQ(ended.status, 130) << ended.err;
  expect_partial_result(json);
}

TEST(Interrupt, OfCountedOperationsKeepsWhatWasMeasured) {
  for (const bool has_ranks : {false, true}) {
    const Scratch scratch;
    const std::string json = scratch / "out.json";
    std::string options = marked_options(json);
    const std::string seconds = "--seconds 50";
    options.replace(options.find(seconds), seconds.size(),
                    "-p operationcount=1000000000000 -p maxexecutiontime=50");
    const std::string command = has_ranks ? under_mpirun(2, "run --engine shared-nothing" + options)
                                          : program + " run --engine shared-memory --threads 2" + options;
    const Ended ended = interrupted(command, scratch);
    EXPECT_NE(ended.status, 0) << ended.err;
    expect_partial_result(json);
    const nlohmann::json repetitions = read_run(json)["repetitions"];
    EXPECT_EQ(repetitions.front()["ended_by"], "time");
    const nlohmann::json& last = repetitions.back();
    EXPECT_EQ(last.contains("ended_by"), last["complete"].get<bool>());
    expect_nobody_left(json);
  }
}

TEST(Interrupt, OfMpirunKeepsWhatWasMeasuredAndLeavesNoRankBehind) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const Ended ended =
      interrupted(under_mpirun(2, "run --engine shared-nothing" + marked_options(json)), scratch);
  EXPECT_NE(ended.status, 0) << ended.err;
  expect_partial_result(json);
  expect_nobody_left(json);
}

/// What a rank that goes without a word leaves the others with: `--enable-recovery` keeps mpirun from ending
/// them itself, as other launchers do not, and a rank that only hangs is left alone by all of them.
class LostRank : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(LostRank, EndsTheRunWithItsNameAndWhatIsLost) {
  const auto [signal, options] = GetParam();
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const std::string command =
      under_mpirun(3, "run --engine shared-nothing --partitions 6" + marked_options(json, 10), options);
  const std::string find_rank_1 =
      "for p in $(pgrep -f -- '[-]-json " + json +
      "'); do tr '\\0' '\\n' </proc/$p/environ | grep -qx OMPI_COMM_WORLD_RANK=1 && victim=$p; done\n";
  const Ended ended =
      disturbed(command, find_rank_1 + "sleep 1\nkill -" + std::string(signal) + " $victim", scratch);
  EXPECT_NE(ended.err.find("upout: rank 1 on "), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("partitions 2, 3 of 6 are lost with it"), std::string::npos) << ended.err;
  expect_nobody_left(json);
}

INSTANTIATE_TEST_SUITE_P(, LostRank,
                         ::testing::Values(std::pair("KILL", "--enable-recovery"), std::pair("STOP", "")),
                         [](const auto& how) { return std::string(how.param.first); });

}  // namespace
}  // namespace upout::cli
