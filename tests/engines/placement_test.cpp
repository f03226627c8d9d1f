#include "engines/shared_memory/placement.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <map>
#include <string>
#include <tuple>

#include "engines/shared_memory/engine.h"
#include "tests/engines/session_checks.h"

namespace upout::engines::shared_memory {
namespace {

/// Every placement, with 1, 2 and 4 islands of four workers that share the cores.
class Placements : public ::testing::TestWithParam<std::tuple<std::string, unsigned>> {
 protected:
  static constexpr unsigned workers = 4;

  std::unique_ptr<Engine> make(kernel::IndexKind index = kernel::IndexKind::hash,
                               PartitioningKind partitioning = PartitioningKind::hash) {
    const auto topology_map = platform::WorkerMap::create(topology_).value();
    return std::move(Engine::create(topology_, topology_map,
                                    {.threads = workers,
                                     .oversubscribe = true,
                                     .expected_records = 1000,
                                     .index = index,
                                     .placement = std::get<0>(GetParam()),
                                     .islands = std::get<1>(GetParam()),
                                     .partitioning = partitioning,
                                     .largest_key = kernel::largest_key}))
        .value();
  }
  bool is(const char* placement) const { return std::get<0>(GetParam()) == placement; }

  platform::Topology topology_ = std::move(*platform::Topology::discover());
};

/// How often each key is met.
struct Keys {
  void visit(kernel::Key key, std::span<const std::byte>) { ++times[key]; }
  void merge(const Keys& other) {
    for (const auto& [key, count] : other.times) times[key] += count;
  }
  std::map<kernel::Key, unsigned> times;
};

TEST_P(Placements, EveryWorkerReachesAllKeys) {
  const auto engine = make();
  engine->run_on_workers([](Engine::Session& session, WorkerId id) {
    testing::exercise(session, 1'000'000 * id.global, 300, 8);
    testing::exercise(session, 1'000'000 * id.global + 500'000, 20, 5000);
  });
  EXPECT_EQ(engine->record_count(), workers * (150U + 10U));
}

TEST_P(Placements, AWorkerReadsWhatAnotherOneHasWritten) {
  const auto engine = make();
  constexpr std::size_t keys = 500;
  engine->run_on_workers([](Engine::Session& session, WorkerId id) {
    std::vector<std::vector<std::byte>> values;
    std::vector<kernel::Operation> operations(keys);
    for (std::size_t i = 0; i < keys; ++i) values.push_back(testing::value_of(i, 24));
    for (std::size_t i = 0; i < keys; ++i)
      operations[i] = {
          .kind = kernel::OperationKind::insert, .key = id.global * keys + i, .input = values[i]};
    testing::perform(session, operations);
    for (const kernel::Operation& operation : operations) ASSERT_EQ(operation.status, kernel::Status::ok);
  });
  engine->run_on_workers([](Engine::Session& session, WorkerId id) {
    std::vector<std::vector<std::byte>> outputs(keys, std::vector<std::byte>(24));
    std::vector<kernel::Operation> operations(keys);
    const std::size_t writer = (id.global + 1) % workers;
    for (std::size_t i = 0; i < keys; ++i) operations[i] = {.key = writer * keys + i, .output = outputs[i]};
    testing::perform(session, operations);
    for (std::size_t i = 0; i < keys; ++i) {
      ASSERT_EQ(operations[i].status, kernel::Status::ok);
      ASSERT_EQ(outputs[i], testing::value_of(i, 24));
    }
  });
}

/// Additions to one counter by all workers: none is lost, and all copies end with the same sum.
TEST_P(Placements, ChangesOfOneRecordByAllWorkersTakeTurns) {
  const auto engine = make();
  constexpr std::uint64_t rounds = 200;
  std::uint64_t largest_seen = 0;
  engine->run_on_workers([](Engine::Session& session, WorkerId id) {
    if (id.global != 0) return;
    const std::array<std::uint64_t, 2> zero{};
    kernel::Operation insert{
        .kind = kernel::OperationKind::insert, .key = 7, .input = std::as_bytes(std::span(zero))};
    testing::perform(session, std::span(&insert, 1));
  });
  engine->run_on_workers([](Engine::Session& session, WorkerId id) {
    for (std::uint64_t round = 0; round < rounds; ++round) {
      // Both words change at once: a mixture of two writers' would show.
      const std::uint64_t mark = id.global * rounds + round + 1;
      const std::array<std::uint64_t, 2> words{mark, ~mark};
      std::array<std::uint64_t, 2> before{};
      kernel::Operation exchange{.kind = kernel::OperationKind::read_modify_write,
                                 .key = 7,
                                 .input = std::as_bytes(std::span(words)),
                                 .output = std::as_writable_bytes(std::span(before))};
      testing::perform(session, std::span(&exchange, 1));
      ASSERT_EQ(exchange.status, kernel::Status::ok);
      ASSERT_TRUE(before[0] == ~before[1] || before[0] == 0);
    }
  });
  std::array<std::uint64_t, workers> last{};
  engine->run_on_workers([&last](Engine::Session& session, WorkerId id) {
    kernel::Operation get{.key = 7, .output = std::as_writable_bytes(std::span(&last[id.global], 1))};
    testing::perform(session, std::span(&get, 1));
  });
  for (const std::uint64_t each : last) {
    EXPECT_EQ(each, last[0]) << "copies differ";
    largest_seen = std::max(largest_seen, each);
  }
  EXPECT_EQ(largest_seen % rounds, 0U) << "the last change is some worker's last one";
}

TEST_P(Placements, ScansReachOverAllPartitions) {
  for (const PartitioningKind partitioning : {PartitioningKind::hash, PartitioningKind::range}) {
    const auto engine = make(kernel::IndexKind::ordered, partitioning);
    engine->run_on_workers([](Engine::Session& session, WorkerId id) {
      if (id.global == 0) testing::insert_for_scans(session);
    });
    ASSERT_EQ(engine->record_count(), testing::records_for_scans);
    engine->run_on_workers([](Engine::Session& session, WorkerId) { testing::exercise_scans(session); });
  }
}

/// What oneTBB's threads load and gather, each share once, is what the workers see.
TEST_P(Placements, SharesAndAggregatesHoldEachRecordOnce) {
  for (const kernel::IndexKind index : {kernel::IndexKind::hash, kernel::IndexKind::ordered}) {
    const auto engine = make(index);
    constexpr std::size_t keys_a_share = 40;
    std::vector<std::atomic<unsigned>> times(engine->local_shares());
    engine->run_in_shares([&](Engine::Session& session, Share share) {
      ++times.at(share.index);
      EXPECT_EQ(share.count, engine->local_shares());
      testing::exercise(session, 1'000'000 * share.index, 2 * keys_a_share, 8);
    });
    for (const auto& each : times) EXPECT_EQ(each, 1U);
    const std::size_t records = keys_a_share * engine->local_shares();
    EXPECT_EQ(engine->record_count(), records);
    const Keys one = engine->aggregate(Keys{});
    EXPECT_EQ(one.times.size(), records);
    for (const auto& [key, count] : one.times) ASSERT_EQ(count, 1U) << key;
    const Keys all = engine->aggregate(Keys{}, Copies::all);
    EXPECT_EQ(all.times.size(), records);
    for (const auto& [key, count] : all.times) ASSERT_EQ(count, engine->copies()) << key;
    EXPECT_EQ(engine->copies(), is("replicated") ? std::get<1>(GetParam()) : 1U);
  }
}

TEST_P(Placements, SpreadsKeysOverItsIslands) {
  const auto engine = make();
  const unsigned islands = std::get<1>(GetParam());
  EXPECT_EQ(engine->partitions(), is("partitioned") || is("islands") ? islands : 1);
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const PlacementKind& kind : placements()) all.emplace_back(kind.name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Placements,
                         ::testing::Combine(::testing::ValuesIn(names()), ::testing::Values(1U, 2U, 4U)),
                         [](const auto& tested) {
                           return std::get<0>(tested.param) + "_" + std::to_string(std::get<1>(tested.param));
                         });

TEST(PlacementNames, AnUnknownOneIsRefusedWithAllThatThereAre) {
  const auto refused = placement_named("near");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "--placement");
  for (const PlacementKind& kind : placements())
    EXPECT_NE(refused.error().expected.find(kind.name), std::string::npos);
}

}  // namespace
}  // namespace upout::engines::shared_memory
