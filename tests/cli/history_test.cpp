#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tests/history/history_file.h"

namespace upout::cli {
namespace {

using namespace testing;
using history::RegisterOperation;
using kernel::OperationKind;
using kernel::Status;

constexpr std::size_t operations = 3000;

/// Few records, so that operations meet; so many operations in all, no others before them.
std::string counted(const std::string& workload) {
  return " --workload " + workload +
         " -p writeallfields=true -p fieldcount=2 -p fieldlength=16 -p recordcount=20 -p operationcount=" +
         std::to_string(operations) + " --warmup 0 --repetitions 2 --depth 4 --quiet --oversubscribe ";
}

struct Recorded {
  std::string text;
  std::vector<RegisterOperation> history;
  nlohmann::json run;
  std::string err;
};

Recorded recorded_by(const std::function<Ended(const std::string& arguments)>& start) {
  const Scratch scratch;
  const Ended ended = start(" --history " + scratch / "out.jsonl" + " --json " + scratch / "out.json");
  EXPECT_EQ(ended.status, 0) << ended.err;
  return {contents(scratch / "out.jsonl"), history::read_history(scratch / "out.jsonl"),
          read_run(scratch / "out.json"), ended.err};
}

/// Those of the load are in the history too: 0 is what it has written.
std::size_t measured(const std::vector<RegisterOperation>& history) {
  return static_cast<std::size_t>(std::ranges::count_if(history, [](const RegisterOperation& operation) {
    return operation.kind != OperationKind::insert || operation.written != 0;
  }));
}

void expect_linearizable(const Recorded& recorded) {
  const history::Verdict verdict = history::check_linearizable(recorded.history);
  EXPECT_TRUE(verdict) << verdict.explanation;
}

/// All that two workers with four operations in flight have done.
void expect_whole(const Recorded& recorded) {
  EXPECT_EQ(measured(recorded.history), operations);
  EXPECT_EQ(recorded.run["history"]["operations"], operations);
  EXPECT_EQ(recorded.run["history"]["whole"], true);
  EXPECT_NE(recorded.run["verdict"].dump().find("no-history"), std::string::npos) << "is not to be published";
  EXPECT_EQ(recorded.err, "");
  std::set<unsigned> processes;
  for (const RegisterOperation& operation : recorded.history) processes.insert(operation.thread);
  EXPECT_EQ(processes, (std::set<unsigned>{0, 1, 2, 3, 4, 5, 6, 7}));
  expect_linearizable(recorded);
}

TEST(History, OfSharedMemoryIsLinearizable) {
  for (const std::string workload : {"ycsb-a", "ycsb-d", "ycsb-f"}) {
    SCOPED_TRACE(workload);
    expect_whole(recorded_by([&](const std::string& files) {
      return upout("run --engine shared-memory --threads 2" + counted(workload) + files);
    }));
  }
}

TEST(History, OfRanksInOneProcessIsLinearizable) {
  expect_whole(recorded_by([](const std::string& files) {
    return upout("run --engine shared-nothing --transport ring --ranks 2" + counted("ycsb-a") + files);
  }));
}

TEST(History, OfRanksUnderALauncherIsLinearizable) {
  expect_whole(recorded_by([](const std::string& files) {
    return mpirun(2, "run --engine shared-nothing" + counted("ycsb-a") + files);
  }));
}

/// What a client reads of a store that forgets a write: a read after another one's write gives what was there
/// before. False: there is none that could.
bool make_stale(std::vector<RegisterOperation>& history) {
  std::map<kernel::Key, RegisterOperation> earlier;  // a read
  std::map<kernel::Key, RegisterOperation> written;  // after it
  std::ranges::sort(history, {}, &RegisterOperation::began);
  for (RegisterOperation& operation : history) {
    const auto before = [&](const auto& of_keys) {
      const auto found = of_keys.find(operation.key);
      return found != of_keys.end() && found->second.ended < operation.began ? &found->second : nullptr;
    };
    if (operation.is_pending()) continue;
    const auto* read = before(earlier);
    if (operation.kind == OperationKind::get && before(written) != nullptr) {
      operation.read = read->read;
      return true;
    }
    if (operation.kind == OperationKind::get && read == nullptr) earlier.insert({operation.key, operation});
    if (operation.kind == OperationKind::update && read != nullptr)
      written.insert({operation.key, operation});
  }
  return false;
}

TEST(History, ShowsAReadOfWhatHasBeenOverwritten) {
  Recorded recorded = recorded_by([](const std::string& files) {
    return upout("run --engine shared-memory --threads 2" + counted("ycsb-a") + files);
  });
  ASSERT_TRUE(make_stale(recorded.history));
  EXPECT_EQ(history::check_linearizable(recorded.history).anomaly, "not linearizable");
}

TEST(History, EndsWhereThereIsNoMoreRoomAndSaysSo) {
  const Recorded recorded = recorded_by([](const std::string& files) {
    return upout("run --engine shared-memory --threads 2" + counted("ycsb-a") + "--history-operations 500" +
                 files);
  });
  EXPECT_EQ(recorded.run["history"]["whole"], false);
  EXPECT_EQ(recorded.run["history"]["operations_per_worker_at_most"], 500);
  EXPECT_EQ(recorded.run["history"]["operations"], measured(recorded.history));
  EXPECT_LE(measured(recorded.history), 1000u);
  EXPECT_NE(recorded.err.find("--history-operations 500"), std::string::npos) << recorded.err;
  expect_linearizable(recorded);
}

struct Refused {
  std::string arguments;
  std::string found;
};

TEST(History, IsRefusedInOneLineWhereItWouldSayNothing) {
  const Scratch scratch;
  const std::string file = " --history " + scratch / "out.jsonl";
  for (const auto& [arguments, found] :
       {Refused{"--engine shared-memory --workload ycsb-a" + file, "writeallfields=true"},
        Refused{"--engine shared-memory --workload tpcc" + file, "ycsb-a, ycsb-b, ycsb-c, ycsb-d, ycsb-f"},
        Refused{"--engine null --workload ycsb-c" + file, "--engine null"},
        Refused{"--engine shared-memory --workload ycsb-c --history-operations 5", "without --history"},
        Refused{"--engine shared-memory --workload ycsb-c --history /nowhere/out.jsonl", "/nowhere"}}) {
    const Ended ended = upout("run " + arguments);
    EXPECT_EQ(ended.status, 2) << arguments;
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_NE(ended.err.find("--history"), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find(found), std::string::npos) << ended.err;
  }
  EXPECT_EQ(contents(scratch / "out.jsonl"), "");
}

}  // namespace
}  // namespace upout::cli
