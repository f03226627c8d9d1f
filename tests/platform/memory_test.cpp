#include "platform/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "platform/reserve.h"

namespace upout::platform {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

std::uintptr_t address(const Region& region) {
  return reinterpret_cast<std::uintptr_t>(region.bytes().data());
}

/// mincore fails on a page that belongs to no mapping.
bool is_mapped(std::byte* page) {
  unsigned char resident = 0;
  return mincore(page, 1, &resident) == 0;
}

std::byte* last_page(const Region& region) {
  const auto page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  std::byte* last = region.bytes().data() + region.bytes().size() - 1;
  return last - reinterpret_cast<std::uintptr_t>(last) % page_bytes;
}

TEST(Region, IsZeroedAndWritableToItsLastByte) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{4097}, 2 * mebibyte, 5 * mebibyte + 1}) {
    auto region = Region::map(bytes);
    ASSERT_TRUE(region) << region.error().to_string();
    ASSERT_EQ(region->bytes().size(), bytes);
    EXPECT_TRUE(std::ranges::all_of(region->bytes(), [](std::byte byte) { return byte == std::byte{0}; }));
    std::ranges::fill(region->bytes(), std::byte{0xa5});
    EXPECT_EQ(region->bytes().back(), std::byte{0xa5});
  }
}

TEST(Region, IsAlignedToHugePagesFromTheirSizeOn) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    const auto small = Region::map(4096);  // shifts what comes after it
    const auto large = Region::map(2 * mebibyte + 4096);
    ASSERT_TRUE(small);
    ASSERT_TRUE(large);
    EXPECT_EQ(address(*large) % (2 * mebibyte), 0U);
  }
}

TEST(Region, LeavesTheOtherSideOfAMoveEmpty) {
  auto mapped = Region::map(2 * mebibyte);
  ASSERT_TRUE(mapped);
  std::byte* const begin = mapped->bytes().data();
  Region moved(std::move(*mapped));
  EXPECT_EQ(moved.bytes().data(), begin);
  EXPECT_TRUE(mapped->bytes().empty());

  auto other = Region::map(4 * mebibyte);
  ASSERT_TRUE(other);
  std::byte* const replaced = other->bytes().data();
  *other = std::move(moved);
  EXPECT_EQ(other->bytes().data(), begin);
  EXPECT_TRUE(moved.bytes().empty());
  EXPECT_FALSE(is_mapped(replaced)) << "what was assigned to kept its old mapping";
}

TEST(Region, GivesAllOfItBack) {
  for (const std::size_t bytes : {std::size_t{8192}, 2 * mebibyte + 1}) {
    auto region = Region::map(bytes);
    ASSERT_TRUE(region);
    std::byte* const first = region->bytes().data();
    std::byte* const last = last_page(*region);
    ASSERT_TRUE(is_mapped(first) && is_mapped(last));
    *region = Region{};
    EXPECT_FALSE(is_mapped(first));
    EXPECT_FALSE(is_mapped(last));
  }
}

/// The size of this process's address space, as /proc/self/statm gives it in pages.
std::size_t address_space_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Region, LeavesNothingBehindOfWhatItMappedToBeAligned) {
  // What stays mapped shifts what comes after it, so that too much is mapped on either side.
  constexpr std::size_t shift_bytes = mebibyte / 4;
  constexpr std::size_t rounds = 256;
  std::vector<Region> shifts;
  const std::size_t before = address_space_bytes();
  for (std::size_t round = 0; round < rounds; ++round) {
    shifts.push_back(Region::map(shift_bytes).value());
    ASSERT_TRUE(Region::map(2 * mebibyte));
  }
  EXPECT_LT(address_space_bytes(),
            before + rounds * shift_bytes + 32 * mebibyte);  // a leak is 100 MiB or more
}

TEST(Region, OfNothingIsEmpty) {
  const auto region = Region::map(0);
  ASSERT_TRUE(region);
  EXPECT_TRUE(region->bytes().empty());
}

TEST(Region, OfAnAbsurdSizeIsAnErrorThatNamesIt) {
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  for (const std::size_t bytes : {most, most - 4096, most / 2, std::size_t{1} << 60}) {
    const auto region = Region::map(bytes);
    ASSERT_FALSE(region);
    EXPECT_NE(region.error().to_string().find(std::to_string(bytes)), std::string::npos);
    EXPECT_EQ(region.error().found, "Cannot allocate memory");
  }
}

TEST(Region, BoundToANodeOrInterleavedIsZeroedAndWritable) {
  const auto nodes = allowed_memory_nodes();
  if (!nodes) GTEST_SKIP() << nodes.error().to_string();
  for (const Placement& placement : {Placement(BoundTo{nodes->back()}), Placement(InterleavedOver{*nodes})}) {
    for (const std::size_t bytes : {std::size_t{100}, 2 * mebibyte + 1}) {
      const auto region = Region::map(bytes, {.placement = placement});
      ASSERT_TRUE(region) << region.error().to_string();
      EXPECT_EQ(region->bytes().back(), std::byte{0});
      std::ranges::fill(region->bytes(), std::byte{0xa5});
    }
  }
}

TEST(Region, OnANodeThatIsNotThereIsAnErrorThatNamesTheNodesThatAre) {
  const auto nodes = allowed_memory_nodes();
  if (!nodes) GTEST_SKIP() << nodes.error().to_string();
  const unsigned last = nodes->back();
  for (const unsigned node : {last + 1, 1'000'000U}) {
    for (const Placement& placement : {Placement(BoundTo{node}), Placement(InterleavedOver{{last, node}})}) {
      const auto region = Region::map(mebibyte, {.placement = placement});
      ASSERT_FALSE(region);
      EXPECT_EQ(region.error().where, "memory " + to_string(placement));
      EXPECT_EQ(region.error().found, "node " + std::to_string(node));
      EXPECT_NE(region.error().expected.find(std::to_string(last)), std::string::npos);
    }
  }
}

TEST(Region, InterleavedOverNoNodeIsAnError) {
  const auto region = Region::map(mebibyte, {.placement = InterleavedOver{}});
  ASSERT_FALSE(region);
  EXPECT_EQ(region.error().found, "no node");
}

TEST(Region, BoundToANodeThatHasNotSoMuchIsAnError) {
  const auto nodes = allowed_memory_nodes();
  if (!nodes) GTEST_SKIP() << nodes.error().to_string();
  std::size_t kibibytes = 0;
  std::string name;
  std::ifstream("/proc/meminfo") >> name >> kibibytes;
  // Some kernels refuse to reserve so much, others leave it to the check of the node.
  EXPECT_FALSE(Region::map(kibibytes << 10, {.placement = BoundTo{nodes->front()}}));
}

/// How many pages of 2 MiB the system has set aside and not yet given away.
std::size_t free_huge_pages() {
  std::size_t pages = 0;
  std::ifstream("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") >> pages;
  return pages;
}

TEST(Region, IsOfTransparentPagesWhereReservedOnesCannotBeHad) {
  const std::size_t bytes = (free_huge_pages() + 1) * 2 * mebibyte;
  const auto region = Region::map(bytes, {.pages = PageKind::huge_2_mib});
  ASSERT_TRUE(region);
  EXPECT_EQ(region->pages(), PageKind::transparent);
  EXPECT_EQ(region->bytes().size(), bytes);
  region->bytes().back() = std::byte{1};
}

TEST(Region, SmallerThanAHugePageTakesNone) {
  const auto region = Region::map(mebibyte, {.pages = PageKind::huge_1_gib});
  ASSERT_TRUE(region);
  EXPECT_EQ(region->pages(), PageKind::transparent);
}

TEST(Region, IsTakenFromAReserveAsLongAsThereIsRoom) {
  const auto whole = Region::map(8 * mebibyte);
  ASSERT_TRUE(whole);
  std::ranges::fill(whole->bytes(), std::byte{0xee});
  Reserve reserve(whole->bytes());
  const auto is_within = [&](const Region& region) {
    return region.bytes().data() >= whole->bytes().data() &&
           region.bytes().data() + region.bytes().size() <= whole->bytes().data() + whole->bytes().size();
  };
  std::byte* first = nullptr;
  {
    const Region small = *Region::map(100, {.reserve = &reserve});
    ASSERT_TRUE(is_within(small));
    first = small.bytes().data();
    small.bytes()[0] = std::byte{7};
  }
  EXPECT_EQ(*first, std::byte{7}) << "what has been given back is left as it is";
  const Region again = *Region::map(100, {.reserve = &reserve});
  EXPECT_NE(again.bytes().data(), first);
  EXPECT_TRUE(std::ranges::all_of(again.bytes(), [](std::byte byte) { return byte == std::byte{}; }));
  const Region large = *Region::map(3 * mebibyte, {.reserve = &reserve});
  EXPECT_TRUE(is_within(large));
  EXPECT_EQ(address(large) % (2 * mebibyte), 0u);
  const Region elsewhere = *Region::map(4 * mebibyte, {.reserve = &reserve});
  EXPECT_FALSE(is_within(elsewhere));
  EXPECT_EQ(elsewhere.bytes().size(), 4 * mebibyte);
}

}  // namespace
}  // namespace upout::platform
