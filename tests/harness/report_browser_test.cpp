#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/report_in_browser.h"
#include "tests/harness/sample_sweep.h"

namespace upout::harness {
namespace {

/// Put there instead, uses the first chart as its reader does, and tells what each step changed of what it
/// shows.
constexpr const char* using_it = R"(<script>
const canvas = document.querySelector("canvas");
const [line, logX, logY] = [".legend button", ".axes button", ".axes button + button"].map((selector) => document.querySelector(selector));
const steps = [line, line, logX, logY];
const seen = [canvas.toDataURL()];
for (const button of steps) { button.click(); seen.push(canvas.toDataURL()); }
document.body.dataset.changed = steps.map((button, i) => seen[i + 1] === seen[i] ? "no" : "yes").join(" ");
document.body.dataset.restored = String(seen[2] === seen[0]);
document.body.dataset.pressed = steps.map((button) => button.getAttribute("aria-pressed")).join(" ");
</script></body>)";

TEST_F(ReportInBrowser, DrawsTheFittedLawAndItsCoefficients) {
  std::vector<nlohmann::json> documents;
  for (const auto& [cores, median] : {std::pair{1U, 1e6}, {2U, 1.8e6}, {4U, 2.8e6}, {8U, 3e6}})
    documents.push_back(samples::document(samples::run("shared-memory", cores, "ycsb-c", median)));
  const std::string dom = dom_of(documents);
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "<table class=\"laws\">"), 1U);
  EXPECT_EQ(count(dom, "<td>[0-9.]+<span class=\"range\">[0-9.e-]+ to [0-9.e-]+</span></td>"), 3U)
      << "sigma, kappa, peak";
  EXPECT_EQ(count(dom, "<span class=\"range\">off by at most [0-9.]+ %</span>"), 1U);
}

TEST_F(ReportInBrowser, DrawsTheChartsAndFillsTheTables) {
  const std::string dom = dom_of(samples::sweep());
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "<canvas[^>]*data-colours=\"[0-9]{2,}\""), 6u) << "throughput, efficiency, latencies";
  EXPECT_EQ(
      count(dom, "<tr><td>2 cores</td><td>shared-memory</td><td>35.1 M</td><td>34.6 M to 35.8 M</td></tr>"),
      1u)
      << "the figures of a chart as a table";
  EXPECT_EQ(count(dom, "<tr><td>2 cores</td><td>shared-memory</td><td>0.964</td>"), 1u) << "35.1 / 18.2 / 2";
  EXPECT_EQ(count(dom, "<tr><td>99.9 %</td><td>shared-memory, 2 cores, depth 16</td><td>2.62 µs</td></tr>"),
            2u);
  EXPECT_EQ(count(dom, "<section id=\"latency\" hidden"), 1u) << "there is one load only";
  EXPECT_EQ(count(dom, "<tr data-id=\"[^\"]*\" data-verdict=\"(publishable|unofficial)\""), 8u);
  EXPECT_NE(dom.find("35.1 M"), std::string::npos);
  EXPECT_NE(dom.find("AMD EPYC 9355"), std::string::npos);
  EXPECT_NE(dom.find("narrow-interval"), std::string::npos);
}

TEST_F(ReportInBrowser, LinesAndAxesAreChosenByButtons) {
  const std::string dom = dom_of(samples::sweep(), {}, using_it);
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "data-changed=\"yes yes yes yes\""), 1u);
  EXPECT_EQ(count(dom, "data-restored=\"true\""), 1u);
  EXPECT_EQ(count(dom, "data-pressed=\"true true true true\""), 1u);
}

TEST_F(ReportInBrowser, DrawsLatencyAgainstThroughputWhereLoadsDiffer) {
  std::vector<nlohmann::json> documents;
  for (const unsigned depth : {1U, 4U, 16U}) {
    RunRecord run = samples::run("shared-memory", 2, "ycsb-c", 1e6 * depth);
    run.id += std::to_string(depth);
    run.deployment.depth = depth;
    documents.push_back(samples::document(run));
  }
  const std::string dom = dom_of(documents);
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "<section id=\"latency\">"), 1u);
  EXPECT_EQ(count(dom, "<canvas[^>]*Latency of ycsb-c against throughput[^>]*data-colours=\"[0-9]{2,}\""),
            1u);
  EXPECT_EQ(count(dom, "<tr><td>16.0 M operations/s</td><td>shared-memory, 2 cores: p99</td>"), 1u);
}

TEST_F(ReportInBrowser, TakesAChoiceOfTheDeploymentForNoLoad) {
  std::vector<nlohmann::json> documents;
  for (const char* placement : {"os", "islands"}) {
    RunRecord run = samples::run("shared-memory", 2, "ycsb-c", 1e6);
    run.id += placement;
    run.deployment.placement = placement;
    documents.push_back(samples::document(run));
  }
  const std::string dom = dom_of(documents);
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "<section id=\"latency\" hidden"), 1U) << "each has one load";
  for (const char* placement : {"os", "islands"}) {
    EXPECT_EQ(count(dom, "<tr><td>99 %</td><td>shared-memory, placement " + std::string(placement) +
                             ", 2 cores, depth 16</td>"),
              1U);
  }
}

TEST_F(ReportInBrowser, LaysSweepsOverEachOther) {
  std::vector<nlohmann::json> documents = samples::sweep();
  ReportOptions options;
  options.sources.assign(documents.size(), "monday");
  const std::vector<nlohmann::json> again = documents;
  documents.insert(documents.end(), again.begin(), again.end());
  options.sources.resize(documents.size(), "tuesday");
  const std::string dom = dom_of(documents, options);
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  for (const char* source : {"monday", "tuesday"}) {
    EXPECT_EQ(count(dom, "<tr><td>2 cores</td><td>shared-memory, source " + std::string(source) +
                             "</td><td>35.1 M</td><td>34.6 M to 35.8 M</td></tr>"),
              1u);
    EXPECT_EQ(count(dom, "data-label=\"Sweep\">" + std::string(source) + "<"), 8u);
    EXPECT_EQ(count(dom, "<li>" + std::string(source) + ": On 2 cores, "), 1u) << "its own answer";
  }
}

TEST_F(ReportInBrowser, DrawsWhatHappenedOverTimeOfRunsThatSayIt) {
  EXPECT_EQ(count(dom_of(samples::sweep()), "<section id=\"over-time\" hidden"), 1u);
  RunRecord run = samples::run("shared-memory", 2, "ycsb-b", 1e6);
  run.load = {.per_second = 1e6};
  for (int i = 0; i < 10; ++i) {
    IntervalFigures interval{
        .begin_seconds = 0.1 * i, .seconds = 0.1, .operations = i == 5 ? 20'000U : 100'000U, .offered = 1e5};
    if (i != 5) interval.latency = {.p50 = 1000, .p99 = i == 6 ? 40'000'000U : 2000U, .count = 100};
    for (Repetition& repetition : run.repetitions) repetition.series.push_back(interval);
  }
  for (Repetition& repetition : run.repetitions) repetition.offered = 1'000'000;
  const std::string dom = dom_of({samples::document(run)});
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "<section id=\"over-time\">"), 1u);
  EXPECT_EQ(count(dom, "<canvas[^>]*over the time of one window[^>]*data-colours=\"[0-9]{2,}\""), 1u);
}

TEST_F(ReportInBrowser, SortsRunsByWhatCrossesPartitionsAndSaysHowTheyRead) {
  std::vector<nlohmann::json> documents;
  for (const char* control : {"serial", "occ"}) {
    for (const double share : {10.0, 0.5, 2.0}) {
      RunRecord run = samples::run("shared-nothing", 2, "ycsb-multi", 1e6);
      run.id = std::string(control) + "-" + std::to_string(int(10 * share));
      run.properties["crosspartition"] = share;
      run.deployment.concurrency_control = control;
      run.deployment.clients = 1;
      run.deployment.read_path = "rma";
      documents.push_back(samples::document(run));
    }
  }
  const std::string dom = dom_of(documents);
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  std::string order;
  const std::regex row("<tr data-id=\"([^\"]*)\"");
  for (std::sregex_iterator found(dom.begin(), dom.end(), row), end; found != end; ++found)
    order += (*found)[1].str() + " ";
  EXPECT_EQ(order, "occ-5 serial-5 occ-20 serial-20 occ-100 serial-100 ");
  EXPECT_EQ(count(dom, "data-label=\"Reads\">rma<"), 6u);
  EXPECT_EQ(count(dom, "data-label=\"Of them clients\">1<"), 6u);
}

TEST_F(ReportInBrowser, ShowsWhatWasOfferedAndClaimsNoVerificationOfNothing) {
  RunRecord nothing = samples::run("null", 2, "ycsb-c", 1e8);
  nothing.verification = {.checks = {}, .digest = "", .records = 0, .applies = false};
  const std::string dom =
      dom_of({samples::document(samples::open_run(2e6, 1e6)), samples::document(nothing)});
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "data-label=\"Offered/s\">2.00 M<"), 1u);
  EXPECT_EQ(count(dom, "data-label=\"Offered/s\">–<"), 1u);
  EXPECT_EQ(count(dom, "data-label=\"Verification\">not applicable<"), 1u);
}

TEST_F(ReportInBrowser, ShowsNoSpeedUpOfWhatWasOffered) {
  RunRecord open = samples::open_run(2e6, 2e6);
  const RunRecord closed = samples::run("shared-memory", 2, "ycsb-c", 4e6);
  open.id = closed.id;
  const std::string dom = dom_of({samples::document(open), samples::document(closed),
                                  samples::document(samples::run("shared-memory", 1, "ycsb-c", 2e6))});
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "data-label=\"Speed-up\">2.00<"), 1u);
  EXPECT_EQ(count(dom, "data-label=\"Speed-up\">–<"), 1u);
}

TEST_F(ReportInBrowser, RunsNothingThatADocumentBringsAlong) {
  const std::string hostile =
      "</script><script>window.injected=1</script><img src=x onerror=\"window.injected=1\">";
  RunRecord run = samples::run("shared-memory", 1, hostile, 1e6);
  run.id = hostile;
  run.latency[hostile] = run.latency["read"];
  run.verification.checks[0] = {hostile, true, hostile};
  nlohmann::json document = samples::document(run);
  document["environment"]["cpu_model"] = hostile;
  const std::string dom = dom_of({document});
  EXPECT_NE(dom.find("data-injected=\"false\""), std::string::npos);
  EXPECT_EQ(count(dom, "<img"), 0u);
}

TEST_F(ReportInBrowser, ShowsThatThereIsNoValidResult) {
  RunRecord run = samples::run("shared-memory", 1, "ycsb-c", std::vector<double>{});
  run.incomplete = true;
  const std::string dom = dom_of({samples::document(run)});
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "<canvas"), 0u);
  EXPECT_EQ(count(dom, "<tr data-id=\"[^\"]*\" data-verdict=\"invalid\""), 1u);
}

}  // namespace
}  // namespace upout::harness
