#include <gtest/gtest.h>

#include <string>

#include "tests/cli/program.h"

namespace upout::cli {
namespace {

using namespace testing;

const std::string shared = "run --engine shared-memory --workload ycsb-c" + small;

TEST(Precision, EndsTheRepetitionsWhenItIsReached) {
  const Scratch scratch;
  const Ended ended = upout(shared + "--precision 99% --json " + (scratch / "out.json"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  const nlohmann::json run = read_run(scratch / "out.json");
  EXPECT_EQ(run["precision"]["ended_by"], "precision");
  EXPECT_EQ(run["precision"]["most_repetitions"], 60);
  EXPECT_LE(run["precision"]["reached"], 0.99);
  EXPECT_GE(run["repetitions"].size(), 6U);
  EXPECT_NE(ended.out.find(", ended by the precision: the interval is within "), std::string::npos)
      << ended.out;
}

/// No median of six windows is that precise.
TEST(Precision, IsGivenUpAfterTheLastRepetitionThatIsAllowed) {
  const Scratch scratch;
  const Ended ended =
      upout(shared + "--precision 0.000001% --max-repetitions 8 --json " + (scratch / "out.json"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  const nlohmann::json run = read_run(scratch / "out.json");
  EXPECT_EQ(run["precision"]["ended_by"], "repetitions");
  EXPECT_EQ(run["repetitions"].size(), 8U);
  EXPECT_EQ(run["repetitions"][7]["seconds"], run["repetitions"][0]["seconds"]);
  EXPECT_NE(ended.out.find("repetitions: 8, ended by the limit of repetitions"), std::string::npos)
      << ended.out;
}

TEST(Precision, IsGivenUpWhenTheBudgetIsSpent) {
  const Scratch scratch;
  const Ended ended = upout(shared + "--precision 0.000001% --budget 0.001 --json " + (scratch / "out.json"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  const nlohmann::json run = read_run(scratch / "out.json");
  EXPECT_EQ(run["precision"]["ended_by"], "budget");
  EXPECT_EQ(run["repetitions"].size(), 6U);
}

TEST(Precision, IsDecidedForAllRanksAlike) {
  const Scratch scratch;
  const Ended ended =
      mpirun(2, "run --engine shared-nothing --workload ycsb-c" + small +
                    "--precision 0.000001% --max-repetitions 8 --json " + (scratch / "out.json"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(read_run(scratch / "out.json")["repetitions"].size(), 8U);
}

TEST(Precision, RefusesInOneLineWhatDoesNotGoWithIt) {
  struct Bad {
    const char* options;
    const char* part;
  };
  for (const Bad& bad :
       {Bad{"--precision 0.05", "found '0.05', expected a percentage"},
        Bad{"--max-repetitions 20", "it without --precision"}, Bad{"--budget 20", "it without --precision"},
        Bad{"--precision 5% --max-repetitions 3", "at least the 6 of --repetitions"},
        Bad{"--precision 5% --goal p99=1ms", "it beside --goal"}}) {
    const Ended ended = upout(shared + bad.options);
    EXPECT_EQ(ended.status, 2) << bad.options;
    EXPECT_NE(ended.err.find(bad.part), std::string::npos) << ended.err;
    EXPECT_EQ(ended.err.find('\n'), ended.err.size() - 1) << ended.err;
  }
  const Ended counted =
      upout("run --engine shared-memory --workload ycsb-c -p operationcount=100 --precision 5%");
  EXPECT_EQ(counted.status, 2);
  EXPECT_NE(counted.err.find("operationcount: found it beside --precision"), std::string::npos)
      << counted.err;
}

}  // namespace
}  // namespace upout::cli
