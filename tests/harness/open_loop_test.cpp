#include "harness/open_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "harness/closed_loop.h"
#include "harness/recorder.h"

namespace upout::harness {
namespace {

using namespace std::chrono_literals;
using platform::Timestamp;

/// Time goes on when it is looked at, and when somebody says so.
struct FakeClock {
  mutable Timestamp time = 0ns;
  Timestamp now() const {
    time += 10ns;
    return time;
  }
};

/// Does one operation after the other, each for `service`, and does nothing from `stall_begin` to
/// `stall_end`. Counts how it is called.
class FakeSession {
 public:
  FakeSession(const FakeClock& clock, Timestamp service) : clock_(&clock), service_(service) {}

  void stall(Timestamp begin, Timestamp end) {
    stall_begin_ = begin;
    stall_end_ = end;
  }

  void submit(std::span<kernel::Operation* const> operations, engines::Completed&) {
    for (kernel::Operation* operation : operations) {
      Timestamp begin = std::max(clock_->time, busy_until_);
      if (begin >= stall_begin_ && begin < stall_end_) begin = stall_end_;
      busy_until_ = begin + service_;
      queue_.emplace_back(operation, busy_until_);
      submitted_at.push_back(clock_->time);
    }
    most_in_flight = std::max(most_in_flight, queue_.size());
  }
  void poll(engines::Completed& done) {
    ++polls;
    std::size_t ended = 0;
    for (; ended < queue_.size() && queue_[ended].second <= clock_->time; ++ended)
      done.push_back(queue_[ended].first);
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(ended));
  }
  std::size_t in_flight() const { return queue_.size(); }

  std::size_t polls = 0;
  std::size_t most_in_flight = 0;
  std::vector<Timestamp> submitted_at;

 private:
  const FakeClock* clock_;
  Timestamp service_;
  Timestamp stall_begin_{};
  Timestamp stall_end_{};
  Timestamp busy_until_{};
  std::vector<std::pair<kernel::Operation*, Timestamp>> queue_;
};

static_assert(engines::Session<FakeSession>);

/// So many gets.
class Gets : public workloads::OperationStream {
 public:
  explicit Gets(std::size_t count = ~std::size_t{0}) : left_(count) {}

  std::size_t next(std::span<kernel::Operation* const> free) override {
    const std::size_t filled = std::min(free.size(), left_);
    left_ -= filled;
    return filled;
  }
  void complete(std::span<kernel::Operation* const> done) override { completed += done.size(); }
  std::uint64_t failed() const override { return 0; }

  std::size_t completed = 0;

 private:
  std::size_t left_;
};

constexpr Window window{1ms, 11ms};
constexpr double a_million = 1e6;

Arrivals every_microsecond(Window counted = window) {
  return Arrivals({.per_second = a_million, .arrivals = ArrivalKind::uniform}, {0, 1}, 1, 0, 0ns, counted);
}

/// How many have a latency.
std::uint64_t timed(Recorder& recorder) {
  return recorder.histograms()[static_cast<std::size_t>(kernel::OperationKind::get)].count();
}

std::uint64_t quantile(Recorder& recorder, double fraction) {
  return recorder.histograms()[static_cast<std::size_t>(kernel::OperationKind::get)].quantile(fraction);
}

/// What is recorded of a session, driven until its loop has had enough.
struct Driven {
  Recorder recorder{window};
  Gets gets;

  void open(FakeSession& session, const FakeClock& clock, std::size_t depth, Arrivals& arrivals) {
    OpenLoop loop(session, clock, depth);
    loop.drive(gets, arrivals, [this](auto done, auto arrived, auto now) {
      recorder.observe_arrived(done, arrived, now);
      return true;
    });
  }
  void closed(FakeSession& session, const FakeClock& clock, std::size_t depth) {
    ClosedLoop loop(session, clock, depth);
    loop.drive(gets,
               [this](auto done, auto started, auto now) { return recorder.observe(done, started, now); });
  }
};

TEST(OpenLoop, AchievesWhatIsOfferedIfTheSessionHasTimeToSpare) {
  for (const ArrivalKind kind : {ArrivalKind::uniform, ArrivalKind::poisson}) {
    const FakeClock clock;
    FakeSession session(clock, 100ns);
    Arrivals arrivals({.per_second = a_million, .arrivals = kind}, {0, 1}, 1, 0, 0ns, window);
    Driven driven;
    driven.open(session, clock, 16, arrivals);
    const auto offered = static_cast<double>(arrivals.offered(window.end));
    EXPECT_NEAR(offered, 10'000, kind == ArrivalKind::uniform ? 1 : 400);
    EXPECT_NEAR(static_cast<double>(driven.recorder.operations()), offered, 4);
    EXPECT_LT(quantile(driven.recorder, 0.5), 200U);
  }
}

/// The session does nothing for a tenth of the window. A thousand operations arrive meanwhile, of which the
/// last ones have little to wait for and the first ones a millisecond: a tenth of all say so.
TEST(OpenLoop, OfASessionThatStallsSaysHowLongThoseThatArriveMeanwhileWait) {
  const FakeClock clock;
  FakeSession session(clock, 10ns);
  session.stall(5ms, 6ms);
  Arrivals arrivals = every_microsecond();
  Driven driven;
  driven.open(session, clock, 16, arrivals);
  EXPECT_NEAR(static_cast<double>(driven.recorder.operations()), 10'000, 4);
  EXPECT_LT(quantile(driven.recorder, 0.85), 1'000U);
  EXPECT_NEAR(static_cast<double>(quantile(driven.recorder, 0.95)), 500'000, 50'000);
  EXPECT_NEAR(static_cast<double>(quantile(driven.recorder, 0.99)), 900'000, 50'000);
}

/// What the same stall looks like to a loop that waits for answers: one operation in a thousand, or fewer.
TEST(OpenLoop, SeesWhatAClosedLoopDoesNot) {
  const FakeClock clock;
  FakeSession session(clock, 900ns);
  session.stall(5ms, 6ms);
  Driven driven;
  driven.closed(session, clock, 1);
  EXPECT_LT(quantile(driven.recorder, 0.99), 2'000U);
}

TEST(OpenLoop, HasNoMoreThanDepthInFlightAndTheRestWaitsInTurn) {
  const FakeClock clock;
  FakeSession session(clock, 10ns);
  session.stall(2ms, 3ms);
  Arrivals arrivals = every_microsecond();
  Driven driven;
  std::vector<Timestamp> started_in_turn;
  OpenLoop loop(session, clock, 4);
  loop.drive(driven.gets, arrivals, [&](auto done, auto started, auto now) {
    for (const kernel::Operation* operation : done) started_in_turn.push_back(started[operation->slot]);
    driven.recorder.observe_arrived(done, started, now);
    return true;
  });
  EXPECT_EQ(session.most_in_flight, 4U);
  EXPECT_TRUE(std::ranges::is_sorted(started_in_turn));
  EXPECT_EQ(std::ranges::adjacent_find(started_in_turn), started_in_turn.end()) << "each arrives once";
}

/// A session that carries half of what is offered: so much is achieved, and what arrives waits as long as has
/// passed since the beginning. That goes on for as long again as the window: what arrives in its last half
/// millisecond is not submitted by then.
TEST(OpenLoop, OfMoreThanCanBeCarriedShowsAQueueThatGrows) {
  const FakeClock clock;
  FakeSession session(clock, 2us);
  Arrivals arrivals = every_microsecond();
  Driven driven;
  driven.open(session, clock, 16, arrivals);
  EXPECT_NEAR(static_cast<double>(arrivals.offered(window.end)), 10'000, 1);
  EXPECT_NEAR(static_cast<double>(driven.recorder.operations()), 5'000, 100);
  EXPECT_NEAR(static_cast<double>(timed(driven.recorder)), 9'500, 100);
  EXPECT_NEAR(static_cast<double>(quantile(driven.recorder, 0.5)), 5.75e6, 2e5);
  EXPECT_NEAR(static_cast<double>(quantile(driven.recorder, 1)), 10.5e6, 2e5);
  EXPECT_LT(clock.time, 22ms) << "what is offered and not carried is given up";
  EXPECT_EQ(session.in_flight(), 0U);
}

/// The session does nothing from half a millisecond before the window's end to a millisecond after it. Those
/// that arrive meanwhile come back when nothing counts any more, and are the slowest of all.
TEST(OpenLoop, OfAStallOverTheWindowsEndSaysHowLongAllThatArrivedBeforeItWait) {
  const FakeClock clock;
  FakeSession session(clock, 10ns);
  session.stall(10'500us, 12ms);
  Arrivals arrivals = every_microsecond();
  Driven driven;
  driven.open(session, clock, 16, arrivals);
  EXPECT_EQ(timed(driven.recorder), arrivals.offered(window.end)) << "each that arrived in the window";
  EXPECT_NEAR(static_cast<double>(driven.recorder.operations()), 9'500, 20) << "those that came back in it";
  EXPECT_LT(quantile(driven.recorder, 0.94), 1'000U);
  EXPECT_NEAR(static_cast<double>(quantile(driven.recorder, 0.975)), 1.25e6, 5e4);
  EXPECT_NEAR(static_cast<double>(quantile(driven.recorder, 1)), 1.5e6, 5e4);
  EXPECT_EQ(session.in_flight(), 0U);
}

/// A stall of the warm-up: those that have waited for it come back in the window and count as done in it, but
/// how long they took is no matter of the window's.
TEST(OpenLoop, TimesNoneThatArrivedBeforeTheWindow) {
  const FakeClock clock;
  FakeSession session(clock, 10ns);
  session.stall(500us, 1'100us);
  Arrivals arrivals = every_microsecond();
  Driven driven;
  driven.open(session, clock, 16, arrivals);
  EXPECT_EQ(timed(driven.recorder), arrivals.offered(window.end));
  EXPECT_NEAR(static_cast<double>(driven.recorder.operations()), 10'500, 20);
  EXPECT_LT(quantile(driven.recorder, 1), 200'000U);
}

TEST(OpenLoop, SubmitsNoneThatArrivesAfterTheWindow) {
  const FakeClock clock;
  FakeSession session(clock, 10ns);
  session.stall(10ms, 12ms);
  Arrivals arrivals = every_microsecond();
  Driven driven;
  driven.open(session, clock, 16, arrivals);
  EXPECT_GT(clock.time, 12ms);
  EXPECT_EQ(driven.gets.completed, 10'999U) << "one every microsecond, before 11 ms";
}

/// Who has interrupted it does not wait for what has arrived and was not submitted.
TEST(OpenLoop, EndsAtOnceWhenItIsEnoughAlsoAfterTheWindow) {
  const FakeClock clock;
  FakeSession session(clock, 2us);
  Arrivals arrivals = every_microsecond();
  Gets gets;
  OpenLoop loop(session, clock, 4);
  loop.drive(gets, arrivals, [&](auto, auto, auto now) { return now < 13ms; });
  EXPECT_LT(clock.time, 13ms + 10us);
  EXPECT_EQ(session.in_flight(), 0U);
}

TEST(OpenLoop, PollsWhileThereIsNothingToSubmit) {
  const FakeClock clock;
  FakeSession session(clock, 10ns);
  Arrivals arrivals({.per_second = 100, .arrivals = ArrivalKind::uniform}, {0, 1}, 1, 0, 0ns, window);
  Driven driven;
  driven.open(session, clock, 16, arrivals);
  EXPECT_EQ(session.submitted_at.size(), 1U) << "after 10 ms";
  EXPECT_GT(session.polls, 100'000U);
}

TEST(OpenLoop, DoesNotSubmitBeforeTheTime) {
  const FakeClock clock;
  FakeSession session(clock, 10ns);
  Arrivals arrivals = every_microsecond();
  Arrivals same = arrivals;
  Driven driven;
  driven.open(session, clock, 16, arrivals);
  for (const Timestamp submitted : session.submitted_at) {
    ASSERT_GE(submitted, same.next());
    ASSERT_LT(submitted, same.next() + 100ns);
    same.advance();
  }
}

TEST(OpenLoop, EndsWithNothingInFlightWhenItIsEnoughOrTheStreamEnds) {
  const FakeClock clock;
  FakeSession session(clock, 20us);
  Arrivals arrivals = every_microsecond();
  Gets gets;
  OpenLoop loop(session, clock, 8);
  loop.drive(gets, arrivals, [&](auto, auto, auto) { return session.submitted_at.size() < 100; });
  EXPECT_EQ(session.in_flight(), 0U);
  EXPECT_EQ(gets.completed, session.submitted_at.size());
  EXPECT_LT(gets.completed, 110U);

  Gets few(5);
  loop.drive(few, arrivals, [](auto, auto, auto) { return true; });
  EXPECT_EQ(session.in_flight(), 0U);
  EXPECT_EQ(few.completed, 5U);
}

}  // namespace
}  // namespace upout::harness
