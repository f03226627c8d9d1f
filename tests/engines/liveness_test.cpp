#include "engines/shared_nothing/liveness.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "tests/engines/simulated_rank.h"

/// Who notices that a rank has gone, and who must not.
namespace upout::engines::shared_nothing {
namespace {

using platform::Timestamp;
using namespace std::chrono_literals;

TEST(Liveness, CountsFromTheFirstLookAndFromEachMessage) {
  Liveness liveness(0, 3);
  const auto none = [](int) {};
  Timestamp now = 100s;
  liveness.heard(2);
  EXPECT_FALSE(liveness.look(now, none));
  for (int i = 0; i < 20; ++i) {
    liveness.heard(1);
    EXPECT_FALSE(liveness.look(now += 120ms, none));
  }
  EXPECT_EQ(liveness.look(now += 120ms, none), 2);
}

TEST(Liveness, BeginsAnewIfItWasThisRankThatWasStopped) {
  Liveness liveness(0, 2);
  const auto none = [](int) {};
  liveness.heard(1);
  EXPECT_FALSE(liveness.look(0s, none));
  EXPECT_FALSE(liveness.look(10s, none));
  EXPECT_FALSE(liveness.look(10s + 900ms, none));
  EXPECT_FALSE(liveness.look(11s + 800ms, none));
  EXPECT_TRUE(liveness.look(12s + 700ms, none));
}

TEST(Liveness, IsMorePatientWithARankThatHasSaidNothingYet) {
  Liveness liveness(0, 2);
  const auto none = [](int) {};
  Timestamp now = 0s;
  for (; now < 10s; now += 200ms) EXPECT_FALSE(liveness.look(now, none)) << now.count();
  EXPECT_EQ(liveness.look(now, none), 1);
}

TEST(Liveness, SendsASignToEachOtherRankNowAndThen) {
  Liveness liveness(1, 3);
  std::vector<int> sent;
  for (Timestamp now = 0s; now < 2s; now += 50ms) {
    liveness.heard(0);
    liveness.heard(2);
    liveness.look(now, [&](int peer) { sent.push_back(peer); });
  }
  EXPECT_EQ(sent, (std::vector<int>{0, 2, 0, 2, 0, 2, 0, 2}));
}

/// Idle ranks of a simulated network, for ten seconds; who told of whom.
std::vector<std::pair<int, int>> told(int crashing) {
  constexpr int ranks = 4;
  SimNetwork network(ranks, 2048, {});
  std::vector<std::pair<int, int>> told;
  struct Rank {
    Rank(SimNetwork& net, int number, std::function<void(int)> on_lost)
        : holdings({}, ranks, number),
          transport(net, number),
          session(transport, holdings.partitions, holdings.map, {.on_lost = std::move(on_lost)}) {}
    Holdings holdings;
    SimTransport transport;
    Session<SimTransport> session;
  };
  std::deque<Rank> all;
  for (int rank = 0; rank < ranks; ++rank) {
    all.emplace_back(network, rank, [&told, rank](int lost) {
      if (told.empty() || told.back() != std::pair(rank, lost)) told.emplace_back(rank, lost);
    });
  }
  if (crashing >= 0) network.at(2s, [&] { network.crash(crashing); });
  network.run(
      [&](int rank) {
        Completed none;
        all[static_cast<std::size_t>(rank)].session.poll(none);
        return false;
      },
      [&] { return network.now() > 10s || told.size() >= 3; });
  return told;
}

TEST(Liveness, IsNotInDoubtOfIdleRanks) {
  EXPECT_TRUE(told(-1).empty());
}

TEST(Liveness, NoticesOnEachOtherRankThatOneHasCrashed) {
  auto all = told(2);
  std::ranges::sort(all);
  EXPECT_EQ(all, (std::vector<std::pair<int, int>>{{0, 2}, {1, 2}, {3, 2}}));
}

}  // namespace
}  // namespace upout::engines::shared_nothing
