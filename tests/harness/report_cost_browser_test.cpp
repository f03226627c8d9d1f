#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/report_in_browser.h"
#include "tests/harness/sample_sweep.h"

/// What the report draws of costs.
namespace upout::harness {
namespace {

using ReportOfCosts = ReportInBrowser;

ReportOptions priced() {
  ReportOptions options;
  options.prices = {.currency = "EUR",
                    .date = "2026-01-31",
                    .machines = {{"small", 1, std::nullopt, 0.1, "", "an offer"},
                                 {"large", 8, std::nullopt, 0.25, "", "an offer"}}};
  return options;
}

TEST_F(ReportOfCosts, DrawsWhatTheCheapestDeploymentCostsByThroughput) {
  const std::string dom = dom_of(samples::sweep(), priced());
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "<section id=\"cost\">"), 1U);
  EXPECT_EQ(count(dom, "<canvas[^>]*Cost of ycsb-[ac] against throughput[^>]*data-colours=\"[0-9]{2,}\""),
            2U);
  // At the low ends of 18.2 and 35.1 M/s; where the first step begins is no figure.
  EXPECT_EQ(count(dom,
                  "<tr><td>17.9 M operations/s</td><td>up, shared-memory</td><td>0.1 EUR</td><td>1 x small: "
                  "shared-memory on 1 core</td>"),
            1U);
  EXPECT_EQ(count(dom, "<td>up, shared-memory</td>"), 4U) << "two steps of two workloads";
  EXPECT_EQ(count(dom,
                  "<tr><td>34.6 M operations/s</td><td>up, shared-memory</td><td>0.25 EUR</td><td>1 x large: "
                  "shared-memory on 2 cores</td>"),
            1U);
  EXPECT_EQ(
      count(dom,
            "<td>out, shared-nothing</td><td>0.2 EUR</td><td>2 x small\\*: shared-nothing on 2 cores</td>"),
      2U);
}

/// Presses the first line's button, and tells what became of the first chart.
constexpr const char* hide_a_line = R"(<script>
const canvas = document.querySelector("#cost canvas");
const button = document.querySelector("#cost .legend button");
const before = canvas.toDataURL();
button.focus();
document.body.dataset.reached = String(document.activeElement === button && button.tagName === "BUTTON");
button.click();
document.body.dataset.changed = String(canvas.toDataURL() !== before);
</script></body>)";

TEST_F(ReportOfCosts, HidesALineByAButton) {
  const std::string dom = dom_of(samples::sweep(), priced(), hide_a_line);
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "data-reached=\"true\""), 1U);
  EXPECT_EQ(count(dom, "data-changed=\"true\""), 1U);
}

TEST_F(ReportOfCosts, DrawsNothingWithoutPrices) {
  EXPECT_EQ(count(dom_of(samples::sweep()), "<section id=\"cost\" hidden=\"\">"), 1U);
}

}  // namespace
}  // namespace upout::harness
