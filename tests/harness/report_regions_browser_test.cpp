#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/report_in_browser.h"
#include "tests/harness/sample_documents.h"

/// What the report says of regions.
namespace upout::harness {
namespace {

using nlohmann::json;
using ReportOfRegions = ReportInBrowser;

json far_apart(unsigned copies, std::uint64_t near_ns, std::uint64_t far_ns) {
  RunRecord run = samples::run("shared-nothing", 4, "ycsb-b", 1e5);
  run.id += std::to_string(copies);
  run.deployment.regions = "east 1ms; west 80ms 1ms";
  run.deployment.home = "east";
  run.deployment.copies = copies;
  if (copies > 1) run.deployment.replication = "quorum";
  run.regions = {{.name = "east", .ranks = {0, 2}, .latency = {}},
                 {.name = "west", .ranks = {1, 3}, .latency = {}}};
  run.regions[0].latency["read"].record(near_ns);
  run.regions[1].latency["read"].record(far_ns);
  return samples::document(run);
}

TEST_F(ReportOfRegions, ShowsWhatEachWaitsByWhereDataAre) {
  const std::string dom = dom_of({far_apart(1, 1'000'000, 80'000'000), far_apart(3, 1'000'000, 2'000'000)});
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "<section id=\"regions\">"), 1U) << "it is not hidden";
  EXPECT_EQ(count(dom, "<th scope=\"col\">read, west</th>"), 1U) << "one table";
  EXPECT_EQ(
      count(dom,
            "<th scope=\"row\">1 copy, home in east</th><td class=\"heat\" style=\"--share: 0.01[0-9]*;\">"
            "1.0[0-9]<span class=\"range\">1.0[0-9]</span></td><td class=\"heat\" style=\"--share: 1;\">8"),
      1U);
  EXPECT_EQ(count(dom, "<th scope=\"row\">3 copies, acknowledged by quorum, home in east</th>"), 1U);
}

TEST_F(ReportOfRegions, HasNoSuchTableWhereThereAreNone) {
  const std::string dom = dom_of({samples::document(samples::run("shared-nothing", 4, "ycsb-b", 1e5))});
  EXPECT_EQ(count(dom, "<section id=\"regions\" hidden=\"\">"), 1U);
}

}  // namespace
}  // namespace upout::harness
