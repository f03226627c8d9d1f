#include "workloads/queries.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "engines/aggregate.h"

namespace upout::workloads {
namespace {

static_assert(engines::Aggregate<FilteredSum>);
static_assert(engines::Aggregate<GroupedSum>);

using Row = std::array<std::uint64_t, 2>;

/// Takes in rows {i, i * i} for each i, as two threads would.
template <class Query>
Query answer(const Query& query, std::uint64_t rows) {
  Query halves[2] = {query, query};
  for (std::uint64_t i = 0; i < rows; ++i) {
    const Row row{i, i * i};
    halves[i % 2].visit(i, std::as_bytes(std::span(row)));
  }
  halves[0].merge(halves[1]);
  return halves[0];
}

TEST(FilteredSum, AddsWhatLiesWithinTheBounds) {
  const FilteredSum query{.filtered = {0}, .least = 3, .greatest = 5, .summed = {8}};
  EXPECT_EQ(answer(query, 100).result, (Sum{3, 9 + 16 + 25}));
  EXPECT_EQ(answer(query, 3).result, (Sum{0, 0}));
}

TEST(GroupedSum, AddsUpEachGroup) {
  const GroupedSum answered = answer(GroupedSum({0}, 7, {8}), 50);
  std::map<std::uint64_t, Sum> expected;
  for (std::uint64_t i = 0; i < 50; ++i) expected[i % 7].add(i * i);
  ASSERT_EQ(answered.results().size(), 7U);
  for (std::size_t group = 0; group < 7; ++group) EXPECT_EQ(answered.results()[group], expected[group]);
}

TEST(Column, OfAShortValueLacksWhatCountsAsZero) {
  const std::array<std::byte, 10> value{std::byte{1}, std::byte{2}, {}, {},           {},
                                        {},           {},           {}, std::byte{3}, std::byte{4}};
  EXPECT_EQ(Column{0}.of(value), 0x0201U);
  EXPECT_EQ(Column{8}.of(value), 0x0403U);
  EXPECT_EQ(Column{9}.of(value), 4U);
  EXPECT_EQ(Column{10}.of(value), 0U);
  EXPECT_EQ(Column{100}.of(value), 0U);
}

}  // namespace
}  // namespace upout::workloads
