#include "harness/cost/deployment_cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/cost/cost_chart.h"
#include "harness/cost/cost_text.h"
#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// 0.1 and 0.3 an hour: three small ones cost as much as a large one.
PriceFile prices() {
  return {.currency = "EUR",
          .date = "2026-01-31",
          .machines = {{"small", 1, std::nullopt, 0.1, "", "an offer"},
                       {"large", 8, std::nullopt, 0.3, "", "an offer"}}};
}

RunRecord run(const std::string& engine, unsigned cores, double median) {
  return samples::run(engine, cores, "ycsb-c", median);
}

WorkloadCosts costs_of(const std::vector<RunRecord>& runs, const PriceFile& file = prices()) {
  std::vector<json> documents;
  for (const RunRecord& each : runs) documents.push_back(samples::document(each));
  const auto costs = price_deployments(documents, file);
  EXPECT_EQ(costs.size(), 1U);
  return costs.at(0);
}

TEST(DeploymentCost, OfUpIsOneMachineWithCoresEnough) {
  const WorkloadCosts costs = costs_of({run("shared-memory", 2, 10e6)});
  ASSERT_EQ(costs.deployments.size(), 1U) << "the small machine has one core";
  const PricedDeployment& only = costs.deployments[0];
  EXPECT_EQ(only.machine, "large");
  EXPECT_EQ(only.machines, 1U);
  EXPECT_DOUBLE_EQ(only.price_per_hour, 0.3);
  EXPECT_FALSE(only.assumes_network);
  // 0.3 an hour over 3600 s of 10 M/s each.
  EXPECT_NEAR(only.price_per_million.median, 0.3 / 36000, 1e-12);
  EXPECT_NEAR(only.price_per_million.low, 0.3 / (3600 * 10.2), 1e-12);
  EXPECT_NEAR(only.price_per_million.high, 0.3 / (3600 * 9.85), 1e-12);
}

TEST(DeploymentCost, OfOutIsAMachineARankAndSaysThatTheNetworkWasNotMeasured) {
  const WorkloadCosts costs = costs_of({run("shared-nothing", 2, 10e6)});
  ASSERT_EQ(costs.deployments.size(), 2U);
  for (const PricedDeployment& each : costs.deployments) {
    EXPECT_EQ(each.machines, 2U);
    EXPECT_TRUE(each.assumes_network);
  }
  EXPECT_DOUBLE_EQ(costs.deployments[0].price_per_hour, 0.2);
  EXPECT_DOUBLE_EQ(costs.deployments[1].price_per_hour, 0.6);
}

TEST(DeploymentCost, OfOutThatWasMeasuredOnSeveralMachinesIsThatOfAsMany) {
  RunRecord two_hosts = run("shared-nothing", 4, 10e6);
  two_hosts.deployment.nodes = 2;
  const WorkloadCosts costs = costs_of({two_hosts});
  ASSERT_EQ(costs.deployments.size(), 1U) << "two ranks on a machine need two cores";
  EXPECT_EQ(costs.deployments[0].machines, 2U);
  EXPECT_EQ(costs.deployments[0].machine, "large");
  EXPECT_FALSE(costs.deployments[0].assumes_network);

  json containers = samples::document(two_hosts);
  containers["environment"]["mpi"]["machines"] = 1;
  EXPECT_TRUE(price_deployments(std::vector{containers}, prices()).at(0).deployments.at(0).assumes_network)
      << "nodes that share a machine have no network between them";
}

TEST(DeploymentCost, WantsMemoryForTheWorkingSet) {
  PriceFile file = prices();
  file.machines = {{"lean", 8, 5, 0.1, "", "an offer"}, {"fat", 8, 10, 0.2, "", "an offer"}};
  const WorkloadCosts up = costs_of({run("shared-memory", 2, 10e6)}, file);  // 9.46 GiB
  ASSERT_EQ(up.deployments.size(), 1U);
  EXPECT_EQ(up.deployments[0].machine, "fat");
  EXPECT_EQ(costs_of({run("shared-nothing", 2, 10e6)}, file).deployments.size(), 2U) << "half of it each";
}

TEST(DeploymentCost, NamesWhatFitsNoMachine) {
  const WorkloadCosts costs = costs_of({run("shared-memory", 9, 10e6), run("shared-memory", 8, 9e6)});
  EXPECT_EQ(costs.deployments.size(), 1U);
  EXPECT_EQ(costs.unfit, std::vector<std::string>{"shared-memory on 9 cores"});
  EXPECT_EQ(cheaper_sentence(costs_of({run("shared-memory", 9, 10e6)}), prices()),
            "On ycsb-c, nothing that was measured fits a machine of the price file.");
}

TEST(DeploymentCost, LeavesOutBaselineInvalidRunsAndOpenLoops) {
  RunRecord failed = run("shared-memory", 1, 50e6);
  failed.id = "failed";
  failed.verification.checks[0].passed = false;
  const WorkloadCosts costs = costs_of(
      {run("baseline", 1, 50e6), failed, samples::open_run(50e6, 50e6), run("shared-memory", 2, 10e6)});
  ASSERT_EQ(costs.deployments.size(), 1U);
  EXPECT_EQ(costs.deployments[0].cores, 2U);
}

TEST(DeploymentCost, FindsTheCheapestThatCarriesSoMuchAtTheLowEndOfItsInterval) {
  const WorkloadCosts costs = costs_of({run("shared-nothing", 1, 10e6), run("shared-nothing", 2, 18e6)});
  EXPECT_DOUBLE_EQ(cheapest_reaching(costs, "shared-nothing", 9.85e6)->price_per_hour, 0.1);
  EXPECT_DOUBLE_EQ(cheapest_reaching(costs, "shared-nothing", 9.9e6)->price_per_hour, 0.2)
      << "9.85 M is what ten carry for sure";
  EXPECT_FALSE(cheapest_reaching(costs, "shared-nothing", 18e6)) << "nothing is extrapolated";
  EXPECT_FALSE(cheapest_reaching(costs, "shared-memory", 1));
  EXPECT_DOUBLE_EQ(strongest(costs, "shared-nothing")->throughput.median, 18e6);
  EXPECT_EQ(cheapest_per_operation(costs, "shared-nothing")->cores, 1U);
  EXPECT_EQ(cheapest_per_operation(costs, "shared-nothing", "large")->machine, "large");
}

/// Out is cheaper as long as few machines do; up goes further.
WorkloadCosts crossing() {
  return costs_of({run("shared-memory", 1, 12e6), run("shared-memory", 8, 60e6),
                   run("shared-nothing", 1, 10e6), run("shared-nothing", 2, 18e6),
                   run("shared-nothing", 4, 34e6)});
}

TEST(DeploymentCost, SaysWhichWayIsCheaperFromWhereOn) {
  EXPECT_EQ(cheaper_sentence(crossing(), prices()),
            "On ycsb-c, up to 9.85 M operations/s both cost the same, up to 11.8 M operations/s up is "
            "cheaper, up to 17.7 M operations/s out is cheaper, up to 33.5 M operations/s up is cheaper and "
            "up to 59.1 M operations/s up alone reaches it; beyond that nothing was measured: a million "
            "operations cost at the least 0.00000139 EUR (0.00000136 to 0.00000141) up and 0.00000278 EUR "
            "(0.00000272 to 0.00000282) out, which is 2.00 (1.93 to 2.07) times as much out.");
}

TEST(DeploymentCost, SeesNoDifferenceInMoneyWhereTheIntervalsSeeNone) {
  const auto told = [](double out) {
    return cheaper_sentence(costs_of({run("shared-memory", 1, 10e6), run("shared-nothing", 1, out)}),
                            prices());
  };
  EXPECT_TRUE(told(10.1e6).ends_with("times as much out, no difference that the intervals can tell."));
  EXPECT_TRUE(told(11e6).ends_with("times as much out."));
}

TEST(DeploymentCost, SetsUpAgainstOutForAThroughput) {
  EXPECT_EQ(throughput_sentence(crossing(), prices(), 15e6),
            "For 15.0 M operations/s on ycsb-c: up, 0.300 EUR an hour on 1 x large (shared-memory on 8 "
            "cores, 60.0 M (59.1 to 61.2) operations/s); out, 0.200 EUR an hour on 2 x small* "
            "(shared-nothing on 2 cores, 18.0 M (17.7 to 18.4) operations/s). Out is cheaper.");
  const std::string most = throughput_sentence(crossing(), prices(), 50e6);
  EXPECT_TRUE(
      most.ends_with("out, none in the measured range, which ends at 34.0 M (33.5 to 34.7) "
                     "operations/s. Up alone reaches it."))
      << most;
  const std::string none = throughput_sentence(crossing(), prices(), 61e6);
  EXPECT_EQ(none.find("up, none in the measured range"), none.find("up, "));
  EXPECT_TRUE(none.ends_with("operations/s.")) << none;
}

TEST(DeploymentCost, PrintsTheCheapestOfEachWayOnEachMachine) {
  const std::vector<WorkloadCosts> all{crossing()};
  const std::string text = render_costs(all, prices(), std::nullopt);
  EXPECT_NE(text.find("machines   deployment      cores  operations/s           EUR an hour  EUR a million "
                      "operations\n"
                      "1 x small  shared-memory"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Prices in EUR, of 2026-01-31."), std::string::npos);
  EXPECT_NE(text.find("* measured on fewer machines"), std::string::npos);
}

/// On 1, 2 and 4 cores shared memory carries 10, 9 and 30 M/s, and ranks 8, 15 and 20.
const std::vector<RunRecord> up_and_out{run("shared-memory", 1, 10e6),  run("shared-memory", 2, 9e6),
                                        run("shared-memory", 4, 30e6),  run("shared-nothing", 1, 8e6),
                                        run("shared-nothing", 2, 15e6), run("shared-nothing", 4, 20e6)};

TEST(CheapestByThroughput, HasEachDeploymentUpToWhatItCarries) {
  const WorkloadCosts costs = costs_of(up_and_out);
  const auto up = cheapest_by_throughput(costs, "shared-memory");
  ASSERT_EQ(up.size(), 2U) << "two cores cost more than one, and carry less";
  EXPECT_EQ(up[0].cores, 1U);
  EXPECT_DOUBLE_EQ(up[0].price_per_hour, 0.1);
  EXPECT_EQ(up[1].cores, 4U);
  EXPECT_DOUBLE_EQ(up[1].price_per_hour, 0.3);
  EXPECT_NEAR(up[1].throughput.low, 30e6 * 0.985, 1) << "to which end it carries";
  EXPECT_TRUE(cheapest_by_throughput(costs, "null").empty());
}

TEST(CheapestByThroughput, BeginsAStepWhereTheLowEndIs) {
  // 9.85 to 10.2 and 10.05 to 10.4 M/s.
  const auto up = cheapest_by_throughput(
      costs_of({run("shared-memory", 1, 10e6), run("shared-memory", 2, 10.2e6)}), "shared-memory");
  ASSERT_EQ(up.size(), 2U);
  EXPECT_NEAR(up[1].throughput.low, 10.2e6 * 0.985, 1);
}

TEST(CheapestByThroughput, AgreesWithWhatIsCheapestForAThroughput) {
  const WorkloadCosts costs = costs_of(up_and_out);
  for (const char* engine : {"shared-memory", "shared-nothing"}) {
    const auto curve = cheapest_by_throughput(costs, engine);
    for (const double throughput : {1.0, 5e6, 9e6, 12e6, 14e6, 19e6, 25e6, 29e6, 40e6}) {
      const auto step = std::ranges::find_if(
          curve, [&](const PricedDeployment& each) { return each.throughput.low >= throughput; });
      const auto found = cheapest_reaching(costs, engine, throughput);
      ASSERT_EQ(found.has_value(), step != curve.end()) << engine << " " << throughput;
      if (!found) continue;
      EXPECT_EQ(found->price_per_hour, step->price_per_hour) << engine << " " << throughput;
    }
  }
}

TEST(CostCharts, HaveALineForEachWayThatSomethingFits) {
  const std::vector<WorkloadCosts> both{costs_of(up_and_out), costs_of({run("shared-nothing", 2, 10e6)}),
                                        costs_of({run("shared-memory", 16, 10e6)})};
  const json charts = cost_charts(both, prices());
  ASSERT_EQ(charts.size(), 2U) << "nothing has room for sixteen threads";
  EXPECT_EQ(charts[0]["currency"], "EUR");
  ASSERT_EQ(charts[0]["lines"].size(), 2U);
  EXPECT_EQ(charts[0]["lines"][0]["label"], "up, shared-memory");
  EXPECT_EQ(charts[0].at("/lines/0/points/1/deployment"_json_pointer), "1 x large: shared-memory on 4 cores");
  ASSERT_EQ(charts[1]["lines"].size(), 1U);
  EXPECT_EQ(charts[1].at("/lines/0/points/0/deployment"_json_pointer),
            "2 x small*: shared-nothing on 2 cores");
}

}  // namespace
}  // namespace upout::harness
