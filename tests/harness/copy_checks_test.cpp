#include "harness/copy_checks.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "workloads/registry.h"

namespace upout::harness {
namespace {

using namespace std::chrono_literals;

constexpr unsigned ranks = 4;

/// What goes together: three copies on four ranks, of which one is killed.
RunOptions faulty(const std::string& faults = "kill=2@1s") {
  RunOptions options;
  options.engine = "shared-nothing";
  options.copies.copies = 3;
  options.faults = *parse_faults(faults);
  options.schedule = {.seconds = 4, .repetitions = 1};
  return options;
}

std::string error_of(const RunOptions& options, const std::string& name = "ledger",
                     const std::vector<std::string>& assignments = {}) {
  workloads::Properties properties;
  for (const std::string& assignment : assignments) EXPECT_TRUE(properties.assign(assignment));
  std::vector<std::string> warnings;
  const auto workload = workloads::make_workload(name, properties, warnings);
  if (!workload) return workload.error().to_string();
  auto possible = check_copies(options, **workload, ranks);
  if (possible) possible = check_faults(options, **workload, ranks);
  return possible ? "" : possible.error().to_string();
}

void expect_refused(const std::string& error, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) EXPECT_NE(error.find(part), std::string::npos) << error;
}

TEST(CopyChecks, AllowWhatGoesTogether) {
  EXPECT_EQ(error_of(faulty()), "");
  EXPECT_EQ(error_of(faulty("stop=1@1s+1s,cut=2@2.1s+500ms,slow=0@1s+2.8s:5ms")), "");
}

/// Its search measures windows before those that are in the record, and the first one had the faults.
TEST(CopyChecks, RefuseAGoalBesideFaults) {
  RunOptions options = faulty();
  options.goal = *parse_goal("p99<1ms");
  expect_refused(error_of(options), {"--fault", "it beside --goal", "--rate"});
}

TEST(CopyChecks, RefuseCountedOperationsBesideFaults) {
  RunOptions options = faulty();
  options.schedule.operations = 1000;
  expect_refused(error_of(options), {"--fault", "it beside operationcount", "--seconds"});
}

TEST(CopyChecks, RefuseInsertsBesideFaults) {
  RunOptions options = faulty("stop=1@1s+500ms");
  options.clients = 1;
  EXPECT_EQ(error_of(options, "ycsb-a"), "");
  expect_refused(error_of(options, "ycsb-d"), {"--fault", "ycsb-d, which inserts", "ycsb-a"});
  expect_refused(error_of(options, "ycsb-e"), {"ycsb-e, which inserts"});
  expect_refused(error_of(options, "ycsb", {"readproportion=0.9", "insertproportion=0.1"}),
                 {"ycsb, which inserts"});
}

/// A rank that is out of the view when the window ends is not taken back any more.
TEST(CopyChecks, RefuseFaultsThatARankCannotComeBackFromInTheWindow) {
  EXPECT_EQ(error_of(faulty("kill=2@3.86s")), "");
  expect_refused(error_of(faulty("kill=2@3.88s")), {"kill=2@3.88s", "130 ms", "first window, of 4 s"});
  expect_refused(error_of(faulty("kill=2@1s,stop=1@2s+1.95s")), {"stop=1@2s+1.95s", "130 ms"});
  RunOptions options = faulty("kill=2@1.5s");
  options.schedule.repetitions = 2;
  EXPECT_EQ(error_of(options), "");
  options.failure_timeout = 500ms;
  expect_refused(error_of(options), {"kill=2@1.5s", "570 ms", "first window, of 2 s"});
}

/// Nothing would be acknowledged any more.
TEST(CopyChecks, RefuseKillsThatLeaveNoQuorum) {
  RunOptions options = faulty("kill=1@1s");
  options.clients = 2;
  options.copies = {.copies = 2, .acknowledge = engines::shared_nothing::Acknowledge::quorum};
  expect_refused(error_of(options),
                 {"--fault", "1 of 2 ranks that have data", "2 of them", "--acknowledge all"});
  options.copies.acknowledge = engines::shared_nothing::Acknowledge::all;
  EXPECT_EQ(error_of(options), "");
  options.copies.acknowledge = engines::shared_nothing::Acknowledge::quorum;
  options.clients = 1;
  EXPECT_EQ(error_of(options), "");
}

TEST(CopyChecks, RefuseTimesThatNoRankCanKeep) {
  RunOptions options = faulty();
  options.heartbeat = 1ns;
  expect_refused(error_of(options), {"--heartbeat", "found 1 ns", "at least 1 ms"});
  options.heartbeat = 1ms;
  options.failure_timeout = 3ms;
  EXPECT_EQ(error_of(options), "");
  options.failure_timeout = 2900us;
  expect_refused(error_of(options), {"--failure-timeout", "2.9 ms", "at least three heartbeats (3 ms)"});
  options.failure_timeout = 1001ms;
  expect_refused(error_of(options), {"--failure-timeout", "at most 1 s"});
  options.failure_timeout = 60ms;
  options.link_delay = 15ms;
  expect_refused(error_of(options), {"--failure-timeout", "three heartbeats and four link delays (63 ms)"});
  options.failure_timeout = 63ms;
  EXPECT_EQ(error_of(options), "");
  EXPECT_GT(copy_timing(options).patience, 2 * options.link_delay) << "what is late must not be sent twice";
}

/// A rank alone ends after so long; as a thread it takes all others along.
TEST(CopyChecks, RefuseWhatThreadsOfOneProcessDoNotSurvive) {
  RunOptions options = faulty("cut=1@100ms+2.49s");
  options.transport = "ring";
  EXPECT_EQ(error_of(options), "");
  options.faults = *parse_faults("cut=1@100ms+2500ms");
  expect_refused(error_of(options), {"cut=1@100ms+2.5s beside --transport ring", "less than 2.5 s"});
  options.transport = "mpi";
  EXPECT_EQ(error_of(options), "");
  options.transport = "ring";
  options.faults = *parse_faults("kill=1@100ms");
  expect_refused(error_of(options), {"kill beside --transport ring", "processes"});
}

}  // namespace
}  // namespace upout::harness
