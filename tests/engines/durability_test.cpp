#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engines/executor.h"
#include "engines/shared_memory/engine.h"
#include "engines/transaction.h"
#include "tests/engines/killed_process.h"
#include "tests/harness/temporary_folder.h"

namespace upout::engines::shared_memory {
namespace {

using namespace killed;

/// One life of a process with an engine: it recovers, looks whether all is there that was acknowledged in
/// earlier lives, and writes on.
class Life {
 public:
  Life(const std::filesystem::path& folder, Durability durability, kernel::ConcurrencyControl control,
       Ledger& ledger)
      : ledger_(&ledger),
        engine_(std::move(Engine::create(topology_, map_,
                                         {.threads = workers,
                                          .oversubscribe = true,
                                          .expected_records = 1000,
                                          .concurrency_control = control,
                                          .durability = {.durability = durability, .folder = folder}})
                              .value())) {}

  void check() {
    engine_->run_on_workers([this](Engine::Session& session, WorkerId id) {
      std::uint64_t last = 0;
      for (kernel::Key key = id.local * keys_a_worker; key < (id.local + 1) * keys_a_worker; ++key) {
        const std::uint64_t found = check_key(session, key, *ledger_);
        const bool ends_pair = id.local != 0 && key % 2 != 0;
        if (ends_pair && found != last) ++ledger_->torn;
        last = found;
      }
    });
  }

  /// Until it is killed. One worker puts single records, the other one changes them in pairs.
  [[noreturn]] void write() {
    engine_->run_on_workers([this](Engine::Session& session, WorkerId id) {
      if (id.local == 0) {
        put_for_ever(session, 0, *ledger_);
      } else {
        transact(session);
      }
    });
    std::abort();
  }

 private:
  kernel::Task<bool> change_pair(TransactionClient& client, kernel::Key key) {
    Transaction transaction(client);
    const std::array<kernel::Key, 2> pair{key, key + 1};
    for (;;) {
      const std::uint64_t number = ++ledger_->entries[key].submitted;
      ledger_->entries[key + 1].submitted = number;
      const Value value = value_of(number);
      const auto bytes = std::as_bytes(std::span(value));
      if (!co_await transaction.begin(pair)) continue;
      for (const kernel::Key each : pair) {
        if (co_await transaction.update(each, 0, bytes) == kernel::Status::not_found)
          static_cast<void>(co_await transaction.insert(each, bytes));
      }
      if (!co_await transaction.commit()) continue;
      for (const kernel::Key each : pair) ledger_->acknowledge(each, number);
    }
  }
  void transact(Engine::Session& session) {
    TransactionClient client(session, depth);
    kernel::Key next = keys_a_worker;
    client.run([&]() -> std::optional<kernel::Task<bool>> {
      if (next >= keys_a_worker + 2 * depth) return std::nullopt;
      next += 2;
      return change_pair(client, next - 2);
    });
  }

  Ledger* ledger_;
  platform::Topology topology_ = std::move(*platform::Topology::discover());
  platform::WorkerMap map_ = platform::WorkerMap::create(topology_).value();
  std::unique_ptr<Engine> engine_;
};

class KilledEngine : public ::testing::TestWithParam<kernel::ConcurrencyControl> {
 protected:
  harness::TemporaryFolder folder_;
};

TEST_P(KilledEngine, LosesNothingThatWasAcknowledged) {
  expect_nothing_lost([this](Ledger& ledger, bool writes) {
    Life life(folder_ / "", Durability::sync, GetParam(), ledger);
    life.check();
    if (writes) life.write();
  });
}

INSTANTIATE_TEST_SUITE_P(
    All, KilledEngine, ::testing::Values(kernel::ConcurrencyControl::occ, kernel::ConcurrencyControl::serial),
    [](const auto& kind) { return kind.param == kernel::ConcurrencyControl::occ ? "Occ" : "Serial"; });

TEST(HeldOperations, ComeBackWhenWhatTheyHaveSeenIsOnDisk) {
  kernel::LogState state;
  FlushSignal signal;
  HeldUntilDurable held({&state, &signal});
  kernel::Operation operation;
  kernel::Operation* pointer = &operation;
  Completed done;
  state.dirty = 5;
  state.durable = 4;
  held.hold({&pointer, 1}, done);
  for (int look = 0; look < 10; ++look) held.release(done);
  EXPECT_TRUE(done.empty());
  state.durable = 5;
  held.release(done);
  EXPECT_EQ(done.size(), 1U);
  held.hold({&pointer, 1}, done);
  EXPECT_EQ(done.size(), 2U) << "there is nothing to wait for";
}

class DurableEngine : public ::testing::TestWithParam<Durability> {
 protected:
  platform::Expected<std::unique_ptr<Engine>> make(const std::string& placement = "os",
                                                   unsigned islands = 0) {
    return Engine::create(topology_, map_,
                          {.threads = 2,
                           .oversubscribe = true,
                           .expected_records = 100,
                           .placement = placement,
                           .islands = islands,
                           .durability = {.durability = GetParam(), .folder = folder_ / ""}});
  }
  static void put(Engine& engine, kernel::Key first, kernel::Key end) {
    engine.run_on_workers([&](Engine::Session& session, WorkerId id) {
      Executor executor(session, 32);
      kernel::Key next = first + id.local;
      executor.run([&]() -> std::optional<kernel::Task<bool>> {
        if (next >= end) return std::nullopt;
        const kernel::Key key = next;
        next += 2;
        return put_one(executor, key);
      });
    });
  }
  template <class E>
  static kernel::Task<bool> put_one(E& executor, kernel::Key key) {
    const Value value = value_of(key);
    const kernel::Status status = co_await executor.put(key, std::as_bytes(std::span(value)));
    EXPECT_EQ(status, kernel::Status::ok);
    co_return true;
  }

  harness::TemporaryFolder folder_;
  platform::Topology topology_ = std::move(*platform::Topology::discover());
  platform::WorkerMap map_ = platform::WorkerMap::create(topology_).value();
};

TEST_P(DurableEngine, ComesBackFromACheckpointAndTheLogBehindIt) {
  auto engine = make().value();
  put(*engine, 0, 1000);
  const auto bytes = engine->take_checkpoint();
  ASSERT_TRUE(bytes);
  EXPECT_GT(*bytes, 1000 * sizeof(Value));
  put(*engine, 500, 1500);
  const auto report = engine->restart();
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(engine->record_count(), 1500U);
  EXPECT_EQ(report->changes, 2000U);
  put(*engine, 1500, 1600);
  EXPECT_EQ(engine->record_count(), 1600U);
  ASSERT_TRUE(engine->restart());
  EXPECT_EQ(engine->record_count(), 1600U) << "what comes after a recovery comes back, too";
}

/// Nothing is held back for reads of what is on disk already.
TEST_P(DurableEngine, AcknowledgesReadsAtOnceIfNothingIsUnderWay) {
  auto engine = make().value();
  put(*engine, 0, 10);
  engine->run_on_workers([](Engine::Session& session, WorkerId id) {
    if (id.local != 0) return;
    Value value{};
    kernel::Operation get{.key = 3, .output = std::as_writable_bytes(std::span(value))};
    kernel::Operation* pointer = &get;
    Completed done;
    session.submit({&pointer, 1}, done);
    EXPECT_EQ(done.size(), 1U);
    EXPECT_EQ(value, value_of(3));
  });
}

TEST_P(DurableEngine, RefusesPlacementsOfSeveralStores) {
  const auto refused = make("partitioned", 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "--durability " + std::string(name_of(GetParam())));
  EXPECT_EQ(refused.error().found, "it with --placement partitioned");
}

INSTANTIATE_TEST_SUITE_P(All, DurableEngine, ::testing::Values(Durability::async, Durability::sync),
                         [](const auto& kind) { return std::string(name_of(kind.param)); });

}  // namespace
}  // namespace upout::engines::shared_memory
