#include <gtest/gtest.h>
#include <numaif.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "platform/memory.h"
#include "platform/pages.h"
#include "platform/topology.h"

/// Where the pages of a region are, for each way to place it, on a machine with four nodes of two processors
/// (node N has the processors 2N and 2N + 1), where node 3 has most of the memory.
namespace upout::numa {
namespace {

using namespace platform;

constexpr unsigned nodes = 4;
constexpr std::size_t page_bytes = 4096;
constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr unsigned nowhere = 1000;

/// How many pages of the range lie on each node; those that are not there are `nowhere`.
std::map<unsigned, std::size_t> pages_by_node(std::span<const std::byte> range) {
  std::vector<const void*> addresses;
  for (std::size_t at = 0; at < range.size(); at += page_bytes) addresses.push_back(&range[at]);
  const auto located = nodes_of_pages(addresses);
  EXPECT_TRUE(located) << located.error().to_string();
  std::map<unsigned, std::size_t> pages;
  for (const auto& node : *located) ++pages[node.value_or(nowhere)];
  return pages;
}

/// Writes to every page from a processor of this node.
void touch_from(unsigned node, std::span<std::byte> range) {
  std::thread([&] {
    ASSERT_TRUE(Topology::discover()->bind_this_thread(2 * node));
    for (std::size_t at = 0; at < range.size(); at += page_bytes) range[at] = std::byte{1};
  }).join();
}

using Pages = std::map<unsigned, std::size_t>;

TEST(Placement, FirstTouchIsWhereTheThreadRuns) {
  for (unsigned node = 0; node < nodes; ++node) {
    const auto region = Region::map(8 * mebibyte).value();
    EXPECT_EQ(pages_by_node(region.bytes()), (Pages{{nowhere, 2048}}));
    touch_from(node, region.bytes());
    EXPECT_EQ(pages_by_node(region.bytes()), (Pages{{node, 2048}}));
  }
}

TEST(Placement, BoundIsWhereItIsBoundWhoeverTouchesIt) {
  for (unsigned node = 0; node < nodes; ++node) {
    for (const std::size_t pages : {std::size_t{16}, std::size_t{2048}}) {
      const auto region = Region::map(pages * page_bytes, {.placement = BoundTo{node}});
      ASSERT_TRUE(region) << region.error().to_string();
      touch_from((node + 1) % nodes, region->bytes());
      EXPECT_EQ(pages_by_node(region->bytes()), (Pages{{node, pages}}));
    }
  }
}

TEST(Placement, InterleavedIsSpreadEvenlyOverItsNodes) {
  for (const std::size_t pages :
       {std::size_t{256}, std::size_t{4096}}) {  // small ones, and huge ones if there are any
    const auto region = Region::map(pages * page_bytes, {.placement = InterleavedOver{{0, 2}}});
    ASSERT_TRUE(region) << region.error().to_string();
    touch_from(1, region->bytes());
    EXPECT_EQ(pages_by_node(region->bytes()), (Pages{{0, pages / 2}, {2, pages / 2}}));
  }
}

TEST(Placement, InterleavedRegionsBeginOnDifferentNodes) {
  for (const std::size_t bytes : {2 * mebibyte, 4 * mebibyte, 8 * mebibyte, 16 * mebibyte}) {
    std::vector<Region> regions;
    Pages begins;
    for (int i = 0; i < 16; ++i) {
      regions.push_back(Region::map(bytes, {.placement = InterleavedOver{{0, 1, 2, 3}}}).value());
      touch_from(1, regions.back().bytes().first(page_bytes));
      ++begins[pages_by_node(regions.back().bytes().first(page_bytes)).begin()->first];
    }
    // Four each, but for a region or two that found room elsewhere.
    for (unsigned node = 0; node < nodes; ++node)
      EXPECT_GE(begins[node], 2U) << "node " << node << ", " << bytes;
  }
}

TEST(Placement, GetsTransparentHugePages) {
  const auto region = Region::map(8 * mebibyte, {.placement = BoundTo{1}}).value();
  touch_from(0, region.bytes());
  const std::array<std::span<const std::byte>, 1> ranges{region.bytes()};
  EXPECT_EQ(resident_pages(ranges)->transparent_huge_bytes, 8 * mebibyte);
}

TEST(Placement, OutsideOfTheNodesThatTheProcessIsBoundToIsRefused) {
  const unsigned long only_node_1 = 0b10;  // what `numactl --membind=1` does before it starts a program
  ASSERT_EQ(set_mempolicy(MPOL_BIND, &only_node_1, nodes + 1), 0);
  EXPECT_EQ(allowed_memory_nodes().value(), std::vector<unsigned>{1});
  EXPECT_TRUE(Region::map(mebibyte, {.placement = BoundTo{1}}));
  const auto refused = Region::map(mebibyte, {.placement = BoundTo{2}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().to_string(),
      "memory bound to node 2: found node 2, expected nodes that this process may take memory from (1)");
}

TEST(Placement, OfMoreThanANodeHasIsRefusedAndNotKilled) {
  const auto refused = Region::map(600 * mebibyte, {.placement = BoundTo{1}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().expected.find("that the node has available"), std::string::npos);
}

/// The kernel's pool of huge pages of one node.
void reserve_huge_pages(unsigned node, unsigned pages) {
  std::ofstream("/sys/devices/system/node/node" + std::to_string(node) +
                "/hugepages/hugepages-2048kB/nr_hugepages")
      << pages;
}

TEST(Placement, TakesReservedHugePagesFromTheNodeItIsBoundTo) {
  for (unsigned node = 0; node < nodes; ++node) reserve_huge_pages(node, 4);
  const auto region =
      Region::map(7 * mebibyte, {.placement = BoundTo{2}, .pages = PageKind::huge_2_mib}).value();
  EXPECT_EQ(region.pages(), PageKind::huge_2_mib);
  touch_from(0, region.bytes());
  EXPECT_EQ(pages_by_node(region.bytes()), (Pages{{2, 7 * 256}}));
  const std::array<std::span<const std::byte>, 1> ranges{region.bytes()};
  EXPECT_EQ(resident_pages(ranges)->huge_2_mib_bytes, 8 * mebibyte);
}

TEST(Placement, IsOfTransparentPagesIfItsNodeHasNoReservedOnes) {
  for (unsigned node = 0; node < nodes; ++node) reserve_huge_pages(node, node == 2 ? 0 : 8);
  const auto region =
      Region::map(8 * mebibyte, {.placement = BoundTo{2}, .pages = PageKind::huge_2_mib}).value();
  EXPECT_EQ(region.pages(), PageKind::transparent);
  touch_from(0, region.bytes());
  EXPECT_EQ(pages_by_node(region.bytes()), (Pages{{2, 2048}}));
}

TEST(Placement, TakesAPageOfAGibibyteIfTheNodeHasOne) {  // node 3 has one, from the start
  constexpr std::size_t gibibyte = std::size_t{1} << 30;
  const auto region = Region::map(gibibyte, {.placement = BoundTo{3}, .pages = PageKind::huge_1_gib}).value();
  EXPECT_EQ(region.pages(), PageKind::huge_1_gib);
  EXPECT_EQ(pages_by_node(region.bytes().first(mebibyte)), (Pages{{3, 256}}));
  const std::array<std::span<const std::byte>, 1> ranges{region.bytes()};
  EXPECT_EQ(resident_pages(ranges)->huge_1_gib_bytes, gibibyte);
}

}  // namespace
}  // namespace upout::numa
