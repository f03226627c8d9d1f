#include "platform/clock.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace upout::platform {
namespace {

using std::chrono::milliseconds;

Timestamp monotonic() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + Timestamp(time.tv_nsec);
}

/// A reading of `clock` lies between two of the system's around it, however long this thread was kept
/// waiting, but for the error of the clock itself.
void expect_on_the_system_scale(const Clock& clock) {
  constexpr Timestamp clock_error = milliseconds(1);
  const Timestamp before = monotonic();
  const Timestamp now = clock.now();
  const Timestamp after = monotonic();
  EXPECT_GE(now, before - clock_error);
  EXPECT_LE(now, after + clock_error);
}

TEST(Clock, StandsOnTheScaleOfTheMonotonicClock) {
  const Clock clock = Clock::calibrate();
  for (int reading = 0; reading < 20; ++reading) {
    expect_on_the_system_scale(clock);
    std::this_thread::sleep_for(milliseconds(5));
  }
}

TEST(Clock, NeverRunsBackwardsWithinAThread) {
  const Clock clock = Clock::calibrate();
  const Timestamp first = clock.now();
  Timestamp last = first;
  for (int reading = 0; reading < 1'000'000; ++reading) {
    const Timestamp now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(last, first);
}

TEST(Clock, IsTheSameForAnotherThread) {
  const Clock clock = Clock::calibrate();
  std::thread([clock] { expect_on_the_system_scale(clock); }).join();
}

TEST(Clock, ReadsTheSystemBeforeCalibration) {
  const Clock clock;
  EXPECT_STREQ(clock.source(), "clock_gettime");
  const Timestamp before = monotonic();
  const Timestamp now = clock.now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, monotonic());
}

TEST(Clock, NamesItsSource) {
  const std::string source = Clock::calibrate().source();
#if defined(__x86_64__)
  EXPECT_TRUE(source == "tsc" || source == "clock_gettime") << source;
#elif defined(__aarch64__)
  EXPECT_EQ(source, "cntvct");
#else
  EXPECT_EQ(source, "clock_gettime");
#endif
}

}  // namespace
}  // namespace upout::platform
