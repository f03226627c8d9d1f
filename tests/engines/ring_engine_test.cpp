#include "engines/shared_nothing/ring_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "tests/engines/executor_checks.h"
#include "tests/engines/session_checks.h"

namespace upout::engines::shared_nothing {
namespace {

/// Ranks that are threads, more than there are cores.
class RingRanks : public ::testing::TestWithParam<unsigned> {
 protected:
  std::unique_ptr<RingEngine> make(kernel::IndexKind index = kernel::IndexKind::hash,
                                   PartitioningKind partitioning = PartitioningKind::hash) {
    return std::move(RingEngine::create(topology_, platform::WorkerMap::create(topology_).value(), GetParam(),
                                        {.oversubscribe = true,
                                         .expected_records = 1000,
                                         .index = index,
                                         .partitioning = partitioning,
                                         .value_bytes = testing::bytes_of_scans}))
        .value();
  }

  platform::Topology topology_ = std::move(*platform::Topology::discover());
};

TEST_P(RingRanks, ReachAllKeys) {
  const auto engine = make();
  engine->run_on_workers([](RingEngine::Session& session, WorkerId id) {
    testing::exercise(session, 1'000'000 * id.global, 300, 8);
    testing::exercise(session, 1'000'000 * id.global + 500'000, 20, 5000);
  });
  EXPECT_EQ(engine->record_count(), GetParam() * (150U + 10U));
}

TEST_P(RingRanks, ScanOverAllPartitions) {
  for (const PartitioningKind partitioning : {PartitioningKind::hash, PartitioningKind::range}) {
    const auto engine = make(kernel::IndexKind::ordered, partitioning);
    engine->run_on_workers([](RingEngine::Session& session, WorkerId id) {
      if (id.global == 0) testing::insert_for_scans(session);
    });
    ASSERT_EQ(engine->record_count(), testing::records_for_scans);
    engine->run_on_workers([](RingEngine::Session& session, WorkerId) { testing::exercise_scans(session); });
  }
}

/// The first rank's have nothing to do, and those of each other more than those of the one before.
TEST_P(RingRanks, CoroutinesReachAllKeys) {
  const auto engine = make();
  engine->run_on_workers([](RingEngine::Session& session, WorkerId id) {
    testing::exercise_coroutines(session, {1'000'000ULL * id.global, 100ULL * id.global}, 16);
  });
  EXPECT_EQ(engine->record_count(), GetParam() * (GetParam() - 1) / 2 * 50U);
}

struct Count {
  void visit(kernel::Key, std::span<const std::byte>) { ++records; }
  void merge(const Count& other) { records += other.records; }
  std::uint64_t records = 0;
};

TEST_P(RingRanks, AggregateEachRecordOnce) {
  const auto engine = make();
  engine->run_in_shares([](RingEngine::Session& session, Share share) {
    testing::exercise(session, 1'000'000 * share.index, 300, 8);
  });
  EXPECT_EQ(engine->aggregate(Count{}).records, engine->local_shares() * 150);
}

INSTANTIATE_TEST_SUITE_P(Of, RingRanks, ::testing::Values(1U, 2U, 3U, 5U));

TEST(RingRanks, MoreThanThePlacesAreRefused) {
  const auto topology = platform::Topology::discover();
  const auto map = platform::WorkerMap::create(*topology);
  const auto refused = RingEngine::create(*topology, *map, map->size() + 1, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "--ranks");
}

// The transport by itself, both ends on one thread
// ------------------------------------------------------------------------------------------------------------

class RingTransports : public ::testing::Test {
 protected:
  static constexpr std::size_t message_bytes = 64;

  void send(std::uint64_t number) {
    std::memcpy(ends_[0]->buffer(1).data(), &number, sizeof(number));
    ends_[0]->fill(1, sizeof(number));
    ends_[0]->send(1);
  }
  std::vector<std::uint64_t> received() {
    std::vector<std::uint64_t> numbers;
    ends_[1]->receive([&](int source, std::span<const std::byte> message) {
      EXPECT_EQ(source, 0);
      EXPECT_EQ(message.size(), sizeof(std::uint64_t));
      std::memcpy(&numbers.emplace_back(), message.data(), sizeof(std::uint64_t));
    });
    return numbers;
  }

  RingNetwork network_{2, message_bytes};
  std::array<std::unique_ptr<RingTransport>, 2> ends_{std::make_unique<RingTransport>(network_, 0),
                                                      std::make_unique<RingTransport>(network_, 1)};
};

TEST_F(RingTransports, SendNothingButWhatIsFilled) {
  ends_[0]->send(1);
  EXPECT_TRUE(received().empty());
  EXPECT_EQ(ends_[0]->buffer(1).size(), message_bytes);
  ends_[0]->fill(1, 24);
  EXPECT_EQ(ends_[0]->filled(1), 24U);
  EXPECT_EQ(ends_[0]->buffer(1).size(), message_bytes - 24);
}

/// More messages than a ring holds wait at the sender, and none is lost; buffers are used again.
TEST_F(RingTransports, KeepInOrderWhatARingHasNoRoomFor) {
  constexpr std::uint64_t count = 1000;
  for (std::uint64_t number = 0; number < count; ++number) send(number);
  std::vector<std::uint64_t> all;
  while (all.size() < count) {
    const auto numbers = received();
    ASSERT_FALSE(numbers.empty());
    all.insert(all.end(), numbers.begin(), numbers.end());
    ends_[0]->receive([](int, std::span<const std::byte>) {});  // which sends what waits
  }
  for (std::uint64_t number = 0; number < count; ++number) ASSERT_EQ(all[number], number);
}

TEST_F(RingTransports, PassABarrierWhenAllHaveArrived) {
  for (int i = 0; i < 3; ++i) {
    ends_[0]->arrive_at_barrier();
    EXPECT_FALSE(ends_[0]->barrier_passed());
    ends_[1]->arrive_at_barrier();
    EXPECT_TRUE(ends_[1]->barrier_passed());
    if (i == 1) continue;  // and who looks late sees it, too
    EXPECT_TRUE(ends_[0]->barrier_passed());
  }
}

}  // namespace
}  // namespace upout::engines::shared_nothing
