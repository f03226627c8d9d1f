#include "platform/regions.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace upout::platform {
namespace {

using namespace std::chrono_literals;

TEST(Regions, HaveRoundTripTimesToThoseBeforeAndWithin) {
  const auto regions = Regions::parse("\nvirginia 1ms\nireland   81ms 500us ; tokyo 145ms 212.4ms 1ms\n");
  ASSERT_TRUE(regions) << regions.error().to_string();
  ASSERT_EQ(regions->size(), 3U);
  EXPECT_EQ(regions->name(1), "ireland");
  EXPECT_EQ(regions->round_trip(0, 0), 1ms);
  EXPECT_EQ(regions->round_trip(1, 1), 500us);
  EXPECT_EQ(regions->round_trip(2, 1), 212400us);
  EXPECT_EQ(regions->round_trip(1, 2), 212400us) << "as far there as back";
  EXPECT_EQ(regions->longest_round_trip(), 212400us);
  EXPECT_EQ(regions->find("tokyo"), 2U);
  EXPECT_FALSE(regions->find("paris"));
  EXPECT_EQ(regions->to_string(), "virginia 1ms; ireland 81ms 500us; tokyo 145ms 212.4ms 1ms");
  EXPECT_EQ(Regions::parse(regions->to_string())->to_string(), regions->to_string());
  EXPECT_EQ(Regions().longest_round_trip(), 0ns);
}

std::string wrong(const std::string& text) {
  const auto regions = Regions::parse(text);
  return regions ? "" : regions.error().to_string();
}

TEST(Regions, SayWhatIsWrongWithARow) {
  EXPECT_NE(wrong("a 1ms; b 2ms").find("'b' with 1 round-trip times, of 2"), std::string::npos);
  EXPECT_NE(wrong("a 1ms; b 2ms 1ms 1ms").find("'b' with 3 round-trip times, of 2"), std::string::npos);
  EXPECT_NE(wrong("a 1ms; a 2ms 1ms").find("'a' twice"), std::string::npos);
  EXPECT_NE(wrong("a 1; b 2ms 1ms").find("'1' in the row of a"), std::string::npos);
  EXPECT_NE(wrong("a 1ms; b 2001ms 1ms").find("'2001ms' in the row of b"), std::string::npos);
  EXPECT_NE(wrong("1ms; b 2ms 1ms").find("'1ms' in place of a name"), std::string::npos);
  EXPECT_NE(wrong("a 1ms; b, 2ms 1ms").find("'b,' in place of a name"), std::string::npos);
  EXPECT_NE(wrong("a 1ms").find("two or more"), std::string::npos);
  EXPECT_NE(wrong(" ; ").find("two or more"), std::string::npos);
}

TEST(Regions, GetRanksInBlocksThoseWithDataAndClientsEachForThemselves) {
  const RegionsOfRanks regions(*Regions::parse("a 1ms; b 10ms 1ms"), 5, 3);
  EXPECT_EQ(regions.servers_of(0), (std::vector<unsigned>{0, 1, 2}));
  EXPECT_EQ(regions.servers_of(1), (std::vector<unsigned>{3, 4}));
  EXPECT_EQ(regions.ranks_of(0), (std::vector<unsigned>{0, 1, 2, 5, 6}));
  EXPECT_EQ(regions.ranks_of(1), (std::vector<unsigned>{3, 4, 7}));
  EXPECT_EQ(regions.round_trip(0, 7), 10ms);
  EXPECT_EQ(regions.round_trip(0, 6), 1ms);
}

}  // namespace
}  // namespace upout::platform
