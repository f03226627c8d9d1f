#include "platform/error.h"

#include <gtest/gtest.h>

namespace upout::platform {
namespace {

TEST(Error, NamesPlaceFoundAndExpected) {
  const Error error{"plan.toml:12", "'4'", "at most 2"};
  EXPECT_EQ(error.to_string(), "plan.toml:12: found '4', expected at most 2");
}

TEST(Error, LeavesOutEmptyParts) {
  EXPECT_EQ((Error{"--threads", "", "a number"}.to_string()), "--threads: expected a number");
  EXPECT_EQ((Error{"--threads", "'x'", ""}.to_string()), "--threads: found 'x'");
  EXPECT_EQ((Error{"", "'x'", "a number"}.to_string()), "found 'x', expected a number");
  EXPECT_EQ((Error{"--threads", "", ""}.to_string()), "--threads");
}

TEST(Error, StaysOnOneLineWhateverWasFound) {
  const Error error{"a.toml:1", "'x\ny\tz\x7f'", "caf\xc3\xa9"};
  EXPECT_EQ(error.to_string(), "a.toml:1: found 'x\\ny\\x09z\\x7f', expected caf\xc3\xa9");
}

TEST(Error, TravelsInAnExpectedOfAnyType) {
  const Expected<int> failed = unexpected("--seed", "''", "a number");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().where, "--seed");
}

}  // namespace
}  // namespace upout::platform
