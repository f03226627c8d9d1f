#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tests/harness/sample_documents.h"

namespace upout::cli {
namespace {

using namespace testing;
using nlohmann::json;

/// Both engines on 1, 2 and 4 cores, a file each; shared-nothing overtakes at 3.
void write_sweep(const Scratch& folder) {
  struct Size {
    unsigned cores;
    double of_memory, of_nothing;
  };
  for (const auto& [cores, of_memory, of_nothing] :
       {Size{1, 10e6, 5e6}, Size{2, 18e6, 12e6}, Size{4, 20e6, 30e6}}) {
    for (const auto& run : {harness::samples::run("shared-memory", cores, "ycsb-c", of_memory),
                            harness::samples::run("shared-nothing", cores, "ycsb-c", of_nothing)})
      ASSERT_TRUE(
          harness::write_document(harness::samples::document(run), folder / (run.id + ".json")).has_value());
  }
}

TEST(Analyze, SaysHowASweepScalesAndWhereAnEngineOvertakes) {
  const Scratch folder;
  write_sweep(folder);
  const Ended ended = upout("analyze " + folder / "");
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  for (const char* part : {"speed-up over 1 core", "usl: lambda", "no intervals: 3 core counts",
                           "shared-nothing overtakes shared-memory at 3 cores"})
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << "\nin: " << ended.out;
}

TEST(Analyze, GivesProgramsWhatADocumentCanCarry) {
  const Scratch folder;
  write_sweep(folder);
  const std::string file = folder / "shared-memory-1-ycsb-c.json";
  const Ended ended = upout("analyze --json " + file);
  EXPECT_EQ(ended.status, 0) << ended.err;
  json document = harness::read_document(file).value();
  document["analysis"] = json::parse(ended.out);
  EXPECT_TRUE(harness::validate_document(document).has_value());
  EXPECT_EQ(document.at("/analysis/workloads/0/series/0/base_cores"_json_pointer), 1);
}

TEST(Analyze, FailsWhereThereIsNoThroughputToCompare) {
  const Scratch folder;
  const std::string file = folder / "open.json";
  ASSERT_TRUE(harness::write_document(harness::samples::document(harness::samples::open_run(1e6, 1e6)), file)
                  .has_value());
  const Ended ended = upout("analyze " + file);
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err, "upout: " + file +
                           ": found no valid result of a closed loop, expected one at least: others have no "
                           "throughput to compare\n");
}

}  // namespace
}  // namespace upout::cli
