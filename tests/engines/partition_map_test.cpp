#include "engines/shared_nothing/partition_map.h"

#include <gtest/gtest.h>

#include <vector>

namespace upout::engines::shared_nothing {
namespace {

constexpr std::uint32_t nobody = 99;

PartitionMap map_of(std::uint32_t partitions, std::uint32_t ranks) {
  return {Partitioning(PartitioningKind::range, partitions, 99), ranks};
}

TEST(PartitionMap, DealsOutToSomeOfTheRanksAlone) {
  const std::vector<unsigned> owners{3, 1};
  const PartitionMap map(Partitioning(PartitioningKind::hash, 4), 5, owners);
  EXPECT_EQ(map.owner(0), 3U);
  EXPECT_EQ(map.owner(1), 3U);
  EXPECT_EQ(map.owner(2), 1U);
  EXPECT_EQ(map.owner(3), 1U);
  EXPECT_EQ(map.ranks(), 5U) << "that could own some";
}

TEST(PartitionMap, DealsOutEqualBlocksOfNeighbours) {
  const PartitionMap map = map_of(8, 3);
  std::vector<std::uint32_t> owners;
  for (std::uint32_t partition = 0; partition < 8; ++partition) owners.push_back(map.owner(partition));
  EXPECT_EQ(owners, (std::vector<std::uint32_t>{0, 0, 0, 1, 1, 1, 2, 2}));
  EXPECT_EQ(map.owner_of(99), 2U);
  EXPECT_EQ(map.version(), 1U);
}

TEST(PartitionMap, IsNewerByEachMove) {
  PartitionMap map = map_of(4, 2);
  map.assign(0, 1, 1);
  map.assign(3, 0, 1);
  map.assign(0, 0, 2);
  EXPECT_EQ(map.version(), 4U);
  EXPECT_EQ(map.owner(0), 0U);
  EXPECT_EQ(map.owner(3), 0U);
}

TEST(PartitionMap, OfTwoEntriesKeepsTheOneWithMoreMovesInWhateverOrderTheyCome) {
  PartitionMap one = map_of(4, 3);
  PartitionMap other = map_of(4, 3);
  one.assign(0, 2, 2);
  one.assign(1, 2, 1);
  other.assign(0, 1, 1);
  other.assign(3, 0, 1);
  PartitionMap both = one;
  ASSERT_TRUE(both.merge(other.bytes(), nobody));
  ASSERT_TRUE(other.merge(one.bytes(), nobody));
  for (std::uint32_t partition = 0; partition < 4; ++partition) {
    EXPECT_EQ(both.owner(partition), other.owner(partition));
  }
  EXPECT_EQ(both.owner(0), 2U);
  EXPECT_EQ(both.owner(1), 2U);
  EXPECT_EQ(both.owner(3), 0U);
  EXPECT_EQ(both.version(), 5U);
}

TEST(PartitionMap, TakesNothingFromWhatIsNoMapOfThisDeployment) {
  PartitionMap map = map_of(4, 2);
  PartitionMap of_more_ranks = map_of(4, 3);
  of_more_ranks.assign(0, 2, 7);
  EXPECT_FALSE(map.merge(of_more_ranks.bytes(), nobody));
  EXPECT_FALSE(map.merge(map_of(5, 2).bytes(), nobody));
  EXPECT_EQ(map.version(), 1U);
}

/// Whoever says so, a rank has what it has.
TEST(PartitionMap, BelievesNobodyAboutWhatItsOwnRankOwns) {
  PartitionMap map = map_of(6, 3);
  PartitionMap other = map;
  other.assign(0, 1, 7);  // was rank 0's
  other.assign(2, 0, 7);  // was rank 1's
  other.assign(3, 2, 7);
  ASSERT_TRUE(map.merge(other.bytes(), 0));
  EXPECT_EQ(map.owner(0), 0U);
  EXPECT_EQ(map.owner(2), 1U);
  EXPECT_EQ(map.owner(3), 2U);
}

}  // namespace
}  // namespace upout::engines::shared_nothing
