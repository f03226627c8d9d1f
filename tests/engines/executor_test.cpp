#include "engines/executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>

#include "engines/shared_memory/engine.h"
#include "tests/engines/executor_checks.h"

namespace upout::engines {
namespace {

/// Keeps what is submitted until `give_back` says what comes back. The value of each record is its key.
class Recorded {
 public:
  void submit(std::span<kernel::Operation* const> operations, Completed& done) {
    batches.push_back(operations.size());
    for (kernel::Operation* operation : operations) {
      slots_differ &=
          std::ranges::none_of(in_flight, [&](auto* other) { return other->slot == operation->slot; });
      largest_slot = std::max(largest_slot, operation->slot);
      in_flight.push_back(operation);
    }
    most_in_flight = std::max(most_in_flight, in_flight.size());
    if (at_once) finish(in_flight.size(), done);
  }
  void poll(Completed& done) {
    ++polls;
    finish(std::min(give_back(), in_flight.size()), done);
  }

  std::function<std::size_t()> give_back = [this] { return in_flight.size(); };
  bool at_once = false;  ///< submit gives everything back
  std::vector<std::size_t> batches;
  std::size_t polls = 0;
  std::size_t most_in_flight = 0;
  bool slots_differ = true;
  std::uint32_t largest_slot = 0;
  std::vector<kernel::Operation*> in_flight;

 private:
  /// In no order that anyone could rely on.
  void finish(std::size_t count, Completed& done) {
    for (; count != 0; --count) {
      std::swap(in_flight[random_() % in_flight.size()], in_flight.back());
      kernel::Operation& operation = *in_flight.back();
      in_flight.pop_back();
      operation.status = kernel::Status::ok;
      operation.output_size = static_cast<std::uint32_t>(operation.output.size());
      std::memcpy(operation.output.data(), &operation.key, operation.output.size());
      done.push_back(&operation);
    }
  }

  std::minstd_rand random_{1};
};

/// Reads `count` records one after the other, from `key` on.
kernel::Task<bool> read_in_turn(Executor<Recorded>& executor, kernel::Key key, std::size_t count,
                                std::size_t& right) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t value = co_await testing::read(executor, key + i);
    if (value == key + i) ++right;
  }
  co_return true;
}

class ExecutorTest : public ::testing::Test {
 protected:
  void read_in_tasks(Executor<Recorded>& executor, std::size_t tasks, std::size_t reads) {
    testing::run_each(executor, tasks,
                      [&](std::size_t i) { return read_in_turn(executor, 1000 * i, reads, right); });
    EXPECT_EQ(right, tasks * reads);
  }
  Recorded session;
  std::size_t right = 0;
};

TEST_F(ExecutorTest, WhatAllCoroutinesAwaitIsOneBatchARound) {
  Executor executor(session, 8);
  read_in_tasks(executor, 8, 3);
  EXPECT_EQ(session.batches, (std::vector<std::size_t>{8, 8, 8}));
}

TEST_F(ExecutorTest, WhoeverAwaitedWhatComesBackGoesOn) {
  session.give_back = [] { return std::size_t{1}; };
  Executor executor(session, 5);
  read_in_tasks(executor, 23, 7);
}

TEST_F(ExecutorTest, ASessionInWhichNothingIsReadyIsPolled) {
  session.give_back = [this] { return session.polls % 100 == 0 ? session.in_flight.size() : 0; };
  Executor executor(session, 4);
  read_in_tasks(executor, 4, 3);
  EXPECT_EQ(session.polls, 300U);
  EXPECT_EQ(session.batches, (std::vector<std::size_t>{4, 4, 4})) << "nothing is submitted in between";
}

TEST_F(ExecutorTest, AsManyTasksAsItsDepthAreInFlightInSlotsOfTheirOwn) {
  std::size_t turn = 0;
  session.give_back = [&turn] { return ++turn % 3; };
  Executor executor(session, 6);
  read_in_tasks(executor, 50, 5);
  EXPECT_EQ(session.most_in_flight, 6U);
  EXPECT_TRUE(session.slots_differ);
  EXPECT_LT(session.largest_slot, 6U);
}

TEST_F(ExecutorTest, AtDepthOneTasksRunOneAfterTheOther) {
  Executor executor(session, 1);
  read_in_tasks(executor, 10, 3);
  EXPECT_EQ(session.batches, std::vector<std::size_t>(30, 1));
}

TEST_F(ExecutorTest, LongTextsNeedNoMoreStackThanShortOnes) {
  session.at_once = true;
  Executor executor(session, 2);
  read_in_tasks(executor, 2, 500'000);
}

TEST_F(ExecutorTest, TasksThatNeverWaitLeaveTimeToServeOthers) {
  Executor executor(session, 4);
  read_in_tasks(executor, 100, 0);
  EXPECT_GE(session.polls, 25U);
  EXPECT_TRUE(session.batches.empty());
}

TEST_F(ExecutorTest, RunsAgain) {
  Executor executor(session, 3);
  for (int run = 0; run < 3; ++run) {
    right = 0;
    read_in_tasks(executor, 7, 2);
  }
}

// Over the shared-memory engine
// -----------------------------------------------------------------------------------------------------------

/// Every placement, with as many islands as workers.
class CoroutinesOver : public ::testing::TestWithParam<std::tuple<std::string, unsigned>> {
 protected:
  using Engine = shared_memory::Engine;
  using Session = Engine::Session;

  unsigned workers() const { return std::get<1>(GetParam()); }
  std::unique_ptr<Engine> make(kernel::IndexKind index = kernel::IndexKind::hash,
                               PartitioningKind partitioning = PartitioningKind::hash) {
    const auto map = platform::WorkerMap::create(topology_).value();
    return std::move(Engine::create(topology_, map,
                                    {.threads = workers(),
                                     .oversubscribe = true,
                                     .expected_records = 1000,
                                     .index = index,
                                     .placement = std::get<0>(GetParam()),
                                     .islands = workers(),
                                     .partitioning = partitioning,
                                     .largest_key = kernel::largest_key}))
        .value();
  }

  platform::Topology topology_ = std::move(*platform::Topology::discover());
};

TEST_P(CoroutinesOver, ReachAllKeysFromEveryWorker) {
  for (const std::size_t depth : {1U, 16U, 200U}) {
    const auto engine = make();
    engine->run_on_workers([depth](Session& session, WorkerId id) {
      testing::exercise_coroutines(session, {1'000'000ULL * id.global, 100}, depth);
    });
    EXPECT_EQ(engine->record_count(), workers() * 50U);
  }
}

TEST_P(CoroutinesOver, ScanAllPartitions) {
  for (const PartitioningKind partitioning : {PartitioningKind::hash, PartitioningKind::range}) {
    const auto engine = make(kernel::IndexKind::ordered, partitioning);
    engine->run_on_workers([](Session& session, WorkerId id) {
      if (id.global == 0) testing::insert_for_scans(session);
    });
    engine->run_on_workers(
        [](Session& session, WorkerId) { testing::exercise_scanning_coroutines(session, 8); });
  }
}

/// Each worker has more to do than the one before; the first has nothing.
TEST_P(CoroutinesOver, EndBeforeThoseOfOtherWorkers) {
  const auto engine = make();
  engine->run_on_workers([](Session& session, WorkerId id) {
    testing::exercise_coroutines(session, {1'000'000ULL * id.global, 100ULL * id.global}, 4);
  });
  EXPECT_EQ(engine->record_count(), workers() * (workers() - 1) / 2 * 50U);
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const shared_memory::PlacementKind& kind : shared_memory::placements()) all.emplace_back(kind.name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(SharedMemory, CoroutinesOver,
                         ::testing::Combine(::testing::ValuesIn(names()), ::testing::Values(1U, 2U, 3U)),
                         [](const auto& tested) {
                           return std::get<0>(tested.param) + "_" + std::to_string(std::get<1>(tested.param));
                         });

}  // namespace
}  // namespace upout::engines
