#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "engines/shared_nothing/ring_engine.h"
#include "engines/shared_nothing/sim_transport.h"
#include "tests/engines/killed_process.h"
#include "tests/harness/temporary_folder.h"

/// Ranks that keep logs, each its own.
namespace upout::engines::shared_nothing {
namespace {

using namespace killed;
using namespace std::chrono_literals;

/// One life of a process with ranks.
class RanksLife {
 public:
  RanksLife(const std::filesystem::path& folder, Ledger& ledger)
      : ledger_(&ledger),
        engine_(
            std::move(RingEngine::create(topology_, map_, workers,
                                         {.oversubscribe = true,
                                          .expected_records = 1000,
                                          .partitions = 5,
                                          .value_bytes = sizeof(Value),
                                          .durability = {.durability = Durability::sync, .folder = folder}})
                          .value())) {}

  /// Keys of both ranks, half of which are the other one's.
  void check() {
    engine_->run_on_workers([this](RingEngine::Session& session, WorkerId id) {
      for (kernel::Key key = id.local * keys_a_worker; key < (id.local + 1) * keys_a_worker; ++key)
        check_key(session, key, *ledger_);
    });
  }
  [[noreturn]] void write() {
    engine_->run_on_workers(
        [this](RingEngine::Session& session, WorkerId id) { put_for_ever(session, id.local, *ledger_); });
    std::abort();
  }

 private:
  Ledger* ledger_;
  platform::Topology topology_ = std::move(*platform::Topology::discover());
  platform::WorkerMap map_ = platform::WorkerMap::create(topology_).value();
  std::unique_ptr<RingEngine> engine_;
};

TEST(KilledRanks, LoseNothingThatWasAcknowledged) {
  const harness::TemporaryFolder folder;
  expect_nothing_lost([&](Ledger& ledger, bool writes) {
    RanksLife life(folder / "", ledger);
    life.check();
    if (writes) life.write();
  });
}

class DurableRanks : public ::testing::Test {
 protected:
  using Engines = platform::Expected<std::unique_ptr<RingEngine>>;
  Engines make(unsigned ranks, Durability durability = Durability::async) {
    return RingEngine::create(topology_, map_, ranks,
                              {.oversubscribe = true,
                               .expected_records = 100,
                               .partitions = 6,
                               .value_bytes = sizeof(Value),
                               .durability = {.durability = durability, .folder = folder_ / ""}});
  }
  static void put(RingEngine& engine, kernel::Key first, kernel::Key end) {
    engine.run_on_workers([&](RingEngine::Session& session, WorkerId id) {
      Completed done;
      for (kernel::Key key = first + id.local; key < end; key += engine.workers()) {
        const Value value = value_of(key);
        kernel::Operation put{
            .kind = kernel::OperationKind::put, .key = key, .input = std::as_bytes(std::span(value))};
        kernel::Operation* pointer = &put;
        session.submit({&pointer, 1}, done);
        while (done.empty()) session.poll(done);
        EXPECT_EQ(put.status, kernel::Status::ok);
        done.clear();
      }
    });
  }

  harness::TemporaryFolder folder_;
  platform::Topology topology_ = std::move(*platform::Topology::discover());
  platform::WorkerMap map_ = platform::WorkerMap::create(topology_).value();
};

TEST_F(DurableRanks, ComeBackFromACheckpointAndTheLogBehindIt) {
  auto engine = make(3).value();
  put(*engine, 0, 300);
  const auto bytes = engine->take_checkpoint();
  ASSERT_TRUE(bytes);
  EXPECT_GT(*bytes, 300 * sizeof(Value));
  put(*engine, 150, 450);
  const auto report = engine->restart();
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(engine->record_count(), 450U);
  EXPECT_EQ(report->changes, 600U);
  put(*engine, 450, 460);
  ASSERT_TRUE(engine->restart());
  EXPECT_EQ(engine->record_count(), 460U) << "what comes after a recovery comes back, too";
}

/// A log has what its rank had, which is something else for another number of ranks.
TEST_F(DurableRanks, DoNotTakeAnothersLog) {
  {
    auto engine = make(3).value();
    put(*engine, 0, 300);
  }
  const auto other = make(2);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().found, "changes of keys that do not belong here");
  EXPECT_EQ(make(3).value()->record_count(), 300U);
}

/// Two ranks in virtual time, of which one has a log that is written when the test says so.
class LoggedRank : public ::testing::Test {
 protected:
  struct Rank {
    Rank(SimNetwork& network, int number, kernel::LogWriter* writer, AwaitedLog awaited)
        : map(*make_map(options(), 2)),
          partitions(*make_partitions(options(), map, static_cast<unsigned>(number), writer)),
          transport(network, number),
          session(transport, partitions, map, {.deadline = 1s, .awaited = awaited}) {}
    static Options options() {
      return {.index = kernel::IndexKind::ordered, .partitions = 2, .value_bytes = 512};
    }
    PartitionMap map;
    Partitions<> partitions;
    SimTransport transport;
    Session<SimTransport> session;
    Completed done;
  };
  struct Client {
    Value value = value_of(1);
    kernel::Operation operation = {};
    kernel::Operation* pointer = &operation;
  };

  /// Asks at that rank for a key of rank 1.
  void ask(Rank& at, Client& client, kernel::OperationKind kind) {
    kernel::Key key = 0;
    while (map_.owner(map_.partitioning().partition_of(key)) != 1) ++key;
    client.operation = {.kind = kind, .key = key};
    if (kind == kernel::OperationKind::get) {
      client.operation.output = std::as_writable_bytes(std::span(client.value));
    } else {
      client.operation.input = std::as_bytes(std::span(client.value));
    }
    at.session.submit({&client.pointer, 1}, at.done);
  }
  void run_for(platform::Timestamp time) {
    const platform::Timestamp end = network_.now() + time;
    network_.run(
        [&](int rank) {
          Rank& of = rank == 0 ? rank_0_ : rank_1_;
          of.session.poll(of.done);
          return true;
        },
        [&] { return network_.now() > end; });
  }

  harness::TemporaryFolder folder_;
  std::unique_ptr<kernel::Log> log_ = kernel::Log::create({.folder = folder_ / ""}).value();
  kernel::LogWriter writer_ = log_->writer();
  SimNetwork network_{2, 2048, {}};
  PartitionMap map_ = *make_map(Rank::options(), 2);
  Rank rank_0_{network_, 0, nullptr, {}};
  Rank rank_1_{network_, 1, &writer_, {&log_->state(), nullptr}};
};

TEST_F(LoggedRank, AcknowledgesWhatIsOnDisk) {
  Client far;
  Client near;
  ask(rank_0_, far, kernel::OperationKind::put);
  ask(rank_1_, near, kernel::OperationKind::put);
  run_for(1ms);
  EXPECT_TRUE(rank_0_.done.empty()) << "another rank's client";
  EXPECT_TRUE(rank_1_.done.empty()) << "its own client";
  ASSERT_TRUE(log_->flush());
  run_for(1ms);
  EXPECT_EQ(rank_0_.done.size(), 1U);
  EXPECT_EQ(rank_1_.done.size(), 1U);
  EXPECT_EQ(far.operation.status, kernel::Status::ok);
}

TEST_F(LoggedRank, AnswersReadsOfWhatIsNotWhenItIs) {
  Client writer;
  ask(rank_1_, writer, kernel::OperationKind::put);
  run_for(100us);
  Client far;
  Client near;
  ask(rank_0_, far, kernel::OperationKind::get);
  ask(rank_1_, near, kernel::OperationKind::get);
  run_for(1ms);
  EXPECT_TRUE(rank_0_.done.empty());
  EXPECT_TRUE(rank_1_.done.empty());
  ASSERT_TRUE(log_->flush());
  run_for(1ms);
  EXPECT_EQ(rank_0_.done.size(), 1U);
  EXPECT_EQ(rank_1_.done.size(), 2U);
  EXPECT_EQ(far.value, value_of(1));
  ask(rank_0_, far, kernel::OperationKind::get);
  run_for(100us);
  EXPECT_EQ(rank_0_.done.size(), 2U) << "there is nothing to wait for";
}

/// The part that is done here may be seen when it is on disk, although the other rank's comes last.
TEST_F(LoggedRank, HoldsScansThatHaveSeenSomethingHere) {
  Client writer;
  ask(rank_1_, writer, kernel::OperationKind::put);
  std::array<std::byte, 512> output{};
  kernel::Operation scan{.kind = kernel::OperationKind::scan, .key = 0, .limit = 3, .output = output};
  kernel::Operation* pointer = &scan;
  rank_1_.session.submit({&pointer, 1}, rank_1_.done);
  run_for(1ms);
  EXPECT_TRUE(rank_1_.done.empty());
  ASSERT_TRUE(log_->flush());
  run_for(1ms);
  EXPECT_EQ(rank_1_.done.size(), 2U);
  EXPECT_EQ(scan.status, kernel::Status::ok);
  EXPECT_GT(scan.output_size, sizeof(Value)) << "it has seen the record";
}

}  // namespace
}  // namespace upout::engines::shared_nothing
