#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/workloads/chi_square.h"
#include "tests/workloads/deployment.h"
#include "workloads/insert_ledger.h"
#include "workloads/ycsb_load.h"

namespace upout::workloads {
namespace {

using kernel::Operation;
using kernel::OperationKind;
using kernel::Status;

std::map<OperationKind, std::uint64_t> kinds_of(const Workload& workload, std::uint64_t operations) {
  std::map<OperationKind, std::uint64_t> kinds;
  Deployment deployment{workload};
  deployment.load();
  const auto stream = workload.run({0, 1}, in_flight, 5);
  Driver(deployment.store, in_flight).drive(*stream, operations, [&kinds](const Operation& operation) {
    EXPECT_EQ(operation.status, Status::ok);
    ++kinds[operation.kind];
  });
  return kinds;
}

TEST(YcsbLoad, PutsEachRecordIntoOneShare) {
  for (const std::uint32_t workers : {1U, 2U, 3U, 7U}) {
    std::uint64_t next = 0;
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      const RecordRange share = share_of(100, {worker, workers});
      EXPECT_EQ(share.begin, next);
      EXPECT_NEAR(static_cast<double>(share.end - share.begin), 100.0 / workers, 1);
      next = share.end;
    }
    EXPECT_EQ(next, 100U);
  }
}

TEST(YcsbLoad, LeavesWorkersWithoutAShareIdleIfThereAreMoreWorkersThanRecords) {
  const auto workload = made("ycsb-a", {"recordcount=3"});
  Deployment deployment{*workload, 8};
  deployment.load();
  EXPECT_EQ(deployment.store.records.size(), 3U);
  EXPECT_EQ(deployment.audit().checked, 3U);
  EXPECT_EQ(deployment.failed, 0U);
}

TEST(YcsbLoad, CountsRecordsThatWereThereAlready) {
  const auto workload = made("ycsb-a", {"recordcount=100"});
  Deployment deployment{*workload};
  deployment.load();
  deployment.load();
  EXPECT_EQ(deployment.failed, 100U);
}

TEST(YcsbRun, MixesKindsByTheirShares) {
  struct Expected {
    std::string_view name;
    std::vector<std::pair<OperationKind, double>> shares;
  };
  const std::vector<Expected> all{
      {"ycsb-a", {{OperationKind::get, 0.5}, {OperationKind::update, 0.5}}},
      {"ycsb-b", {{OperationKind::get, 0.95}, {OperationKind::update, 0.05}}},
      {"ycsb-d", {{OperationKind::get, 0.95}, {OperationKind::insert, 0.05}}},
      {"ycsb-f", {{OperationKind::get, 0.5}, {OperationKind::read_modify_write, 0.5}}},
      {"ycsb", {{OperationKind::get, 0.95}, {OperationKind::update, 0.05}}},
  };
  for (const auto& [name, shares] : all) {
    const auto workload = made(name, {"recordcount=100", "fieldcount=1", "fieldlength=8"});
    std::map<OperationKind, std::uint64_t> kinds = kinds_of(*workload, 100'000);
    std::vector<std::uint64_t> counts;
    std::vector<double> probabilities;
    for (const auto& [kind, share] : shares) {
      counts.push_back(kinds[kind]);
      probabilities.push_back(share);
    }
    EXPECT_EQ(kinds.size(), shares.size()) << name;
    EXPECT_LT(chi_square_excess(counts, probabilities), 4) << name;
  }
}

TEST(YcsbRun, ScansAreOfAllLengthsAndAreChecked) {
  const auto workload =
      made("ycsb-e", {"recordcount=300", "fieldcount=1", "fieldlength=8", "maxscanlength=10"});
  Deployment deployment{*workload};
  deployment.load();
  const auto stream = workload->run({0, 1}, in_flight, 5);
  std::vector<std::uint64_t> lengths(10);
  std::uint64_t inserts = 0;
  Driver driver(deployment.store, in_flight);
  driver.drive(*stream, 5000, [&](const Operation& operation) {
    if (operation.kind == OperationKind::insert) {
      ++inserts;
    } else {
      ASSERT_EQ(operation.kind, OperationKind::scan);
      ASSERT_TRUE(operation.limit >= 1 && operation.limit <= 10);
      ++lengths[operation.limit - 1];
    }
  });
  EXPECT_EQ(stream->failed(), 0U);
  EXPECT_NEAR(static_cast<double>(inserts), 250, 80);
  EXPECT_LT(chi_square_excess(lengths, std::vector<double>(10, 0.1)), 4);
  // Records are lost: scans find fewer than were loaded behind their start.
  deployment.store.records.clear();
  driver.drive(*stream, 500, [](const Operation&) {});
  EXPECT_GT(stream->failed(), 100U);  // not all: new records come in
}

TEST(YcsbRun, AsksForTheClientsOwnPartOfTheRecordsAsOftenAsItIsTold) {
  const auto workload = made("ycsb-c", {"recordcount=400", "requestdistribution=uniform",
                                        "insertorder=ordered", "homefraction=0.8"});
  Deployment deployment{*workload};
  deployment.load();
  const auto stream = workload->run({2, 4}, in_flight, 5);
  std::vector<std::uint64_t> asked(4);
  Driver(deployment.store, in_flight).drive(*stream, 20'000, [&](const Operation& operation) {
    ++asked[operation.key / 100];
  });
  // What is left to chance falls into it as well.
  EXPECT_LT(chi_square_excess(asked, std::vector{0.05, 0.05, 0.85, 0.05}), 4);
  EXPECT_EQ(workload->properties()["homefraction"], 0.8);
}

TEST(YcsbRun, MixesAllFourKinds) {
  const auto workload = made("ycsb", {"recordcount=100", "readproportion=0.1", "updateproportion=0.2",
                                      "insertproportion=0.3", "readmodifywriteproportion=0.4"});
  std::map<OperationKind, std::uint64_t> kinds = kinds_of(*workload, 50'000);
  const std::vector<std::uint64_t> counts{kinds[OperationKind::get], kinds[OperationKind::update],
                                          kinds[OperationKind::insert],
                                          kinds[OperationKind::read_modify_write]};
  EXPECT_LT(chi_square_excess(counts, std::vector{0.1, 0.2, 0.3, 0.4}), 4);
}

TEST(YcsbRun, OfYcsbCReadsWholeValuesAlone) {
  const auto workload = made("ycsb-c", {"recordcount=1000"});
  Deployment deployment{*workload};
  deployment.load();
  const auto stream = workload->run({0, 1}, in_flight, 5);
  Driver(deployment.store, in_flight).drive(*stream, 10'000, [](const Operation& operation) {
    EXPECT_EQ(operation.kind, OperationKind::get);
    EXPECT_EQ(operation.status, Status::ok);
    EXPECT_EQ(operation.output_size, 1000U);
  });
  EXPECT_EQ(stream->progress().writes, 0U);
}

TEST(YcsbRun, ReadsWholeValuesWithOperationsOfAnotherDriverToo) {
  const auto workload = made("ycsb-c", {"recordcount=1000"});
  Deployment deployment{*workload};
  deployment.load();
  const auto stream = workload->run({0, 1}, in_flight, 5);
  // A stream lives through all repetitions, the operations for one.
  for (int repetition = 0; repetition < 3; ++repetition) {
    Driver(deployment.store, in_flight).drive(*stream, 1000, [](const Operation& operation) {
      EXPECT_EQ(operation.output_size, 1000U);
    });
  }
  EXPECT_EQ(stream->failed(), 0U);
}

TEST(YcsbRun, CountsAReadOfLessThanTheValueAsFailed) {
  const auto workload = made("ycsb-c", {"recordcount=1000"});
  const auto stream = workload->run({0, 1}, 1, 5);
  Operation operation;
  Operation* const slot = &operation;
  ASSERT_EQ(stream->next({&slot, 1}), 1U);
  operation.status = Status::ok;
  operation.output_size = 999;
  stream->complete({&slot, 1});
  EXPECT_EQ(stream->failed(), 1U);
}

TEST(YcsbRun, TakesOverOperationsThatAnotherStreamHasUsed) {
  const auto workload = made("ycsb-c", {"recordcount=1000"});
  ModelStore store;
  Driver driver(store, in_flight);
  driver.drive(*workload->load({0, 1}, in_flight));
  const auto stream = workload->run({0, 1}, in_flight, 5);
  driver.drive(*stream, 1000, [](const Operation& operation) {
    EXPECT_EQ(operation.kind, OperationKind::get);
    EXPECT_TRUE(operation.input.empty());
  });
  EXPECT_EQ(stream->failed(), 0U);
}

TEST(YcsbRun, ReadsAndWritesSingleFields) {
  const auto workload =
      made("ycsb-f", {"recordcount=100", "readallfields=false", "fieldcount=7", "fieldlength=20"});
  Deployment deployment{*workload};
  deployment.load();
  std::map<std::uint32_t, int> reads;
  std::map<std::uint32_t, int> writes;
  const auto stream = workload->run({0, 1}, in_flight, 5);
  Driver(deployment.store, in_flight).drive(*stream, 7000, [&](const Operation& operation) {
    EXPECT_EQ(operation.output_size, 20U);
    ++reads[operation.output_offset];
    if (operation.kind != OperationKind::read_modify_write) return;
    EXPECT_EQ(operation.input.size(), 20U);
    ++writes[operation.input_offset];
  });
  ASSERT_EQ(reads.size(), 7U);
  ASSERT_EQ(writes.size(), 7U);
  for (std::uint32_t field = 0; field < 7; ++field) {
    EXPECT_NEAR(reads[field * 20], 1000, 150);
    EXPECT_NEAR(writes[field * 20], 500, 100);
  }
}

TEST(YcsbRun, WritesAllFieldsIfAskedTo) {
  const auto workload = made("ycsb-a", {"recordcount=100", "writeallfields=true"});
  Deployment deployment{*workload};
  deployment.load();
  const auto stream = workload->run({0, 1}, in_flight, 5);
  Driver(deployment.store, in_flight).drive(*stream, 1000, [](const Operation& operation) {
    if (operation.kind == OperationKind::update) {
      EXPECT_EQ(operation.input.size(), 1000U);
    }
  });
  deployment.writers = {stream->progress()};
  EXPECT_EQ(deployment.audit().damaged, 0U);
}

TEST(YcsbRun, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const auto workload = made("ycsb-a", {"recordcount=1000"});
  const auto keys = [&workload](std::uint64_t seed, std::uint32_t worker) {
    std::vector<Operation> operations(in_flight);
    std::vector<Operation*> free;
    for (std::uint32_t slot = 0; slot < in_flight; ++slot) {
      operations[slot].slot = slot;
      free.push_back(&operations[slot]);
    }
    EXPECT_EQ(workload->run({worker, 2}, in_flight, seed)->next(free), in_flight);
    std::vector<kernel::Key> chosen;
    for (const Operation& operation : operations) chosen.push_back(operation.key);
    return chosen;
  };
  EXPECT_EQ(keys(1, 0), keys(1, 0));
  EXPECT_NE(keys(1, 0), keys(2, 0));
  EXPECT_NE(keys(1, 0), keys(1, 1));
}

TEST(YcsbRun, CountsReadsThatFindNothing) {
  const auto workload = made("ycsb-c", {"recordcount=10"});
  ModelStore empty;
  const auto stream = workload->run({0, 1}, in_flight, 1);
  Driver(empty, in_flight).drive(*stream, 100);
  EXPECT_EQ(stream->failed(), 100U);
}

TEST(YcsbD, ReadsWhatItsWorkersHaveAdded) {
  const auto workload = made("ycsb-d", {"recordcount=1000", "insertorder=ordered", "fieldlength=8"});
  ModelStore store;
  for (std::uint32_t worker = 0; worker < 2; ++worker)
    Driver(store, in_flight).drive(*workload->load({worker, 2}, in_flight));
  const auto first = workload->run({0, 2}, in_flight, 1);
  const auto second = workload->run({1, 2}, in_flight, 1);
  Driver first_driver(store, in_flight, 1);
  Driver second_driver(store, in_flight, 2);
  std::set<kernel::Key> read;
  for (int turn = 0; turn < 100; ++turn) {
    first_driver.drive(*first, 100);
    second_driver.drive(*second, 100, [&read](const Operation& operation) {
      EXPECT_EQ(operation.status, Status::ok);
      if (operation.kind == OperationKind::get && operation.key >= 1000) read.insert(operation.key);
    });
  }
  std::size_t of_first = 0;
  for (const kernel::Key key : read) of_first += key % 2 == 0 ? 1 : 0;
  EXPECT_GT(of_first, 100U) << "records that the other worker has added";
  EXPECT_GT(read.size() - of_first, 100U) << "records of its own";
  EXPECT_EQ(first->failed() + second->failed(), 0U);
}

TEST(YcsbD, FindsWhatItReadsWithWorkersOnThreadsOfTheirOwn) {
  const auto workload =
      made("ycsb-d", {"recordcount=1000", "insertproportion=0.5", "readproportion=0.5", "fieldlength=8"});
  constexpr std::uint32_t workers = 4;
  Deployment deployment{*workload, workers};
  deployment.load();
  deployment.writers.resize(workers);
  std::array<std::uint64_t, workers> failed{};
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      threads.emplace_back([&, worker] {
        const auto stream = workload->run({worker, workers}, in_flight, 9);
        Driver(deployment.store, in_flight, worker).drive(*stream, 5000);
        deployment.writers[worker] = stream->progress();
        failed[worker] = stream->failed();
      });
    }
  }
  for (const std::uint64_t count : failed) EXPECT_EQ(count, 0U);
  const AuditResult result = deployment.audit();
  EXPECT_EQ(result.missing + result.damaged, 0U) << result.first_fault;
  EXPECT_EQ(result.checked, deployment.store.records.size());
}

TEST(YcsbRun, FindsWhatItPicksWithEveryDistribution) {
  for (const std::string_view distribution :
       {"uniform", "zipfian", "latest", "hotspot", "exponential", "sequential"}) {
    const std::string chosen = "requestdistribution=" + std::string(distribution);
    const auto workload =
        made("ycsb",
             {"recordcount=200", chosen, "readproportion=0.4", "updateproportion=0.2", "insertproportion=0.2",
              "readmodifywriteproportion=0.1", "scanproportion=0.1", "maxscanlength=5", "fieldlength=8"});
    Deployment deployment{*workload, 3};
    deployment.load();
    deployment.run(3000);
    EXPECT_EQ(deployment.failed, 0U) << distribution;
    const AuditResult result = deployment.audit();
    EXPECT_EQ(result.missing + result.damaged, 0U) << distribution << ": " << result.first_fault;
    EXPECT_EQ(result.checked, deployment.store.records.size()) << distribution;
  }
}

TEST(YcsbRun, ReadsAndWritesFieldsOfDifferentLengths) {
  for (const std::string_view distribution : {"uniform", "zipfian"}) {
    for (const std::string_view all : {"true", "false"}) {
      const std::string chosen = "fieldlengthdistribution=" + std::string(distribution);
      const std::string reads = "readallfields=" + std::string(all);
      const std::string writes = "writeallfields=" + std::string(all);
      const auto workload =
          made("ycsb", {"recordcount=500", chosen, "minfieldlength=0", "fieldlength=40", "fieldcount=5",
                        reads, writes, "readproportion=0.3", "updateproportion=0.3", "insertproportion=0.2",
                        "readmodifywriteproportion=0.1", "scanproportion=0.1", "maxscanlength=5"});
      Deployment deployment{*workload, 2};
      deployment.load();
      std::set<std::size_t> sizes;
      for (const auto& [key, value] : deployment.store.records) sizes.insert(value.size());
      EXPECT_GT(sizes.size(), 50U);
      deployment.run(10'000);
      EXPECT_EQ(deployment.failed, 0U) << distribution;
      const AuditResult result = deployment.audit();
      EXPECT_EQ(result.missing + result.damaged, 0U) << distribution << ": " << result.first_fault;
      EXPECT_EQ(result.checked, deployment.store.records.size()) << distribution;
    }
  }
}

/// Engines without records say so of all that they are asked for; the load generator is measured on them.
TEST(YcsbRun, HasRoomForWhatAReadReturnsAndForNoMore) {
  for (const std::string_view distribution : {"constant", "uniform", "zipfian"}) {
    const std::string chosen = "fieldlengthdistribution=" + std::string(distribution);
    for (const std::string_view name : {"ycsb-a", "ycsb-c", "ycsb-f"}) {
      const auto workload = made(name, {"recordcount=100", chosen});
      const auto stream = workload->run({0, 1}, in_flight, 5);
      std::vector<kernel::Operation> operations(in_flight);
      std::vector<kernel::Operation*> all;
      for (std::uint32_t slot = 0; slot < in_flight; ++slot) {
        operations[slot].slot = slot;
        all.push_back(&operations[slot]);
      }
      for (int turn = 0; turn < 100; ++turn) {
        stream->next(all);
        for (kernel::Operation* operation : all) {
          operation->status = kernel::Status::ok;
          operation->output_size = static_cast<std::uint32_t>(operation->output.size());
        }
        stream->complete(all);
      }
      EXPECT_EQ(stream->failed(), 0U) << name << " " << distribution;
    }
  }
}

/// The run rules look at how much memory the records take, not at how much the longest would. (The generator
/// of zipfian numbers is itself an approximation.)
TEST(Ycsb, SaysHowLongItsValuesAreOnAverage) {
  for (const std::string_view distribution : {"constant", "uniform", "zipfian"}) {
    const std::string chosen = "fieldlengthdistribution=" + std::string(distribution);
    const auto workload = made("ycsb-c", {"recordcount=2000", chosen, "minfieldlength=10"});
    Deployment deployment{*workload};
    deployment.load();
    double bytes = 0;
    for (const auto& [key, value] : deployment.store.records) bytes += static_cast<double>(value.size());
    EXPECT_NEAR(static_cast<double>(workload->value_bytes()), bytes / 2000, 0.05 * bytes / 2000)
        << distribution;
    EXPECT_EQ(workload->output_bytes(), 1000U);
  }
}

TEST(YcsbRun, CountsScansThatMissRecordsOfDifferentLengths) {
  const auto workload = made("ycsb-e", {"recordcount=300", "fieldlengthdistribution=uniform", "fieldcount=1",
                                        "insertproportion=0", "maxscanlength=10"});
  Deployment deployment{*workload};
  deployment.load();
  const auto stream = workload->run({0, 1}, in_flight, 5);
  Driver driver(deployment.store, in_flight);
  driver.drive(*stream, 1000);
  EXPECT_EQ(stream->failed(), 0U);
  const auto intact = deployment.store.records;
  for (auto& [key, value] : deployment.store.records) value.pop_back();
  driver.drive(*stream, 500);
  EXPECT_GT(stream->failed(), 400U) << "values that are too short";
  const std::uint64_t before = stream->failed();
  deployment.store.records = intact;
  driver.drive(*stream, 500);
  EXPECT_LE(stream->failed(), before + in_flight) << "but for those that were in flight";
  deployment.store.records.clear();
  driver.drive(*stream, 500);
  EXPECT_GT(stream->failed(), before + 400);
}

TEST(YcsbRun, LoadsAndUsesAPartOfTheRecordsAlone) {
  for (const std::string_view distribution :
       {"uniform", "zipfian", "latest", "hotspot", "exponential", "sequential"}) {
    const std::string chosen = "requestdistribution=" + std::string(distribution);
    const auto workload =
        made("ycsb", {"recordcount=1000", "insertstart=700", "insertcount=50", "insertorder=ordered", chosen,
                      "insertproportion=0.01", "fieldlength=8"});
    EXPECT_EQ(workload->record_count(), 50U);
    EXPECT_EQ(workload->largest_key(), 749U);
    Deployment deployment{*workload, 2};
    deployment.load();
    for (kernel::Key key = 700; key < 750; ++key) EXPECT_TRUE(deployment.store.records.contains(key));
    EXPECT_EQ(deployment.store.records.size(), 50U);
    deployment.run(5000);
    EXPECT_EQ(deployment.failed, 0U) << distribution;
    const AuditResult result = deployment.audit();
    EXPECT_EQ(result.missing + result.damaged, 0U) << distribution << ": " << result.first_fault;
    EXPECT_EQ(result.checked, deployment.store.records.size()) << distribution;
    EXPECT_EQ(result.checked, workload->expected_records(deployment.writers)) << distribution;
  }
}

TEST(YcsbRun, PicksRecordsInOrderIfAskedTo) {
  const auto workload = made("ycsb-c", {"recordcount=100", "requestdistribution=sequential",
                                        "insertorder=ordered", "fieldlength=8"});
  Deployment deployment{*workload};
  deployment.load();
  for (std::uint32_t worker = 0; worker < 3; ++worker) {
    const auto stream = workload->run({worker, 3}, in_flight, 5);
    std::uint64_t turn = 0;
    Driver(deployment.store, 1).drive(*stream, 1000, [&](const Operation& operation) {
      EXPECT_EQ(operation.key, (turn++ * 3 + worker) % 100);
    });
  }
}

TEST(YcsbD, StartsAnewWithNewStreams) {
  const auto workload = made("ycsb-d", {"recordcount=1000", "fieldlength=8"});
  for (int round = 0; round < 2; ++round) {
    Deployment deployment{*workload, 2};
    deployment.load();
    deployment.run(5000);
    EXPECT_EQ(deployment.failed, 0U) << "a read of a record that only an earlier run has added";
  }
}

TEST(YcsbRun, LeavesAnInsertThatFailedOutOfItsProgress) {
  const auto workload = made("ycsb", {"recordcount=1", "readproportion=0", "updateproportion=0",
                                      "insertproportion=1", "insertorder=ordered"});
  ModelStore store;
  store.records[1 + 5] = {};  // where the sixth insert is to go
  const auto stream = workload->run({0, 1}, in_flight, 1);
  Driver(store, in_flight).drive(*stream, 100);
  EXPECT_EQ(stream->failed(), 1U);
  EXPECT_EQ(stream->progress().inserts, 5U);
  EXPECT_EQ(stream->progress().writes, 100U);
}

TEST(InsertLedger, AcknowledgesUpToTheOldestInFlight) {
  InsertLedger ledger(3);
  EXPECT_EQ(ledger.acknowledged(), 0U);
  EXPECT_EQ(ledger.begin(2), 0U);
  EXPECT_EQ(ledger.begin(0), 1U);
  EXPECT_EQ(ledger.begin(1), 2U);
  ledger.end(0, true);
  EXPECT_EQ(ledger.acknowledged(), 0U) << "insert 0 is still on its way";
  EXPECT_EQ(ledger.begin(0), 3U);
  ledger.end(2, true);
  EXPECT_EQ(ledger.acknowledged(), 2U) << "insert 2 is still on its way";
  ledger.end(0, true);
  ledger.end(1, true);
  EXPECT_EQ(ledger.acknowledged(), 4U);
}

TEST(InsertLedger, FollowsAnInsertThatLagsFarBehind) {
  InsertLedger ledger(2);
  ledger.begin(0);
  for (int i = 0; i < 1000; ++i) {
    ledger.begin(1);
    ledger.end(1, true);
  }
  EXPECT_EQ(ledger.acknowledged(), 0U);
  ledger.end(0, true);
  EXPECT_EQ(ledger.acknowledged(), 1001U);
}

}  // namespace
}  // namespace upout::workloads
