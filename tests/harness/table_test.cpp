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

TEST(Table, SetsWhatWasOfferedBesideWhatWasAchievedWhereALoopWasOpen) {
  const RunRecord closed = samples::run("shared-memory", 2, "ycsb-c", 1e6);
  EXPECT_EQ(render_table(std::vector{samples::document(closed)}).find("offered"), std::string::npos);
  const std::string table =
      render_table(std::vector{samples::document(closed), samples::document(samples::open_run(2e6, 1e6))});
  EXPECT_NE(table.find("offered M/s     Mops/s"), std::string::npos) << table;
  EXPECT_NE(table.find("ycsb-c    -               1.000"), std::string::npos) << table;
  EXPECT_NE(table.find("ycsb-c    2.000, poisson  1.000"), std::string::npos) << table;
}

}  // namespace
}  // namespace upout::harness
