#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/hybrid_engine.h"
#include "engines/shared_nothing/mpi_process.h"
#include "kernel/scan_entry.h"
#include "tests/engines/executor_checks.h"
#include "tests/engines/session_checks.h"
#include "tests/engines/transaction_checks.h"

// Runs under mpirun with any number of ranks; every rank runs every test.

namespace upout::engines::shared_nothing {
namespace {

class SharedNothingEngine : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> make(std::size_t value_bytes = 8) {
    return std::move(
        *Engine::create(MPI_COMM_WORLD, topology_, map_,
                        {.oversubscribe = true, .expected_records = 1000, .value_bytes = value_bytes}));
  }
  platform::Topology topology_ = std::move(*platform::Topology::discover());
  platform::WorkerMap map_ = platform::WorkerMap::create(topology_).value();
  platform::Clock clock_ = platform::Clock::calibrate();
};

TEST_F(SharedNothingEngine, EveryRankReachesAllPartitions) {
  const auto engine = make();
  engine->run_on_workers([](Engine::Session& session, WorkerId id) {
    testing::exercise(session, 1'000'000ULL * id.global, 2000, 8);
  });
  EXPECT_EQ(engine->record_count(), engine->workers() * 1000u);
}

TEST_F(SharedNothingEngine, CarriesValuesOfEverySize) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{20'000}, kernel::max_value_bytes}) {
    const auto engine = make(size);
    engine->run_on_workers([&](Engine::Session& session, WorkerId id) {
      testing::exercise(session, 1'000'000ULL * id.global, 10, size);
    });
    EXPECT_EQ(engine->record_count(), engine->workers() * 5u);
  }
}

TEST_F(SharedNothingEngine, DealsRecordsOutToAllRanks) {
  const auto engine = make();
  std::uint64_t written_by_others = 0;
  engine->run_on_workers([&](Engine::Session& session, WorkerId id) {
    if (id.global != 0) return;  // the others only serve
    std::vector<kernel::Operation> operations(1000);
    const auto value = testing::value_of(1, 8);
    for (std::size_t i = 0; i < operations.size(); ++i) {
      operations[i] = {.kind = kernel::OperationKind::insert, .key = i, .input = value};
    }
    testing::perform(session, operations);
    for (const kernel::Operation& operation : operations) {
      const std::uint32_t owner = kernel::KeyHash(operation.key).partition(engine->workers());
      written_by_others += owner == 0 ? 0 : 1;
    }
    const double expected = 1000.0 * (engine->workers() - 1) / engine->workers();
    EXPECT_NEAR(static_cast<double>(written_by_others), expected, 5 * std::sqrt(1000.0));
  });
  EXPECT_EQ(engine->record_count(), 1000u);
}

/// Every rank scans what rank 0 has inserted: keys spread over all ranges, found in order and whole.
TEST_F(SharedNothingEngine, ScansReachOverAllPartitions) {
  for (const PartitioningKind partitioning : {PartitioningKind::hash, PartitioningKind::range}) {
    const auto engine = std::move(*Engine::create(MPI_COMM_WORLD, topology_, map_,
                                                  {.oversubscribe = true,
                                                   .expected_records = testing::records_for_scans,
                                                   .index = kernel::IndexKind::ordered,
                                                   .partitioning = partitioning,
                                                   .value_bytes = testing::bytes_of_scans}));
    engine->run_on_workers([&](Engine::Session& session, WorkerId id) {
      if (id.global == 0) testing::insert_for_scans(session);
    });
    ASSERT_EQ(engine->record_count(), testing::records_for_scans);
    engine->run_on_workers([](Engine::Session& session, WorkerId) { testing::exercise_scans(session); });
    engine->run_on_workers(
        [](Engine::Session& session, WorkerId) { testing::exercise_scanning_coroutines(session, 8); });
  }
}

TEST_F(SharedNothingEngine, CoroutinesReachAllPartitions) {
  for (const std::size_t depth : {1U, 16U, 200U}) {
    const auto engine = make();
    engine->run_on_workers([depth](Engine::Session& session, WorkerId id) {
      testing::exercise_coroutines(session, {1'000'000ULL * id.global, 100}, depth);
    });
    EXPECT_EQ(engine->record_count(), engine->workers() * 50U);
  }
}

/// Each rank has more to do than the one before; the first has nothing.
TEST_F(SharedNothingEngine, CoroutinesEndBeforeThoseOfOtherRanks) {
  const auto engine = make();
  engine->run_on_workers([](Engine::Session& session, WorkerId id) {
    testing::exercise_coroutines(session, {1'000'000ULL * id.global, 100ULL * id.global}, 4);
  });
  EXPECT_EQ(engine->record_count(), engine->workers() * (engine->workers() - 1) / 2 * 50U);
}

TEST_F(SharedNothingEngine, TransactionsLoseNoMoney) {
  for (const auto control : {kernel::ConcurrencyControl::occ, kernel::ConcurrencyControl::serial}) {
    const auto engine = std::move(*Engine::create(
        MPI_COMM_WORLD, topology_, map_,
        {.oversubscribe = true, .concurrency_control = control, .partitions = 5, .value_bytes = 8}));
    engine->run_on_workers([](Engine::Session& session, WorkerId id) {
      if (id.global == 0) testing::Accounts::open(session);
    });
    std::array<std::uint64_t, 1> committed{};
    engine->run_on_workers([&](Engine::Session& session, WorkerId id) {
      committed[0] = testing::Accounts::exercise(session, id.global, 64, 8).committed;
    });
    engine->sum(committed);
    EXPECT_EQ(committed[0], engine->workers() * 64U);
    engine->run_on_workers(
        [](Engine::Session& session, WorkerId) { testing::Accounts::exercise(session, 1, 1, 1); });
  }
}

TEST_F(SharedNothingEngine, CombinesNumbersOfAllRanks) {
  const auto engine = make();
  const std::uint64_t ranks = engine->workers();
  std::uint64_t rank = 0;
  engine->run_on_workers([&](Engine::Session&, WorkerId id) { rank = id.global; });
  std::array<std::uint64_t, 2> numbers{1, rank};
  engine->sum(numbers);
  EXPECT_EQ(numbers, (std::array<std::uint64_t, 2>{ranks, ranks * (ranks - 1) / 2}));
  numbers = {5, rank};
  engine->max(numbers);
  EXPECT_EQ(numbers, (std::array<std::uint64_t, 2>{5, ranks - 1}));
}

TEST_F(SharedNothingEngine, PutsTogetherHoweverManyNumbersEachRankHas) {
  const auto engine = make();
  std::uint64_t rank = 0;
  engine->run_on_workers([&](Engine::Session&, WorkerId id) { rank = id.global; });
  const std::vector<std::uint64_t> own(rank, rank);  // of rank 2: 2, 2; the first one has none
  std::vector<std::uint64_t> expected;
  for (std::uint64_t other = 0; other < engine->workers(); ++other)
    expected.insert(expected.end(), other, other);
  EXPECT_EQ(engine->concatenate(own), expected);
  EXPECT_TRUE(engine->concatenate({}).empty()) << "nobody has any";
}

TEST_F(SharedNothingEngine, RanksAgreeOnAnInstantAhead) {
  const auto engine = make();
  engine->run_on_workers([&](Engine::Session& session, WorkerId) {
    const platform::Timestamp before = clock_.now();
    const platform::Timestamp instant = session.agree_on_start(clock_);
    EXPECT_GT(instant, before);
    // On one host the clocks are one clock, so the instants differ by what the offsets are wrong by.
    std::array<std::uint64_t, 2> ends{static_cast<std::uint64_t>(instant.count()),
                                      ~static_cast<std::uint64_t>(instant.count())};
    engine->max(ends);
    EXPECT_LT(ends[0] - ~ends[1], 50'000'000u);
  });
}

TEST_F(SharedNothingEngine, SaysWhereAllRanksHaveBeen) {
  const auto engine = make();
  engine->run_on_workers([](Engine::Session&, WorkerId) {});
  const auto bindings = engine->bindings();
  ASSERT_EQ(bindings.size(), engine->workers());
  for (unsigned rank = 0; rank < bindings.size(); ++rank) {
    EXPECT_EQ(bindings[rank].worker, rank);
    EXPECT_FALSE(bindings[rank].host.empty());
    EXPECT_EQ(bindings[rank].allowed_cpus.size(), 1u);
  }
}

TEST_F(SharedNothingEngine, RefusesMoreRanksThanCoresUnlessTold) {
  int ranks = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const auto engine = Engine::create(MPI_COMM_WORLD, topology_, map_, {.expected_records = 10});
  EXPECT_EQ(engine.has_value(), static_cast<unsigned>(ranks) <= topology_.cores());
}

/// The same with two workers a rank.
class HybridRanks : public SharedNothingEngine {
 protected:
  static constexpr unsigned threads = 2;

  std::unique_ptr<HybridEngine> make(Options options) {
    options.oversubscribe = true;
    options.threads_per_rank = threads;
    return std::move(*HybridEngine::create(MPI_COMM_WORLD, topology_, map_, options));
  }
};

/// The large ones are not sent at once: their memory is the sender's again later.
TEST_F(HybridRanks, CarryValuesOfEverySize) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{8}, std::size_t{20'000}, kernel::max_value_bytes}) {
    const auto engine = make({.value_bytes = size});
    const std::size_t keys = size == 8 ? 2000 : 10;
    engine->run_on_workers([&](HybridEngine::Session& session, WorkerId id) {
      testing::exercise(session, 1'000'000ULL * id.global, keys, size);
    });
    EXPECT_EQ(engine->record_count(), engine->workers() * keys / 2);
  }
}

/// Worker 0 has nothing to do, and goes on to carry for the other.
TEST_F(HybridRanks, CarryForOthersWhileWorkerZeroIsIdle) {
  const auto engine = make({.partitions = 5, .value_bytes = 8});
  engine->run_on_workers([](HybridEngine::Session& session, WorkerId id) {
    EXPECT_EQ(id.global % threads, id.local);
    testing::exercise_coroutines(session, {1'000'000ULL * id.global, 300ULL * id.local}, 16);
  });
  EXPECT_EQ(engine->record_count(), engine->workers() / threads * 150U);
}

TEST_F(HybridRanks, ScanOverAllPartitions) {
  const auto engine = make({.index = kernel::IndexKind::ordered, .value_bytes = testing::bytes_of_scans});
  engine->run_on_workers([&](HybridEngine::Session& session, WorkerId id) {
    if (id.global == 0) testing::insert_for_scans(session);
  });
  engine->run_on_workers([](HybridEngine::Session& session, WorkerId) { testing::exercise_scans(session); });
}

TEST_F(HybridRanks, LoseNoMoneyInTransactions) {
  const auto engine = make({.partitions = 5, .value_bytes = 8});
  engine->run_on_workers([](HybridEngine::Session& session, WorkerId id) {
    if (id.global == 0) testing::Accounts::open(session);
  });
  std::array<std::uint64_t, threads> committed{};
  engine->run_on_workers([&](HybridEngine::Session& session, WorkerId id) {
    committed[id.local] = testing::Accounts::exercise(session, id.global, 32, 8).committed;
  });
  std::array<std::uint64_t, 1> all{committed[0] + committed[1]};
  engine->sum(all);
  EXPECT_EQ(all[0], engine->workers() * 32U);
}

TEST_F(HybridRanks, AgreeOnAnInstantAheadAndSayWhereTheyHaveBeen) {
  const auto engine = make({.value_bytes = 8});
  std::array<platform::Timestamp, threads> instants{};
  engine->run_on_workers([&](HybridEngine::Session& session, WorkerId id) {
    const platform::Timestamp before = clock_.now();
    instants[id.local] = session.agree_on_start(clock_);
    EXPECT_GT(instants[id.local], before);
  });
  EXPECT_EQ(instants[0], instants[1]);
  const auto bindings = engine->bindings();
  ASSERT_EQ(bindings.size(), engine->workers());
  for (unsigned worker = 0; worker < bindings.size(); ++worker) {
    EXPECT_EQ(bindings[worker].worker, worker);
    EXPECT_EQ(bindings[worker].asked_cpu, static_cast<int>(map_[worker].cpu));
    EXPECT_EQ(bindings[worker].allowed_cpus.size(), 1U);
  }
}

/// MPI lives for the whole program, so the test borrows it from main.
const MpiProcess* process = nullptr;

TEST(MpiProcess, AgreesOnTheErrorOfTheFirstRankThatHasOne) {
  const std::string rank = std::to_string(process->rank());
  EXPECT_EQ(process->first_error(""), "");
  EXPECT_EQ(process->first_error(process->rank() == process->size() - 1 ? "the last has one" : ""),
            "the last has one");
  EXPECT_EQ(process->first_error("rank " + rank), "rank 0");
}

}  // namespace

int run_all(const MpiProcess& mpi) {
  process = &mpi;
  const int failed = RUN_ALL_TESTS();
  return mpi.first_error(failed == 0 ? "" : "failed").empty() ? 0 : 1;
}

}  // namespace upout::engines::shared_nothing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const upout::engines::shared_nothing::MpiProcess mpi;
  return upout::engines::shared_nothing::run_all(mpi);
}
