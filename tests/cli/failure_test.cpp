#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/cli/program.h"
#include "tests/cli/survivors.h"
#include "tests/history/history_file.h"
#include "tests/history/linearizability.h"

/// Ranks that are really killed, stopped and cut off under load, as processes of a real launcher.
namespace upout::cli {
namespace {

using namespace testing;

/// Open MPI's: who is killed does not take the others along; and a run that hangs tells what had ended.
const std::string survivable = "--enable-recovery --timeout 120 --report-state-on-timeout";
/// So patient that a busy machine is not taken for a dead rank, and so short that a run is.
constexpr double failure_timeout_seconds = 0.2;

struct Outcome {
  Ended ended;
  nlohmann::json run;
};

Outcome run(int ranks, const std::string& arguments, double failure_timeout = failure_timeout_seconds) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  Outcome outcome{
      shell(under_mpirun(ranks,
                         "run --engine shared-nothing --oversubscribe --quiet --repetitions 1 "
                         "--partitions 6 --replicas 3 --failure-timeout " +
                             std::to_string(failure_timeout) + "s" + arguments + " --json " + json,
                         survivable)),
      {}};
  expect_nobody_left(json);
  EXPECT_EQ(outcome.ended.status, 0) << outcome.ended.err;
  if (outcome.ended.status == 0) outcome.run = read_run(json);
  return outcome;
}

void expect_nothing_lost(const nlohmann::json& run) {
  EXPECT_EQ(run["ledger"]["lost_writes"], 0U) << run["verification"].dump(1);
  EXPECT_GT(run["ledger"]["acknowledged_writes"], 100U);
  EXPECT_TRUE(run["verification"]["passed"]) << run["verification"].dump(1);
}

struct Case {
  std::string name;
  std::string fault;
  std::string acknowledge;
};

class Fault : public ::testing::TestWithParam<Case> {};

TEST_P(Fault, LosesNothingThatWasAcknowledged) {
  const auto& [name, fault, acknowledge] = GetParam();
  const Outcome outcome = run(4, " --acknowledge " + acknowledge + " --fault " + fault +
                                     " --workload ledger -p recordcount=2000 --seconds 2 --warmup 0.1");
  if (HasFailure()) return;
  expect_nothing_lost(outcome.run);
  const auto& seen = outcome.run["faults"].at(0);
  EXPECT_TRUE(seen["detected_after_seconds"].is_number()) << "it was long enough";
  EXPECT_TRUE(seen["restored_after_seconds"].is_number()) << "there is a rank to spare, or it came back";
  EXPECT_GT(outcome.run["longest_unserved_seconds"], failure_timeout_seconds / 2)
      << "nobody follows before the rank is taken for dead";
  EXPECT_NE(outcome.run["verdict"].dump().find("no-faults"), std::string::npos);
  EXPECT_EQ(outcome.run["deployment"]["copies"], 3U);
}

INSTANTIATE_TEST_SUITE_P(OfARank, Fault,
                         ::testing::Values(Case{"Killed", "kill=2@300ms", "all"},
                                           Case{"RootKilled", "kill=0@300ms", "quorum"},
                                           Case{"Stopped", "stop=1@300ms+700ms", "quorum"},
                                           Case{"CutOff", "cut=3@300ms+700ms", "all"}),
                         [](const auto& each) { return each.param.name; });

/// The root, which writes it down, is the last to know.
TEST(FaultOfTheRoot, IsNoticedByTheOthers) {
  const Outcome outcome =
      run(4, " --fault stop=0@300ms+2s --workload ledger -p recordcount=2000 --seconds 3");
  if (HasFailure()) return;
  const auto& seen = outcome.run["faults"].at(0);
  ASSERT_TRUE(seen["detected_after_seconds"].is_number());
  EXPECT_LT(seen["detected_after_seconds"], 2) << "before it is back";
  EXPECT_GT(seen["detected_after_seconds"], failure_timeout_seconds / 2);
}

/// What clients that survive have seen is linearizable, before and after.
TEST(FaultHistory, OfAKilledPrimaryIsLinearizable) {
  const Scratch scratch;
  const std::string file = scratch / "out.jsonl";
  const Outcome outcome = run(
      4,
      " --clients 1 --acknowledge all --fault kill=1@300ms --workload ycsb-a -p writeallfields=true "
      "-p fieldcount=2 -p fieldlength=16 -p recordcount=50 --depth 4 --seconds 1.5 --warmup 0 --history " +
          file);
  if (HasFailure()) return;
  const auto history = history::read_history(file);
  EXPECT_GT(history.size(), 100U);
  const auto verdict = history::check_linearizable(history);
  EXPECT_TRUE(verdict) << verdict.explanation;
}

/// A rank that is cut off serves its own client until its lease ends, if that waits for no other copy. An
/// open loop goes on meanwhile, although what it asks of others does not come back; and there are so many
/// records that few are written again, which would hide what has been lost.
const std::string cut_off_beside_its_client =
    " --fault cut=1@300ms+2200ms --workload ledger -p recordcount=20000 -p readproportion=0 --rate 5000 "
    "--depth 512 --seconds 4 --warmup 0.1";
/// So much work leaves ranks less often with a core, where others want it, too.
constexpr double long_failure_timeout_seconds = 1;

/// Who does not wait for copies may lose, and says so.
TEST(FaultLedger, OfNoAcknowledgementsCountsWhatIsLost) {
  const Outcome outcome =
      run(4, " --acknowledge none" + cut_off_beside_its_client, long_failure_timeout_seconds);
  if (HasFailure()) return;
  EXPECT_GT(outcome.run["ledger"]["lost_writes"], 0U);
  EXPECT_TRUE(outcome.run["verification"]["passed"]) << "it was told what that means";
  EXPECT_EQ(outcome.run["deployment"]["replication"], "none");
}

TEST(FaultLedger, OfAcknowledgementsByAllLosesNothingThere) {
  const Outcome outcome =
      run(4, " --acknowledge all" + cut_off_beside_its_client, long_failure_timeout_seconds);
  if (!HasFailure()) expect_nothing_lost(outcome.run);
}

/// All that had a partition are gone: the others say which, and end. With so long a failure timeout nobody
/// has followed the one before the other is gone, too, however late that comes to its turn.
TEST(FaultOfAllCopies, EndsWithAnErrorThatSaysWhatIsLost) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const Ended ended = shell(
      under_mpirun(5,
                   "run --engine shared-nothing --oversubscribe --quiet --repetitions 1 --replicas 2 --fault "
                   "kill=1@300ms,kill=2@300ms --failure-timeout 1s --workload ledger -p recordcount=2000 "
                   "--seconds 2 --json " +
                       json,
                   survivable));
  // (With --enable-recovery, mpirun's status is 0 whatever has happened.)
  EXPECT_FALSE(std::filesystem::exists(json));
  EXPECT_NE(ended.err.find("no copy is left that has all that was acknowledged of partition"),
            std::string::npos)
      << ended.err;
  expect_nobody_left(json);
}

}  // namespace
}  // namespace upout::cli
