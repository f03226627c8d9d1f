#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "harness/history/history.h"
#include "harness/history/recorded_workload.h"
#include "tests/history/history_file.h"
#include "tests/workloads/deployment.h"
#include "workloads/registry.h"

namespace upout::harness {
namespace {

using kernel::Operation;
using kernel::OperationKind;
using kernel::Status;
using workloads::Deployment;
using workloads::Driver;
using workloads::in_flight;
using workloads::made;

constexpr std::uint32_t workers = 2;
constexpr std::size_t enough = 10'000;

std::unique_ptr<RecordedWorkload> recorded(const workloads::Workload& workload, std::size_t limit) {
  auto made = RecordedWorkload::create(workload, limit);
  EXPECT_TRUE(made) << made.error().to_string();
  return *std::move(made);
}

std::string text_of(const HistoryPart& part) {
  std::ostringstream text;
  write_history(part, workers * in_flight, text);
  return text.str();
}

history::Verdict verdict_of(const HistoryPart& part) {
  std::istringstream text(text_of(part));
  return history::check_linearizable(history::read_history(text));
}

/// Few records, so that many operations meet.
std::unique_ptr<workloads::Workload> small(std::string_view name) {
  return made(name, {"recordcount=20", "fieldcount=3", "fieldlength=16", "writeallfields=true"});
}

/// Two workers on threads of their own, each for so many operations. `see` may change what an operation has
/// come to.
HistoryPart drive(const workloads::Workload& workload, std::uint64_t operations,
                  const std::function<void(Deployment&, Operation&)>& see = {}, std::size_t limit = enough) {
  const auto history = recorded(workload, limit);
  Deployment deployment{*history, workers};
  deployment.load();
  const auto work = [&](std::uint32_t worker) {
    const auto stream = history->run({worker, workers}, in_flight, 7);
    Driver(deployment.store, in_flight, worker).drive(*stream, operations, [&](Operation& operation) {
      if (see) see(deployment, operation);
    });
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  EXPECT_EQ(deployment.failed, 0u);
  return history->part();
}

TEST(OperationHistory, IsLinearizableIfTheStoreIs) {
  for (const char* name : {"ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-f"}) {
    SCOPED_TRACE(name);
    const HistoryPart part = drive(*small(name), 3000);
    EXPECT_EQ(part.entries.size(), workers * 3000u);
    EXPECT_EQ(part.full_at, never);
    const history::Verdict verdict = verdict_of(part);
    EXPECT_TRUE(verdict) << verdict.explanation;
  }
}

TEST(OperationHistory, IsLinearizableIfReadsAreOfSingleFields) {
  const auto workload = made("ycsb-a", {"recordcount=20", "fieldcount=3", "fieldlength=8",
                                        "writeallfields=true", "readallfields=false"});
  const history::Verdict verdict = verdict_of(drive(*workload, 3000));
  EXPECT_TRUE(verdict) << verdict.explanation;
}

TEST(OperationHistory, ShowsReadsOfWhatHasLongBeenOverwritten) {
  std::map<kernel::Key, workloads::ModelStore::Value> old;
  std::mutex keeping;
  std::uint64_t reads = 0;
  const HistoryPart part = drive(*small("ycsb-a"), 3000, [&](Deployment&, Operation& operation) {
    if (operation.kind != OperationKind::get) return;
    const std::scoped_lock lock(keeping);
    const auto& [key, bytes] =
        *old.emplace(operation.key, std::vector(operation.output.begin(), operation.output.end())).first;
    if (++reads % 100 == 0) std::ranges::copy(bytes, operation.output.begin());
  });
  EXPECT_EQ(verdict_of(part).anomaly, "not linearizable");
}

TEST(OperationHistory, ShowsReadsOfHalfAWrite) {
  std::map<kernel::Key, workloads::ModelStore::Value> old;
  std::mutex keeping;
  const HistoryPart part = drive(*small("ycsb-a"), 1000, [&](Deployment&, Operation& operation) {
    if (operation.kind != OperationKind::get) return;
    const std::scoped_lock lock(keeping);
    const auto& [key, bytes] =
        *old.emplace(operation.key, std::vector(operation.output.begin(), operation.output.end())).first;
    std::copy_n(bytes.begin(), 16, operation.output.begin());
  });
  EXPECT_TRUE(std::ranges::any_of(part.entries,
                                  [](const HistoryEntry& entry) { return entry.read == no_single_write; }));
  EXPECT_EQ(verdict_of(part).anomaly, "not linearizable");
}

/// Two workers take turns of 100 operations, with room for 150 each.
HistoryPart part_of_workers_without_room() {
  const auto workload = small("ycsb-a");
  const auto history = recorded(*workload, 150);
  Deployment deployment{*history, workers};
  deployment.load();
  deployment.run(1000);
  EXPECT_EQ(deployment.failed, 0u);
  EXPECT_EQ(deployment.audit().damaged, 0u);
  return history->part();
}

TEST(OperationHistory, EndsWhenTheFirstWorkerHasNoMoreRoom) {
  HistoryPart part = part_of_workers_without_room();
  EXPECT_EQ(part.entries.size(), workers * 150u);
  EXPECT_FALSE(verdict_of(part)) << "the other has read what the first wrote when it had no room";
  end_when_full(part);
  EXPECT_GT(part.entries.size(), 150u);
  EXPECT_LT(part.entries.size(), workers * 150u);
  for (const HistoryEntry& entry : part.entries) {
    EXPECT_LT(entry.began, part.full_at);
    EXPECT_TRUE(entry.ended < part.full_at || entry.ended == never);
  }
  const history::Verdict verdict = verdict_of(part);
  EXPECT_TRUE(verdict) << verdict.explanation;
}

TEST(OperationHistory, IsOfTheStreamsThatWereMadeLast) {
  const auto workload = small("ycsb-a");
  const auto history = recorded(*workload, enough);
  Deployment deployment{*history};
  deployment.load();
  Driver(deployment.store, in_flight).drive(*history->run({0, 1}, in_flight, 7), 500);  // a rehearsal
  const auto stream = history->run({0, 1}, in_flight, 7);
  EXPECT_TRUE(history->part().entries.empty());
  Driver(deployment.store, in_flight).drive(*stream, 200);
  EXPECT_EQ(history->part().entries.size(), 200u);
}

std::vector<nlohmann::json> lines_of(const HistoryPart& part) {
  std::istringstream text(text_of(part));
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

/// How an operation on key 5 is told that came to this, in nanoseconds 30 to 40; the lines of the load come
/// first.
nlohmann::json end_of(HistoryEntry entry) {
  entry.key = 5;
  entry.began = platform::Timestamp(30);
  entry.ended = platform::Timestamp(40);
  const std::vector<nlohmann::json> lines = lines_of({.entries = {entry}});
  EXPECT_EQ(lines.back().at("key"), "5");
  return lines.back();
}

TEST(OperationHistory, TellsHowOperationsEnded) {
  nlohmann::json end = end_of({.read = 9});
  EXPECT_EQ(end.at("type"), "ok");
  EXPECT_EQ(end.at("f"), "read");
  EXPECT_EQ(end.at("value"), 9);
  EXPECT_EQ(end.at("time").get<int>(), 11) << "the load was at 0, and the first operation began at 1";

  end = end_of({.status = Status::not_found});
  EXPECT_EQ(end.at("type"), "ok");
  EXPECT_TRUE(end.at("value").is_null());

  end = end_of({.written = 7, .kind = OperationKind::update, .status = Status::not_found});
  EXPECT_EQ(end.at("type"), "fail");
  EXPECT_EQ(end.at("error"), "not_found");

  end = end_of({.written = 7, .kind = OperationKind::update, .status = Status::conflict});
  EXPECT_EQ(end.at("type"), "fail");
  EXPECT_EQ(end.at("error"), "conflict");
  EXPECT_EQ(end.at("f"), "write");
  EXPECT_EQ(end.at("value"), 7);

  end = end_of({.written = 7, .kind = OperationKind::update, .status = Status::no_answer});
  EXPECT_EQ(end.at("type"), "info");
  EXPECT_EQ(end.at("error"), "no_answer");

  end = end_of({.written = 7, .read = 3, .kind = OperationKind::read_modify_write});
  EXPECT_EQ(end.at("type"), "ok");
  EXPECT_EQ(end.at("value"), nlohmann::json({3, 7}));
}

TEST(OperationHistory, BeginsWithTheLoadOfTheKeysThatNobodyInserted) {
  const HistoryEntry read{
      .key = 5, .began = platform::Timestamp(1), .ended = platform::Timestamp(2), .read = 0};
  HistoryEntry insert{
      .key = 6, .began = platform::Timestamp(3), .ended = platform::Timestamp(4), .written = 8};
  insert.kind = OperationKind::insert;
  const std::vector<nlohmann::json> lines = lines_of({.entries = {read, insert}});
  ASSERT_EQ(lines.size(), 6u);
  for (const std::size_t line : {0, 1}) {
    EXPECT_EQ(lines[line].at("f"), "insert");
    EXPECT_EQ(lines[line].at("key"), "5");
    EXPECT_EQ(lines[line].at("value"), 0);
    EXPECT_EQ(lines[line].at("time"), 0);
  }
  EXPECT_TRUE(verdict_of({.entries = {read, insert}}));
}

TEST(OperationHistory, OfAProcessThatDoesNotKnowGoesOnAsAnother) {
  HistoryPart part;
  for (int n = 0; n < 3; ++n) {
    part.entries.push_back({.key = 5,
                            .began = platform::Timestamp(10 * n),
                            .ended = platform::Timestamp(10 * n + 5),
                            .written = n + 1,
                            .process = 3,
                            .kind = OperationKind::update,
                            .status = Status::no_answer});
  }
  std::set<unsigned> processes;
  const std::vector<nlohmann::json> lines = lines_of(part);
  for (std::size_t line = 2; line < lines.size(); ++line)
    processes.insert(lines[line].at("process").get<unsigned>());
  const unsigned all = workers * in_flight;
  EXPECT_EQ(processes, (std::set<unsigned>{3, 3 + all, 3 + 2 * all}));
}

TEST(OperationHistory, IsOfTheWorkloadsThatARefusalNames) {
  const auto refused = RecordedWorkload::create(*made("tpcc", {"warehouses=1"}), 1);
  ASSERT_FALSE(refused);
  const std::string named = refused.error().expected + ",";
  for (const workloads::WorkloadEntry& entry : workloads::workloads()) {
    const auto workload = made(entry.name, {});
    const auto history = RecordedWorkload::create(*workload, 1);
    const std::string name(entry.name);
    const bool is_named = named.find(" " + name + ",") != std::string::npos ||
                          named.find(" " + name + " or") != std::string::npos;
    const bool can_be = history || history.error().expected.find("-p ") != std::string::npos;
    EXPECT_EQ(can_be, is_named) << name << (history ? "" : ": " + history.error().to_string());
  }
}

struct Refused {
  const char* workload;
  std::initializer_list<std::string_view> properties;
  const char* expected;
};

TEST(OperationHistory, IsRefusedWhereItWouldSayNothing) {
  for (const auto& [name, properties, expected] :
       {Refused{"ycsb-a", {}, "writeallfields=true"}, Refused{"ycsb-f", {"fieldcount=2"}, "fieldcount=1"},
        Refused{"ycsb-e", {}, "a workload without them"}, Refused{"ycsb-multi", {}, "ycsb-a"},
        Refused{"ycsb-c", {"fieldlength=7"}, "at least 8"},
        Refused{"ycsb-c", {"fieldlengthdistribution=uniform", "minfieldlength=1"}, "at least 8"}}) {
    const auto history = RecordedWorkload::create(*made(name, properties), 1);
    ASSERT_FALSE(history) << name;
    EXPECT_NE(history.error().expected.find(expected), std::string::npos) << history.error().to_string();
    EXPECT_NE(history.error().found.find(name), std::string::npos) << history.error().to_string();
  }
}

}  // namespace
}  // namespace upout::harness
