#include <gtest/gtest.h>

#include <string>

#include "harness/record.h"
#include "tests/cli/program.h"
#include "tests/harness/sample_documents.h"

/// `upout cost`, and what a report makes of prices.
namespace upout::cli::testing {
namespace {

namespace samples = harness::samples;

class CostCommand : public ::testing::Test {
 protected:
  CostCommand() {
    for (const auto& [engine, cores, median] :
         {std::tuple{"shared-memory", 2U, 20e6}, {"shared-nothing", 1U, 8e6}, {"shared-nothing", 2U, 14e6}}) {
      const std::string path = scratch_ / (engine + std::to_string(cores) + ".json");
      EXPECT_TRUE(
          harness::write_document(samples::document(samples::run(engine, cores, "ycsb-c", median)), path));
      results_ += path + " ";
    }
  }
  std::string prices(const std::string& price) const {
    return scratch_.write("prices.toml",
                          "currency = \"EUR\"\ndate = 2026-01-31\nsource = \"an offer\"\n[[machine]]\n"
                          "name = \"box\"\ncores = 2\nprice_per_hour = " +
                              price + "\n");
  }

  Scratch scratch_;
  std::string results_;
};

TEST_F(CostCommand, SaysWhichWayIsCheaperAndWhatAThroughputTakes) {
  const Ended ended = upout("cost " + results_ + "--prices " + prices("0.5") + " --throughput 10M/s");
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  EXPECT_NE(ended.out.find("On ycsb-c, up to 7.88 M operations/s both cost the same, up to 13.8 M "
                           "operations/s up is cheaper"),
            std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("For 10.0 M operations/s on ycsb-c: up, 0.500 EUR an hour on 1 x box"),
            std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("out, 1.00 EUR an hour on 2 x box*"), std::string::npos) << ended.out;
}

TEST_F(CostCommand, OfABaselineBesideAFolderIsInTheReport) {
  const std::string baseline = scratch_ / "baseline";
  EXPECT_TRUE(
      harness::write_document(samples::document(samples::run("baseline", 1, "ycsb-c", 15e6)), baseline));
  const std::string page = scratch_ / "page.html";
  const Ended ended = upout("report " + (scratch_ / "") + " " + baseline + " -o " + page);
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(
      contents(page).find("COST on ycsb-c: shared-memory beats the single-threaded baseline on 2 cores"),
      std::string::npos);
}

TEST_F(CostCommand, SaysInOneLineWhatIsWrong) {
  const Ended price = upout("cost " + results_ + "--prices " + prices("-1"));
  EXPECT_EQ(price.status, 2);
  EXPECT_EQ(price.out, "");
  EXPECT_EQ(price.err, "upout: " + (scratch_ / "prices.toml") +
                           ":7: found price_per_hour = -1, expected a number above 0\n");
  const Ended rate = upout("cost " + results_ + "--prices " + prices("1") + " --throughput fast");
  EXPECT_EQ(rate.status, 2);
  const Ended none = upout("cost " + results_);
  EXPECT_EQ(none.status, 2);
  EXPECT_EQ(none.err, "upout: --prices is required\n");
  EXPECT_EQ(upout("cost --prices " + prices("1") + " " + (scratch_ / "nothing.json")).status, 2);
}

TEST_F(CostCommand, FailsIfNothingFitsAMachine) {
  const std::string small = scratch_.write(
      "small.toml",
      "currency = \"EUR\"\ndate = 2026-01-31\nsource = \"an offer\"\n[[machine]]\nname = \"box\"\n"
      "cores = 4\nmemory_gib = 0.5\nprice_per_hour = 1\n");
  const Ended ended = upout("cost " + results_ + "--prices " + small);
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.out.find("no machine has cores and memory enough for shared-memory on 2 cores"),
            std::string::npos)
      << ended.out;
  EXPECT_EQ(ended.err, "upout: no deployment fits a machine of " + small + "\n");
}

TEST_F(CostCommand, IsWhatAReportWithPricesBeginsWith) {
  const std::string page = scratch_ / "page.html";
  const Ended ended = upout("report " + results_ + "--prices " + prices("0.5") + " -o " + page);
  EXPECT_EQ(ended.status, 0) << ended.err;
  const std::string html = contents(page);
  const std::size_t answer = html.find("On ycsb-c, up to 7.88 M operations/s");
  ASSERT_NE(answer, std::string::npos);
  EXPECT_LT(answer, html.find("On 2 cores, shared-memory is ahead"));
  EXPECT_EQ(upout("report " + results_ + "--prices /nowhere.toml -o " + page).status, 2);
}

}  // namespace
}  // namespace upout::cli::testing
