#include "engines/shared_nothing/funnel.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/session.h"
#include "kernel/reclamation.h"
#include "tests/engines/executor_checks.h"
#include "tests/engines/register_session.h"
#include "tests/engines/ring_carrier.h"
#include "tests/engines/session_checks.h"
#include "tests/engines/transaction_checks.h"
#include "tests/history/linearizability.h"

namespace upout::engines::shared_nothing {
namespace {

using testing::RingCarrier;
using FunnelOverRings = Funnel<RingCarrier>;
using WorkersTransport = FunnelTransport<RingCarrier>;
using WorkersLinks = Links<WorkersTransport>;
using WorkersSession = Session<WorkersLinks, kernel::Shared>;

struct Size {
  int ranks;
  unsigned threads;
};

std::string name_of(const ::testing::TestParamInfo<Size>& info) {
  return std::to_string(info.param.ranks) + "Times" + std::to_string(info.param.threads);
}

/// Ranks with several workers each, whose messages all go through worker 0, as over MPI.
class FunnelledRanks : public ::testing::TestWithParam<Size> {
 protected:
  static unsigned workers() { return static_cast<unsigned>(GetParam().ranks) * GetParam().threads; }

  void begin(Options options) {
    options.value_bytes = testing::bytes_of_scans;
    const PartitionMap map = *make_map(options, static_cast<unsigned>(GetParam().ranks));
    for (unsigned plane = 0; plane < GetParam().threads; ++plane)
      planes_.emplace_back(GetParam().ranks, least_message_bytes);
    for (int rank = 0; rank < GetParam().ranks; ++rank) {
      ranks_.emplace_back(planes_, link_options(options, map, nullptr), rank, map,
                          *make_partitions<kernel::Shared>(options, map, static_cast<unsigned>(rank)));
    }
  }

  /// Calls `work(session, worker)` on each worker's thread.
  template <class Work>
  void run(Work&& work) {
    std::vector<std::jthread> threads;
    for (unsigned worker = 0; worker < workers(); ++worker) {
      threads.emplace_back([&, worker] {
        Rank& rank = ranks_[worker / GetParam().threads];
        const unsigned plane = worker % GetParam().threads;
        const kernel::ReaderRegistration registration;
        Partitions<kernel::Shared> partitions = rank.partitions.for_another_worker();
        WorkersSession session(rank.transports[plane], partitions, rank.maps[plane],
                               {.yields = true, .phase = phase_});
        work(session, worker);
        session.serve_until_all_are_done();
        EXPECT_EQ(session.refused(), 0U);
      });
    }
    threads.clear();
    ++phase_;
  }

  std::size_t record_count() const {
    std::size_t count = 0;
    for (const Rank& rank : ranks_) count += rank.partitions.record_count();
    return count;
  }

 private:
  struct Rank {
    Rank(std::deque<RingNetwork>& planes, const LinkOptions& links, int rank, const PartitionMap& map,
         Partitions<kernel::Shared> owned)
        : partitions(std::move(owned)),
          funnel(
              static_cast<unsigned>(planes.size()), least_message_bytes, [](int) {}, planes,
              least_message_bytes, rank),
          maps(planes.size(), map) {
      for (unsigned plane = 0; plane < planes.size(); ++plane) transports.emplace_back(links, funnel, plane);
    }
    Partitions<kernel::Shared> partitions;
    FunnelOverRings funnel;
    std::deque<WorkersLinks> transports;
    std::vector<PartitionMap> maps;
  };

  std::deque<RingNetwork> planes_;
  std::deque<Rank> ranks_;
  unsigned phase_ = 0;
};

TEST_P(FunnelledRanks, ReachAllKeys) {
  begin({});
  run([](WorkersSession& session, unsigned worker) {
    testing::exercise(session, 1'000'000ULL * worker, 300, 8);
    testing::exercise(session, 1'000'000ULL * worker + 500'000, 20, 5000);
  });
  EXPECT_EQ(record_count(), workers() * (150U + 10U));
}

/// Worker 0 of each rank has nothing to do, and the others more and more: it goes on to carry for them.
TEST_P(FunnelledRanks, CarryForOthersWhileWorkerZeroIsIdle) {
  begin({.partitions = 5});
  const unsigned threads = GetParam().threads;
  run([threads](WorkersSession& session, unsigned worker) {
    testing::exercise_coroutines(session, {1'000'000ULL * worker, 100ULL * (worker % threads)}, 16);
  });
  EXPECT_EQ(record_count(), static_cast<unsigned>(GetParam().ranks) * (threads * (threads - 1) / 2) * 50U);
}

TEST_P(FunnelledRanks, ScanOverAllPartitions) {
  begin({.index = kernel::IndexKind::ordered, .partitions = 5});
  run([](WorkersSession& session, unsigned worker) {
    if (worker == 0) testing::insert_for_scans(session);
  });
  run([](WorkersSession& session, unsigned) { testing::exercise_scans(session); });
}

TEST_P(FunnelledRanks, LoseNoMoneyInTransactions) {
  begin({.partitions = 5});
  run([](WorkersSession& session, unsigned worker) {
    if (worker == 0) testing::Accounts::open(session);
  });
  std::atomic<std::uint64_t> committed{0};
  run([&](WorkersSession& session, unsigned worker) {
    committed += testing::Accounts::exercise(session, worker, 32, 8).committed;
  });
  EXPECT_EQ(committed.load(), workers() * 32U);
}

TEST_P(FunnelledRanks, AreLinearizable) {
  begin({.partitions = 5});
  for (unsigned seed = 1; seed <= 20; ++seed) {
    history::Recorder<history::RegisterOperation> recorder(workers());
    run([&](WorkersSession& session, unsigned worker) {
      testing::RegisterSession client(session, recorder.log(worker), 3, 40, seed * workers() + worker,
                                      seed * 10);
      while (!client.is_over()) client.step();
      EXPECT_EQ(client.unanswered(), 0U);
    });
    const auto verdict = history::check_linearizable(recorder.take());
    ASSERT_TRUE(verdict) << "seed " << seed << ": " << verdict.explanation;
  }
}

INSTANTIATE_TEST_SUITE_P(, FunnelledRanks, ::testing::Values(Size{1, 2}, Size{2, 2}, Size{3, 2}, Size{2, 3}),
                         name_of);

// The transport by itself, all on one thread
// ------------------------------------------------------------------------------------------------------------

class Funnels : public ::testing::Test {
 protected:
  static constexpr std::size_t message_bytes = 64;
  static constexpr unsigned planes = 3;

  void SetUp() override {
    for (unsigned plane = 0; plane < planes; ++plane) networks_.emplace_back(2, message_bytes);
    for (int rank = 0; rank < 2; ++rank) {
      funnels_.emplace_back(
          planes, message_bytes, [this](int told) { told_ = told; }, networks_, message_bytes, rank);
      for (unsigned plane = 0; plane < planes; ++plane)
        transports_[rank].emplace_back(funnels_.back(), plane);
    }
  }

  void send(unsigned plane, std::uint64_t number) {
    WorkersTransport& from = transports_[0][plane];
    std::memcpy(from.buffer(1).data(), &number, sizeof(number));
    from.fill(1, sizeof(number));
    from.send(1);
  }
  std::vector<std::uint64_t> receive(int rank, unsigned plane) {
    std::vector<std::uint64_t> numbers;
    transports_[rank][plane].receive([&](int source, std::span<const std::byte> message) {
      EXPECT_EQ(source, 1 - rank);
      EXPECT_EQ(message.size(), sizeof(std::uint64_t));
      std::memcpy(&numbers.emplace_back(), message.data(), sizeof(std::uint64_t));
    });
    return numbers;
  }

  std::deque<RingNetwork> networks_;
  std::deque<FunnelOverRings> funnels_;
  std::array<std::deque<WorkersTransport>, 2> transports_;
  std::optional<int> told_;
};

/// More messages than all rings hold; each plane's own come, whole and in order.
TEST_F(Funnels, KeepPlanesApartAndInOrder) {
  constexpr std::uint64_t count = 2000;
  for (std::uint64_t number = 0; number < count; ++number) {
    for (unsigned plane = 0; plane < planes; ++plane) send(plane, number * planes + plane);
  }
  std::array<std::uint64_t, planes> next{};
  for (unsigned turn = 0; turn < 10 * count; ++turn) {
    for (unsigned plane = 0; plane < planes; ++plane) receive(0, plane);
    for (unsigned plane = 0; plane < planes; ++plane) {
      for (const std::uint64_t number : receive(1, plane)) ASSERT_EQ(number, next[plane]++ * planes + plane);
    }
  }
  for (const std::uint64_t each : next) EXPECT_EQ(each, count);
}

/// While one plane's worker takes nothing, the others' messages come.
TEST_F(Funnels, AreNotStoppedByOneWorker) {
  for (std::uint64_t number = 0; number < 1000; ++number) send(1, number);
  for (unsigned turn = 0; turn < 100; ++turn) {
    receive(0, 1);
    receive(0, 0);
    receive(1, 0);
  }
  send(2, 7);
  std::vector<std::uint64_t> received;
  for (unsigned turn = 0; turn < 100 && received.empty(); ++turn) {
    receive(0, 0);
    receive(1, 0);
    received = receive(1, 2);
  }
  EXPECT_EQ(received, std::vector<std::uint64_t>{7});
}

TEST_F(Funnels, PassABarrierWhenAllWorkersOfAllRanksHaveArrived) {
  for (int round = 0; round < 3; ++round) {
    transports_[0][0].arrive_at_barrier();
    transports_[1][0].arrive_at_barrier();
    for (unsigned plane = 1; plane < planes; ++plane) {
      for (auto& rank : transports_) {
        EXPECT_FALSE(rank[0].barrier_passed());
        rank[plane].arrive_at_barrier();
      }
    }
    for (int turn = 0; turn < 2; ++turn) {
      for (auto& rank : transports_) rank[0].barrier_passed();
    }
    for (auto& rank : transports_) {
      for (WorkersTransport& transport : rank) EXPECT_TRUE(transport.barrier_passed());
    }
  }
}

TEST_F(Funnels, TellWorkerZero) {
  funnels_[0].tell(5);
  EXPECT_FALSE(told_);
  receive(0, 1);
  EXPECT_FALSE(told_);
  receive(0, 0);
  EXPECT_EQ(told_, 5);
}

}  // namespace
}  // namespace upout::engines::shared_nothing
