#include <gtest/gtest.h>

#include <filesystem>

#include "harness/integrity.h"
#include "tests/cli/program.h"

namespace upout::cli {
namespace {

using namespace testing;

constexpr const char* plan_text = R"(
title = "Tiny"
question = "Does a sweep work?"
[defaults]
workload = "ycsb-a"
seconds = 0.06
warmup = 0.005
repetitions = 6
oversubscribe = true
[defaults.properties]
recordcount = 1000
[[points]]
engine = "shared-memory"
threads = [1, 2]
[[points]]
engine = "shared-nothing"
ranks = [1, 2]
)";

class Sweep : public ::testing::Test {
 protected:
  Ended sweep() { return upout("sweep " + scratch_.write("plan.toml", plan_text) + " --out " + results_); }
  std::vector<std::filesystem::path> points() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(results_ + "/points")) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    return files;
  }
  Scratch scratch_;
  std::string results_ = scratch_ / "results";
};

TEST_F(Sweep, MeasuresEachPointInBothEnginesAndReportsThem) {
  const Ended swept = sweep();
  ASSERT_EQ(swept.status, 0) << swept.err;
  ASSERT_EQ(points().size(), 4u);
  for (const auto& point : points()) EXPECT_TRUE(read_run(point)["verification"]["passed"]);
  const std::string plan_hash = harness::hash_of_file(results_ + "/plan.toml").value();
  for (const auto& point : points())
    EXPECT_EQ(harness::read_document(point)->value("plan_sha256", ""), plan_hash);
  EXPECT_EQ(std::ranges::count(swept.out, '\n'), 5) << "a heading and a line a point:\n" << swept.out;

  const Ended reported = upout("report " + results_ + " -o " + (scratch_ / "report.html"));
  ASSERT_EQ(reported.status, 0) << reported.err;
  const std::string page = contents(scratch_ / "report.html");
  EXPECT_NE(page.find("Does a sweep work?"), std::string::npos);
  EXPECT_NE(page.find("shared-nothing"), std::string::npos);
}

TEST_F(Sweep, FinishedPointsAreNotRunAgain) {
  ASSERT_EQ(sweep().status, 0);
  std::vector<std::string> before;
  for (const auto& point : points()) before.push_back(contents(point));
  const auto lost = points().front();
  std::filesystem::remove(lost);
  ASSERT_EQ(sweep().status, 0);
  ASSERT_EQ(points().size(), before.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < before.size(); ++i) same += contents(points()[i]) == before[i] ? 1 : 0;
  EXPECT_EQ(same, before.size() - 1) << "only the lost point is measured again";
}

}  // namespace
}  // namespace upout::cli
