#include "harness/fault.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "harness/fault_injector.h"
#include "harness/service_gaps.h"

namespace upout::harness {
namespace {

using namespace std::chrono_literals;

TEST(Faults, AreReadAndWrittenAlike) {
  const std::string text = "kill=2@10s,stop=1@12s+500ms,cut=0@1.5s+1s,slow=3@14s+1s:5ms";
  const auto faults = parse_faults(text);
  ASSERT_TRUE(faults) << faults.error().to_string();
  ASSERT_EQ(faults->size(), 4U);
  EXPECT_EQ(faults->at(0), (Fault{Fault::Kind::kill, 2, 10s, 0s, 0s}));
  EXPECT_EQ(faults->at(1), (Fault{Fault::Kind::stop, 1, 12s, 500ms, 0s}));
  EXPECT_EQ(faults->at(2), (Fault{Fault::Kind::cut, 0, 1500ms, 1s, 0s}));
  EXPECT_EQ(faults->at(3), (Fault{Fault::Kind::slow, 3, 14s, 1s, 5ms}));
  EXPECT_EQ(to_string(*faults), text);
  EXPECT_EQ(parse_faults("")->size(), 0U);
}

TEST(Faults, ThatAreNoneAreRefused) {
  for (const char* text :
       {"kill", "kill=2", "kill=@1s", "kill=two@1s", "kill=2@soon", "kill=2@1s+1s", "stop=2@1s", "cut=2@1s+",
        "slow=2@1s+1s", "slow=2@1s+1s:", "burn=2@1s", "kill=2@1s,,", "kill=-1@1s"}) {
    const auto faults = parse_faults(text);
    ASSERT_FALSE(faults) << text;
    EXPECT_NE(faults.error().expected.find("stop=2@1.5s+500ms"), std::string::npos) << text;
  }
}

/// Two ranks of three that are threads, as the injector sees them.
struct Injected {
  engines::shared_nothing::LinkConditions first{3, 1ms};
  engines::shared_nothing::LinkConditions second{3, 1ms};
  platform::Clock clock = platform::Clock::calibrate();
  std::atomic<platform::Timestamp> begin{};

  FaultInjector inject(const std::string& faults) {
    return {*parse_faults(faults),
            {.first = 0,
             .count = 2,
             .are_threads = true,
             .conditions = [this](unsigned rank) { return rank == 0 ? &first : &second; }},
            begin,
            clock};
  }
  bool is_cut() const { return first.is_cut(1) && first.is_cut(2) && second.is_cut(0); }
  bool is_slow() const { return first.delay(2) == 8ms && second.delay(2) == 8ms; }

  /// However long it takes: what is late on a busy machine is not wrong.
  static void wait_until(const std::function<bool()>& is_so) {
    while (!is_so()) std::this_thread::sleep_for(1ms);
  }
};

TEST(FaultInjector, DoesWhatIsDueUntilTheWindowIsOver) {
  Injected ranks;
  {
    const FaultInjector injector = ranks.inject("cut=0@5ms+1000s,slow=2@5ms+1000s:7ms,stop=1@5ms+1000s");
    EXPECT_FALSE(ranks.first.is_cut(1)) << "the window has not begun";
    ranks.begin = ranks.clock.now();
    Injected::wait_until([&] { return ranks.is_cut() && ranks.is_slow() && ranks.second.is_stopped(); });
    EXPECT_FALSE(ranks.second.is_cut(2)) << "none of its links";
    EXPECT_EQ(ranks.first.delay(1), 1ms) << "none of its links";
    EXPECT_FALSE(ranks.first.is_stopped());
  }
  EXPECT_FALSE(ranks.first.is_cut(1) || ranks.first.is_cut(2) || ranks.second.is_cut(0));
  EXPECT_EQ(ranks.first.delay(2), 1ms);
  EXPECT_FALSE(ranks.second.is_stopped());
}

TEST(FaultInjector, UndoesWhatIsOverBeforeItDoesWhatIsDueNext) {
  Injected ranks;
  const FaultInjector injector = ranks.inject("cut=0@1ms+2ms,slow=2@1ms+3ms:7ms,stop=1@5ms+1000s");
  ranks.begin = ranks.clock.now();
  Injected::wait_until([&] { return ranks.second.is_stopped(); });
  EXPECT_FALSE(ranks.first.is_cut(1) || ranks.first.is_cut(2) || ranks.second.is_cut(0));
  EXPECT_EQ(ranks.first.delay(2), 1ms);
  EXPECT_EQ(ranks.second.delay(2), 1ms);
}

/// Operations of one client that come back alone; the slot is that of the partition, which is the key.
struct Client {
  void comes_back(kernel::Key key, platform::Timestamp started, platform::Timestamp now,
                  kernel::Status status = kernel::Status::ok) {
    kernel::Operation operation{.status = status, .slot = static_cast<std::uint32_t>(key), .key = key};
    kernel::Operation* pointer = &operation;
    std::array<platform::Timestamp, 2> begun{started, started};
    gaps.note(std::span(&pointer, 1), begun, now, [](kernel::Key which) { return which; });
  }
  ServiceGaps gaps;
};

TEST(ServiceGaps, AreTheLongestOfAnyPartition) {
  Client client;
  client.comes_back(0, 9ms, 10ms);
  client.comes_back(1, 9ms, 11ms);
  client.comes_back(0, 10ms, 12ms);
  EXPECT_EQ(client.gaps.longest(1000ms), 2ms);
  client.comes_back(1, 11ms, 91ms);
  EXPECT_EQ(client.gaps.longest(1000ms), 80ms);
}

TEST(ServiceGaps, AreNoneWhileNobodyAsks) {
  Client client;
  client.comes_back(0, 9ms, 10ms);
  client.comes_back(0, 500ms, 501ms);
  EXPECT_EQ(client.gaps.longest(1000ms), 1ms);
}

TEST(ServiceGaps, AreWaitedInByAllThatWasAskedMeanwhile) {
  Client client;
  client.comes_back(0, 5ms, 10ms);
  client.comes_back(0, 7ms, 12ms);  // the one that came back at 10 ms was something
  EXPECT_EQ(client.gaps.longest(1000ms), 5ms);
  std::array<kernel::Operation, 2> both{kernel::Operation{.slot = 0}, kernel::Operation{.slot = 1}};
  std::array<kernel::Operation*, 2> pointers{&both[0], &both[1]};
  const std::array<platform::Timestamp, 2> begun{80ms, 60ms};
  client.gaps.note(pointers, begun, 90ms, [](kernel::Key) { return 0U; });
  EXPECT_EQ(client.gaps.longest(1000ms), 30ms) << "the later one of a message may come first";
}

TEST(ServiceGaps, GoOnWhenSomethingIsGivenUp) {
  Client client;
  client.comes_back(0, 9ms, 10ms);
  client.comes_back(0, 20ms, 80ms, kernel::Status::no_answer);
  EXPECT_EQ(client.gaps.longest(100ms), 80ms) << "it has not been answered to the end";
  client.comes_back(0, 85ms, 90ms);
  EXPECT_EQ(client.gaps.longest(1000ms), 70ms);
}

}  // namespace
}  // namespace upout::harness
