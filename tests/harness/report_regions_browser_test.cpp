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

json far_apart(unsigned copies, std::uint64_t read_ns) {
  RunRecord run = samples::in_regions(copies, "east", read_ns, 2 * read_ns);
  run.id += std::to_string(copies);
  return samples::document(run);
}

TEST_F(ReportOfRegions, ShowsWhatEachWaitsByWhereDataAre) {
  const std::string dom = dom_of({far_apart(1, 79'000'000), far_apart(3, 1'000'000)});
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "<section id=\"regions\">"), 1U) << "it is not hidden";
  EXPECT_EQ(count(dom, "<th scope=\"col\">read, west</th>"), 1U) << "one table";
  EXPECT_EQ(count(dom, "<p class=\"note\">There is no throughput to draw: links were made"), 1U);
  const std::string cell = "<td class=\"heat\" style=\"--share: ";
  EXPECT_EQ(count(dom, "<th scope=\"row\">1 copy, home in east</th>" + cell +
                           "0.98[0-9]*;\">79.0<span class=\"range\">79.0"
                           "</span></td>" +
                           cell + "1;\">80.0<span"),
            1U);
  EXPECT_EQ(
      count(dom, "<th scope=\"row\">3 copies, acknowledged by quorum, read from nearest, home in east</th>" +
                     cell + "0.01[0-9]*;\">1.00<span"),
      1U);
}

TEST_F(ReportOfRegions, HasNoSuchTableWhereThereAreNone) {
  const std::string dom = dom_of({samples::document(samples::run("shared-nothing", 4, "ycsb-b", 1e5))});
  EXPECT_EQ(count(dom, "<section id=\"regions\" hidden=\"\">"), 1U);
}

}  // namespace
}  // namespace upout::harness
