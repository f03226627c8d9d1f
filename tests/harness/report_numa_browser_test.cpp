#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/report_in_browser.h"
#include "tests/harness/sample_documents.h"

/// What the report says of NUMA nodes.
namespace upout::harness {
namespace {

using nlohmann::json;
using ReportOfNodes = ReportInBrowser;

json store(const std::string& asked, unsigned in_place, const json& by_node) {
  unsigned sampled = 0;
  for (const auto& pages : by_node) sampled += pages.get<unsigned>();
  return {
      {"asked", asked}, {"sampled_pages", sampled}, {"pages_in_place", in_place}, {"pages_by_node", by_node}};
}

/// Three workers on two nodes, whose data lie as `stores` says.
json placed(const std::string& placement, double score, const std::vector<json>& stores) {
  RunRecord run = samples::run("shared-memory", 3, "ycsb-b", 2e6);
  run.id += placement;
  run.deployment.placement = placement;
  json document = samples::document(run);
  json& environment = document["environment"];
  environment["numa_nodes"] = 2;
  environment["workers"][2]["node"] = 1;
  environment["data"]["stores"] = stores;
  environment["data"]["placement_score"] = score;
  environment["numa_distances"] = {{"nodes", {0, 1}}, {"from_to", {{10, 21}, {32, 10}}}};
  return document;
}

TEST_F(ReportOfNodes, ShowsDistancesAndWhereWorkersAndPagesWere) {
  const std::string dom = dom_of(
      {placed("interleave", 0.9, {store("interleaved over nodes 0,1", 900, {{"0", 600}, {"1", 400}})}),
       placed("islands", 1,
              {store("bound to node 0", 300, {{"0", 300}}), store("bound to node 1", 100, {{"1", 100}}),
               store("bound to node 1", 100, {{"1", 75}, {"0", 25}})})});
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  const std::string cell = "<td class=\"heat\" style=\"--share: ";
  EXPECT_EQ(count(dom, "processors of node 1</th>" + cell + "1;\">32</td>" + cell + "0;\">10</td>"), 1U);
  EXPECT_EQ(count(dom, "<caption>Distances"), 1U) << "one machine, in two documents";
  EXPECT_EQ(count(dom, "<td>workers</td>" + cell + "0.66[0-9]*;\">2</td>" + cell + "0.33[0-9]*;\">1</td>"),
            2U);
  EXPECT_EQ(count(dom, "<td>pages interleaved over nodes 0,1</td>" + cell + "0.6;\">60 %</td>" + cell +
                           "0.4;\">40 %</td>"),
            1U);
  EXPECT_EQ(count(dom, "<td>pages 2 stores, bound to node 1</td>" + cell + "0.125;\">13 %</td>"), 1U)
      << "25 of 200";
  EXPECT_EQ(count(dom, "rowspan=\"2\">interleave<span"), 1U);
  EXPECT_EQ(count(dom, "rowspan=\"3\">islands<span"), 1U);
  EXPECT_EQ(count(dom, "<td class=\"number\" rowspan=\"2\">90 %</td>"), 1U);
}

TEST_F(ReportOfNodes, SaysWhereTheKernelDoesNotTell) {
  json document = placed("os", 1, {});
  document["environment"]["data"]["placement_score"] = nullptr;
  document["environment"]["data"]["unverified_because"] = "move_pages is forbidden";
  document["environment"]["numa_distances"] = nullptr;
  const std::string dom = dom_of({document});
  EXPECT_EQ(log_.find("CONSOLE"), std::string::npos) << log_;
  EXPECT_EQ(count(dom, "unverified: move_pages is forbidden"), 1U);
  EXPECT_EQ(count(dom, "<caption>Distances"), 0U);
}

TEST_F(ReportOfNodes, SaysOfOneNodeWhyThereIsNothingIfPlacementsWereAskedFor) {
  std::vector<json> documents;
  for (const char* placement : {"os", "islands"}) {
    RunRecord run = samples::run("shared-memory", 2, "ycsb-b", 2e6);
    run.id += placement;
    run.deployment.placement = placement;
    documents.push_back(samples::document(run));
  }
  const std::string several = dom_of(documents);
  EXPECT_EQ(count(several, "<section id=\"nodes\">"), 1U);
  EXPECT_EQ(count(several, "<p class=\"note\">There is nothing to draw: the machine has one NUMA node"), 1U);
  EXPECT_EQ(count(several, "<table class=\"nodes\">"), 0U);
  documents.pop_back();
  const std::string one = dom_of(documents);
  EXPECT_EQ(count(one, "<section id=\"nodes\" hidden=\"\">"), 1U);
  EXPECT_EQ(count(one, "<div class=\"tables\"></div>"), 2U) << "nor has it regions";
}

}  // namespace
}  // namespace upout::harness
