#include "harness/consistency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "harness/integrity.h"
#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

using nlohmann::json;
using Pointer = json::json_pointer;

/// So many latencies from 1 to 2 microseconds.
Histogram latencies(std::uint64_t count) {
  Histogram histogram;
  for (std::uint64_t ns = 1000; ns < 1999; ++ns) histogram.record(ns, count / 1000);
  histogram.record(2000, count - 999 * (count / 1000));
  return histogram;
}

std::uint64_t operations_of(const RunRecord& run) {
  std::uint64_t sum = 0;
  for (const Repetition& repetition : run.repetitions) sum += repetition.operations;
  return sum;
}

/// A closed loop of single operations.
RunRecord closed_record() {
  RunRecord run = samples::run("shared-memory", 2, "ycsb-c", 4e6);
  run.latency = {{"read", latencies(operations_of(run))}};
  run.generator_ns = 25;
  for (Repetition& repetition : run.repetitions) {
    const std::uint64_t first = repetition.operations / 3;
    const auto interval = [&](double begin, double seconds, std::uint64_t operations) {
      repetition.series.push_back({.begin_seconds = begin,
                                   .seconds = seconds,
                                   .operations = operations,
                                   .latency = percentiles_of(latencies(operations))});
    };
    interval(0, 0.4, first);
    interval(0.4, 0.6, repetition.operations - first);
  }
  return run;
}

json closed() {
  return samples::document(closed_record());
}

/// Of copies that were read and behind.
json copied() {
  RunRecord run = samples::run("shared-nothing", 3, "ycsb-c", 4e6);
  run.latency = {{"read", latencies(operations_of(run))}};
  run.deployment.copies = 2;
  run.deployment.replication = "all";
  run.deployment.read_from = "any";
  run.deployment.heartbeat_ns = 10'000'000;
  run.deployment.failure_timeout_ns = 60'000'000;
  run.staleness.emplace();
  for (std::uint64_t versions = 0; versions < 4; ++versions) {
    run.staleness->versions.record(versions);
    run.staleness->age.record(1000 * versions);
  }
  json document = samples::document(run);
  document["environment"].erase("data");
  seal(document);
  return document;
}

/// Of users in two regions.
json far_apart() {
  RunRecord run = samples::run("shared-nothing", 4, "ycsb-c", 4e6);
  run.latency = {{"read", latencies(operations_of(run))}};
  run.deployment.regions = "east 1ms; west 9ms 1ms";
  run.regions = {
      {.name = "east", .ranks = {0, 1}, .latency = {{"read", latencies(operations_of(run) - 100)}}},
      {.name = "west", .ranks = {2, 3}, .latency = {{"read", latencies(100)}}}};
  json document = samples::document(run);
  document["environment"].erase("data");
  seal(document);
  return document;
}

/// The same with a history: of the warm-ups, too.
json recorded() {
  RunRecord run = closed_record();
  run.history = {
      .operations = operations_of(run) + 1000, .operations_per_worker_at_most = 12'500'000, .whole = true};
  return samples::document(run);
}

/// Half of what arrives at a rate that is carried.
json open() {
  RunRecord run = samples::open_run(1e6, 1e6);
  run.latency = {{"read", latencies(5'900'000)}};
  run.goal = GoalReport{.goal = *parse_goal("p99=100us"),
                        .probes = {{2e6, platform::Timestamp(200000), false}},
                        .measured = {1e6, platform::Timestamp(90000), true}};
  return samples::document(run);
}

/// TPC-C over ranks, of which some partitions move.
json transactions() {
  RunRecord run = samples::run("shared-nothing", 2, "tpcc", 1e5);
  run.unit = "transactions/s";
  run.deployment.rebalance = "cycle";
  std::uint64_t new_orders = 0;
  for (Repetition& repetition : run.repetitions) {
    const std::uint64_t share = repetition.operations / 2;
    repetition.committed_by_type = {{"new_order", share}, {"payment", repetition.operations - share}};
    repetition.aborts_by_cause = {{"conflict", 40}, {"requested", 7}};
    repetition.aborts = 40;
    repetition.rebalance = Rebalance{.partition = 1, .from = 1, .to = 0, .complete = true, .dip = {}};
    new_orders += share;
  }
  run.latency = {{"new_order", latencies(new_orders)},
                 {"payment", latencies(operations_of(run) - new_orders)}};
  json document = samples::document(run);
  document["environment"].erase("data");
  json& only = document["runs"][0];
  only["verdict"] = judge({.run = only, .environment = document["environment"], .suite = document["suite"]});
  seal(document);
  return document;
}

std::string listed(const std::vector<Inconsistency>& all) {
  std::string text;
  for (const Inconsistency& each : all)
    text += each.place + ": found " + each.found + ", expected " + each.expected + "\n";
  return text;
}

bool names(const std::vector<Inconsistency>& all, const std::string& place) {
  return std::ranges::find(all, place, &Inconsistency::place) != all.end();
}

TEST(Consistency, OfGoodDocuments) {
  for (const json& document : {closed(), recorded(), open(), transactions(), copied(), far_apart()}) {
    ASSERT_TRUE(validate_document(document)) << validate_document(document).error().to_string();
    EXPECT_EQ(listed(inconsistencies(document)), "");
  }
}

TEST(Consistency, OfARunThatWasEndedEarly) {
  RunRecord run = samples::run("shared-nothing", 2, "ycsb-c", 4e6);
  run.repetitions = {{.operations = 1200, .seconds = 0.1, .complete = false}};
  run.incomplete = true;
  run.latency = {{"read", latencies(1200)}};
  run.generator_ns = 25;
  json document = samples::document(run);
  document["environment"].erase("data");
  seal(document);
  EXPECT_EQ(listed(inconsistencies(document)), "");
}

TEST(Consistency, DoesNotAskForWhatOlderDocumentsDoNotHave) {
  json document = transactions();
  document.erase("sha256");
  document["runs"][0]["summary"].erase("new_orders_per_minute");
  for (json& repetition : document["runs"][0]["repetitions"]) repetition.erase("committed_by_type");
  for (const char* member : {"clients", "islands", "binding"})
    document["runs"][0]["deployment"].erase(member);
  ASSERT_TRUE(validate_document(document)) << validate_document(document).error().to_string();
  EXPECT_EQ(listed(inconsistencies(document)), "");
}

/// One edit of a good document by somebody who also hashes it again, and where it is found.
struct Edit {
  const char* name;
  json (*good)();
  const char* place;
  json value;
  const char* found_at;
};

void PrintTo(const Edit& edit, std::ostream* out) {
  *out << edit.place;
}

class ConsistencyOf : public testing::TestWithParam<Edit> {};

TEST_P(ConsistencyOf, IsMissedWhereOnePointIsBroken) {
  const Edit& edit = GetParam();
  json document = edit.good();
  if (edit.value.is_discarded()) {
    const Pointer place(edit.place);
    document[place.parent_pointer()].erase(place.back());
  } else {
    document[Pointer(edit.place)] = edit.value;
  }
  const auto found_by_hash = inconsistencies(document);
  EXPECT_TRUE(names(found_by_hash, "/sha256"));
  seal(document);
  ASSERT_TRUE(validate_document(document)) << validate_document(document).error().to_string();
  const auto found = inconsistencies(document);
  EXPECT_TRUE(names(found, edit.found_at)) << listed(found);
  EXPECT_FALSE(names(found, "/sha256"));
}

const json absent = json(json::value_t::discarded);

const Edit edits[] = {
    // What a window did.
    {"Operations", closed, "/runs/0/repetitions/0/operations", 3940001, "/runs/0/repetitions/0/throughput"},
    {"Seconds", closed, "/runs/0/repetitions/0/seconds", 1.25, "/runs/0/repetitions/0/throughput"},
    {"Throughput", closed, "/runs/0/repetitions/0/throughput", 4.2e6, "/runs/0/repetitions/0/throughput"},
    {"NoTime", closed, "/runs/0/repetitions/0/seconds", 0, "/runs/0/repetitions/0/seconds"},
    {"Incomplete", closed, "/runs/0/repetitions/0/complete", false, "/runs/0/repetitions/0/complete"},
    {"EndedBy", closed, "/runs/0/repetitions/0/ended_by", "count", "/runs/0/repetitions/0/ended_by"},
    {"OfferedToAClosedLoop", closed, "/runs/0/repetitions/0/offered_operations", 5,
     "/runs/0/repetitions/0/offered_operations"},
    {"NothingOffered", open, "/runs/0/repetitions/0/offered_operations", absent,
     "/runs/0/repetitions/0/offered_operations"},
    {"Offered", open, "/runs/0/repetitions/0/offered_operations", 1100000,
     "/runs/0/repetitions/0/offered_operations"},
    {"Committed", transactions, "/runs/0/repetitions/0/committed_by_type/payment", 12,
     "/runs/0/repetitions/0/operations"},
    {"Aborts", transactions, "/runs/0/repetitions/0/aborts", 4, "/runs/0/repetitions/0/aborts"},
    {"AbortsOfOperations", closed, "/runs/0/repetitions/0/aborts", 4, "/runs/0/repetitions/0/aborts"},
    {"Causes", transactions, "/runs/0/repetitions/0/aborts_by_cause/conflict", 4,
     "/runs/0/repetitions/0/aborts"},
    {"MovedToItself", transactions, "/runs/0/repetitions/0/rebalance/to_rank", 1,
     "/runs/0/repetitions/0/rebalance/to_rank"},
    {"MovedToNobody", transactions, "/runs/0/repetitions/0/rebalance/to_rank", 2,
     "/runs/0/repetitions/0/rebalance/to_rank"},
    {"MovedFromNobody", transactions, "/runs/0/repetitions/0/rebalance/from_rank", 2,
     "/runs/0/repetitions/0/rebalance/from_rank"},
    {"MovedNoPartition", transactions, "/runs/0/repetitions/0/rebalance/partition", 2,
     "/runs/0/repetitions/0/rebalance/partition"},
    {"DipOfAllTime", transactions, "/runs/0/repetitions/0/rebalance/dip_seconds", 3,
     "/runs/0/repetitions/0/rebalance/dip_seconds"},
    // Its intervals.
    {"Gap", closed, "/runs/0/repetitions/0/time_series/1/begin_seconds", 0.5,
     "/runs/0/repetitions/0/time_series/1/begin_seconds"},
    {"EndOfSeries", closed, "/runs/0/repetitions/0/time_series/1/seconds", 0.5,
     "/runs/0/repetitions/0/seconds"},
    {"SumOfSeries", closed, "/runs/0/repetitions/0/time_series/1/operations", 17,
     "/runs/0/repetitions/0/operations"},
    {"RateOfInterval", closed, "/runs/0/repetitions/0/time_series/1/throughput", 17,
     "/runs/0/repetitions/0/time_series/1/throughput"},
    {"CountOfInterval", closed, "/runs/0/repetitions/0/time_series/1/latency_ns/count", 17,
     "/runs/0/repetitions/0/time_series/1/latency_ns/count"},
    {"OrderInInterval", closed, "/runs/0/repetitions/0/time_series/1/latency_ns/p50", 1950,
     "/runs/0/repetitions/0/time_series/1/latency_ns/p90"},
    {"OfferedInAClosedInterval", closed, "/runs/0/repetitions/0/time_series/1/offered_per_second", 17,
     "/runs/0/repetitions/0/time_series/1/offered_per_second"},
    // The summary.
    {"Median", closed, "/runs/0/summary/throughput/median", 4.01e6, "/runs/0/summary/throughput/median"},
    {"MedianOutside", closed, "/runs/0/summary/throughput/median", 5e6, "/runs/0/summary/throughput/ci95"},
    {"LowerEnd", closed, "/runs/0/summary/throughput/ci95/0", 3.99e6, "/runs/0/summary/throughput/ci95/0"},
    {"UpperEnd", closed, "/runs/0/summary/throughput/ci95/1", 4.01e6, "/runs/0/summary/throughput/ci95/1"},
    {"Confidence", closed, "/runs/0/summary/throughput/confidence", 0.99,
     "/runs/0/summary/throughput/confidence"},
    {"NoThroughput", closed, "/runs/0/summary/throughput", nullptr, "/runs/0/summary/throughput"},
    {"UnitOfOperations", closed, "/runs/0/summary/throughput/unit", "transactions/s",
     "/runs/0/summary/throughput/unit"},
    {"UnitOfQueries", closed, "/runs/0/summary/throughput/unit", "queries/s",
     "/runs/0/summary/throughput/unit"},
    {"UnitOfTransactions", transactions, "/runs/0/summary/throughput/unit", "operations/s",
     "/runs/0/summary/throughput/unit"},
    {"NewOrders", transactions, "/runs/0/summary/new_orders_per_minute", 4e6,
     "/runs/0/summary/new_orders_per_minute"},
    {"NewOrdersOfYcsb", closed, "/runs/0/summary/new_orders_per_minute", 4e6,
     "/runs/0/summary/new_orders_per_minute"},
    {"Order", closed, "/runs/0/summary/latency_ns/read/p50", 1999, "/runs/0/summary/latency_ns/read/p90"},
    {"OrderOfP999", closed, "/runs/0/summary/latency_ns/read/p99", 2000,
     "/runs/0/summary/latency_ns/read/p999"},
    {"OrderOfMax", closed, "/runs/0/summary/latency_ns/read/max", 1500,
     "/runs/0/summary/latency_ns/read/max"},
    {"Counts", closed, "/runs/0/summary/latency_ns/read/count", 1234, "/runs/0/summary/latency_ns"},
    {"CountsOfTypes", transactions, "/runs/0/summary/latency_ns/payment/count", 1234,
     "/runs/0/summary/latency_ns/payment/count"},
    {"CountsOfMoreThanArrived", open, "/runs/0/summary/latency_ns/read/count", 123456789,
     "/runs/0/summary/latency_ns"},
    {"Generator", closed, "/runs/0/generator/ns_per_operation", 5, "/runs/0/generator/share"},
    {"Share", closed, "/runs/0/generator/share", 0.01, "/runs/0/generator/share"},
    {"DurableWithoutALog", closed, "/runs/0/deployment/durability", "sync", "/runs/0/log"},
    {"StaleReads", copied, "/runs/0/staleness/stale_reads", 5, "/runs/0/staleness/stale_reads"},
    {"StaleVersions", copied, "/runs/0/staleness/versions/max", 0, "/runs/0/staleness/versions/max"},
    {"CountOfARegion", far_apart, "/runs/0/regions/1/latency_ns/read/count", 99, "/runs/0/regions"},
    {"NameOfARegion", far_apart, "/runs/0/regions/1/name", "north", "/runs/0/regions/1/name"},
    {"RanksOfARegion", far_apart, "/runs/0/regions/0/ranks", {0, 2}, "/runs/0/regions/0/ranks"},
    {"HomeInNoRegion", far_apart, "/runs/0/deployment/home", "mars", "/runs/0/deployment"},
    {"UsersOfNoRegion", far_apart, "/runs/0/deployment/regions", "", "/runs/0/deployment"},
    {"HistoryOfTooMuch", recorded, "/runs/0/history/operations", 25000001, "/runs/0/history/operations"},
    {"HistoryOfTooLittle", recorded, "/runs/0/history/operations", 23000000, "/runs/0/history/operations"},
    // The load.
    {"Achieved", open, "/runs/0/load/achieved_per_second", 2e6, "/runs/0/load/achieved_per_second"},
    {"Rate", open, "/runs/0/load/offered_per_second", 2e6, "/runs/0/repetitions/0/offered_operations"},
    {"KeptTooEarly", open, "/runs/0/load/goal/probes/0/kept", true, "/runs/0/load/goal/probes/0/kept"},
    {"NotKept", open, "/runs/0/load/goal/at_most_ns", 80000, "/runs/0/load/goal/measured/kept"},
    {"RateOfTheGoal", open, "/runs/0/load/goal/measured/offered_per_second", 2e6,
     "/runs/0/load/goal/measured/offered_per_second"},
    // What ran where.
    {"Failed", closed, "/runs/0/verification/checks/0/passed", false, "/runs/0/verification/passed"},
    {"Passed", closed, "/runs/0/verification/passed", false, "/runs/0/verification/passed"},
    {"Ranks", closed, "/runs/0/deployment/ranks", 2, "/runs/0/deployment/ranks"},
    {"Threads", closed, "/runs/0/deployment/threads_per_rank", 4, "/environment/workers"},
    {"Nodes", transactions, "/runs/0/deployment/nodes", 3, "/runs/0/deployment/nodes"},
    {"Clients", transactions, "/runs/0/deployment/clients", 2, "/runs/0/deployment/clients"},
    {"Islands", closed, "/runs/0/deployment/islands", 3, "/runs/0/deployment/islands"},
    {"WorkersAway", closed, "/environment/workers", json::array(), "/environment/workers"},
    {"WorkerNumber", closed, "/environment/workers/1/worker", 7, "/environment/workers/1/worker"},
    {"Bound", closed, "/environment/workers/1/allowed_cpus", {0, 1}, "/environment/workers/1/achieved"},
    {"BoundElsewhere", closed, "/environment/workers/1/asked_cpu", 0, "/environment/workers/1/achieved"},
    {"BoundOutsideOfTheGiven", closed, "/environment/processes/0/given_cpus", "0,2-3",
     "/environment/workers/1/asked_cpu"},
    {"GivenIsNoList", closed, "/environment/processes/0/given_cpus", "0-",
     "/environment/processes/0/given_cpus"},
    {"ProcessElsewhere", closed, "/environment/processes/0/host", "node-b", "/environment/processes/0/host"},
    {"MoreProcessesThanWorkers", closed, "/environment/processes",
     json(3, {{"host", "node-a"}, {"given_cpus", "0-2"}}), "/environment/processes"},
    {"Cores", closed, "/environment/cores", 64, "/environment/cores"},
    {"NoMpi", transactions, "/environment/mpi", nullptr, "/environment/mpi"},
    {"PagesByNode", closed, "/environment/data/stores/0/pages_by_node/0", 1,
     "/environment/data/stores/0/sampled_pages"},
    {"PagesInPlace", closed, "/environment/data/stores/0/pages_in_place", 9000,
     "/environment/data/stores/0/pages_in_place"},
    {"Score", closed, "/environment/data/placement_score", 0.97, "/environment/data/placement_score"},
    {"Unverified", closed, "/environment/data/unverified_because", "refused",
     "/environment/data/unverified_because"},
    {"NoScore", closed, "/environment/data/placement_score", nullptr, "/environment/data/placement_score"},
    {"DataOfRanks", transactions, "/environment/data", closed().at("environment").at("data"),
     "/environment/data"},
    // The verdict.
    {"Class", closed, "/runs/0/verdict/class", "unofficial", "/runs/0/verdict/class"},
    {"Dirty", closed, "/suite/dirty", true, "/runs/0/verdict/class"},
    {"ReasonAway", closed, "/environment/numa_balancing", true, "/runs/0/verdict/reasons"},
    {"ReasonOfNothing",
     closed,
     "/runs/0/verdict/reasons",
     {{{"rule", "complete"}, {"severity", "invalid"}, {"expected", "all"}, {"found", "half"}}},
     "/runs/0/verdict/reasons/0/rule"},
};

INSTANTIATE_TEST_SUITE_P(Edits, ConsistencyOf, testing::ValuesIn(edits),
                         [](const auto& edit) { return std::string(edit.param.name); });

TEST(Consistency, LooksAtTheSeverityOfAReasonAndNotAtItsWording) {
  json document = closed();
  document["environment"]["numa_balancing"] = true;
  json& run = document["runs"][0];
  run["verdict"] = judge({.run = run, .environment = document["environment"], .suite = document["suite"]});
  run["verdict"]["reasons"][0]["found"] = "switched on";
  seal(document);
  ASSERT_EQ(listed(inconsistencies(document)), "");
  run["verdict"]["reasons"][0]["severity"] = "invalid";
  seal(document);
  EXPECT_TRUE(names(inconsistencies(document), "/runs/0/verdict/reasons/0/severity"));
}

/// The places of all numbers, with items of arrays as *.
void collect_numbers(const json& value, const Pointer& here, std::vector<Pointer>& all) {
  if (value.is_number()) all.push_back(here);
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect_numbers(value[i], here / i, all);
  }
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) collect_numbers(member, here / name, all);
  }
}

/// The numbers of a good document that can be doubled, and the document hashed again, without a
/// contradiction.
std::set<std::string> doubled_unseen(const json& good) {
  std::vector<Pointer> numbers;
  collect_numbers(good, Pointer(), numbers);
  std::set<std::string> unseen;
  for (const Pointer& place : numbers) {
    json edited = good;
    json& value = edited[place];
    value =
        value.is_number_float() ? json(2 * value.get<double>() + 1) : json(2 * value.get<std::int64_t>() + 1);
    seal(edited);
    if (!validate_document(edited) || !inconsistencies(edited).empty()) continue;
    unseen.insert(place.to_string());
  }
  return unseen;
}

/// docs/validation.md says so too: what nothing in a document depends on can be changed by who hashes it
/// again.
TEST(Consistency, LeavesToAForgerOnlyWhatNothingDependsOn) {
  const std::set<std::string> unseen{
      "/environment/core_kinds",
      "/environment/data/pages_obtained/huge_1_gib_bytes",
      "/environment/data/pages_obtained/huge_2_mib_bytes",
      "/environment/data/pages_obtained/small_bytes",
      "/environment/data/pages_obtained/transparent_huge_bytes",
      "/environment/last_level_cache_bytes",
      "/environment/load_average_1min",
      "/environment/memory_bytes",
      "/environment/numa_nodes",
      "/environment/processing_units",
      "/environment/workers/0/node",
      "/environment/workers/1/node",
      "/runs/0/deployment/batch_bytes",
      "/runs/0/deployment/batch_turns",
      "/runs/0/deployment/depth",
      "/runs/0/deployment/partitions",
      "/runs/0/seed",
      "/runs/0/summary/latency_ns/read/max",
      "/runs/0/verification/records",
      "/runs/0/warmup_seconds",
      "/runs/0/workload/properties/recordcount",
      "/runs/0/working_set_bytes",
  };
  std::set<std::string> found = doubled_unseen(closed());
  std::erase_if(found, [](const std::string& place) { return place.ends_with("/latency_ns/max"); });
  EXPECT_EQ(found, unseen);
}

}  // namespace
}  // namespace upout::harness
