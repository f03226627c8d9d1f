#include "workloads/properties.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "tests/workloads/temporary_file.h"
#include "workloads/nearest.h"
#include "workloads/property_file.h"

namespace upout::workloads {
namespace {

std::string parsed(std::string_view text) {
  const auto properties = parse_property_file(text, "f");
  if (!properties) return properties.error().to_string();
  std::string all;
  for (const Property& property : *properties) {
    all += property.origin + "[" + property.name + "][" + property.value + "]";
  }
  return all;
}

TEST(PropertyFile, SkipsCommentsAndEmptyLines) {
  EXPECT_EQ(parsed("# a=1\n  ! b=2\n\n \t\nc=3"), "f:5[c][3]");
}

TEST(PropertyFile, TakesEachOfJavasSeparators) {
  EXPECT_EQ(parsed("a=1\nb:2\nc 3\nd\t4\ne = 5\nf : 6\n g=7"),
            "f:1[a][1]f:2[b][2]f:3[c][3]f:4[d][4]f:5[e][5]f:6[f][6]f:7[g][7]");
}

TEST(PropertyFile, SeparatesAtTheFirstSignOnly) {
  EXPECT_EQ(parsed("a = b=c:d e"), "f:1[a][b=c:d e]");
}

TEST(PropertyFile, TakesAnEmptyValueAfterASign) {
  EXPECT_EQ(parsed("a=\nb:"), "f:1[a][]f:2[b][]");
}

TEST(PropertyFile, TakesEachKindOfLineEnd) {
  EXPECT_EQ(parsed("a=1\r\nb=2\rc=3\n"), "f:1[a][1]f:2[b][2]f:3[c][3]");
}

TEST(PropertyFile, JoinsContinuedLines) {
  EXPECT_EQ(parsed("a=1,\\\n   2,\\\r\n3\nb=4"), "f:1[a][1,2,3]f:4[b][4]");
  EXPECT_EQ(parsed("a=1\\\\\nb=2"), "f:1[a][1\\]f:2[b][2]") << "an escaped backslash continues nothing";
  EXPECT_EQ(parsed("a=1\\\n#2"), "f:1[a][1#2]") << "no comment in the middle of a property";
}

TEST(PropertyFile, DoesNotContinueComments) {
  EXPECT_EQ(parsed("# a\\\nb=2"), "f:2[b][2]");
}

TEST(PropertyFile, ResolvesEscapes) {
  EXPECT_EQ(parsed("a\\=b\\ c = x\\ty\\:z\\q"), "f:1[a=b c][x\ty:zq]");
  EXPECT_EQ(parsed("a=\\u0041\\u00e4\\u20AC"), "f:1[a][A\xc3\xa4\xe2\x82\xac]");
}

TEST(PropertyFile, DropsBlanksAfterTheValue) {
  EXPECT_EQ(parsed("a=1  \t"), "f:1[a][1]");
}

TEST(PropertyFile, RefusesALineThatIsNoProperty) {
  EXPECT_EQ(parsed("a=1\nrecordcount\n"), "f:2: found 'recordcount', expected name=value");
  EXPECT_EQ(parsed("=5"), "f:1: found '=5', expected name=value");
  EXPECT_EQ(parsed(std::string(500, 'x')),
            "f:1: found '" + std::string(60, 'x') + "...', expected name=value");
}

TEST(PropertyFile, RefusesABrokenEscape) {
  EXPECT_EQ(parsed("a=\\u00g0"), "f:1: found 'a=\\u00g0', expected four hexadecimal digits after \\u");
  EXPECT_EQ(parsed("a=\\u00"), "f:1: found 'a=\\u00', expected four hexadecimal digits after \\u");
}

TEST(Properties, KeepWhereAValueCameFrom) {
  const TemporaryFile file("origin.properties", "# one\nrecordcount=5\n");
  Properties properties;
  ASSERT_TRUE(properties.read_file(file.path()));
  EXPECT_EQ(properties.find("recordcount")->where(), file.path() + ":2 recordcount");
  ASSERT_TRUE(properties.assign("recordcount=6"));
  EXPECT_EQ(properties.find("recordcount")->where(), "-p recordcount");
  EXPECT_EQ(properties.find("fieldcount"), nullptr);
}

TEST(Properties, LetLaterFilesWinAndSingleOnesOverAll) {
  const TemporaryFile first("first.properties", "a=1\nb=1\nc=1\n");
  const TemporaryFile second("second.properties", "b=2\nc=2\n");
  Properties properties;
  ASSERT_TRUE(properties.assign("c = 3 "));
  ASSERT_TRUE(properties.read_file(first.path()));
  ASSERT_TRUE(properties.read_file(second.path()));
  EXPECT_EQ(properties.find("a")->value, "1");
  EXPECT_EQ(properties.find("b")->value, "2");
  EXPECT_EQ(properties.find("c")->value, "3");
  ASSERT_TRUE(properties.assign("c=4"));
  EXPECT_EQ(properties.find("c")->value, "4");
  EXPECT_EQ(properties.all().size(), 3U);
}

TEST(Properties, SayWhichFileCannotBeRead) {
  Properties properties;
  EXPECT_EQ(properties.read_file("no/such/file").error().to_string(),
            "-P no/such/file: found No such file or directory, expected a "
            "property file");
  const std::string directory = ::testing::TempDir();
  EXPECT_EQ(properties.read_file(directory).error().to_string(),
            "-P " + directory + ": found Is a directory, expected a property file");
}

TEST(Properties, AddNothingFromABadFile) {
  const TemporaryFile file("bad.properties", "a=1\nnonsense\n");
  Properties properties;
  EXPECT_EQ(properties.read_file(file.path()).error().to_string(),
            file.path() + ":2: found 'nonsense', expected name=value");
  EXPECT_TRUE(properties.all().empty());
}

TEST(Properties, RefuseAnAssignmentWithoutNameOrSign) {
  Properties properties;
  EXPECT_EQ(properties.assign("recordcount").error().to_string(),
            "-p: found 'recordcount', expected name=value");
  EXPECT_EQ(properties.assign("=3").error().to_string(), "-p: found '=3', expected name=value");
}

TEST(Properties, ReadIntegersWithinTheirRange) {
  Properties properties;
  properties.set("n", "42", "-p");
  EXPECT_EQ(properties.integer("n", 1, 1, 100).value(), 42U);
  EXPECT_EQ(properties.integer("other", 7, 1, 100).value(), 7U);
  for (const std::string bad : {"0", "101", "-5", "1.5", "5x", "x", "", "99999999999999999999"}) {
    properties.set("n", bad, "w:3");
    EXPECT_EQ(properties.integer("n", 1, 1, 100).error().to_string(),
              "w:3 n: found '" + bad + "', expected a whole number from 1 to 100");
  }
}

TEST(Properties, ReadNumbersWithinTheirRange) {
  Properties properties;
  properties.set("share", "0.25", "-p");
  EXPECT_EQ(properties.real("share", 1, 0, 1).value(), 0.25);
  EXPECT_EQ(properties.real("other", 0.5, 0, 1).value(), 0.5);
  for (const std::string bad : {"-0.1", "1.01", "half", "nan", "inf", "0,5", ""}) {
    properties.set("share", bad, "-p");
    EXPECT_EQ(properties.real("share", 1, 0, 1).error().to_string(),
              "-p share: found '" + bad + "', expected a number from 0 to 1");
  }
}

TEST(Properties, ReadBooleansInAnyCase) {
  Properties properties;
  properties.set("flag", "TRUE", "-p");
  EXPECT_TRUE(properties.boolean("flag", false).value());
  properties.set("flag", "false", "-p");
  EXPECT_FALSE(properties.boolean("flag", true).value());
  EXPECT_TRUE(properties.boolean("other", true).value());
  properties.set("flag", "yes", "-p");
  EXPECT_EQ(properties.boolean("flag", true).error().to_string(),
            "-p flag: found 'yes', expected true or false");
}

TEST(Properties, ReadChoicesAndSuggestTheNearest) {
  constexpr std::array<std::string_view, 3> allowed{"uniform", "zipfian", "latest"};
  Properties properties;
  properties.set("d", "zipfian", "-p");
  EXPECT_EQ(properties.choice("d", 0, allowed).value(), 1U);
  EXPECT_EQ(properties.choice("other", 2, allowed).value(), 2U);
  properties.set("d", "zipfan", "-p");
  EXPECT_EQ(properties.choice("d", 0, allowed).error().to_string(),
            "-p d: found 'zipfan', expected uniform, zipfian or latest; did you mean zipfian?");
  properties.set("d", "xyz", "-p");
  EXPECT_EQ(properties.choice("d", 0, allowed).error().to_string(),
            "-p d: found 'xyz', expected uniform, zipfian or latest");
}

TEST(Nearest, IsTheWordWithTheFewestEdits) {
  constexpr std::array<std::string_view, 3> words{"recordcount", "fieldcount", "fieldlength"};
  EXPECT_EQ(nearest("recordcnt", words), "recordcount");
  EXPECT_EQ(nearest("feildcount", words), "fieldcount");
  EXPECT_EQ(nearest("fieldlenght", words), "fieldlength");
  EXPECT_EQ(nearest("xylophone", words), std::nullopt);
}

}  // namespace
}  // namespace upout::workloads
