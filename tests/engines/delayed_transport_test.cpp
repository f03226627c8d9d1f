#include "engines/shared_nothing/delayed_transport.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <set>
#include <vector>

#include "engines/shared_nothing/ring_engine.h"
#include "engines/shared_nothing/sim_transport.h"
#include "tests/engines/session_checks.h"

namespace upout::engines::shared_nothing {
namespace {

using namespace std::chrono_literals;
using platform::Timestamp;

static_assert(Transport<DelayedTransport<SimTransport>>);

/// What has arrived and what time it is are what a test says.
struct Stage {
  Timestamp now = 1h;
  std::vector<std::uint64_t> arriving;
};

class StagedTransport {
 public:
  explicit StagedTransport(Stage& stage) : stage_(&stage) {}
  static constexpr unsigned polls_between_looks = 1;
  Timestamp now() const { return stage_->now; }
  int rank() const { return 0; }
  int size() const { return 2; }
  std::span<std::byte> buffer(int) { return {}; }
  void fill(int, std::size_t) {}
  std::size_t filled(int) const { return 0; }
  void send(int) {}
  std::size_t longest_message() const { return 0; }
  void make_room(int, std::size_t) {}
  template <class Handle>
  bool receive(Handle&& handle) {
    for (std::uint64_t number : std::exchange(stage_->arriving, {})) {
      handle(1, std::as_bytes(std::span(&number, 1)));
      number = 0;  // the message is gone after the call
    }
    return true;
  }
  void arrive_at_barrier() {}
  bool barrier_passed() { return true; }

 private:
  Stage* stage_;
};

class DelayedMessages : public ::testing::Test {
 protected:
  using Numbers = std::vector<std::uint64_t>;

  Numbers received() {
    Numbers numbers;
    const bool was_one = transport_.receive([&](int source, std::span<const std::byte> message) {
      EXPECT_EQ(source, 1);
      EXPECT_EQ(message.size(), sizeof(std::uint64_t));
      std::memcpy(&numbers.emplace_back(), message.data(), sizeof(std::uint64_t));
      places_.insert(message.data());
    });
    EXPECT_EQ(was_one, !numbers.empty());
    return numbers;
  }

  Stage stage_;
  LinkConditions conditions_{2, 10us};
  DelayedTransport<StagedTransport> transport_{&conditions_, stage_};
  std::set<const std::byte*> places_;  ///< where messages lay
};

TEST_F(DelayedMessages, AreHandedOnWhenTheDelayHasPassedAndNotBefore) {
  stage_.arriving = {1};
  EXPECT_EQ(received(), Numbers{});
  stage_.now += 10us - 1ns;
  EXPECT_EQ(received(), Numbers{});
  stage_.now += 1ns;
  EXPECT_EQ(received(), Numbers{1});
  EXPECT_EQ(received(), Numbers{});
}

TEST_F(DelayedMessages, StayInOrderEachWithItsOwnDelay) {
  stage_.arriving = {1, 2};
  EXPECT_EQ(received(), Numbers{});
  stage_.now += 6us;
  stage_.arriving = {3};
  EXPECT_EQ(received(), Numbers{});
  stage_.now += 5us;
  EXPECT_EQ(received(), (Numbers{1, 2}));
  stage_.now += 5us;
  EXPECT_EQ(received(), Numbers{3});
}

TEST_F(DelayedMessages, AreKeptInMemoryThatIsUsedAgain) {
  for (std::uint64_t number = 0; number < 100; ++number) {
    stage_.arriving = {number};
    received();
    stage_.now += 4us;
  }
  EXPECT_LE(places_.size(), 4U) << "no more than are kept at a time";
}

TEST_F(DelayedMessages, AreLostWhileTheirLinkIsCut) {
  conditions_.set_delay(1, 0us);
  conditions_.set_cut(1, true);
  stage_.arriving = {1};
  EXPECT_EQ(received(), Numbers{});
  conditions_.set_cut(1, false);
  EXPECT_EQ(received(), Numbers{});
  stage_.arriving = {2};
  EXPECT_EQ(received(), Numbers{2});
}

TEST(NoConditions, HandMessagesOnAtOnce) {
  Stage stage{.arriving = {1, 2}};
  DelayedTransport<StagedTransport> transport(nullptr, stage);
  int count = 0;
  EXPECT_TRUE(transport.receive([&](int, std::span<const std::byte>) { ++count; }));
  EXPECT_EQ(count, 2);
}

TEST(DelayedLinks, AreTwiceInTheWayOfARoundTrip) {
  constexpr SimOptions weather{.least_delay = 2us, .mean_further_delay = 0us, .longest_sleep = 1us};
  SimNetwork network(2, 64, weather);
  using Links = DelayedTransport<SimTransport>;
  const LinkConditions conditions(2, 100us);
  std::array<std::unique_ptr<Links>, 2> ends{std::make_unique<Links>(&conditions, network, 0),
                                             std::make_unique<Links>(&conditions, network, 1)};
  const auto send = [](Links& from, int to) {
    from.buffer(to)[0] = std::byte{1};
    from.fill(to, 1);
    from.send(to);
  };
  const Timestamp sent = network.now();
  send(*ends[0], 1);
  bool came_back = false;
  network.run(
      [&](int rank) {
        Links& end = *ends[static_cast<std::size_t>(rank)];
        return end.receive([&](int source, std::span<const std::byte>) {
          if (rank == 0) came_back = true;
          if (rank == 1) send(end, source);
        });
      },
      [&] { return came_back; });
  EXPECT_GE(network.now() - sent, 2 * (100us + 2us));
  EXPECT_LT(network.now() - sent, 2 * (100us + 2us) + 10us) << "a few turns, in virtual time";
}

TEST(DelayedLinks, CarryWhatEverySessionHasToDo) {
  const auto topology = platform::Topology::discover();
  const auto map = platform::WorkerMap::create(*topology);
  const auto engine = std::move(*RingEngine::create(
      *topology, *map, 3,
      {.oversubscribe = true, .expected_records = 1000, .value_bytes = 5000, .link_delay = 200us}));
  engine->run_on_workers([](RingEngine::Session& session, WorkerId id) {
    testing::exercise(session, 1'000'000 * id.global, 300, 8);
    testing::exercise(session, 1'000'000 * id.global + 500'000, 20, 5000);
  });
  EXPECT_EQ(engine->record_count(), 3 * (150U + 10U));
}

}  // namespace
}  // namespace upout::engines::shared_nothing
