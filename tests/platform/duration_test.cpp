#include "platform/duration.h"

#include <gtest/gtest.h>

#include <string>

namespace upout::platform {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsANumberAndItsUnit) {
  EXPECT_EQ(parse_duration("0us", 1s), 0ns);
  EXPECT_EQ(parse_duration("7ns", 1s), 7ns);
  EXPECT_EQ(parse_duration("100us", 1s), 100us);
  EXPECT_EQ(parse_duration("1.5ms", 1s), 1500us);
  EXPECT_EQ(parse_duration(".25s", 1s), 250ms);
  EXPECT_EQ(parse_duration("2s", 2s), 2s);
}

TEST(Duration, OfAnythingElseIsRefused) {
  for (const char* text : {"", "us", "100", "100 us", "100usec", "100Us", "-1us", "1e3us", "1.2.3ms", "nans",
                           "infs", "us100", "1001ms", "99999999999999999999s"}) {
    const auto refused = parse_duration(text, 1s);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().found, "'" + std::string(text) + "'");
    EXPECT_NE(refused.error().expected.find("100us"), std::string::npos);
    EXPECT_NE(refused.error().expected.find("at most 1 s"), std::string::npos);
  }
}

TEST(Duration, IsWrittenInTheLargestUnitThatFits) {
  EXPECT_EQ(to_string(0ns), "0 ns");
  EXPECT_EQ(to_string(999ns), "999 ns");
  EXPECT_EQ(to_string(100us), "100 us");
  EXPECT_EQ(to_string(1500us), "1.5 ms");
  EXPECT_EQ(to_string(1s), "1 s");
}

}  // namespace
}  // namespace upout::platform
