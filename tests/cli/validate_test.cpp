#include <gtest/gtest.h>

#include <algorithm>

#include "harness/published.h"
#include "tests/cli/program.h"

namespace upout::cli {
namespace {

using namespace testing;
using nlohmann::json;

const std::string counted =
    " -p recordcount=2000 -p operationcount=60000 --repetitions 6 --warmup 0.005 --quiet --oversubscribe ";

/// Measures something small of each kind, and has the documents validated.
class Validate : public ::testing::Test {
 protected:
  std::string measured(const std::string& name, const std::string& options) {
    const std::string file = scratch_ / name;
    const Ended ended = upout("run --engine shared-memory " + options + " --json " + file);
    EXPECT_EQ(ended.status, 0) << ended.err;
    return file;
  }
  Scratch scratch_;
};

TEST_F(Validate, FindsNothingInWhatWasMeasured) {
  const std::string files = measured("closed.json", "--workload ycsb-a --interval 20ms" + small) + " " +
                            measured("open.json", "--workload ycsb-c --rate 5000" + small) + " " +
                            measured("counted.json", "--workload ycsb-c" + counted) + " " +
                            measured("transactions.json", "--workload ycsb-multi" + small);
  const Ended ended = upout("validate " + files);
  EXPECT_EQ(ended.status, 0) << ended.out;
  EXPECT_EQ(ended.out.find("4 documents: 0 findings; runs: 0 publishable"), 0U) << ended.out;
  EXPECT_EQ(ended.err, "");
  EXPECT_EQ(upout("validate --require publishable " + files).status, 1) << "such short windows are not";
}

TEST_F(Validate, SaysWhereADocumentWasEdited) {
  const std::string file = measured("out.json", "--workload ycsb-c" + small);
  json document = json::parse(contents(file));
  document["runs"][0]["repetitions"][0]["seconds"] = 0.025;
  scratch_.write("out.json", document.dump(2));
  const Ended ended = upout("validate " + file);
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.out.find(file + ": /sha256: found "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find(file + ": /runs/0/repetitions/0/throughput: found "), std::string::npos)
      << ended.out;
  const Ended told = upout("validate --json " + file);
  EXPECT_EQ(told.status, 1);
  EXPECT_EQ(json::parse(told.out).at("passed"), false);
}

TEST_F(Validate, HasNoSecretToFindInADocument) {
  const std::string file = scratch_ / "out.json";
  const Ended ended = shell("UPOUT_TEST_ACCESS_TOKEN=hush-7d1f0c " + program +
                            " run --engine shared-memory --workload ycsb-c" + small + " --json " + file);
  ASSERT_EQ(ended.status, 0) << ended.err;
  const std::string document = contents(file);
  EXPECT_NE(document.find("\"environment\""), std::string::npos);
  EXPECT_EQ(document.find("hush-7d1f0c"), std::string::npos);
  EXPECT_EQ(document.find("UPOUT_TEST_ACCESS_TOKEN"), std::string::npos);
}

TEST_F(Validate, TakesThePublishedRecords) {
  const Ended ended = upout("validate " + harness::published_folder().value());
  EXPECT_EQ(ended.status, 0) << ended.out;
  EXPECT_NE(ended.out.find(" documents: 0 findings"), std::string::npos) << ended.out;
}

TEST_F(Validate, SaysToProgramsWhatIsNoUtf8) {
  const Ended told = upout("validate --json " + scratch_.write("\xF8.json", "{\"title\": \"syst\xF8m\"}"));
  EXPECT_EQ(told.status, 1) << told.err;
  EXPECT_EQ(json::parse(told.out).at("passed"), false);
}

}  // namespace
}  // namespace upout::cli
