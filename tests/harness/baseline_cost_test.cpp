#include "harness/cost/baseline_cost.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/answer.h"
#include "harness/comparison.h"
#include "harness/report.h"
#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

using nlohmann::json;
using Medians = std::vector<double>;

/// One document for each number of cores: 1, 2, 3 ...
std::vector<json> measured(double baseline, const Medians& shared_memory, const Medians& shared_nothing) {
  std::vector<json> documents{samples::document(samples::run("baseline", 1, "ycsb-c", baseline))};
  for (const auto& [engine, medians] :
       {std::pair{"shared-memory", shared_memory}, {"shared-nothing", shared_nothing}}) {
    for (unsigned cores = 1; cores <= medians.size(); ++cores)
      documents.push_back(samples::document(samples::run(engine, cores, "ycsb-c", medians[cores - 1])));
  }
  return documents;
}

std::string sentence_of(const std::vector<json>& documents) {
  return baseline_sentence(compare(documents).at(0));
}

TEST(BaselineCost, IsTheFewestCoresWhoseIntervalLiesAboveTheBaselines) {
  EXPECT_EQ(sentence_of(measured(10e6, {8e6, 14e6, 20e6}, {5e6, 8e6})),
            "COST on ycsb-c: shared-memory beats the single-threaded baseline from 2 cores on, with 1.40 "
            "(1.35 to 1.45) of its throughput; shared-nothing does not within 2 cores.");
  EXPECT_EQ(sentence_of(measured(10e6, {8e6, 14e6}, {})),
            "COST on ycsb-c: shared-memory beats the single-threaded baseline on 2 cores, with 1.40 (1.35 to "
            "1.45) of its throughput.")
      << "more cores were not measured";
  EXPECT_EQ(sentence_of(measured(10e6, {8e6}, {12e6, 14e6})),
            "COST on ycsb-c: shared-memory does not beat the single-threaded baseline within 1 core; "
            "shared-nothing beats it from 1 core on, with 1.20 (1.16 to 1.24) of its throughput.");
}

TEST(BaselineCost, DoesNotCallItBeatenWhereTheIntervalsOverlap) {
  EXPECT_NE(sentence_of(measured(10e6, {10.2e6}, {})).find("does not beat"), std::string::npos);
  EXPECT_NE(sentence_of(measured(10e6, {10.5e6}, {})).find("beats"), std::string::npos);
}

TEST(BaselineCost, DoesNotSayFromThereOnIfMoreCoresFallBehindAgain) {
  EXPECT_NE(sentence_of(measured(10e6, {8e6, 14e6, 9e6}, {})).find("baseline on 2 cores, with"),
            std::string::npos);
}

TEST(BaselineCost, IsToldWithEitherKindOfIndex) {
  for (const char* index : {"hash", "ordered"}) {
    std::vector<json> documents = measured(10e6, {14e6}, {});
    documents.at(1).at("runs").at(0).at("deployment")["index"] = index;
    const std::vector<Comparison> comparisons = compare(documents);
    ASSERT_EQ(comparisons.size(), 1U) << index;
    EXPECT_NE(baseline_sentence(comparisons.at(0)).find("beats the single-threaded baseline"),
              std::string::npos)
        << index;
  }
}

TEST(BaselineCost, IsNotToldWithoutABaselineOrWithNothingElse) {
  EXPECT_EQ(sentence_of({samples::document(samples::run("shared-memory", 1, "ycsb-c", 10e6))}), "");
  EXPECT_EQ(sentence_of(measured(10e6, {}, {})), "");
  EXPECT_EQ(answer(compare(measured(10e6, {}, {}))).headline,
            "Only the single-threaded baseline was measured on ycsb-c.");
}

TEST(BaselineCost, TakesTheFastestOfSeveralBaselines) {
  std::vector<json> documents = measured(10e6, {14e6}, {});
  RunRecord faster = samples::run("baseline", 1, "ycsb-c", 20e6);
  faster.id += "-deeper";
  faster.deployment.depth = 64;
  documents.push_back(samples::document(faster));
  EXPECT_NE(sentence_of(documents).find("does not beat"), std::string::npos);
}

TEST(BaselineCost, LeavesTheAnswerAsItIsAndStandsAtItsEnd) {
  const std::vector<json> all = measured(30e6, {10e6, 20e6}, {8e6, 12e6});
  const std::vector<json> without(all.begin() + 1, all.end());
  Answer told = answer(compare(all));
  EXPECT_EQ(told.details.back(), sentence_of(all));
  told.details.pop_back();
  const Answer before = answer(compare(without));
  EXPECT_EQ(told.headline, before.headline);
  EXPECT_EQ(told.details, before.details);
}

TEST(BaselineCost, IsALineAcrossTheChartAndNoSeries) {
  const std::string page = render_report(measured(30e6, {10e6, 20e6}, {}), {}).value();
  const std::string open = "<script type=\"application/json\" id=\"content\">";
  const std::size_t from = page.find(open) + open.size();
  const json chart = json::parse(page.substr(from, page.find("</script>", from) - from))["charts"][0];
  ASSERT_EQ(chart["series"].size(), 1U);
  EXPECT_EQ(chart["series"][0]["engine"], "shared-memory");
  EXPECT_DOUBLE_EQ(chart["baseline"]["median"].get<double>(), 30e6);
}

}  // namespace
}  // namespace upout::harness
