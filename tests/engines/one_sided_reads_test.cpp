#include "engines/shared_nothing/one_sided_reads.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/mpi_process.h"
#include "engines/shared_nothing/mpi_window.h"
#include "tests/engines/executor_checks.h"
#include "tests/engines/session_checks.h"
#include "tests/engines/transaction_checks.h"

// Runs under mpirun with any number of ranks; every rank runs every test.

namespace upout::engines::shared_nothing {
namespace {

class OneSidedReadsTest : public ::testing::Test {
 protected:
  std::unique_ptr<OneSidedEngine> make(const Options& options) {
    auto made = OneSidedEngine::create(MPI_COMM_WORLD, topology_, map_, options);
    if (made) return std::move(*made);
    EXPECT_EQ(MpiProcess::library().find("Open MPI"), std::string::npos)
        << "it reads within a host without the owner: " << made.error().to_string();
    EXPECT_NE(made.error().to_string().find("only when their owner looks"), std::string::npos)
        << made.error().to_string();
    return nullptr;
  }
  platform::Topology topology_ = std::move(*platform::Topology::discover());
  platform::WorkerMap map_ = platform::WorkerMap::create(topology_).value();
};

TEST_F(OneSidedReadsTest, EveryRankReachesAllPartitionsAndHardlyAsks) {
  const auto engine =
      make({.oversubscribe = true, .expected_records = 1000, .partitions = 5, .value_bytes = 8});
  if (engine == nullptr) GTEST_SKIP() << "not with this MPI library";
  engine->run_on_workers([](OneSidedEngine::Session& session, WorkerId id) {
    testing::exercise(session, 1'000'000ULL * id.global, 2000, 8);
  });
  EXPECT_EQ(engine->record_count(), engine->workers() * 1000u);
  const OneSidedReads& reads = *engine->one_sided();
  if (engine->workers() == 1) {
    EXPECT_EQ(reads.done() + reads.asked(), 0u);
    return;
  }
  EXPECT_GT(reads.done(), 3000u);
  EXPECT_LT(reads.asked(), reads.done() / 20)
      << "only where two keys have the same tag, or a record was locked";
  EXPECT_LT(reads.rounds(), reads.done()) << "those at the same stage share a round";
}

TEST_F(OneSidedReadsTest, CarriesValuesOfEverySize) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{20'000}, kernel::max_value_bytes}) {
    const auto engine = make({.oversubscribe = true, .expected_records = 20, .value_bytes = size});
    if (engine == nullptr) GTEST_SKIP() << "not with this MPI library";
    engine->run_on_workers([&](OneSidedEngine::Session& session, WorkerId id) {
      testing::exercise(session, 1'000'000ULL * id.global, 10, size);
    });
    EXPECT_EQ(engine->record_count(), engine->workers() * 5u);
  }
}

TEST_F(OneSidedReadsTest, FindsWhatATableHasGrownTo) {
  constexpr std::size_t records = 20'000;
  const auto engine = make({.oversubscribe = true, .expected_records = 1, .value_bytes = 8});
  if (engine == nullptr) GTEST_SKIP() << "not with this MPI library";
  for (int phase = 0; phase < 2; ++phase) {
    engine->run_on_workers([&](OneSidedEngine::Session& session, WorkerId id) {
      std::vector<kernel::Operation> operations(records);
      std::vector<std::array<std::byte, 8>> values(records);
      for (std::size_t i = 0; i < records; ++i) {
        operations[i] = {.kind = phase == 0 ? kernel::OperationKind::insert : kernel::OperationKind::get,
                         .key = 1'000'000ULL * id.global + i};
        std::memcpy(values[i].data(), &i, 8);
        phase == 0 ? operations[i].input = values[i] : operations[i].output = values[i];
      }
      // A few at a time, so that growth is met in the middle.
      for (std::size_t i = 0; i < records; i += 100)
        testing::perform(session, std::span(operations).subspan(i, 100));
      for (std::size_t i = 0; i < records; ++i) {
        ASSERT_EQ(operations[i].status, kernel::Status::ok) << i;
        ASSERT_EQ(std::memcmp(values[i].data(), &i, 8), 0);
      }
    });
  }
  EXPECT_EQ(engine->record_count(), engine->workers() * records);
}

/// A value of as many copies of a number as the number says.
class Counted {
 public:
  static constexpr std::size_t most_words = 64;
  explicit Counted(std::uint64_t number) : words_(1 + number % most_words, number) {}
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(words_)); }
  /// Its number, if it is whole.
  static std::uint64_t read(const kernel::Operation& get) {
    std::uint64_t number = 0;
    EXPECT_GE(get.output_size, 8u);
    std::memcpy(&number, get.output.data(), 8);
    const Counted whole(number);
    EXPECT_TRUE(std::ranges::equal(whole.bytes(), get.output.first(get.output_size))) << number;
    return number;
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// Each key is written by one rank, with ever greater numbers in ever other places, and read by all: whole,
/// and never back in time.
TEST_F(OneSidedReadsTest, ValuesThatAreWrittenMeanwhileAreReadWholeAndInOrder) {
  constexpr std::size_t keys_a_rank = 4;
  constexpr std::uint64_t rounds = 1500;
  const auto engine =
      make({.oversubscribe = true, .expected_records = 1000, .value_bytes = 8 * Counted::most_words});
  if (engine == nullptr) GTEST_SKIP() << "not with this MPI library";
  engine->run_on_workers([&](OneSidedEngine::Session& session, WorkerId id) {
    const std::size_t keys = keys_a_rank * engine->workers();
    std::vector<std::uint64_t> seen(keys);
    std::vector<std::array<std::byte, 8 * Counted::most_words>> outputs(2 * keys);
    for (std::uint64_t number = 1; number <= rounds; ++number) {
      const Counted value(number);
      std::vector<kernel::Operation> operations;
      for (std::size_t i = 0; i < keys_a_rank; ++i)
        operations.push_back({.kind = kernel::OperationKind::put,
                              .key = id.global + i * engine->workers(),
                              .input = value.bytes()});
      for (std::size_t i = 0; i < keys; ++i) operations.push_back({.key = i, .output = outputs[i]});
      testing::perform(session, operations);
      for (std::size_t i = 0; i < keys; ++i) {
        const kernel::Operation& get = operations[keys_a_rank + i];
        if (get.status != kernel::Status::ok) {
          ASSERT_EQ(seen[i], 0u) << "it was there";
          continue;
        }
        const std::uint64_t found = Counted::read(get);
        ASSERT_GE(found, seen[i]) << "key " << i;
        seen[i] = found;
      }
    }
  });
}

TEST_F(OneSidedReadsTest, TransactionsLoseNoMoney) {
  const auto engine = make({.oversubscribe = true, .partitions = 5, .value_bytes = 8});
  if (engine == nullptr) GTEST_SKIP() << "not with this MPI library";
  engine->run_on_workers([](OneSidedEngine::Session& session, WorkerId id) {
    if (id.global == 0) testing::Accounts::open(session);
  });
  std::array<std::uint64_t, 1> committed{};
  engine->run_on_workers([&](OneSidedEngine::Session& session, WorkerId id) {
    committed[0] = testing::Accounts::exercise(session, id.global, 64, 8).committed;
  });
  engine->sum(committed);
  EXPECT_EQ(committed[0], engine->workers() * 64U);
}

TEST_F(OneSidedReadsTest, IsRefusedWhereRecordsAreNotFoundOrLockedThatWay) {
  for (const Options& options :
       {Options{.oversubscribe = true, .index = kernel::IndexKind::ordered},
        Options{.oversubscribe = true, .concurrency_control = kernel::ConcurrencyControl::serial}}) {
    const auto engine = OneSidedEngine::create(MPI_COMM_WORLD, topology_, map_, options);
    ASSERT_FALSE(engine);
    EXPECT_NE(engine.error().to_string().find("--read-path rma"), std::string::npos);
  }
}

}  // namespace
}  // namespace upout::engines::shared_nothing
