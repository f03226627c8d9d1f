#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tests/harness/sample_documents.h"

namespace upout::cli {
namespace {

using namespace testing;
namespace samples = harness::samples;

/// The path of a document of one point.
std::string stored(const Scratch& scratch, const std::string& name, const harness::RunRecord& record) {
  const auto written = harness::write_document(samples::document(record), scratch / name);
  EXPECT_TRUE(written);
  return scratch / name;
}

std::string stored(const Scratch& scratch, const std::string& name, double median) {
  return stored(scratch, name, samples::run("shared-memory", 2, "ycsb-c", median));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Compare, SaysWhatIsSlowerAndFailsOnlyIfItIsAskedTo) {
  const Scratch scratch;
  const std::string files = stored(scratch, "a.json", 1e7) + " " + stored(scratch, "b.json", 0.8e7);
  const Ended ended = upout("compare " + files);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(has(ended.out, "slower in 1")) << ended.out;
  EXPECT_EQ(upout("compare " + files + " --fail-below 0.7").status, 0);
}

TEST(Compare, HasAStatusOfItsOwnBelowTheBound) {
  const Scratch scratch;
  const std::string files = stored(scratch, "a.json", 1e7) + " " + stored(scratch, "b.json", 0.8e7);
  const Ended ended = upout("compare " + files + " --fail-below 0.95");
  EXPECT_EQ(ended.status, 3);
  EXPECT_EQ(ended.err, "upout: --fail-below 0.95: found 1 point of B below it, expected none\n");
  EXPECT_TRUE(has(ended.out, "below 0.95: shared-memory-2-ycsb-c\n")) << ended.out;
}

TEST(Compare, WritesJson) {
  const Scratch scratch;
  const std::string files = stored(scratch, "a.json", 1e7) + " " + stored(scratch, "b.json", 2e7);
  const auto document = nlohmann::json::parse(upout("compare --json " + files).out, nullptr, false);
  ASSERT_FALSE(document.is_discarded());
  EXPECT_EQ(document["points"][0]["verdict"], "faster");
  EXPECT_EQ(document["points"][0]["ratio"]["median"], 2);
}

TEST(Compare, TakesAFolderOfSweepsForSeveralRunsOfEachPoint) {
  const Scratch scratch;
  for (const char* side : {"a", "b"}) {
    for (const char* number : {"1", "2", "3", "4", "5"}) {
      const std::string points = std::string(side) + "/" + number + "/points";
      std::filesystem::create_directories(scratch / points);
      stored(scratch, points + "/point.json", (*side == 'a' ? 1e7 : 0.5e7) + 1e4 * (*number - '0'));
    }
  }
  const Ended ended = upout("compare --json " + (scratch / "a") + " " + (scratch / "b"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  const auto point = nlohmann::json::parse(ended.out).at("points").at(0);
  EXPECT_EQ(point["sampled"], "runs");
  EXPECT_EQ(point["a"]["samples"], 5);
  EXPECT_EQ(point["verdict"], "slower");
}

TEST(Compare, LeavesOutNoneOfWhatLiesInAFolder) {
  const Scratch scratch;
  std::filesystem::create_directories(scratch / "a/1/points");
  stored(scratch, "a/1/points/point.json", 1e7);
  stored(scratch, "a/other.json", samples::run("shared-memory", 1, "ycsb-c", 1e7));
  const Ended ended = upout("compare --json " + (scratch / "a") + " " + (scratch / "a"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(nlohmann::json::parse(ended.out).at("points").size(), 2U);
}

TEST(Compare, PassesNothingOfWhichNothingCouldShow) {
  const Scratch scratch;
  const std::vector<double> two{1e7, 1.01e7};
  const std::vector<double> half{0.5e7, 0.51e7};
  const std::string files = stored(scratch, "a.json", samples::run("shared-memory", 2, "ycsb-c", two)) + " " +
                            stored(scratch, "b.json", samples::run("shared-memory", 2, "ycsb-c", half));
  const Ended ended = upout("compare " + files + " --fail-below 0.95");
  EXPECT_EQ(ended.status, 1);
  EXPECT_TRUE(has(ended.err, "found 2 repetitions of shared-memory-2-ycsb-c in A and 2 in B")) << ended.err;
}

TEST(Compare, TakesFoldersOfSweepsAndMissesWhatOneLacks) {
  const Scratch scratch;
  for (const char* folder : {"a/points", "b/points"}) std::filesystem::create_directories(scratch / folder);
  stored(scratch, "a/points/one.json", 1e7);
  stored(scratch, "a/points/two.json", samples::run("shared-memory", 1, "ycsb-c", 1e7));
  stored(scratch, "b/points/one.json", 1e7);
  const std::string folders = scratch / "a" + " " + scratch / "b";
  const Ended ended = upout("compare " + folders);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "not compared: shared-memory-1-ycsb-c: in A only")) << ended.out;
  const Ended judged = upout("compare " + folders + " --fail-below 0.9");
  EXPECT_EQ(judged.status, 1);
  EXPECT_TRUE(has(judged.err, "no valid result in B of shared-memory-1-ycsb-c")) << judged.err;
}

TEST(Compare, OfAFileWithItselfFindsNoDifference) {
  const Scratch scratch;
  const std::string file = stored(scratch, "a.json", 1e7);
  const Ended ended = upout("compare " + file + " " + file + " --fail-below 1");
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "A and B are the same results.")) << ended.out;
  EXPECT_TRUE(has(ended.out, "no difference")) << ended.out;
}

TEST(Compare, SetsResultsBesidePublishedFigures) {
  const Scratch scratch;
  stored(scratch, "1.json", samples::run("shared-memory", 1, "ycsb-c", 1e7));
  stored(scratch, "2.json", samples::run("shared-memory", 2, "ycsb-c", 1.9e7));
  const std::string a = scratch / "";
  const Ended shapes = upout("compare --published " + a);
  EXPECT_EQ(shapes.status, 0) << shapes.err;
  EXPECT_EQ(shapes.err, "");
  EXPECT_TRUE(has(shapes.out, "CCBench") && has(shapes.out, "1.90 (")) << shapes.out;
  EXPECT_FALSE(has(shapes.out, "EPYC")) << shapes.out;
  const Ended figures = upout("compare --published --absolute " + a);
  EXPECT_EQ(figures.status, 0) << figures.err;
  EXPECT_TRUE(has(figures.out, "EPYC")) << "the hardware of both: " << figures.out;
}

TEST(Compare, RefusesInOneLineWhatItCannotDo) {
  const Scratch scratch;
  const std::string a = stored(scratch, "a.json", 1e7);
  const std::string other = stored(scratch, "b.json", samples::run("shared-nothing", 2, "ycsb-c", 1e7));
  struct Bad {
    std::string arguments;
    std::string part;
  };
  for (const Bad& bad :
       {Bad{a + " /nowhere/b.json", "/nowhere/b.json"}, Bad{a, "found one set of results, expected two"},
        Bad{"--published " + a + " " + a, "expected one set of results"},
        Bad{a + " " + a + " --absolute", "found no --published"},
        Bad{a + " " + a + " --fail-below 1.5", "'1.5'"},
        Bad{a + " " + a + " --fail-bellow 1", "did you mean --fail-below?"},
        Bad{a + " " + other, "they differ in deployment/engine"}}) {
    const Ended ended = upout("compare " + bad.arguments);
    EXPECT_EQ(ended.status, 2) << bad.arguments;
    EXPECT_EQ(ended.out, "");
    EXPECT_TRUE(has(ended.err, bad.part)) << ended.err;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
}

}  // namespace
}  // namespace upout::cli
