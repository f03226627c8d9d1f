#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/cli/program.h"

namespace upout::cli {
namespace {

using namespace testing;

/// Starts a command line that would take minutes, waits until it measures, sends SIGINT as Ctrl-C does, and
/// waits for its end.
Ended interrupted(const std::string& command, const Scratch& scratch) {
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
                                  "done\n"
                                  "kill -INT $pid\n"
                                  "wait $pid\n"
                                  "echo $? >" +
                                  (scratch / "status") + "\n");
  EXPECT_EQ(std::system(("bash " + script + " 2>/dev/null").c_str()), 0);
  return {std::atoi(contents(scratch / "status").c_str()), contents(scratch / "out"), contents(err)};
}

void expect_partial_result(const std::string& path) {
  const nlohmann::json result = read_run(path);
  EXPECT_TRUE(result["incomplete"].get<bool>());
  EXPECT_EQ(result["verdict"]["class"], "invalid");
  ASSERT_GE(result["repetitions"].size(), 1u);
  EXPECT_LT(result["repetitions"].size(), 100u);
  EXPECT_TRUE(result["repetitions"][0]["complete"].get<bool>());
  EXPECT_GT(result["summary"]["throughput"]["median"], 0.0);
}

/// Options that no other process on this machine has, so that survivors can be told.
std::string marked_options(const std::string& json) {
  return " --workload ycsb-a -p recordcount=2000 --oversubscribe --seconds 50 --repetitions 100 --warmup 0 "
         "--json " +
         json;
}

TEST(Interrupt, OfOneProcessKeepsWhatWasMeasured) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const Ended ended =
      interrupted(program + " run --engine shared-memory --threads 2" + marked_options(json), scratch);
  EXPECT_EQ(ended.status, 130) << ended.err;
  expect_partial_result(json);
}

TEST(Interrupt, OfMpirunKeepsWhatWasMeasuredAndLeavesNoRankBehind) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const Ended ended =
      interrupted(under_mpirun(2, "run --engine shared-nothing" + marked_options(json)), scratch);
  EXPECT_NE(ended.status, 0) << ended.err;
  expect_partial_result(json);
  // Written so that the pattern does not match the command line that looks for it.
  std::string left = "?";
  for (int i = 0; i < 100 && !left.empty(); ++i) {
    left = shell("pgrep -f -- '[-]-json " + json + "'").out;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(left, "") << "processes left behind";
}

}  // namespace
}  // namespace upout::cli
