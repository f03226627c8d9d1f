#include "harness/report.h"

#include <gtest/gtest.h>

#include <array>
#include <regex>
#include <utility>

#include "harness/answer.h"
#include "harness/comparison.h"
#include "harness/embedded.h"
#include "tests/harness/sample_sweep.h"

namespace upout::harness {
namespace {

using nlohmann::json;

const std::string shared_memory = "shared-memory";
const std::string shared_nothing = "shared-nothing";

std::string page(const std::vector<json>& documents, const ReportOptions& options = {}) {
  return render_report(documents, options).value();
}

/// What the page hands to its script.
json content_of(const std::string& html) {
  const std::string open = "<script type=\"application/json\" id=\"content\">";
  const std::size_t from = html.find(open) + open.size();
  return json::parse(html.substr(from, html.find("</script>", from) - from));
}

Answer answer_to(const std::vector<json>& documents) {
  return answer(compare(documents));
}

TEST(Report, DrawsOneChartOverTheSharesThatCrossPartitions) {
  const json content = content_of(page(samples::over_shares({{0, 2e6, 3e6}, {100, 2e6, 1e6}})));
  ASSERT_EQ(content["charts"].size(), 1U);
  const json& chart = content["charts"][0];
  EXPECT_EQ(chart["workload"], "ycsb-multi, on 2 cores");
  EXPECT_EQ(chart["unit"], "transactions/s");
  ASSERT_EQ(chart["series"].size(), 2U);
  EXPECT_EQ(chart["series"][1]["engine"], shared_nothing);
  ASSERT_EQ(chart["series"][1]["points"].size(), 2U);
  EXPECT_EQ(chart["series"][1]["points"][0]["share"], 0.0);
  EXPECT_NEAR(chart["series"][1]["points"][1]["median"].get<double>(), 1e6, 1e4);
}

TEST(Report, AnswersWhatRegionsWaitAndNoMore) {
  const json far = samples::document(samples::in_regions(1, "east", 80'000'000, 90'000'000));
  const std::string html = page({far});
  EXPECT_NE(html.find("Reads, in the region that waits the longest: p50 81.0 ms"), std::string::npos);
  EXPECT_EQ(html.find("There is no valid result to answer from"), std::string::npos);
  const std::string both = page({far, far}, {.sources = {"A", "B"}});
  EXPECT_NE(both.find("B: Reads, in the region that waits the longest: p50 81.0 ms"), std::string::npos);
  EXPECT_EQ(both.find("There is no valid result to answer from"), std::string::npos);
}

TEST(Report, DrawsACrossingOnTheCoresThatItsAnswerIsAbout) {
  std::vector<json> documents = samples::over_shares({{0, 2e6, 3e6}, {20, 2e6, 2e6}, {100, 2e6, 1e6}});
  // On four cores both engines were measured with one share alone, and on eight only one of them was.
  for (const json& document : samples::over_shares({{0, 4e6, 3e6}}, 4)) documents.push_back(document);
  documents.push_back(samples::over_shares({{100, 9e6, 9e6}}, 8).front());
  const Answer found = answer_to(documents);
  EXPECT_TRUE(
      found.headline.starts_with("On ycsb-multi, on 2 cores, shared-memory overtakes shared-nothing at "))
      << found.headline;
  const json chart = content_of(page(documents)).at("/charts/0"_json_pointer);
  EXPECT_EQ(chart["workload"], "ycsb-multi, on 2 cores");
  EXPECT_EQ(chart["series"][0]["points"].size(), 3U);
}

TEST(Report, DrawsOneLineWhereAnotherHasAPointLess) {
  std::vector<json> documents = samples::over_shares({{0, 2e6, 3e6}, {20, 2e6, 2e6}, {100, 2e6, 1e6}});
  for (const double share : {0.0, 100.0}) {
    RunRecord run = samples::run(shared_nothing, 2, "ycsb-multi", 1e6);
    run.id += "-serial-" + std::to_string(share);
    run.properties["crosspartition"] = share;
    run.deployment.concurrency_control = "serial";
    documents.push_back(samples::document(run));
  }
  const json series = content_of(page(documents)).at("/charts/0/series"_json_pointer);
  ASSERT_EQ(series.size(), 3U);
  EXPECT_EQ(series[1]["label"], "shared-nothing, concurrency control occ");
  EXPECT_EQ(series[1]["points"].size(), 3U);
  EXPECT_EQ(series[2]["points"].size(), 2U);
}

TEST(Report, HandsTheFittedLawsToItsScriptAndTellsTheCrossover) {
  std::vector<json> documents;
  for (const unsigned cores : {1U, 2U, 4U, 8U}) {
    documents.push_back(samples::document(samples::run(shared_memory, cores, "ycsb-c", 1e7 * cores)));
    documents.push_back(
        samples::document(samples::run(shared_nothing, cores, "ycsb-c", 7e6 * cores * cores)));
  }
  const std::string html = page(documents);
  const json content = content_of(html);
  const json& series = content.at("/analysis/workloads/0/series/0"_json_pointer);
  EXPECT_EQ(content.at("/analysis/workloads/0/workload"_json_pointer),
            content.at("/charts/0/workload"_json_pointer));
  EXPECT_EQ(series["label"], content.at("/charts/0/series/0/label"_json_pointer));
  EXPECT_EQ(series["models"]["usl"]["fitted"], true);
  EXPECT_NE(html.find("<li>On ycsb-c, shared-nothing overtakes shared-memory at 1.5"), std::string::npos);
}

TEST(Comparison, PoolsTheRepetitionsOfOneConfiguration) {
  const std::vector<double> slow{1e6, 1e6, 1e6};
  const std::vector<double> fast{2e6, 2e6, 2e6};
  const auto comparisons =
      compare(std::vector<json>{samples::document(samples::run(shared_memory, 1, "ycsb-c", slow)),
                                samples::document(samples::run(shared_memory, 1, "ycsb-c", fast))});
  ASSERT_EQ(comparisons.size(), 1u);
  ASSERT_EQ(comparisons[0].series.size(), 1u);
  ASSERT_EQ(comparisons[0].series[0].points.size(), 1u);
  const MedianInterval& pooled = comparisons[0].series[0].points[0].throughput;
  EXPECT_DOUBLE_EQ(pooled.median, 1.5e6);
  EXPECT_DOUBLE_EQ(pooled.confidence, 0.96875);
}

TEST(Comparison, LeavesOutASummaryWithoutACompleteRepetition) {
  json document = samples::document(samples::run(shared_memory, 1, "ycsb-c", 10e6));
  for (json& repetition : document["runs"][0]["repetitions"]) repetition["complete"] = false;
  EXPECT_TRUE(compare(std::vector{document}).empty());
  document["runs"][0]["repetitions"] = json::array();
  EXPECT_TRUE(compare(std::vector{document}).empty());
  EXPECT_NE(page({document}).find("There is no valid result"), std::string::npos);
}

TEST(Comparison, TakesAShareInWordsForAPropertyLikeOthers) {
  json some = samples::document(samples::run(shared_memory, 1, "ycsb-multi", 10e6));
  json more = some;
  some["runs"][0]["workload"]["properties"]["crosspartition"] = "20";
  more["runs"][0]["workload"]["properties"]["crosspartition"] = "many";
  const auto comparisons = compare(std::vector{some, more});
  ASSERT_EQ(comparisons.size(), 2u);
  EXPECT_EQ(comparisons[1].workload, "ycsb-multi, crosspartition many");
  EXPECT_TRUE(crossings(comparisons).empty());
}

TEST(Comparison, KeepsDifferentPropertiesOfAWorkloadApart) {
  RunRecord small = samples::run(shared_memory, 1, "ycsb-c", 1e6);
  small.properties["recordcount"] = 1000;
  const auto comparisons = compare(std::vector<json>{
      samples::document(samples::run(shared_memory, 1, "ycsb-c", 1e6)), samples::document(small)});
  ASSERT_EQ(comparisons.size(), 2u);
  EXPECT_EQ(comparisons[0].workload, "ycsb-c, recordcount 1000");
  EXPECT_EQ(comparisons[1].workload, "ycsb-c, recordcount 10000000");
}

TEST(Comparison, TakesRecordsThatGrowWithTheWorkersForOneWorkload) {
  std::vector<json> documents;
  for (const unsigned workers : {1U, 2U}) {
    RunRecord growing = samples::run(shared_memory, workers, "ycsb-c", workers * 1e6);
    growing.properties["recordcount"] = 1000 * workers;
    growing.properties["recordcount_per_worker"] = 1000;
    documents.push_back(samples::document(growing));
  }
  const auto comparisons = compare(documents);
  ASSERT_EQ(comparisons.size(), 1U);
  ASSERT_EQ(comparisons[0].series.size(), 1U);
  EXPECT_EQ(comparisons[0].series[0].points.size(), 2U);
}

TEST(Comparison, KeepsDifferentBindingsApartAndTakesAMissingOneForTheDefault) {
  RunRecord scattered = samples::run(shared_memory, 1, "ycsb-c", 1e6);
  scattered.deployment.binding = "scatter";
  json before_there_was_a_choice = samples::document(samples::run(shared_memory, 1, "ycsb-c", 1e6));
  before_there_was_a_choice["runs"][0]["deployment"].erase("binding");
  const auto comparisons =
      compare(std::vector<json>{samples::document(samples::run(shared_memory, 1, "ycsb-c", 1e6)),
                                samples::document(scattered), before_there_was_a_choice});
  ASSERT_EQ(comparisons.size(), 1U);
  ASSERT_EQ(comparisons[0].series.size(), 2U);
  EXPECT_EQ(comparisons[0].series[0].label, "shared-memory, binding cores");
  EXPECT_EQ(comparisons[0].series[1].label, "shared-memory, binding scatter");
}

TEST(Caveats, CountVerdictsAndNameWhatDiffers) {
  std::vector<json> documents = samples::sweep();
  documents[0]["environment"]["host_name"] = "node-b";
  const std::vector<std::string> found = caveats(documents);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], "7 of 8 runs may be published; 1 unofficial, 0 invalid.");
  EXPECT_EQ(found[1], "The results come from 2 different machines: compare with care.");
}

TEST(Report, HoldsTheFiguresOfTheDocuments) {
  const std::vector<json> documents = samples::sweep();
  const json content = content_of(page(documents));
  json shown = documents;
  for (json& document : shown) document["environment"].erase("topology_xml");  // large, and drawn nowhere
  EXPECT_EQ(content.at("documents"), shown);
  ASSERT_EQ(content.at("charts").size(), 2u);
  const json& points = content.at("/charts/1/series/0/points"_json_pointer);
  EXPECT_EQ(points.size(), 2u);
  EXPECT_EQ(points[1].at("cores"), 2);
  const json& summary = documents[1].at("/runs/0/summary/throughput"_json_pointer);
  EXPECT_EQ(points[1].at("median"), summary.at("median"));
  EXPECT_EQ(points[1].at("low"), summary.at("ci95")[0]);
  EXPECT_EQ(points[1].at("high"), summary.at("ci95")[1]);
  EXPECT_NEAR(content.at("/speed_ups//shared-memory-2-ycsb-c/median"_json_pointer).get<double>(), 35.1 / 18.2,
              1e-6);
}

TEST(Report, OpensWithTheAnswer) {
  const std::string html = page(samples::sweep(), {.title = "quick", .question = "Which is ahead?"});
  EXPECT_NE(html.find("<title>quick</title>"), std::string::npos);
  const std::size_t question = html.find("Which is ahead?");
  const std::size_t headline =
      html.find("<h1>On 2 cores, there is no difference that the intervals can tell: ");
  ASSERT_NE(headline, std::string::npos);
  EXPECT_LT(question, headline);
  EXPECT_LT(headline, html.find("<h2>Throughput</h2>"));
}

TEST(Report, OfOpenLoopsAloneSaysThatThereIsNoThroughputToCompare) {
  const auto page = render_report(std::vector{samples::document(samples::open_run(2e6, 2e6))}, {});
  ASSERT_TRUE(page);
  EXPECT_NE(page->find("There is no throughput to compare"), std::string::npos);
  EXPECT_EQ(page->find("There is no valid result to answer from"), std::string::npos);

  RunRecord lost = samples::run(shared_memory, 1, "ycsb-c", 10e6);
  lost.verification.checks[0].passed = false;
  const auto both =
      render_report(std::vector{samples::document(samples::open_run(2e6, 2e6)), samples::document(lost)}, {});
  ASSERT_TRUE(both);
  EXPECT_NE(both->find("There is no valid result to answer from"), std::string::npos)
      << "that load was offered is not why";
}

TEST(Report, ShowsHostileTextAsText) {
  const std::string hostile =
      "</script><script>alert('x')</script><img src=x onerror=alert(1)>{{content}}&\"";
  RunRecord run = samples::run(shared_memory, 1, hostile, 1e6);
  run.id = hostile;
  run.properties["table"] = hostile;
  run.verification.checks[0].detail = hostile;
  const std::string html = page({samples::document(run)}, {.title = hostile, .question = hostile});
  EXPECT_NE(
      html.find("<h1>Only shared-memory was measured on &lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)"),
      std::string::npos);
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(content_of(html).at("/documents/0/runs/0/id"_json_pointer), hostile);
}

TEST(Report, LoadsNothing) {
  std::string html = page(samples::sweep());
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  const std::size_t library = html.find(embedded::chart_js);
  ASSERT_NE(library, std::string::npos);
  html.erase(library, embedded::chart_js.size());  // its licence names its site, in a comment
  EXPECT_FALSE(std::regex_search(html, std::regex("https?://")));
  EXPECT_FALSE(
      std::regex_search(html, std::regex("(src|href)\\s*=|url\\(|@import|fetch\\(|XMLHttpRequest|<link")));
}

TEST(Report, NamesTheDocumentThatDoesNotFitTheSchema) {
  std::vector<json> documents = samples::sweep();
  documents[1]["runs"][0].erase("verdict");
  const auto report = render_report(documents, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().where, "document 2: /runs/0");
}

TEST(Report, NeedsADocument) {
  EXPECT_FALSE(render_report({}, {}));
}

}  // namespace
}  // namespace upout::harness
