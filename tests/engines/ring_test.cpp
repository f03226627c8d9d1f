#include "engines/ring.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

namespace upout::engines {
namespace {

std::vector<int> popped(Ring<int, 4>& ring, std::size_t limit) {
  std::vector<int> items;
  ring.pop(limit, [&items](int item) { items.push_back(item); });
  return items;
}

TEST(Ring, GivesBackInOrderWhatItTook) {
  Ring<int, 4> ring;
  const std::vector<int> items{1, 2, 3};
  EXPECT_EQ(ring.push(items), 3U);
  EXPECT_EQ(popped(ring, 2), (std::vector{1, 2}));
  EXPECT_EQ(popped(ring, 2), (std::vector{3}));
  EXPECT_TRUE(popped(ring, 2).empty());
}

TEST(Ring, TakesNoMoreThanItHasRoomFor) {
  Ring<int, 4> ring;
  const std::vector<int> items{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(ring.push(items), 4U);
  EXPECT_EQ(ring.push(items), 0U);
  EXPECT_EQ(popped(ring, 3), (std::vector{1, 2, 3}));
  EXPECT_EQ(ring.push(items), 3U);
  EXPECT_EQ(popped(ring, 9), (std::vector{4, 1, 2, 3}));
}

/// The numbers 1, 2, … in batches of changing sizes, through a ring far smaller than their number.
TEST(Ring, LosesAndRepeatsNothingBetweenTwoThreads) {
  constexpr std::uint64_t count = 200'000;
  Ring<std::uint64_t, 64> ring;
  std::jthread pusher([&ring] {
    std::vector<std::uint64_t> batch(48);
    for (std::uint64_t next = 1; next <= count;) {
      std::iota(batch.begin(), batch.end(), next);
      const std::size_t wanted = std::min<std::uint64_t>(1 + next % batch.size(), count - next + 1);
      const std::size_t taken = ring.push(std::span(batch).first(wanted));
      next += taken;
      if (taken == 0) std::this_thread::yield();
    }
  });
  std::uint64_t expected = 1;
  std::uint64_t wrong = 0;
  while (expected <= count) {
    const std::size_t taken =
        ring.pop(1 + expected % 80, [&](std::uint64_t item) { wrong += item != expected++; });
    if (taken == 0) std::this_thread::yield();
  }
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace upout::engines
