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

TEST(Answer, SaysWhoIsAheadAndByHowMuchWithAnInterval) {
  const Answer found = answer_to({samples::document(samples::run(shared_memory, 1, "ycsb-c", 10e6)),
                                  samples::document(samples::run(shared_memory, 2, "ycsb-c", 20e6)),
                                  samples::document(samples::run(shared_nothing, 1, "ycsb-c", 8e6)),
                                  samples::document(samples::run(shared_nothing, 2, "ycsb-c", 12e6))});
  EXPECT_EQ(found.headline,
            "On 2 cores, shared-memory is ahead: shared-nothing reaches 0.60 (0.58 to 0.62) of its "
            "throughput on ycsb-c.");
  ASSERT_EQ(found.details.size(), 1u);
  EXPECT_EQ(found.details[0],
            "Shared-memory scales by 2.00 (1.93 to 2.07) from 1 to 2 cores, shared-nothing by 1.50 (1.45 to "
            "1.55).");
}

TEST(Answer, SeesNoDifferenceWhereTheIntervalsSeeNone) {
  const Answer found = answer_to({samples::document(samples::run(shared_memory, 1, "ycsb-c", 10e6)),
                                  samples::document(samples::run(shared_nothing, 1, "ycsb-c", 10.1e6))});
  EXPECT_EQ(found.headline,
            "On 1 core, there is no difference that the intervals can tell: shared-memory reaches 0.99 (0.96 "
            "to 1.03) of the "
            "throughput of shared-nothing on ycsb-c.");
  EXPECT_EQ(found.details[0],
            "Shared-memory was measured on 1 core only; shared-nothing was measured on 1 core only.");
}

TEST(Answer, SaysWhereAnEngineDoesNotScale) {
  const Answer level = answer_to({samples::document(samples::run(shared_nothing, 1, "ycsb-c", 10e6)),
                                  samples::document(samples::run(shared_nothing, 2, "ycsb-c", 10.1e6))});
  EXPECT_EQ(level.headline, "Only shared-nothing was measured on ycsb-c.");
  EXPECT_EQ(
      level.details[0],
      "Shared-nothing does not scale that the intervals can tell, by 1.01 (0.98 to 1.05) from 1 to 2 cores.");
  const Answer slower = answer_to({samples::document(samples::run(shared_nothing, 1, "ycsb-c", 10e6)),
                                   samples::document(samples::run(shared_nothing, 2, "ycsb-c", 5e6))});
  EXPECT_EQ(slower.details[0], "Shared-nothing falls to 0.50 (0.48 to 0.52) from 1 to 2 cores.");
}

/// Both engines on two cores, by the share of transactions across partitions.
std::vector<json> over_shares(const std::vector<std::array<double, 3>>& share_and_medians,
                              unsigned cores = 2) {
  std::vector<json> documents;
  for (const auto& [share, of_memory, of_nothing] : share_and_medians) {
    for (const auto& [engine, median] : {std::pair{shared_memory, of_memory}, {shared_nothing, of_nothing}}) {
      RunRecord run = samples::run(engine, cores, "ycsb-multi", median);
      run.id += "-" + std::to_string(share);
      run.properties["crosspartition"] = share;
      run.deployment.concurrency_control = "occ";
      run.unit = "transactions/s";
      documents.push_back(samples::document(run));
    }
  }
  return documents;
}

TEST(Answer, SaysFromWhichShareOnAnEngineOvertakesTheOther) {
  const Answer found =
      answer_to(over_shares({{20, 2e6, 1e6}, {0, 2e6, 3e6}, {5, 2e6, 2e6}, {1, 2e6, 3e6}, {100, 2e6, 1e5}}));
  EXPECT_EQ(found.headline,
            "On 2 cores, shared-memory overtakes shared-nothing on ycsb-multi at crosspartition 20 %: "
            "shared-nothing is ahead with 0 % to 1 %, the "
            "intervals tell no difference with 5 % and shared-memory is ahead with 20 % to 100 %.");
  ASSERT_EQ(found.details.size(), 5U);
  EXPECT_NE(found.details[0].find("on ycsb-multi, crosspartition 0"), std::string::npos) << found.details[0];
}

TEST(Answer, SaysThatNoEngineOvertakesTheOther) {
  EXPECT_EQ(answer_to(over_shares({{0, 3e6, 1e6}, {50, 2e6, 2e6}, {100, 2e6, 1e6}})).headline,
            "On 2 cores, neither engine overtakes the other on ycsb-multi in the measured range, "
            "crosspartition 0 % to 100 %: shared-memory is ahead with 0 %, the intervals tell no "
            "difference with 50 % and shared-memory is ahead with 100 %.");
  EXPECT_EQ(answer_to(over_shares({{0, 3e6, 4e6}, {50, 2e6, 2e6}})).headline,
            "On 2 cores, neither engine overtakes the other on ycsb-multi in the measured range, "
            "crosspartition 0 % to 50 %: shared-nothing is ahead with 0 % and the intervals "
            "tell no difference with 50 %.");
}

TEST(Answer, SaysWhereAnEngineOvertookAlthoughTheLastIntervalsTellNothing) {
  EXPECT_EQ(answer_to(over_shares({{0, 2e6, 3e6}, {20, 3e6, 2e6}, {100, 2e6, 2e6}})).headline,
            "On 2 cores, shared-memory overtakes shared-nothing on ycsb-multi at crosspartition 20 %: "
            "shared-nothing is ahead with 0 %, shared-memory is ahead with 20 % and the intervals "
            "tell no difference with 100 %.");
}

TEST(Answer, TakesTheFirstShareThatIsDecidedAfterTheOtherEnginesLast) {
  const std::string found =
      answer_to(over_shares({{0, 2e6, 3e6}, {5, 2e6, 2e6}, {20, 3e6, 2e6}, {50, 2e6, 2e6}, {100, 3e6, 2e6}}))
          .headline;
  EXPECT_TRUE(found.starts_with(
      "On 2 cores, shared-memory overtakes shared-nothing on ycsb-multi at crosspartition 20 %:"))
      << found;
}

TEST(Answer, SaysThatOneEngineAloneWasMeasuredOverShares) {
  std::vector<json> documents = over_shares({{0, 2e6, 3e6}, {100, 2e6, 1e6}});
  std::erase_if(documents, [](const json& document) {
    return document.at("/runs/0/deployment/engine"_json_pointer) == shared_nothing;
  });
  EXPECT_EQ(answer_to(documents).headline, "Only shared-memory was measured on ycsb-multi.");
}

TEST(Report, DrawsOneChartOverTheSharesThatCrossPartitions) {
  const json content = content_of(page(over_shares({{0, 2e6, 3e6}, {100, 2e6, 1e6}})));
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

TEST(Report, DrawsACrossingOnTheCoresThatItsAnswerIsAbout) {
  std::vector<json> documents = over_shares({{0, 2e6, 3e6}, {20, 2e6, 2e6}, {100, 2e6, 1e6}});
  // On four cores both engines were measured with one share alone, and on eight only one of them was.
  for (const json& document : over_shares({{0, 4e6, 3e6}}, 4)) documents.push_back(document);
  documents.push_back(over_shares({{100, 9e6, 9e6}}, 8).front());
  const Answer found = answer_to(documents);
  EXPECT_TRUE(found.headline.starts_with("On 2 cores, shared-memory overtakes shared-nothing"))
      << found.headline;
  const json chart = content_of(page(documents)).at("/charts/0"_json_pointer);
  EXPECT_EQ(chart["workload"], "ycsb-multi, on 2 cores");
  EXPECT_EQ(chart["series"][0]["points"].size(), 3U);
}

TEST(Report, DrawsOneLineWhereAnotherHasAPointLess) {
  std::vector<json> documents = over_shares({{0, 2e6, 3e6}, {20, 2e6, 2e6}, {100, 2e6, 1e6}});
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

TEST(Answer, GivesEachWorkloadItsSentence) {
  const Answer found = answer_to(samples::sweep());
  EXPECT_EQ(found.headline,
            "On 2 cores, shared-memory is ahead on ycsb-c; there is no difference that the intervals can "
            "tell on ycsb-a.");
  ASSERT_EQ(found.details.size(), 2u);
  EXPECT_NE(found.details[0].find("on ycsb-a."), std::string::npos);
  EXPECT_NE(found.details[1].find("on ycsb-c."), std::string::npos);
}

TEST(Answer, SaysOfOneEngineHowItScalesOnEachWorkload) {
  const Answer found = answer_to({samples::document(samples::run(shared_memory, 1, "ycsb-a", 10e6)),
                                  samples::document(samples::run(shared_memory, 2, "ycsb-a", 15e6)),
                                  samples::document(samples::run(shared_memory, 1, "ycsb-c", 10e6)),
                                  samples::document(samples::run(shared_memory, 2, "ycsb-c", 20e6))});
  EXPECT_EQ(
      found.headline,
      "From 1 to 2 cores, throughput of shared-memory is multiplied by 1.50 (1.45 to 1.55) on ycsb-a and "
      "by 2.00 (1.93 to 2.07) on ycsb-c.");
}

TEST(Answer, SaysOfOneEngineWhichConfigurationIsAheadOnEachWorkload) {
  std::vector<nlohmann::json> documents;
  for (const char* workload : {"ycsb-a", "ycsb-c"}) {
    for (const unsigned depth : {1U, 16U}) {
      RunRecord run = samples::run(shared_memory, 1, workload, depth == 1 ? 5e6 : 10e6);
      run.id += "-depth-" + std::to_string(depth);
      run.deployment.depth = depth;
      documents.push_back(samples::document(run));
    }
  }
  EXPECT_EQ(answer_to(documents).headline,
            "On 1 core, shared-memory, depth 16 is ahead on ycsb-a and ycsb-c.");
}

TEST(Answer, DoesNotCountInvalidRuns) {
  RunRecord lost = samples::run(shared_nothing, 1, "ycsb-c", 99e6);
  lost.verification.checks[0].passed = false;
  const Answer found =
      answer_to({samples::document(samples::run(shared_memory, 1, "ycsb-c", 10e6)), samples::document(lost)});
  EXPECT_EQ(found.headline, "Only shared-memory was measured on ycsb-c.");
  EXPECT_EQ(answer_to({samples::document(lost)}).headline, "There is no valid result to answer from.");
}

TEST(Answer, DoesNotCompareThroughputThatWasOffered) {
  const std::vector documents{samples::document(samples::open_run(2e6, 2e6)),
                              samples::document(samples::run(shared_memory, 1, "ycsb-c", 10e6))};
  EXPECT_EQ(compare(documents).front().series.front().points.size(), 1U);
  const std::vector<std::string> sentences = caveats(documents);
  EXPECT_NE(std::ranges::find_if(
                sentences, [](const auto& each) { return each.starts_with("1 of 2 runs had their load"); }),
            sentences.end());
}

TEST(Answer, ComparesTheBestConfigurationsAndNamesThem) {
  RunRecord plain = samples::run(shared_memory, 1, "ycsb-c", 5e6);
  plain.id += "-depth-1";
  plain.deployment.depth = 1;
  const Answer found =
      answer_to({samples::document(plain), samples::document(samples::run(shared_memory, 1, "ycsb-c", 10e6)),
                 samples::document(samples::run(shared_nothing, 1, "ycsb-c", 5e6))});
  EXPECT_NE(found.headline.find("shared-memory, depth 16 is ahead: shared-nothing reaches 0.50"),
            std::string::npos)
      << found.headline;
}

TEST(Answer, ComparesTheConfigurationsOfOneEngineThatWasMeasuredAlone) {
  const auto of_placement = [](const char* placement, unsigned cores, double throughput) {
    RunRecord record = samples::run(shared_memory, cores, "ycsb-b", throughput);
    record.id += placement;
    record.deployment.placement = placement;
    return samples::document(record);
  };
  const Answer found = answer_to({of_placement("os", 1, 10e6), of_placement("os", 2, 20e6),
                                  of_placement("islands", 2, 10e6), of_placement("replicated", 2, 15e6)});
  EXPECT_TRUE(found.headline.starts_with("On 2 cores, shared-memory, placement os is ahead on ycsb-b; "))
      << found.headline;
  const std::size_t replicated = found.headline.find("placement replicated reaches 0.75");
  const std::size_t islands = found.headline.find("placement islands reaches 0.50");
  EXPECT_LT(replicated, islands) << found.headline;
  EXPECT_NE(islands, std::string::npos) << found.headline;
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
  const std::size_t headline = html.find("<h1>On 2 cores, shared-memory is ahead on ycsb-c;");
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
