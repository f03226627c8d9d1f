#include "harness/table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

std::string table_of(const std::vector<std::string>& read_paths) {
  std::vector<nlohmann::json> documents;
  for (const std::string& path : read_paths) {
    RunRecord run = samples::run("shared-nothing", 2, "ycsb-c", 1e6);
    run.deployment.read_path = path;
    documents.push_back(samples::document(run));
  }
  return render_table(documents);
}

TEST(Table, SaysHowRunsReadWhereOneDoesSoOneSided) {
  EXPECT_EQ(table_of({"request", "request"}).find(" reads"), std::string::npos);
  const std::string table = table_of({"none", "rma", "request"});
  EXPECT_NE(table.find("ranks x threads  reads"), std::string::npos) << table;
  EXPECT_NE(table.find("2 x 1            -  "), std::string::npos) << table;
  EXPECT_NE(table.find("2 x 1            rma  "), std::string::npos) << table;
  EXPECT_NE(table.find("2 x 1            request  "), std::string::npos) << table;
}

TEST(Table, ClaimsNoVerificationWhereThereWasNothingToVerify) {
  RunRecord run = samples::run("null", 2, "ycsb-c", 1e6);
  run.verification = {.checks = {}, .digest = "", .records = 0, .applies = false};
  const std::string table = render_table(std::vector{samples::document(run)});
  EXPECT_NE(table.find("n/a       invalid"), std::string::npos) << table;
}

TEST(Table, HasDigitsOfLowRatesToo) {
  const auto shows = [](double offered, const std::string& text) {
    const std::string table =
        render_table(std::vector{samples::document(samples::open_run(offered, offered))});
    return table.find(text + ", poisson") != std::string::npos;
  };
  EXPECT_TRUE(shows(2e6, " 2.000"));
  EXPECT_TRUE(shows(1234, " 0.001"));
  EXPECT_TRUE(shows(512, " 0.000512"));
  EXPECT_TRUE(shows(20, " 0.0000200"));
}

TEST(Table, SaysHowLongCountedOperationsTook) {
  RunRecord run = samples::run("shared-memory", 2, "ycsb-c", 1e6);
  EXPECT_EQ(render_table(std::vector{samples::document(run)}).find("Counted"), std::string::npos);
  run.limits = {.operations = 1000, .seconds = {}};
  run.repetitions = {{.operations = 500, .seconds = 2, .ended_by = EndedBy::count},
                     {.operations = 500, .seconds = 1.5, .ended_by = EndedBy::count}};
  const auto note = [&] {
    const std::string table = render_table(std::vector{samples::document(run)});
    const std::size_t begin = table.find("Counted operations");
    return begin == std::string::npos ? table : table.substr(begin);
  };
  EXPECT_EQ(note(),
            "Counted operations (ycsb-c): 1000 in 3.5 s; 2 of 2 repetitions ended by the count; the shortest "
            "took 1.5 s.\n");
  run.repetitions[1] = {.operations = 300, .seconds = 0.1, .ended_by = EndedBy::time};
  EXPECT_EQ(note(),
            "Counted operations (ycsb-c): 800 in 2.1 s; 1 of 2 repetitions ended by the count, the others by "
            "the time; the shortest took 0.1 s, which is too short to be published.\n");
}

TEST(Table, SetsWhatWasOfferedBesideWhatWasAchievedWhereALoopWasOpen) {
  const RunRecord closed = samples::run("shared-memory", 2, "ycsb-c", 1e6);
  EXPECT_EQ(render_table(std::vector{samples::document(closed)}).find("offered"), std::string::npos);
  const std::string table =
      render_table(std::vector{samples::document(closed), samples::document(samples::open_run(2e6, 1e6))});
  EXPECT_NE(table.find("offered M/s     Mops/s"), std::string::npos) << table;
  EXPECT_NE(table.find("ycsb-c    -               1.000"), std::string::npos) << table;
  EXPECT_NE(table.find("ycsb-c    2.000, poisson  1.000"), std::string::npos) << table;
}

TEST(Table, OfOneRunSaysWhatGeneratorAndRecorderTook) {
  RunRecord run = samples::run("shared-memory", 2, "ycsb-c", 2e6);
  EXPECT_EQ(render_table(std::vector{samples::document(run)}).find("generator"), std::string::npos);
  run.generator_ns = 31.4;
  const std::string table = render_table(std::vector{samples::document(run)});
  EXPECT_NE(table.find("\ngenerator and recorder: 31 ns an operation, 3.1 % of the time\n"),
            std::string::npos)
      << table;
  const std::vector two{samples::document(run), samples::document(run)};
  EXPECT_EQ(render_table(two).find("generator"), std::string::npos) << "of which of them?";
  run.deployment.concurrency_control = "occ";
  EXPECT_NE(render_table(std::vector{samples::document(run)}).find("31 ns a transaction"), std::string::npos);
}

TEST(Table, SetsNewOrdersBesideAllTransactionsAndSaysWhatTheyAreNot) {
  RunRecord run = samples::run("shared-memory", 2, "tpcc", 1e6);
  run.deployment.concurrency_control = "occ";
  for (Repetition& repetition : run.repetitions) repetition.committed_by_type = {{"new_order", 2000}};
  const RunRecord other = samples::run("shared-memory", 2, "ycsb-c", 1e6);
  const std::string table = render_table(std::vector{samples::document(other), samples::document(run)});
  EXPECT_NE(table.find("95 % interval   New-Orders/min  aborts"), std::string::npos) << table;
  EXPECT_NE(table.find("0.985 to 1.020  -               -  "), std::string::npos) << table;
  EXPECT_NE(table.find("0.985 to 1.020  120000          0.00 %"), std::string::npos) << table;
  EXPECT_NE(table.find("not tpmC: no think times, no keying times, not a compliant TPC-C result\n"),
            std::string::npos)
      << table;
  EXPECT_EQ(render_table(std::vector{samples::document(other)}).find("tpmC"), std::string::npos);
}

}  // namespace
}  // namespace upout::harness
