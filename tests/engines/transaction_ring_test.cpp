#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "engines/shared_nothing/ring_engine.h"
#include "engines/shared_nothing/ring_transport.h"
#include "tests/engines/register_session.h"
#include "tests/engines/transacting_rank.h"
#include "tests/engines/transaction_checks.h"
#include "tests/history/linearizability.h"
#include "tests/history/serializability.h"

/// Transactions over ranks that are threads, so that ThreadSanitizer can see them.
namespace upout::engines::shared_nothing {
namespace {

using kernel::ConcurrencyControl;
using kernel::IndexKind;

class RingTransactions : public ::testing::TestWithParam<std::tuple<ConcurrencyControl, IndexKind>> {
 protected:
  static constexpr unsigned ranks = 3;

  std::unique_ptr<RingEngine> make() {
    const auto [control, index] = GetParam();
    return std::move(RingEngine::create(topology_, platform::WorkerMap::create(topology_).value(), ranks,
                                        {.oversubscribe = true,
                                         .index = index,
                                         .concurrency_control = control,
                                         .partitions = 5,
                                         .value_bytes = 8}))
        .value();
  }
  platform::Topology topology_ = std::move(*platform::Topology::discover());
};

TEST_P(RingTransactions, AreStrictlySerializableWhilePartitionsMove) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr unsigned histories = 4;
#else
  constexpr unsigned histories = 20;
#endif
  for (unsigned seed = 1; seed <= histories; ++seed) {
    const auto engine = make();
    history::Recorder<history::Transaction> recorder(ranks);
    std::atomic<unsigned> unanswered{0};
    engine->run_on_workers([&](RingEngine::Session& session, WorkerId id) {
      TransactingClient client(session, recorder.log(id.global), 12, 40, seed * ranks + id.global);
      for (unsigned round = 0; client.step(); ++round) {
        if (round % 64 == 0) session.begin_move(round / 64 % 5, static_cast<int>(round / 128 % ranks));
      }
      constexpr auto no_answer = static_cast<std::size_t>(kernel::AbortCause::no_answer);
      unanswered += client.unanswered() + static_cast<unsigned>(client.counts().aborted[no_answer]);
    });
    EXPECT_EQ(unanswered, 0U);
    const auto verdict = history::check_strictly_serializable(recorder.take());
    ASSERT_TRUE(verdict) << verdict.anomaly << ": " << verdict.explanation;
  }
}

/// A rank that notices only many turns later that a barrier has passed.
class LateRing : public RingTransport {
 public:
  using RingTransport::RingTransport;
  bool barrier_passed() noexcept {
    return RingTransport::barrier_passed() && (rank() == 0 || ++turns_ % turns_late == 0);
  }

 private:
  static constexpr unsigned turns_late = 1000;
  unsigned turns_ = 0;
};

/// What a rank promises in one session it has to know in that session, and not in the one before.
TEST(Sessions, ThatEndTakeNothingOfTheNextOne) {
  constexpr int ranks = 3;
  constexpr unsigned sessions = 20;
  RingNetwork network(ranks, least_message_bytes);
  const PartitionMap map(Partitioning(PartitioningKind::hash, ranks), ranks);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&network, &map, rank] {
      LateRing transport(network, rank);
      PartitionMap own_map = map;
      Partitions<> partitions(ranks, {.distributed_transactions = true});
      partitions.add(std::move(*partitions.make(static_cast<std::uint32_t>(rank), 100)));
      for (unsigned phase = 0; phase < sessions; ++phase) {
        Session<LateRing> session(transport, partitions, own_map, {.yields = true, .phase = phase});
        // The first one asks the others, who are done already, at once.
        if (rank == 0 && phase == 0) testing::Accounts::open(session);
        if (rank == 0 && phase != 0) testing::Accounts::exercise(session, phase, 15, 4);
        session.serve_until_all_are_done();
        EXPECT_EQ(session.refused(), 0U) << "of rank " << rank << " in phase " << phase;
      }
    });
  }
}

/// Two workers a rank, whose transactions and those of others meet in the same stores.
TEST_P(RingTransactions, OfSeveralWorkersARankAreStrictlySerializable) {
  const auto [control, index] = GetParam();
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const auto engine =
        std::move(*HybridRingEngine::create(topology_, platform::WorkerMap::create(topology_).value(), 2,
                                            {.oversubscribe = true,
                                             .index = index,
                                             .concurrency_control = control,
                                             .partitions = 3,
                                             .value_bytes = 8,
                                             .threads_per_rank = 2}));
    history::Recorder<history::Transaction> recorder(engine->workers());
    engine->run_on_workers([&](HybridRingEngine::Session& session, WorkerId id) {
      TransactingClient client(session, recorder.log(id.global), 12, 30, seed * 4 + id.global);
      while (client.step()) {
      }
      EXPECT_EQ(client.unanswered(), 0U);
    });
    const auto verdict = history::check_strictly_serializable(recorder.take());
    ASSERT_TRUE(verdict) << verdict.anomaly << ": " << verdict.explanation;
  }
}

/// What clients see of single operations, on keys of few partitions that all workers enter.
TEST(HybridRanks, AreLinearizable) {
  const auto topology = std::move(*platform::Topology::discover());
  const auto engine = std::move(
      *HybridRingEngine::create(topology, platform::WorkerMap::create(topology).value(), 2,
                                {.oversubscribe = true, .value_bytes = 512, .threads_per_rank = 2}));
  for (unsigned seed = 1; seed <= 40; ++seed) {
    history::Recorder<history::RegisterOperation> recorder(engine->workers());
    engine->run_on_workers([&](HybridRingEngine::Session& session, WorkerId id) {
      testing::RegisterSession client(session, recorder.log(id.global), 3, 40, seed * 4 + id.global,
                                      seed * 10);
      while (!client.is_over()) client.step();
      EXPECT_EQ(client.unanswered(), 0U);
    });
    const auto verdict = history::check_linearizable(recorder.take());
    ASSERT_TRUE(verdict) << "seed " << seed << ": " << verdict.explanation;
  }
}

TEST_P(RingTransactions, LoseNoMoney) {
  const auto engine = make();
  engine->run_on_workers([](RingEngine::Session& session, WorkerId id) {
    if (id.global == 0) testing::Accounts::open(session);
  });
  std::atomic<std::uint64_t> committed{0};
  engine->run_on_workers([&](RingEngine::Session& session, WorkerId id) {
    committed += testing::Accounts::exercise(session, id.global, 64, 8).committed;
  });
  EXPECT_EQ(committed, ranks * 64U);
  engine->run_on_workers(
      [](RingEngine::Session& session, WorkerId) { testing::Accounts::exercise(session, 1, 1, 1); });
}

std::string name_of_kind(const ::testing::TestParamInfo<RingTransactions::ParamType>& kind) {
  const auto [control, index] = kind.param;
  return std::string(control == ConcurrencyControl::occ ? "Occ" : "Serial") +
         (index == IndexKind::hash ? "Hash" : "Ordered");
}
INSTANTIATE_TEST_SUITE_P(, RingTransactions,
                         ::testing::Combine(::testing::Values(ConcurrencyControl::occ,
                                                              ConcurrencyControl::serial),
                                            ::testing::Values(IndexKind::hash, IndexKind::ordered)),
                         name_of_kind);

}  // namespace
}  // namespace upout::engines::shared_nothing
