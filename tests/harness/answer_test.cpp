#include "harness/answer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/comparison.h"
#include "harness/fault.h"
#include "harness/fault_answer.h"
#include "harness/region_report.h"
#include "tests/harness/sample_sweep.h"

/// The first sentences of a report: that they answer what was measured, whatever that was.
namespace upout::harness {
namespace {

using nlohmann::json;

const std::string shared_memory = "shared-memory";
const std::string shared_nothing = "shared-nothing";

Answer answer_to(const std::vector<json>& documents) {
  return answer(compare(documents));
}

json point(const std::string& engine, unsigned cores, const std::string& workload, double median) {
  return samples::document(samples::run(engine, cores, workload, median));
}

/// With something changed that its id does not name.
json changed_point(const std::string& engine, unsigned cores, double median, const std::string& name,
                   auto&& change) {
  RunRecord record = samples::run(engine, cores, "ycsb-a", median);
  record.id += "-" + name;
  change(record);
  return samples::document(record);
}

json of_distribution(const std::string& engine, unsigned cores, double median,
                     const std::string& distribution) {
  return changed_point(engine, cores, median, distribution,
                       [&](RunRecord& run) { run.properties["requestdistribution"] = distribution; });
}

json of_placement(const std::string& placement, unsigned cores, double median) {
  return changed_point(shared_memory, cores, median, placement,
                       [&](RunRecord& run) { run.deployment.placement = placement; });
}

// ---- engines -------------------------------------------------------------------------------------------

TEST(Answer, SaysWhoIsAheadByHowMuchAndWhetherEitherScales) {
  EXPECT_EQ(answer_to({point(shared_memory, 1, "ycsb-c", 10e6), point(shared_memory, 2, "ycsb-c", 20e6),
                       point(shared_nothing, 1, "ycsb-c", 8e6), point(shared_nothing, 2, "ycsb-c", 12e6)})
                .headline,
            "On 2 cores, shared-memory is ahead: shared-nothing reaches 0.60 (0.58 to 0.62) of its "
            "throughput on ycsb-c. From 1 to 2 cores, shared-memory scales by 2.00 (1.93 to 2.07) on ycsb-c; "
            "shared-nothing scales by 1.50 (1.45 to 1.55) on ycsb-c.");
}

TEST(Answer, SeesNoDifferenceWhereTheIntervalsSeeNone) {
  const Answer found =
      answer_to({point(shared_memory, 1, "ycsb-c", 10e6), point(shared_nothing, 1, "ycsb-c", 10.1e6)});
  EXPECT_EQ(found.headline,
            "On 1 core, there is no difference that the intervals can tell: shared-memory reaches 0.99 (0.96 "
            "to 1.03) of the throughput of shared-nothing on ycsb-c.");
  EXPECT_TRUE(found.details.empty());
}

TEST(Answer, SaysWhereAnEngineDoesNotScale) {
  EXPECT_EQ(
      answer_to({point(shared_nothing, 1, "ycsb-c", 10e6), point(shared_nothing, 2, "ycsb-c", 10.1e6)})
          .headline,
      "From 1 to 2 cores, shared-nothing does not scale that the intervals can tell, by 1.01 (0.98 to 1.05) "
      "on ycsb-c.");
  EXPECT_EQ(
      answer_to({point(shared_nothing, 1, "ycsb-c", 10e6), point(shared_nothing, 2, "ycsb-c", 5e6)}).headline,
      "From 1 to 2 cores, shared-nothing falls to 0.50 (0.48 to 0.52) on ycsb-c.");
}

TEST(Answer, SaysHowAnEngineScalesWhoseBestConfigurationHasOneSize) {
  const std::string found =
      answer_to({point(shared_memory, 2, "ycsb-a", 10e6), point(shared_nothing, 1, "ycsb-a", 4e6),
                 point(shared_nothing, 2, "ycsb-a", 6e6),
                 changed_point(shared_nothing, 2, 9e6, "sixteen",
                               [](RunRecord& run) { run.deployment.partitions = 16; })})
          .headline;
  EXPECT_NE(found.find("shared-nothing, partitions 16 reaches 0.90 "), std::string::npos) << found;
  EXPECT_TRUE(found.ends_with(
      "From 1 to 2 cores, shared-nothing, partitions one a rank scales by 1.50 (1.45 to 1.55) on ycsb-a."))
      << found;
}

TEST(Answer, HasTheFigureOfEachWorkload) {
  EXPECT_TRUE(
      answer_to(samples::sweep())
          .headline.starts_with(
              "On 2 cores, there is no difference that the intervals can tell: shared-nothing reaches "
              "0.99 (0.96 to 1.20) of the throughput of shared-memory on ycsb-a; shared-memory is "
              "ahead: shared-nothing reaches 0.62 (0.60 to 0.64) of its throughput on ycsb-c. "))
      << answer_to(samples::sweep()).headline;
}

TEST(Answer, PutsWorkloadsThatComeToTheSameTogether) {
  EXPECT_EQ(answer_to({point(shared_memory, 1, "ycsb-a", 10e6), point(shared_nothing, 1, "ycsb-a", 5e6),
                       point(shared_memory, 1, "ycsb-c", 10e6), point(shared_nothing, 1, "ycsb-c", 8e6)})
                .headline,
            "On 1 core, shared-memory is ahead: shared-nothing reaches 0.50 (0.48 to 0.52) of its throughput "
            "on ycsb-a and 0.80 (0.77 to 0.83) on ycsb-c.");
}

TEST(Answer, ComparesEnginesByTheSameIndex) {
  std::vector<json> documents;
  for (const auto& [index, of_memory, of_nothing] : {std::tuple{"hash", 9e6, 10e6}, {"ordered", 4e6, 5e6}}) {
    for (const auto& [engine, median] : {std::pair{shared_memory, of_memory}, {shared_nothing, of_nothing}}) {
      documents.push_back(
          changed_point(engine, 1, median, index, [&](RunRecord& run) { run.deployment.index = index; }));
    }
  }
  const Answer found = answer_to(documents);
  EXPECT_EQ(found.headline,
            "On 1 core, shared-nothing is ahead: shared-memory reaches 0.90 (0.87 to 0.93) of its throughput "
            "on ycsb-a, index hash and 0.80 (0.77 to 0.83) on ycsb-a, index ordered.");
  EXPECT_TRUE(found.details.at(0).starts_with("On 1 core, from index hash to ordered, "))
      << found.details.at(0);
}

TEST(Answer, ComparesTheBestConfigurationsAndNamesThem) {
  const Answer found = answer_to(
      {changed_point(shared_memory, 1, 5e6, "depth-1", [](RunRecord& run) { run.deployment.depth = 1; }),
       point(shared_memory, 1, "ycsb-a", 10e6), point(shared_nothing, 1, "ycsb-a", 5e6)});
  EXPECT_NE(found.headline.find("shared-memory, depth 16 is ahead: shared-nothing reaches 0.50"),
            std::string::npos)
      << found.headline;
}

TEST(Answer, SaysWhatADeploymentChangesWhereEnginesAreCompared) {
  std::vector<json> documents{point(shared_memory, 2, "ycsb-a", 10e6)};
  for (const auto& [rebalance, median] : {std::pair{"none", 8e6}, {"cycle", 6e6}}) {
    documents.push_back(changed_point(shared_nothing, 2, median, rebalance,
                                      [&](RunRecord& run) { run.deployment.rebalance = rebalance; }));
  }
  EXPECT_EQ(answer_to(documents).details.at(0),
            "On 2 cores, from rebalance none to cycle, throughput of shared-nothing is multiplied by 0.75 "
            "(0.72 to 0.78) on ycsb-a.");
}

// ---- one engine ----------------------------------------------------------------------------------------

TEST(Answer, SaysOfOneEngineHowItScalesOnEachWorkload) {
  EXPECT_EQ(answer_to({point(shared_memory, 1, "ycsb-a", 10e6), point(shared_memory, 2, "ycsb-a", 15e6),
                       point(shared_memory, 1, "ycsb-c", 10e6), point(shared_memory, 2, "ycsb-c", 20e6)})
                .headline,
            "From 1 to 2 cores, shared-memory scales by 1.50 (1.45 to 1.55) on ycsb-a and 2.00 (1.93 to "
            "2.07) on ycsb-c.");
}

TEST(Answer, SaysWhichConfigurationIsAheadAndByHowMuch) {
  const Answer found = answer_to({of_placement("os", 1, 10e6), of_placement("os", 2, 20e6),
                                  of_placement("islands", 2, 10e6), of_placement("replicated", 2, 15e6)});
  EXPECT_EQ(found.headline,
            "On 2 cores, shared-memory, placement os is ahead on ycsb-a, where placement replicated reaches "
            "0.75 (0.72 to 0.78) and placement islands 0.50 (0.48 to 0.52) of its throughput.");
  EXPECT_EQ(found.details.at(0),
            "From 1 to 2 cores, shared-memory, placement os scales by 2.00 (1.93 to 2.07) on ycsb-a.");
}

TEST(Answer, SaysWhichConfigurationsCannotBeToldApart) {
  const std::string some = answer_to({of_placement("os", 2, 20e6), of_placement("islands", 2, 10e6),
                                      of_placement("interleave", 2, 19.9e6)})
                               .headline;
  EXPECT_TRUE(
      some.starts_with("On 2 cores, shared-memory, placement os is ahead, but not of placement "
                       "interleave that the intervals can tell, on ycsb-a, where "))
      << some;
  EXPECT_EQ(answer_to({of_placement("os", 2, 20e6), of_placement("islands", 2, 19.8e6)}).headline,
            "On 2 cores, no configuration of shared-memory is ahead that the intervals can tell on ycsb-a, "
            "where placement os has the highest median and placement islands reaches 0.99 (0.96 to 1.03) of "
            "it.");
}

TEST(Answer, NamesTheNextAndTheLastOfManyConfigurations) {
  std::vector<json> documents;
  for (const unsigned islands : {1U, 2U, 4U, 8U, 16U, 32U}) {
    documents.push_back(changed_point(shared_memory, 32, 20e6 / islands, std::to_string(islands),
                                      [&](RunRecord& run) { run.deployment.islands = islands; }));
  }
  EXPECT_EQ(answer_to(documents).headline,
            "On 32 cores, shared-memory, islands 1 is ahead on ycsb-a, where the next, islands 2, reaches "
            "0.50 (0.48 to 0.52) and the last of 5, islands 32, 0.031 (0.030 to 0.032) of its throughput.");
}

// ---- what a property of the workload changes -----------------------------------------------------------

TEST(Answer, SaysWhatAPropertyDoesToEachEngineAndToWhichMore) {
  const Answer found = answer_to({of_distribution(shared_memory, 2, 10e6, "uniform"),
                                  of_distribution(shared_memory, 2, 8e6, "zipfian"),
                                  of_distribution(shared_nothing, 2, 10e6, "uniform"),
                                  of_distribution(shared_nothing, 2, 4e6, "zipfian")});
  EXPECT_TRUE(found.headline.starts_with(
      "On 2 cores, from requestdistribution uniform to zipfian, throughput of shared-memory is multiplied by "
      "0.80 (0.77 to 0.83) on ycsb-a; throughput of shared-nothing is multiplied by 0.40 (0.39 to 0.41) on "
      "ycsb-a; shared-nothing comes off worse: its factor is 0.50 (0.4"))
      << found.headline;
  EXPECT_TRUE(found.headline.ends_with(" of that of shared-memory on ycsb-a.")) << found.headline;
}

TEST(Answer, DoesNotSayWhichEngineComesOffWorseIfTheIntervalsDoNot) {
  const std::string found = answer_to({of_distribution(shared_memory, 2, 10e6, "uniform"),
                                       of_distribution(shared_memory, 2, 8e6, "zipfian"),
                                       of_distribution(shared_nothing, 2, 5e6, "uniform"),
                                       of_distribution(shared_nothing, 2, 4.01e6, "zipfian")})
                                .headline;
  EXPECT_NE(found.find("the intervals do not tell which engine comes off worse: the factor of shared-memory "
                       "is 1.00 (0.9"),
            std::string::npos)
      << found;
}

TEST(Answer, SetsTheSameConfigurationAgainstItself) {
  // Ranks that are ahead with zipfian keys were not measured with uniform ones.
  const std::string found = answer_to({of_distribution(shared_memory, 2, 10e6, "uniform"),
                                       of_distribution(shared_memory, 2, 8e6, "zipfian"),
                                       of_distribution(shared_nothing, 2, 10e6, "uniform"),
                                       of_distribution(shared_nothing, 2, 4e6, "zipfian"),
                                       changed_point(shared_nothing, 2, 9e6, "sixteen",
                                                     [](RunRecord& run) { run.deployment.partitions = 16; })})
                                .headline;
  EXPECT_NE(found.find("shared-nothing, partitions one a rank is multiplied by 0.40 "), std::string::npos)
      << found;
}

TEST(Answer, SetsTheGreatestOfNumbersAgainstTheLeast) {
  std::vector<json> documents;
  for (const unsigned records : {1000U, 200U, 10000U}) {
    documents.push_back(changed_point(shared_memory, 1, 1e6 * records, std::to_string(records),
                                      [&](RunRecord& run) { run.properties["recordcount"] = records; }));
  }
  EXPECT_EQ(answer_to(documents).headline,
            "On 1 core, from recordcount 200 to 10000, throughput of shared-memory is multiplied by 50.0 "
            "(48.3 to 51.8) on ycsb-a.");
}

TEST(Answer, DoesNotTakeAPropertyThatSomeHaveForOneThatVaries) {
  RunRecord growing = samples::run(shared_memory, 1, "ycsb-a", 1e6);
  growing.id += "-growing";
  growing.properties["recordcount_per_worker"] = 1000;
  const Answer found = answer_to({samples::document(growing), point(shared_memory, 1, "ycsb-a", 2e6)});
  EXPECT_TRUE(found.headline.starts_with("Only shared-memory was measured on ")) << found.headline;
  EXPECT_TRUE(found.details.empty());
}

// ---- shares of transactions across partitions ----------------------------------------------------------

TEST(Answer, SaysAtWhichShareAnEngineOvertakesTheOther) {
  const Answer found = answer_to(
      samples::over_shares({{20, 2e6, 1e6}, {0, 2e6, 3e6}, {5, 2e6, 2e6}, {1, 2e6, 3e6}, {100, 2e6, 1e5}}));
  EXPECT_TRUE(
      found.headline.starts_with("On ycsb-multi, on 2 cores, shared-memory overtakes shared-nothing at "
                                 "crosspartition 8"))
      << found.headline;
  EXPECT_TRUE(
      found.headline.ends_with("By the intervals, shared-nothing is ahead with 0 % to 1 %, nobody is "
                               "told to be ahead with 5 % and shared-memory is ahead with 20 % to 100 "
                               "%."))
      << found.headline;
  EXPECT_NE(found.details.at(0).find("on ycsb-multi, crosspartition 0"), std::string::npos)
      << found.details.at(0);
  for (const std::string& detail : found.details)
    EXPECT_EQ(detail.find("overtakes"), std::string::npos) << "told twice: " << detail;
}

TEST(Answer, SaysThatNoEngineOvertakesTheOther) {
  EXPECT_EQ(answer_to(samples::over_shares({{0, 3e6, 1e6}, {50, 2e6, 2e6}, {100, 2e6, 1e6}})).headline,
            "On ycsb-multi, on 2 cores, neither engine overtakes the other in the measured range, "
            "crosspartition 0 % to 100 %: shared-memory is ahead at both ends, with a probability of more "
            "than 99.9 %. By the intervals, shared-memory is ahead with 0 %, nobody is told to be ahead with "
            "50 % and shared-memory is ahead with 100 %.");
}

TEST(Answer, SaysThatOneEngineAloneWasMeasuredOverShares) {
  std::vector<json> documents = samples::over_shares({{0, 2e6, 3e6}, {100, 2e6, 1e6}});
  std::erase_if(documents, [](const json& document) {
    return document.at("/runs/0/deployment/engine"_json_pointer) == shared_nothing;
  });
  const Answer found = answer_to(documents);
  EXPECT_EQ(found.headline,
            "On 2 cores, from crosspartition 0.0 to 100.0, throughput of shared-memory is multiplied by 1.00 "
            "(0.97 to 1.04) on ycsb-multi.");
  EXPECT_EQ(found.details.at(0),
            "Only shared-memory was measured on ycsb-multi, crosspartition 0.0 and on ycsb-multi, "
            "crosspartition 100.0.");
}

// ---- what does not count -------------------------------------------------------------------------------

TEST(Answer, DoesNotCountInvalidRuns) {
  RunRecord lost = samples::run(shared_nothing, 1, "ycsb-c", 99e6);
  lost.verification.checks[0].passed = false;
  EXPECT_EQ(answer_to({point(shared_memory, 1, "ycsb-c", 10e6), samples::document(lost)}).headline,
            "Only shared-memory was measured on ycsb-c.");
  EXPECT_EQ(answer_to({samples::document(lost)}).headline, "There is no valid result to answer from.");
}

TEST(Answer, DoesNotCompareThroughputThatWasOffered) {
  const std::vector documents{samples::document(samples::open_run(2e6, 2e6)),
                              point(shared_memory, 1, "ycsb-c", 10e6)};
  EXPECT_EQ(compare(documents).front().series.front().points.size(), 1U);
  const std::vector<std::string> sentences = caveats(documents);
  EXPECT_NE(std::ranges::find_if(
                sentences, [](const auto& each) { return each.starts_with("1 of 2 runs had their load"); }),
            sentences.end());
}

// ---- safety --------------------------------------------------------------------------------------------

json of_durability(const std::string& durability, unsigned depth, double median) {
  return changed_point(shared_memory, 2, median, durability + std::to_string(depth), [&](RunRecord& run) {
    run.deployment.durability = durability;
    run.deployment.depth = depth;
    if (durability != "none") run.log = LogReport{.filesystem = "ext4", .seconds = 1};
  });
}

TEST(Answer, SaysWhatIsKeptOfThroughputWhereChangesGoToDisk) {
  EXPECT_EQ(
      answer_to({of_durability("none", 16, 10e6), of_durability("async", 16, 8e6),
                 of_durability("sync", 16, 2e6), of_durability("none", 64, 12e6),
                 of_durability("sync", 64, 6e6)})
          .headline,
      "On 2 cores, at depth 16, async keeps 0.80 (0.77 to 0.83) of the throughput without a log on ycsb-a; "
      "sync keeps 0.20 (0.19 to 0.21) of the throughput without a log on ycsb-a. On 2 cores, at depth 64, "
      "sync keeps 0.50 (0.48 to 0.52) of the throughput without a log on ycsb-a.");
}

json of_copies(unsigned copies, const std::string& replication, double median) {
  return changed_point(shared_nothing, 4, median, std::to_string(copies) + replication, [&](RunRecord& run) {
    run.deployment.ranks = 4;
    run.deployment.threads_per_rank = 1;
    run.deployment.copies = copies;
    run.deployment.replication = replication;
    run.deployment.heartbeat_ns = copies == 1 ? 0 : 10'000'000;
    run.deployment.failure_timeout_ns = copies == 1 ? 0 : 60'000'000;
  });
}

TEST(Answer, SaysWhatCopiesKeep) {
  EXPECT_EQ(
      answer_to({of_copies(1, "none", 10e6), of_copies(2, "none", 8e6), of_copies(3, "all", 5e6)}).headline,
      "On 4 cores, 2 copies, acknowledged by the first alone, keep 0.80 (0.77 to 0.83) of the throughput of "
      "one copy on ycsb-a; 3 copies, acknowledged by all, keep 0.50 (0.48 to 0.52) of the throughput of one "
      "copy on ycsb-a.");
}

TEST(Answer, SaysWhatReadingCopiesGives) {
  json near = of_copies(4, "all", 25e6);
  near["runs"][0]["deployment"]["read_from"] = "nearest";
  EXPECT_EQ(
      answer_to({of_copies(1, "none", 10e6), of_copies(4, "all", 9e6), near}).headline,
      "On 4 cores, 4 copies, acknowledged by all, read from nearest, keep 2.50 (2.41 to 2.59) of the "
      "throughput of one copy on ycsb-a; 4 copies, acknowledged by all, keep 0.90 (0.87 to 0.93) of the "
      "throughput of one copy on ycsb-a.");
}

TEST(RegionAnswer, SaysWhatUsersOfTheFarthestRegionWait) {
  const std::vector<json> documents{samples::document(samples::in_regions(1, "east", 80'000'000, 90'000'000)),
                                    samples::document(samples::in_regions(3, "", 1'000'000, 160'000'000))};
  EXPECT_EQ(region_answer(documents),
            (std::vector<std::string>{
                "Reads, in the region that waits the longest: at best p50 2.0 ms and "
                "p99 2.0 ms, in west, with 3 copies, "
                "acknowledged by quorum, read from nearest, by hash; at worst p50 81.0 ms and "
                "p99 81.0 ms, in west, with 1 copy, "
                "home in east.",
                "Writes, in the region that waits the longest: at best p50 91.0 ms and "
                "p99 91.0 ms, in west, with 1 copy, "
                "home in east; at worst p50 161.0 ms and p99 161.0 ms, in west, with 3 "
                "copies, acknowledged by quorum, "
                "read from nearest, by hash."}));
  EXPECT_EQ(region_answer(std::span(documents).first(1)).at(0),
            "Reads, in the region that waits the longest: p50 81.0 ms and p99 81.0 ms, in west, with 1 copy, "
            "home in "
            "east.");
  EXPECT_TRUE(compare(documents).empty()) << "throughput over links of any length is no result";
  EXPECT_EQ(region_sentence(documents[0].at("runs").at(0)),
            "Regions (1 copy, home in east): east: read 80.0 ms (p99 80.0 ms), update 90.0 ms (p99 90.0 ms); "
            "west: read 81.0 ms (p99 81.0 ms), update 91.0 ms (p99 91.0 ms).");
  RunRecord elsewhere = samples::in_regions(1, "east", 5'000'000, 5'000'000);
  elsewhere.deployment.regions = "east 1ms; west 4ms 1ms";
  EXPECT_EQ(
      region_answer(std::vector{documents[0], samples::document(elsewhere)}).at(1),
      "Reads of ycsb-b at depth 16 over east 1ms; west 80ms 1ms, in the region that waits the longest: p50 "
      "81.0 ms and p99 81.0 ms, in west, with 1 copy, home in east.")
      << "who is nearer does not win by that";
  EXPECT_EQ(region_answer(std::vector<json>{point(shared_memory, 1, "ycsb-a", 1e6)}),
            std::vector<std::string>());
}

RunRecord faulty(const std::string& replication, double unserved, std::uint64_t lost) {
  RunRecord record = samples::run(shared_nothing, 4, "ledger", 1e6);
  record.deployment.copies = 3;
  record.deployment.replication = replication;
  record.deployment.heartbeat_ns = 10'000'000;
  record.deployment.failure_timeout_ns = 60'000'000;
  record.faults = {
      {.fault = *parse_faults("kill=2@1s")->begin(), .detected_seconds = 0.0625, .restored_seconds = 0.09}};
  record.longest_unserved_seconds = unserved;
  record.ledger = LedgerReport{.acknowledged = 1000, .lost = lost};
  return record;
}
json with_fault(const std::string& replication, double unserved, std::uint64_t lost) {
  return samples::document(faulty(replication, unserved, lost));
}

TEST(FaultAnswer, SaysHowLongNobodyWasServedAndWhatIsLost) {
  const std::vector<json> documents{with_fault("all", 0.070, 0), with_fault("all", 0.069, 0),
                                    with_fault("none", 0.064, 7)};
  EXPECT_EQ(fault_answer(documents),
            (std::vector<std::string>{"Where ranks are taken for dead after 60 ms of silence, no client "
                                      "waited longer for a partition than "
                                      "70 ms where one was killed.",
                                      "Of acknowledged writes, these were lost: 0 of 2000 with 3 copies, "
                                      "acknowledged by all and 7 of 1000 "
                                      "with 3 copies, acknowledged by the first alone."}));
  EXPECT_EQ(
      fault_sentence(documents[2].at("runs").at(0)),
      "Faults (3 copies, acknowledged by the first alone): rank 2 was killed after 1.00 s, and taken for "
      "dead "
      "62 ms later; all copies were there again after 90 ms. Clients waited at most 64 ms for a partition, 0 "
      "operations failed; 7 of 1000 acknowledged writes were lost.");
  EXPECT_EQ(fault_answer(std::vector<json>{point(shared_memory, 1, "ycsb-a", 1e6)}),
            std::vector<std::string>());
}

TEST(FaultAnswer, SaysWhatIsLostByThoseWhoPromisedToLoseNothing) {
  RunRecord record = faulty("all", 0.070, 3);
  record.verification.checks.push_back({"after_run_acknowledged_present", false, "3 of 1000 lost"});
  const json invalid = samples::document(record);
  ASSERT_FALSE(invalid.at("runs").at(0).at("verification").at("passed").get<bool>());
  record.incomplete = true;
  EXPECT_EQ(fault_answer(std::vector{invalid, samples::document(record)}).at(1),
            "Of acknowledged writes, these were lost: 3 of 1000 with 3 copies, acknowledged by all.");
}

/// As if it were one of the deployment.
TEST(FaultAnswer, TakesTheThroughputBesideFaultsForNoResult) {
  EXPECT_TRUE(compare(std::vector{with_fault("all", 0.070, 0)}).empty());
}

TEST(FaultAnswer, HoldsWhatSeveralFaultsDidAgainstNoneOfThem) {
  RunRecord record = faulty("all", 0.9, 0);
  record.faults.push_back(
      {.fault = *parse_faults("cut=1@2s+1s")->begin(), .detected_seconds = {}, .restored_seconds = {}});
  EXPECT_EQ(fault_answer(std::vector{with_fault("all", 0.070, 0), samples::document(record)}).at(0),
            "Where ranks are taken for dead after 60 ms of silence, no client waited longer for a partition "
            "than 70 ms where one was killed and 900 ms where there were several faults.");
}

}  // namespace
}  // namespace upout::harness
