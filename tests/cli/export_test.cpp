#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "harness/formats/format.h"
#include "tests/cli/program.h"
#include "tests/harness/sample_sweep.h"

namespace upout::cli {
namespace {

using namespace testing;

/// A sweep's folder with the sample's points.
class Export : public ::testing::Test {
 protected:
  Export() {
    std::filesystem::create_directories(scratch_ / "sweep/points");
    for (const nlohmann::json& document : harness::samples::sweep()) {
      const auto id = document.at("runs")[0].at("id").get<std::string>();
      EXPECT_TRUE(harness::write_document(document, scratch_ / ("sweep/points/" + id + ".json")));
    }
  }
  Scratch scratch_;
  std::string sweep_ = scratch_ / "sweep";
};

TEST_F(Export, WritesEachFormatToStdoutOrAFile) {
  for (const harness::Format& format : harness::formats()) {
    SCOPED_TRACE(format.name);
    const std::string command = "export " + sweep_ + " --format " + std::string(format.name);
    const Ended printed = upout(command);
    EXPECT_EQ(printed.status, 0);
    EXPECT_EQ(printed.err, "");
    EXPECT_NE(printed.out.find("shared-nothing"), std::string::npos);
    const Ended written = upout(command + " -o " + (scratch_ / "out"));
    EXPECT_EQ(written.status, 0) << written.err;
    EXPECT_EQ(written.out, scratch_ / "out" + "\n");
    EXPECT_EQ(contents(scratch_ / "out"), printed.out);
  }
}

TEST_F(Export, TakesFilesBesideFolders) {
  const std::string file = sweep_ + "/points/shared-memory-1-ycsb-a.json";
  const auto lines = [&](const std::string& sources) {
    const Ended ended = upout("export " + sources + " --format csv");
    EXPECT_EQ(ended.status, 0) << ended.err;
    return std::ranges::count(ended.out, '\n');
  };
  EXPECT_EQ(lines(sweep_), 9);
  EXPECT_EQ(lines(file + " " + sweep_), 10);
}

TEST_F(Export, WarnsOfWhatItLeavesOut) {
  harness::RunRecord damaged = harness::samples::run("shared-memory", 1, "ycsb-c", 1e6);
  damaged.id = "damaged";
  damaged.verification.checks[0].passed = false;
  ASSERT_TRUE(harness::write_document(harness::samples::document(damaged), sweep_ + "/points/damaged.json"));
  const Ended ended = upout("export " + sweep_ + " --format google-benchmark");
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.err, "upout: warning: damaged is left out: its verdict is invalid\n");
}

TEST_F(Export, ToAFileThatCannotBeWrittenFails) {
  const Ended ended = upout("export " + sweep_ + " --format csv -o /nowhere/out.csv");
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(ended.err,
            "upout: -o /nowhere/out.csv: found a file that cannot be written, expected one that can\n");
}

}  // namespace
}  // namespace upout::cli
