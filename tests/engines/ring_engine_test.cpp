#include "engines/shared_nothing/ring_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tests/engines/executor_checks.h"
#include "tests/engines/session_checks.h"
#include "tests/engines/transaction_checks.h"

namespace upout::engines::shared_nothing {
namespace {

struct Size {
  unsigned ranks;
  unsigned threads_per_rank;
};

std::string name_of(const ::testing::TestParamInfo<Size>& info) {
  return std::to_string(info.param.ranks) + "Times" + std::to_string(info.param.threads_per_rank);
}

/// Ranks that are threads or some each, more than there are cores.
class RingRanks : public ::testing::TestWithParam<Size> {
 protected:
  /// So that it goes in pieces.
  static constexpr std::size_t longest_value = most_piece_bytes + 50'000;
  static unsigned workers() { return GetParam().ranks * GetParam().threads_per_rank; }

  /// Calls `use(engine)`.
  template <class Use>
  void with_engine(const Options& deployment, Use&& use) {
    Options options = deployment;
    options.oversubscribe = true;
    options.threads_per_rank = GetParam().threads_per_rank;
    options.expected_records = 1000;
    options.value_bytes = longest_value;
    const auto map = platform::WorkerMap::create(topology_).value();
    if (options.threads_per_rank == 1) {
      use(**RingEngine::create(topology_, map, GetParam().ranks, options));
    } else {
      use(**HybridRingEngine::create(topology_, map, GetParam().ranks, options));
    }
  }

  platform::Topology topology_ = std::move(*platform::Topology::discover());
};

TEST_P(RingRanks, ReachAllKeys) {
  with_engine({}, [](auto& engine) {
    EXPECT_EQ(engine.workers(), workers());
    engine.run_on_workers([](auto& session, WorkerId id) {
      testing::exercise(session, 1'000'000 * id.global, 300, 8);
      testing::exercise(session, 1'000'000 * id.global + 500'000, 20, 5000);
      testing::exercise(session, 1'000'000 * id.global + 600'000, 10, longest_value);
    });
    EXPECT_EQ(engine.record_count(), workers() * (150U + 10U + 5U));
  });
}

TEST_P(RingRanks, ScanOverAllPartitions) {
  for (const PartitioningKind partitioning : {PartitioningKind::hash, PartitioningKind::range}) {
    with_engine({.index = kernel::IndexKind::ordered, .partitioning = partitioning, .partitions = 5},
                [](auto& engine) {
                  engine.run_on_workers([](auto& session, WorkerId id) {
                    if (id.global == 0) testing::insert_for_scans(session);
                  });
                  ASSERT_EQ(engine.record_count(), testing::records_for_scans);
                  engine.run_on_workers([](auto& session, WorkerId) { testing::exercise_scans(session); });
                });
  }
}

/// The first worker's have nothing to do, and those of each other more than those of the one before.
TEST_P(RingRanks, CoroutinesReachAllKeys) {
  with_engine({}, [](auto& engine) {
    engine.run_on_workers([](auto& session, WorkerId id) {
      testing::exercise_coroutines(session, {1'000'000ULL * id.global, 100ULL * id.global}, 16);
    });
    EXPECT_EQ(engine.record_count(), workers() * (workers() - 1) / 2 * 50U);
  });
}

TEST_P(RingRanks, LoseNoMoneyInTransactions) {
  for (const auto control : {kernel::ConcurrencyControl::occ, kernel::ConcurrencyControl::serial}) {
    with_engine({.concurrency_control = control, .partitions = 5}, [](auto& engine) {
      engine.run_on_workers([](auto& session, WorkerId id) {
        if (id.global == 0) testing::Accounts::open(session);
      });
      std::atomic<std::uint64_t> committed{0};
      engine.run_on_workers([&](auto& session, WorkerId id) {
        committed += testing::Accounts::exercise(session, id.global, 64, 8).committed;
      });
      EXPECT_EQ(committed.load(), workers() * 64U);
      engine.run_on_workers([](auto& session, WorkerId id) {
        if (id.global == 0) testing::Accounts::exercise(session, 1, 1, 1);
      });
    });
  }
}

struct Count {
  void visit(kernel::Key, std::span<const std::byte>) { ++records; }
  void merge(const Count& other) { records += other.records; }
  std::uint64_t records = 0;
};

TEST_P(RingRanks, AggregateEachRecordOnce) {
  with_engine({}, [](auto& engine) {
    engine.run_in_shares(
        [](auto& session, Share share) { testing::exercise(session, 1'000'000 * share.index, 300, 8); });
    EXPECT_EQ(engine.aggregate(Count{}).records, engine.local_shares() * 150);
  });
}

INSTANTIATE_TEST_SUITE_P(Of, RingRanks,
                         ::testing::Values(Size{1, 1}, Size{2, 1}, Size{3, 1}, Size{5, 1}, Size{1, 2},
                                           Size{2, 2}, Size{3, 2}, Size{2, 3}),
                         name_of);

TEST(RingRanks, MoreThanThePlacesAreRefused) {
  const auto topology = platform::Topology::discover();
  const auto map = platform::WorkerMap::create(*topology);
  const auto refused = RingEngine::create(*topology, *map, map->size() + 1, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "--ranks");
  const auto hybrid = HybridRingEngine::create(*topology, *map, map->size(), {.threads_per_rank = 2});
  ASSERT_FALSE(hybrid);
  EXPECT_EQ(hybrid.error().where, "--ranks times --threads-per-rank");
}

// A session with a peer that takes its time, both on one thread
// ------------------------------------------------------------------------------------------------------------

/// Two ranks, of which the first one's client wants what the second one has.
class SlowRank : public ::testing::Test {
 protected:
  using RingSession = Session<Links<RingTransport>>;
  static constexpr std::size_t depth = 64;
  static constexpr std::size_t value_bytes = 1000;

  struct Rank {
    Rank(RingNetwork& network, int number)
        : map(*make_map(options(), 2)),
          partitions(*make_partitions(options(), map, static_cast<unsigned>(number))),
          transport(link_options(options(), map, nullptr), network, number),
          session(transport, partitions, map, {}) {}
    PartitionMap map;
    Partitions<> partitions;
    Links<RingTransport> transport;
    RingSession session;
  };
  static Options options() { return {.expected_records = 1000, .value_bytes = value_bytes}; }

  SlowRank() {
    for (std::size_t i = 0; i < depth; ++i) {
      operations_[i] = {.kind = kernel::OperationKind::put,
                        .slot = static_cast<std::uint32_t>(i),
                        .key = key_of_the_second(),
                        .input = value_};
      free_.push_back(&operations_[i]);
    }
  }
  kernel::Key key_of_the_second() {
    while (ranks_[0]->map.owner_of(key_) != 1) ++key_;
    return key_++;
  }
  /// The client does what it can for a while. How many of its operations have been done.
  std::size_t clients_turns() {
    std::size_t ended = 0;
    for (int turn = 0; turn < 1000; ++turn) {
      Completed done;
      ranks_[0]->session.submit(free_, done);
      ranks_[0]->session.poll(done);
      ended += done.size();
      std::swap(free_, done);
    }
    return ended;
  }
  void serve() {
    Completed none;
    for (int turn = 0; turn < 10; ++turn) ranks_[1]->session.poll(none);
  }
  std::size_t buffers() const { return ranks_[0]->transport.buffers() + ranks_[1]->transport.buffers(); }

  RingNetwork network_{2, least_message_bytes};
  std::array<std::unique_ptr<Rank>, 2> ranks_{std::make_unique<Rank>(network_, 0),
                                              std::make_unique<Rank>(network_, 1)};
  std::vector<std::byte> value_ = std::vector<std::byte>(value_bytes);
  kernel::Key key_ = 0;
  std::array<kernel::Operation, depth> operations_;
  Completed free_;
};

TEST_F(SlowRank, HoldsItsClientsUpAndMemoryStaysBounded) {
  std::size_t ended = 0;
  for (int round = 0; round < 20; ++round) {
    ended += clients_turns();
    // What it has in flight and no more, as long as nobody serves it.
    EXPECT_EQ(ended, static_cast<std::size_t>(round) * depth);
    EXPECT_TRUE(free_.empty());
    serve();
  }
  // A message for each request, and for each answer, would do.
  EXPECT_LE(buffers(), 2 * depth);
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
