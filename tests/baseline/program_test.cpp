#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/record.h"
#include "tests/cli/shell.h"

/// The program `upout-baseline`.
namespace upout::baseline {
namespace {

using cli::testing::Ended;
using cli::testing::Scratch;
using cli::testing::shell;

Ended baseline(const std::string& arguments) {
  return shell(std::string(UPOUT_BASELINE) + " " + arguments);
}

/// The only run of the document that it wrote.
nlohmann::json run_of(const std::string& workload, const std::string& options = "") {
  const Scratch scratch;
  const std::string path = scratch / "out.json";
  const Ended ended =
      baseline("--workload " + workload + " --seconds 0.12 --repetitions 3 --warmup 0.005 --quiet --json " +
               path + " " + options);
  EXPECT_EQ(ended.status, 0) << workload << ": " << ended.err;
  const auto document = harness::read_document(path);
  EXPECT_TRUE(document) << (document ? "" : document.error().to_string());
  return document ? document->at("runs").at(0) : nlohmann::json();
}

void expect_right(const nlohmann::json& run, const std::string& workload) {
  EXPECT_EQ(run["deployment"]["engine"], "baseline");
  EXPECT_EQ(run["deployment"]["threads_per_rank"], 1);
  EXPECT_EQ(run["workload"]["name"], workload);
  EXPECT_TRUE(run["verification"]["passed"].get<bool>()) << run["verification"].dump(1);
  unsigned failed = 0;
  unsigned operations = 0;
  for (const auto& repetition : run["repetitions"]) {
    failed += repetition["failed"].get<unsigned>();
    operations += repetition["operations"].get<unsigned>();
  }
  EXPECT_EQ(failed, 0U) << workload;
  EXPECT_GT(operations, 0U) << workload;
}

TEST(BaselineProgram, DoesAllOfYcsbAndItsDataVerify) {
  for (const char* letter : {"a", "b", "c", "d", "e", "f"}) {
    const std::string workload = std::string("ycsb-") + letter;
    const nlohmann::json run = run_of(workload, "-p recordcount=2000");
    expect_right(run, workload);
    EXPECT_EQ(run["deployment"]["index"], workload == "ycsb-e" ? "ordered" : "hash");
    EXPECT_EQ(run["deployment"]["concurrency_control"], "none");
  }
}

TEST(BaselineProgram, KeepsShortRecordsInTheTable) {
  expect_right(run_of("ycsb-d", "-p recordcount=2000 -p fieldcount=1 -p fieldlength=8"), "ycsb-d");
  expect_right(run_of("ycsb-a", "-p recordcount=2000 -p fieldcount=4 -p fieldlength=25"), "ycsb-a");
}

TEST(BaselineProgram, DoesTransactionsAndQueries) {
  const nlohmann::json run = run_of("smallbank", "-p customers=500");
  expect_right(run, "smallbank");
  EXPECT_EQ(run["deployment"]["concurrency_control"], "serial");
  EXPECT_EQ(run["summary"]["throughput"]["unit"], "transactions/s");
  expect_right(run_of("tatp", "-p subscribers=500"), "tatp");
  expect_right(run_of("analytics", "-p sales=2000"), "analytics");
}

/// What McSherry, Isard and Murray ask of it: nothing that several threads or processes would need.
TEST(BaselineProgram, LinksNeitherMpiNorOneTbbNorLiburcu) {
  const Ended linked = shell(std::string("ldd ") + UPOUT_BASELINE);
  ASSERT_EQ(linked.status, 0) << linked.err;
  EXPECT_NE(linked.out.find("libstdc++"), std::string::npos) << linked.out;
  for (const char* library : {"libmpi", "libopen-pal", "libtbb", "liburcu"})
    EXPECT_EQ(linked.out.find(library), std::string::npos) << linked.out;
  const Ended symbols = shell(std::string("nm -C ") + UPOUT_BASELINE);
  ASSERT_EQ(symbols.status, 0) << symbols.err;
  EXPECT_NE(symbols.out.find("upout::baseline::"), std::string::npos);
  for (const char* symbol : {" MPI_", "tbb::detail", "urcu_", "kernel::Store<"})
    EXPECT_EQ(symbols.out.find(symbol), std::string::npos) << symbol;
}

TEST(BaselineProgram, SaysInOneLineWhatIsWrong) {
  const auto expect_usage = [](const std::string& arguments, const std::string& complaint) {
    const Ended ended = baseline(arguments);
    EXPECT_EQ(ended.status, 2) << arguments;
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(ended.err, "upout-baseline: " + complaint + "\n");
  };
  expect_usage("--workload ycsb-c --secnds 1",
               "--secnds: found where no such option or argument is expected; did you mean --seconds?");
  expect_usage("--workload ycsb-c --repetitions 0",
               "--repetitions: found '0', expected a whole number from 1 to 10000");
  expect_usage(
      "--workload ycsb-c --bind nowhere",
      "--bind: found 'nowhere', expected cores, compact, scatter, smt, or a list of CPUs such as 0,2-5");
  const Ended misspelt = baseline("--workload ycbs-c");
  EXPECT_EQ(misspelt.status, 2);
  EXPECT_NE(misspelt.err.find("did you mean ycsb-c?"), std::string::npos) << misspelt.err;
}

TEST(BaselineProgram, HelpsWithAnExample) {
  const Ended help = baseline("--help");
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.out.find("upout-baseline --workload ycsb-c"), std::string::npos) << help.out;
}

}  // namespace
}  // namespace upout::baseline
