#include "engines/shared_nothing/replication/view.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engines/shared_nothing/engine.h"
#include "engines/shared_nothing/replication/membership.h"
#include "engines/shared_nothing/sim_transport.h"

namespace upout::engines::shared_nothing {
namespace {

/// Of four ranks, of which the last is gone, and two partitions.
View usual() {
  View view;
  view.number = 7;
  view.alive = {true, true, true, false};
  view.copies.push_back(
      {.members = {0, 1}, .primary_since = 3, .joining = 2, .joining_since = 7, .holders = 2});
  view.copies.push_back({.members = {2}, .primary_since = 7, .holders = 1});
  return view;
}

TEST(View, TravelsWhole) {
  const View view = usual();
  const auto arrived = View::decode(view.encoded(), 4, 2);
  ASSERT_TRUE(arrived);
  EXPECT_EQ(*arrived, view);
}

TEST(View, IsNotBelievedIfItCannotBe) {
  struct Case {
    const char* what;
    std::function<void(View&)> change;
  };
  const std::vector<Case> cases{
      {"a member twice",
       [](View& view) {
         view.copies[0].members = {1, 1};
       }},
      {"a member that joins", [](View& view) { view.copies[0].joining = 1; }},
      {"a member that is gone",
       [](View& view) {
         view.copies[0].members = {0, 3};
       }},
      {"a gone one that joins", [](View& view) { view.copies[0].joining = 3; }},
      {"nobody as a member", [](View& view) { view.copies[1].members = {View::nobody}; }},
      {"more holders than members", [](View& view) { view.copies[1].holders = 2; }},
      {"too few partitions", [](View& view) { view.copies.pop_back(); }},
      {"too many ranks", [](View& view) { view.alive.push_back(true); }},
  };
  for (const Case& each : cases) {
    View view = usual();
    each.change(view);
    EXPECT_FALSE(View::decode(view.encoded(), 4, 2)) << each.what;
  }
  auto bytes = usual().encoded();
  bytes.pop_back();
  EXPECT_FALSE(View::decode(bytes, 4, 2)) << "cut short";
}

/// One that has been silent, and was called a moment ago, is told all the same: that may be the last that it
/// hears in a session.
TEST(Membership, TellsOfItsArrivalsWhoeverIsWaitedFor) {
  constexpr int ranks = 3;
  const PartitionMap map = *make_map({.partitions = ranks}, ranks);
  SimNetwork network(ranks, 1024, {});
  SimTransport transport(network, 0);
  Outbox<SimTransport> outbox(transport, 0);
  const CopyTiming timing;
  Members members(0, CopyPlacement(map, std::vector<std::string>(ranks, "here")),
                  {.copies = 3, .acknowledge = Acknowledge::all}, timing, 1024, 1);
  Membership<SimTransport> membership(transport, outbox, members, {});
  std::uint64_t sent = 0;
  const platform::Timestamp silent = 2 * timing.suspicion;
  network.run(
      [&](int rank) {
        if (rank == 0) membership.look(network.now());
        return true;
      },
      [&] {
        // Between two calls.
        const std::uint64_t before = std::exchange(sent, network.sent());
        return network.now() > silent && network.sent() > before;
      });
  membership.arrive_at_barrier(1);
  EXPECT_EQ(network.sent() - sent, 2U);
}

}  // namespace
}  // namespace upout::engines::shared_nothing
