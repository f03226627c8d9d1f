#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "tests/cli/program.h"

namespace upout::cli {
namespace {

using namespace testing;

/// Bad input: status 2, one line, and in it what was wrong and where.
void expect_usage_error(const Ended& ended, const std::vector<std::string>& parts) {
  EXPECT_EQ(ended.status, 2) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  for (const std::string& part : parts)
    EXPECT_NE(ended.err.find(part), std::string::npos) << part << "\nin: " << ended.err;
}

struct BadRun {
  const char* name;
  const char* arguments;
  std::vector<std::string> parts;
};

class BadInput : public ::testing::TestWithParam<BadRun> {};

TEST_P(BadInput, IsRefusedInOneLine) {
  expect_usage_error(upout(GetParam().arguments), GetParam().parts);
}

INSTANTIATE_TEST_SUITE_P(
    Of, BadInput,
    ::testing::Values(
        BadRun{"MissingFile",
               "run --engine shared-memory --workload ycsb-c -P /nowhere/workloada",
               {"/nowhere/workloada"}},
        BadRun{"BadValue",
               "run --engine shared-memory --workload ycsb-c -p recordcount=many",
               {"recordcount", "'many'"}},
        BadRun{"ZeroRecords",
               "run --engine shared-memory --workload ycsb-c -p recordcount=0",
               {"recordcount", "'0'"}},
        BadRun{"UnknownProperty",
               "run --engine shared-memory --workload ycsb-c -p recordcuont=1",
               {"recordcuont", "recordcount"}},
        BadRun{"NoAssignment",
               "run --engine shared-memory --workload ycsb-c -p recordcount",
               {"-p", "recordcount"}},
        BadRun{"TooManyThreads",
               "run --engine shared-memory --workload ycsb-c --threads 5000",
               {"--threads", "5000", "--oversubscribe"}},
        BadRun{"UnknownBinding",
               "run --engine shared-memory --workload ycsb-c --bind scater",
               {"--bind", "'scater'", "scatter", "0,2-5"}},
        BadRun{"BindingWithACpuTwice",
               "run --engine shared-memory --workload ycsb-c --bind 0,0-1",
               {"--bind", "CPU 0 twice"}},
        BadRun{"BindingToACpuThatIsNotThere",
               "run --engine shared-memory --workload ycsb-c --bind 60000",
               {"--bind 60000", "CPU 60000", "may use"}},
        BadRun{"MoreThreadsThanListedCpus",
               "run --engine shared-memory --workload ycsb-c --bind 0 --threads 2 --dry-run",
               {"--threads", "found 2", "--bind 0", "--oversubscribe"}},
        BadRun{"NoNumber",
               "run --engine shared-memory --workload ycsb-c --threads two",
               {"--threads", "'two'", "whole number"}},
        BadRun{
            "ZeroSeconds", "run --engine shared-memory --workload ycsb-c --seconds 0", {"--seconds", "'0'"}},
        BadRun{"OtherEnginesOption",
               "run --engine shared-nothing --threads 2 --workload ycsb-c",
               {"--threads", "shared-nothing", "mpirun"}},
        BadRun{"ThreadsPerRankOfSharedMemory",
               "run --engine shared-memory --threads-per-rank 2 --workload ycsb-c",
               {"--threads-per-rank", "shared-memory", "--threads"}},
        BadRun{"ClientsOfSharedMemory",
               "run --engine shared-memory --clients 1 --workload ycsb-c",
               {"--clients", "shared-memory"}},
        BadRun{"NobodyButClients",
               "run --engine shared-nothing --transport ring --ranks 2 --clients 2 --oversubscribe "
               "--workload ycsb-c --dry-run",
               {"--clients", "found 2", "fewer than the 2 ranks"}},
        BadRun{"MovesWithOneServer",
               "run --engine shared-nothing --transport ring --ranks 2 --clients 1 --oversubscribe "
               "--rebalance cycle --workload ycsb-c",
               {"--rebalance cycle", "at least two ranks that have partitions"}},
        BadRun{"MovesOfPartitionsOfSeveralWorkers",
               "run --engine shared-nothing --transport ring --ranks 2 --threads-per-rank 2 --oversubscribe "
               "--rebalance cycle --workload ycsb-c",
               {"--rebalance cycle", "--threads-per-rank 2", "one worker a rank"}},
        BadRun{"UnknownEngine",
               "run --engine shared --workload ycsb-c",
               {"--engine", "'shared'", "shared-memory"}},
        BadRun{"UnknownWorkload",
               "run --engine shared-memory --workload ycsb-z",
               {"--workload", "ycsb-z", "ycsb-a"}},
        BadRun{"ScansOfAHashIndex",
               "run --engine shared-memory --workload ycsb-e --index hash",
               {"--index", "hash", "ordered"}},
        BadRun{"PartitioningOfOnePartition",
               "run --engine shared-memory --workload ycsb-e --partitioning range",
               {"--partitioning", "range", "shared-nothing"}},
        BadRun{"UnknownPlacement",
               "run --engine shared-memory --workload ycsb-c --placement near",
               {"--placement", "'near'", "interleave", "replicated"}},
        BadRun{"MoreIslandsThanWorkers",
               "run --engine shared-memory --workload ycsb-c --threads 1 --islands 2",
               {"--islands", "found 2", "1 worker"}},
        BadRun{"MoreIslandsThanWorkersInADryRun",
               "run --engine shared-memory --workload ycsb-c --threads 1 --islands 2 --dry-run",
               {"--islands", "found 2", "1 worker"}},
        BadRun{"PlacementOfRanks",
               "run --engine shared-nothing --workload ycsb-c --placement islands",
               {"--placement", "shared-nothing"}},
        BadRun{"UnknownPages",
               "run --engine shared-memory --workload ycsb-c --pages huge",
               {"--pages", "2MiB", "1GiB"}},
        BadRun{"UnknownIndex",
               "run --engine shared-memory --workload ycsb-e --index tree",
               {"--index", "tree", "ordered"}},
        BadRun{"UnknownTransport",
               "run --engine shared-nothing --workload ycsb-c --transport tcp",
               {"--transport", "tcp", "mpi", "ring"}},
        BadRun{"TransportOfSharedMemory",
               "run --engine shared-memory --workload ycsb-c --transport ring",
               {"--transport", "shared-memory"}},
        BadRun{"RanksOfMpi",
               "run --engine shared-nothing --workload ycsb-c --ranks 2",
               {"--ranks", "--transport ring", "mpirun -n"}},
        BadRun{"FewerPartitionsThanRanks",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --partitions 1 "
               "--workload ycsb-c --dry-run",
               {"--partitions", "found 1", "2 ranks"}},
        BadRun{"PartitionsOfSharedMemory",
               "run --engine shared-memory --partitions 4 --workload ycsb-c",
               {"--partitions", "shared-memory", "--placement"}},
        BadRun{"BatchingOfSharedMemory",
               "run --engine shared-memory --batch-bytes 100 --workload ycsb-c",
               {"--batch-bytes", "shared-memory", "no messages"}},
        BadRun{"MessagesOfNoBytes",
               "run --engine shared-nothing --batch-bytes 0 --workload ycsb-c",
               {"--batch-bytes", "'0'"}},
        BadRun{"ControlOfSingleOperations",
               "run --engine shared-memory --workload ycsb-a --concurrency-control serial",
               {"--concurrency-control", "'serial' with ycsb-a", "ycsb-multi"}},
        BadRun{"UnknownControl",
               "run --engine shared-memory --workload ycsb-multi --concurrency-control mvcc",
               {"--concurrency-control", "mvcc", "occ", "serial"}},
        BadRun{"MoreThanAllCrossPartitions",
               "run --engine shared-memory --workload ycsb-multi -p crosspartition=101",
               {"crosspartition", "'101'", "0 to 100"}},
        BadRun{"MoreThanAllCrossPartitionsByTheOption",
               "run --engine shared-memory --workload tatp --cross-partition 101",
               {"--cross-partition", "'101'", "0 to 100"}},
        BadRun{"LessThanNothingCrossesPartitions",
               "run --engine shared-memory --workload tpcc --cross-partition=-1",
               {"--cross-partition", "'-1'", "0 to 100"}},
        BadRun{"TwoSharesThatCrossPartitions",
               "run --engine shared-memory --workload smallbank --cross-partition 20 -p crosspartition=21",
               {"--cross-partition", "found 20 beside -p crosspartition=21", "one of them"}},
        BadRun{"SingleOperationsThatCrossPartitions",
               "run --engine shared-memory --workload ycsb-a --cross-partition 20",
               {"--cross-partition", "'20' with ycsb-a", "with transactions: ycsb-multi"}},
        BadRun{"QueriesThatCrossPartitions",
               "run --engine shared-memory --workload analytics -p crosspartition=20",
               {"-p crosspartition", "'20' with analytics", "with transactions: ycsb-multi"}},
        BadRun{"OnePartitionTouchedByWhatCrosses",
               "run --engine shared-memory --workload ycsb-multi --partitions-touched 1",
               {"--partitions-touched", "'1'", "2 to 64"}},
        BadRun{"TwoNumbersOfPartitionsTouched",
               "run --engine shared-memory --workload tpcc --cross-partition 5 --partitions-touched 3 "
               "-p partitionstouched=4",
               {"--partitions-touched", "found 3 beside -p partitionstouched=4", "one of them"}},
        BadRun{"MorePartitionsThanCustomersOfATransaction",
               "run --engine shared-memory --workload smallbank --partitions-touched 3",
               {"--partitions-touched", "'3' with smallbank", "touches two, those of its two customers"}},
        BadRun{"MorePartitionsThanSubscribersOfATransaction",
               "run --engine shared-memory --workload tatp --partitions-touched 3",
               {"--partitions-touched", "'3' with tatp", "touches two, those of its two subscribers"}},
        BadRun{
            "CrossingOfOnePartition",
            "run --engine shared-memory --workload ycsb-multi -p crosspartition=5 -p partitions=1 --dry-run",
            {"-p partitions", "found 1,", "at least the 2"}},
        BadRun{"PartitionsThatLieInTwoOfTheEngines",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --partitions 4 "
               "--workload ycsb-multi -p partitions=6 --dry-run",
               {"-p partitions", "found 6,", "a multiple of the 4"}},
        BadRun{"FewerPartitionsOfTransactionsThanRanks",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --partitions 1 "
               "--workload ycsb-multi --dry-run",
               {"--partitions", "found 1", "2 ranks"}},
        BadRun{"PartitionsWithoutRecords",
               "run --engine shared-memory --workload ycsb-multi -p recordcount=100 -p partitions=8",
               {"-p partitions", "8 with 100 records", "16"}},
        BadRun{"TransactionsOverIslands",
               "run --engine shared-memory --workload ycsb-multi --placement islands",
               {"--placement", "'islands' with ycsb-multi", "os or interleave"}},
        BadRun{"TransactionsOverHashes",
               "run --engine shared-nothing --workload ycsb-multi --partitioning hash",
               {"--partitioning", "'hash' with ycsb-multi", "range"}},
        BadRun{"TransactionsWhilePartitionsMove",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --workload ycsb-multi "
               "--rebalance cycle --dry-run",
               {"--rebalance", "'cycle' with ycsb-multi", "none"}},
        BadRun{"MoreTransactionsThanTakeTurns",
               "run --engine shared-memory --workload ycsb-multi --depth 2000",
               {"--depth", "2000", "1024"}},
        BadRun{"UnknownPropertyOfTransactions",
               "run --engine shared-memory --workload ycsb-multi -p crosspartitions=1",
               {"crosspartitions", "expected crosspartition"}},
        BadRun{"RebalancingOfOneRank",
               "run --engine shared-nothing --workload ycsb-c --rebalance cycle",
               {"--rebalance", "one rank", "at least two"}},
        BadRun{"UnknownRebalancing",
               "run --engine shared-nothing --workload ycsb-c --rebalance sometimes",
               {"--rebalance", "sometimes", "cycle"}},
        BadRun{"LinkDelayWithoutUnit",
               "run --engine shared-nothing --workload ycsb-c --link-delay 100",
               {"--link-delay", "'100'", "100us", "1.5ms"}},
        BadRun{"LinkDelayThatAnswersWouldNotSurvive",
               "run --engine shared-nothing --workload ycsb-c --link-delay 1001ms",
               {"--link-delay", "'1001ms'", "at most 1 s"}},
        BadRun{"LinkDelayOfSharedMemory",
               "run --engine shared-memory --workload ycsb-c --link-delay 1ms",
               {"--link-delay", "shared-memory"}},
        BadRun{"RegionsOfSharedMemory",
               "run --engine shared-memory --workload ycsb-c --regions 'a 1ms; b 9ms 1ms'",
               {"--regions", "shared-memory", "shared-nothing"}},
        BadRun{"RegionsOfTooFewRanks",
               "run --engine shared-nothing --workload ycsb-c --regions 'a 1ms; b 9ms 1ms'",
               {"--regions", "2 for 1 ranks with data", "each region"}},
        BadRun{"RegionsOfTooFewTimes",
               "run --engine shared-nothing --workload ycsb-c --regions 'a 1ms; b 9ms'",
               {"--regions", "'b' with 1 round-trip times, of 2"}},
        BadRun{"RegionsBesideALinkDelay",
               "run --engine shared-nothing --workload ycsb-c --link-delay 1ms --regions 'a 1ms; b 9ms 1ms'",
               {"--regions", "--link-delay", "one of them"}},
        BadRun{"RegionsOfCopiesWithAShortWarmUp",
               "run --engine shared-nothing --workload ycsb-c --replicas 2 --warmup 0.1 --regions 'a 1ms; b "
               "90ms 1ms'",
               {"--regions", "warm-up of 0.1 s", "--warmup 0.36 or more"}},
        BadRun{"RegionsOfTransactions",
               "run --engine shared-nothing --workload tatp --regions 'a 1ms; b 9ms 1ms'",
               {"--regions", "tatp", "single operations"}},
        BadRun{"HomeInNoRegion",
               "run --engine shared-nothing --workload ycsb-c --home c --regions 'a 1ms; b 9ms 1ms'",
               {"--home", "'c'", "a 1ms; b 9ms 1ms"}},
        BadRun{"HomeWithoutRegions",
               "run --engine shared-nothing --workload ycsb-c --home a",
               {"--home", "'a'", "--regions beside it"}},
        BadRun{"RecordsOfEachWorkerAndOfAll",
               "run --engine shared-memory --workload ycsb-c --records-per-worker 10 -p recordcount=20",
               {"--records-per-worker", "recordcount=20", "one of them"}},
        BadRun{"ReadPathOfSharedMemory",
               "run --engine shared-memory --workload ycsb-c --read-path rma",
               {"--read-path", "shared-memory"}},
        BadRun{"UnknownReadPath",
               "run --engine shared-nothing --workload ycsb-c --read-path rdma",
               {"--read-path", "rdma", "rma"}},
        BadRun{"OneSidedReadsOverRings",
               "run --engine shared-nothing --transport ring --workload ycsb-c --read-path rma",
               {"--read-path rma", "ring", "--transport mpi"}},
        BadRun{"OneSidedReadsOfAnOrderedIndex",
               "run --engine shared-nothing --index ordered --workload ycsb-c --read-path rma",
               {"--read-path rma", "ordered", "--index hash"}},
        BadRun{"OneSidedReadsBesideScans",
               "run --engine shared-nothing --workload ycsb-e --read-path rma",
               {"--read-path rma", "ycsb-e", "scans"}},
        BadRun{"OneSidedReadsOfLongValues",
               "run --engine shared-nothing --workload ycsb-c -p fieldlength=10000 --read-path rma",
               {"--read-path rma", "100000 bytes", "65536"}},
        BadRun{"OneSidedReadsOfPartitionsThatMove",
               "run --engine shared-nothing --rebalance cycle --workload ycsb-c --read-path rma",
               {"--read-path rma", "--rebalance cycle", "--rebalance none"}},
        BadRun{"OneSidedReadsOfSeveralThreads",
               "run --engine shared-nothing --threads-per-rank 2 --workload ycsb-c --read-path rma",
               {"--read-path rma", "--threads-per-rank 2", "--threads-per-rank 1"}},
        BadRun{"OneSidedReadsBesideTransactions",
               "run --engine shared-nothing --workload ycsb-multi --read-path rma",
               {"--read-path rma", "ycsb-multi", "single operations"}},
        BadRun{"OneSidedReadsOverDelayedLinks",
               "run --engine shared-nothing --link-delay 1ms --workload ycsb-c --read-path rma",
               {"--read-path rma", "--link-delay"}},
        BadRun{"NothingThatCommitsTransactions",
               "run --engine null --workload smallbank",
               {"--engine null", "it with smallbank", "single operations"}},
        BadRun{"NothingThatScans",
               "run --engine null --workload ycsb-e --dry-run",
               {"--engine null", "it with ycsb-e", "without scans"}},
        BadRun{"NothingThatIsPlaced",
               "run --engine null --workload ycsb-c --placement interleave",
               {"--placement", "null", "keeps no records"}},
        BadRun{"NothingThatIsKeptApart",
               "run --engine null --workload ycsb-c --concurrency-control serial",
               {"--concurrency-control", "null", "keeps no records"}},
        BadRun{"RateOfNothing",
               "run --engine shared-memory --workload ycsb-c --rate 0",
               {"--rate", "'0'", "2M/s"}},
        BadRun{"RateInAnUnknownUnit",
               "run --engine shared-memory --workload ycsb-c --rate 2M/min",
               {"--rate", "'2M/min'", "2M/s"}},
        BadRun{"UnknownArrivals",
               "run --engine shared-memory --workload ycsb-c --rate 2M/s --arrivals pareto",
               {"--arrivals", "pareto", "poisson", "uniform"}},
        BadRun{"ArrivalsWithoutARate",
               "run --engine shared-memory --workload ycsb-c --arrivals poisson",
               {"--arrivals", "it without --rate, --profile or --goal", "2M/s"}},
        BadRun{"QueriesThatArrive",
               "run --engine shared-memory --workload analytics --rate 2M/s --dry-run",
               {"--rate", "it with analytics", "operations or transactions"}},
        BadRun{"QueriesWithAGoal",
               "run --engine shared-memory --workload analytics --goal p99=1s",
               {"--goal", "it with analytics", "operations or transactions"}},
        BadRun{"QueriesWithATimeSeries",
               "run --engine shared-memory --workload analytics --interval 1s",
               {"--interval", "it with analytics", "operations or transactions"}},
        BadRun{"UnknownProfile",
               "run --engine shared-memory --workload ycsb-c --profile rump=1K..2K",
               {"--profile", "'rump=1K..2K'", "ramp=100K..2M"}},
        BadRun{"ProfileOfNothing",
               "run --engine shared-memory --workload ycsb-c --seconds 10 --repetitions 10 --profile "
               "bursts=0,2M,10s,1s",
               {"--profile", "'bursts=0,2M,10s,1s'", "within the 1 s of a window"}},
        BadRun{"ProfileOfTooManyBursts",
               "run --engine shared-memory --workload ycsb-c --profile bursts=0,2M,2ns,1ns",
               {"--profile", "'bursts=0,2M,2ns,1ns'", "at most 100000 bursts"}},
        BadRun{"ProfileBesideARate",
               "run --engine shared-memory --workload ycsb-c --profile ramp=1K..2K --rate 1K",
               {"--profile", "--rate"}},
        BadRun{"UnknownGoal",
               "run --engine shared-memory --workload ycsb-c --goal p98=1ms",
               {"--goal", "'p98=1ms'", "p99=100us"}},
        BadRun{"GoalBesideARate",
               "run --engine shared-memory --workload ycsb-c --goal p99=1ms --rate 1K",
               {"--goal", "--rate"}},
        BadRun{
            "GoalOfPartitionsThatMove",
            "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --workload ycsb-c --goal "
            "p99=1ms --rebalance cycle",
            {"--goal", "it beside --rebalance cycle", "--rebalance none"}},
        BadRun{"IntervalLongerThanAWindow",
               "run --engine shared-memory --workload ycsb-c --seconds 1 --repetitions 2 --interval 1s",
               {"--interval", "1 s", "0.5 s of a window"}},
        BadRun{"IntervalTooShort",
               "run --engine shared-memory --workload ycsb-c --seconds 100 --repetitions 2 --interval 1ms",
               {"--interval", "1 ms", "at most 3600"}},
        BadRun{"NoWorkload", "run --engine shared-memory", {"--workload"}},
        BadRun{"UnknownOption",
               "run --engine shared-memory --workload ycsb-c --thread 2",
               {"--thread", "--threads"}},
        BadRun{"UnknownCommand", "rnu", {"rnu", "run"}},
        BadRun{"NoFolderForJson",
               "run --engine shared-memory --workload ycsb-c --json /nowhere/out.json",
               {"--json", "/nowhere"}},
        BadRun{"NoFolderForALog",
               "run --engine shared-memory --workload ycsb-c --hlog /nowhere/out.hlog",
               {"--hlog", "/nowhere"}},
        BadRun{"NoPlan", "sweep /nowhere/plan.toml --out x", {"/nowhere/plan.toml"}},
        BadRun{"NoResults", "report /nowhere/results", {"/nowhere/results"}},
        BadRun{"NoResultsToExport", "export /nowhere/results --format csv", {"/nowhere/results"}},
        BadRun{"NoFormat", "export /nowhere/results", {"--format"}},
        BadRun{"UnknownFormat",
               "export /nowhere/results --format markdwon",
               {"--format", "'markdwon'", "google-benchmark", "did you mean markdown?"}},
        BadRun{"NoResultsToAnalyze", "analyze /nowhere/results", {"/nowhere/results"}},
        BadRun{"NothingToAnalyze", "analyze", {"results"}},
        BadRun{"CopiesOfSharedMemory",
               "run --engine shared-memory --workload ycsb-a --replicas 2",
               {"--replicas", "--engine shared-nothing"}},
        BadRun{"MoreCopiesThanRanks",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --workload ycsb-a "
               "--replicas 3",
               {"--replicas 3", "2 ranks", "at least as many ranks as copies"}},
        BadRun{"AcknowledgedByNoCopies",
               "run --engine shared-nothing --transport ring --ranks 2 --workload ycsb-a --acknowledge one",
               {"--acknowledge", "--replicas 2 or more"}},
        BadRun{"CopiesOfTransactions",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --workload smallbank "
               "--replicas 2",
               {"--replicas 2", "smallbank", "single operations"}},
        BadRun{"CopiesThatMove",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --workload ycsb-a "
               "--replicas "
               "2 --rebalance cycle",
               {"--replicas 2", "--rebalance"}},
        BadRun{"TimeoutOfLessThanThreeHeartbeats",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --workload ycsb-a "
               "--replicas "
               "2 --heartbeat 10ms --failure-timeout 25ms",
               {"--failure-timeout", "at least three heartbeats"}},
        BadRun{"FaultThatIsNone",
               "run --engine shared-nothing --transport ring --ranks 2 --workload ledger --replicas 2 "
               "--fault burn=1@1s",
               {"--fault", "'burn=1@1s'", "kill=RANK@TIME"}},
        BadRun{"FaultWithoutCopies",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --workload ledger "
               "--fault "
               "cut=1@1s+1s",
               {"--fault", "--replicas 2 or more"}},
        BadRun{"FaultWithoutALedger",
               "run --engine shared-nothing --transport ring --ranks 3 --oversubscribe --workload ycsb-a "
               "--replicas "
               "2 --fault cut=1@100ms+100ms",
               {"--fault", "ycsb-a", "--workload ledger"}},
        BadRun{"FaultAfterTheWindow",
               "run --engine shared-nothing --transport ring --ranks 3 --oversubscribe --workload ledger "
               "--replicas 2 "
               "--fault cut=1@2s+1s --seconds 2 --repetitions 1",
               {"--fault", "cut=1@2s+1s", "of 2 s"}},
        BadRun{"KilledThread",
               "run --engine shared-nothing --transport ring --ranks 3 --oversubscribe --workload ledger "
               "--replicas 2 "
               "--fault kill=1@1s --seconds 2 --repetitions 1",
               {"--fault", "--transport ring", "processes"}},
        BadRun{"DurabilityOfNothing",
               "run --engine null --threads 2 --workload ycsb-a --durability sync",
               {"--durability", "keeps records"}},
        BadRun{"DurabilityBesideCopies",
               "run --engine shared-nothing --transport ring --ranks 3 --oversubscribe --workload ycsb-a "
               "--durability sync --replicas 2",
               {"--durability sync", "--replicas 2"}},
        BadRun{"DurabilityOfHybridRanks",
               "run --engine shared-nothing --transport ring --ranks 1 --threads-per-rank 2 --oversubscribe "
               "--workload ycsb-a --durability async",
               {"--durability async", "--threads-per-rank 2"}},
        BadRun{"DurabilityOfOneSidedReads",
               "run --engine shared-nothing --read-path rma --workload ycsb-a --durability async",
               {"--durability async", "--read-path rma"}},
        BadRun{"DurabilityOfMovingPartitions",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --rebalance cycle "
               "--workload ycsb-a --durability async",
               {"--durability async", "--rebalance cycle"}},
        BadRun{"DurabilityOfDistributedTransactions",
               "run --engine shared-nothing --transport ring --ranks 2 --oversubscribe --workload ycsb-multi "
               "--durability sync",
               {"--durability sync", "transactions"}},
        BadRun{"DurabilityOfSeveralStores",
               "run --engine shared-memory --threads 2 --oversubscribe --placement partitioned --islands 2 "
               "--workload ycsb-a --durability sync",
               {"--durability sync", "os or interleave"}},
        BadRun{"MisspeltDurability",
               "run --engine shared-memory --workload ycsb-a --durability synch",
               {"--durability", "synch"}},
        BadRun{"LogFolderWithoutALog",
               "run --engine shared-memory --workload ycsb-a --log-folder .",
               {"--log-folder", "--durability async or sync"}},
        BadRun{"LogFolderThatIsNone",
               "run --engine shared-memory --workload ycsb-a --durability sync --log-folder /nowhere",
               {"--log-folder", "/nowhere"}},
        BadRun{"TwoOutputsInOneFile",
               "run --engine shared-memory --workload ycsb-c --json out.json --history ./out.json",
               {"--history", "--json"}},
        BadRun{"MisspeltOptionOfAnalyze", "analyze --jsn /nowhere", {"--jsn", "--json"}},
        BadRun{"DoctorsThreadsWithoutBindings", "doctor --threads 2", {"--threads", "--bindings"}},
        BadRun{"DoctorsBindingWithoutBindings", "doctor --bind smt", {"--bind", "--bindings"}},
        BadRun{
            "DoctorsUnknownBinding", "doctor --bindings --bind core", {"--bind", "'core'", "cores, compact"}},
        BadRun{"DoctorsBindingToACpuThatIsNotThere",
               "doctor --bindings --bind 60000",
               {"--bind 60000", "CPU 60000", "may use"}},
        BadRun{"DoctorsPictureAsJson", "doctor --bindings --json", {"--json", "--bindings"}},
        BadRun{"DoctorsMisspeltOption", "doctor --binding", {"--binding", "--bindings"}},
        BadRun{"ValidationOfNothing", "validate", {"results", "required"}},
        BadRun{"ValidationOfNoFile", "validate nowhere.json", {"nowhere.json", "no such file or folder"}},
        BadRun{"UnknownRequirement", "validate . --require publishible", {"--require", "publishable"}},
        BadRun{"NoPlanOfARun",
               "run --engine shared-memory --workload ycsb-c --plan nowhere.toml",
               {"nowhere.toml", "No such file"}},
        BadRun{"UnknownListing", "list engnes", {"engnes", "engines"}}),
    [](const auto& each) { return each.param.name; });

TEST(BadInput, InAPropertyFileIsNamedByFileAndLine) {
  const Scratch scratch;
  const std::string file = scratch.write("workload", "recordcount=10\n\nfieldlength=-3\n");
  expect_usage_error(upout("run --engine shared-memory --workload ycsb-c -P " + file),
                     {file + ":3", "fieldlength", "-3"});
}

TEST(BadInput, InAPlanIsNamedByFileAndLine) {
  const Scratch scratch;
  const std::string plan = scratch.write(
      "plan.toml", "[[points]]\nengine = \"shared-memory\"\nworkload = \"ycsb-c\"\nthreds = 2\n");
  expect_usage_error(upout("sweep " + plan + " --out " + (scratch / "results")),
                     {plan + ":4", "threds", "threads"});
}

TEST(BadInput, OfSeveralRanksIsSaidOnce) {
  for (const char* arguments : {"run --engine shared-nothing --workload ycsb-c -p recordcount=0",
                                "run --engine shared-nothing --workload ycsb-c --seconds never",
                                "run --engine shared-nothing --threads 2 --workload ycsb-c",
                                "run --engine shared-nothing --workload ycsb-c -P /nowhere/workloada",
                                "run --engine shared-memory --workload ycsb-c"}) {
    SCOPED_TRACE(arguments);
    const Ended ended = mpirun(3, arguments);
    EXPECT_EQ(ended.status, 2);
    // mpirun adds a paragraph of its own; ours is the line that begins with our name.
    std::size_t said = 0;
    for (std::size_t at = ended.err.find("upout: "); at != std::string::npos;
         at = ended.err.find("upout: ", at + 1))
      ++said;
    EXPECT_EQ(said, 1u) << ended.err;
  }
}

TEST(BadInput, MoreRanksThanCoresIsSaidOnce) {
  const int too_many = static_cast<int>(std::thread::hardware_concurrency()) + 1;
  const Ended ended = mpirun(too_many, "run --engine shared-nothing --workload ycsb-c -p recordcount=10");
  EXPECT_EQ(ended.status, 2);
  EXPECT_NE(ended.err.find("--oversubscribe allows more"), std::string::npos) << ended.err;
}

TEST(Help, ShowsExamples) {
  for (const char* command : {"run", "sweep", "submit", "status", "collect", "cancel", "report", "analyze",
                              "compare", "export", "validate", "cost", "doctor"}) {
    const Ended ended = upout(std::string(command) + " --help");
    EXPECT_EQ(ended.status, 0);
    EXPECT_NE(ended.out.find("Examples:"), std::string::npos) << command;
  }
}

TEST(List, NamesWorkloadsEnginesPlansFormatsAndSchedulers) {
  const Ended ended = upout("list");
  EXPECT_EQ(ended.status, 0);
  for (const char* name : {"ycsb-a", "ycsb-f", "shared-memory", "shared-nothing", "quick", "csv", "slurm",
                           "TPC-C New-Order only"}) {
    EXPECT_NE(ended.out.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace upout::cli
