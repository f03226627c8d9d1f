#include "benchmarks/completion.h"

#include <gtest/gtest.h>

#include "tests/command_line/sample_program.h"

namespace upout {
namespace {

using Words = std::vector<std::string>;

Words values_of(const std::string& name) {
  if (name == "--oven") return {"brick", "gas"};
  if (name == "flour") return {"rye", "wheat"};
  if (name == "icing") return {"sugar"};
  return {};
}

Words complete(const Words& words) {
  const testing::SampleProgram program;
  return completions(program.app, words, values_of);
}

TEST(Completion, OfTheFirstWordIsTheCommands) {
  EXPECT_EQ(complete({""}), (Words{"bread", "cake"}));
  EXPECT_EQ(complete({"c"}), Words{"cake"});
  EXPECT_EQ(complete({"x"}), Words{});
  EXPECT_EQ(complete({}), Words{});
}

TEST(Completion, OfADashIsTheOptionsOfTheCommandButNotTheHiddenOnes) {
  EXPECT_EQ(complete({"-"}), (Words{"--help", "-h"}));
  EXPECT_EQ(complete({"bread", "--"}),
            (Words{"--help", "--oven", "--crust", "--shape", "--quick", "--slow"}));
  EXPECT_EQ(complete({"bread", "rye", "--qu"}), Words{"--quick"});
}

TEST(Completion, OfAValueIsWhatTheOptionTakes) {
  EXPECT_EQ(complete({"bread", "--oven", ""}), (Words{"brick", "gas"}));
  EXPECT_EQ(complete({"bread", "--crust", "thi"}), (Words{"thin", "thick"}));
  EXPECT_EQ(complete({"bread", "-c", "thic"}), Words{"thick"});
  EXPECT_EQ(complete({"bread", "--shape", ""}), (Words{"long", "round"}));
}

TEST(Completion, OfAValueMayBeJoinedByASignOrThreeWords) {
  EXPECT_EQ(complete({"bread", "--oven=b"}), Words{"--oven=brick"});
  EXPECT_EQ(complete({"bread", "--oven", "=", "b"}), Words{"brick"});
  EXPECT_EQ(complete({"bread", "--oven", "="}), (Words{"brick", "gas"}));
  EXPECT_EQ(complete({"bread", "--oven=brick", "--qu"}), Words{"--quick"});
  EXPECT_EQ(complete({"bread", "--unknown=b"}), Words{});
}

TEST(Completion, OfAnArgumentGoesByItsPlace) {
  EXPECT_EQ(complete({"cake", ""}), Words{});
  EXPECT_EQ(complete({"cake", "tin", ""}), Words{"sugar"});
  EXPECT_EQ(complete({"cake", "tin", "sugar", ""}), Words{});
  EXPECT_EQ(complete({"bread", "--oven", "gas", "--quick", "rye", "w"}), Words{"wheat"});
}

TEST(Completion, IsAskedForByItsOwnOption) {
  const testing::SampleProgram program;
  const char* const asked[] = {"knead", "--complete", "ca"};
  ::testing::internal::CaptureStdout();
  EXPECT_TRUE(answered_completion(program.app, 3, asked, values_of));
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "cake\n");
  const char* const other[] = {"knead", "cake", "--complete"};
  EXPECT_FALSE(answered_completion(program.app, 3, other, values_of));
  EXPECT_FALSE(answered_completion(program.app, 1, other, values_of));
}

}  // namespace
}  // namespace upout
