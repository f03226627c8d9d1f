#include "benchmarks/manual_page.h"

#include <gtest/gtest.h>

#include "tests/command_line/sample_program.h"

namespace upout {
namespace {

std::string page() {
  const testing::SampleProgram program;
  return manual_page(program.app, {.version = "1.2-3", .see_also = "oven(1)"});
}

void expect_in_page(const std::string& text) {
  EXPECT_NE(page().find(text), std::string::npos) << text << "\nin:\n" << page();
}

TEST(ManualPage, SaysWhatTheProgramIs) {
  expect_in_page(".TH KNEAD 1 \"\" \"upout 1.2\\-3\" \"upout\"\n");
  expect_in_page(".SH NAME\nknead \\- makes dough of flour and water\n");
  expect_in_page(".SH DESCRIPTION\nknead makes dough of flour and water: slowly.\nSee a baker.\n");
  expect_in_page(".SH SEE ALSO\noven(1)\n");
}

TEST(ManualPage, SaysOfACommandHowItIsCalled) {
  expect_in_page(".SH SYNOPSIS\n\\fBknead\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n");
  expect_in_page(
      ".SS knead bread\n\\fBknead bread\\fR \\fIflour\\fR... [\\fIOPTIONS\\fR]\n.PP\nMake a loaf.\n");
  expect_in_page(".SS knead cake\n\\fBknead cake\\fR [\\fIform\\fR] [\\fIicing\\fR] [\\fIOPTIONS\\fR]\n");
}

TEST(ManualPage, SaysOfAnOptionWhatItTakesAndWithWhat) {
  expect_in_page(".TP\n\\fIflour\\fR\nwhat of; several are mixed; required.\n");
  expect_in_page(".TP\n\\fB\\-\\-oven\\fR \\fITEXT\\fR\nwhich one.\n");
  expect_in_page(
      ".TP\n\\fB\\-c\\fR, \\fB\\-\\-crust\\fR \\fI{thin,thick}\\fR\nhow it is to be; default: thin.\n");
  expect_in_page(".TP\n\\fB\\-\\-shape\\fR \\fI{long,round}\\fR\nround or long.\n");
  expect_in_page(".TP\n\\fB\\-\\-slow\\fR\nwith leaven; not with \\-\\-quick.\n");
  EXPECT_EQ(page().find("secret"), std::string::npos);
}

TEST(ManualPage, KeepsExamplesAsTheyAreTypedAndEscapesThem) {
  expect_in_page(
      ".PP\nExamples:\n.PP\n.EX\n  knead bread rye \\-\\-crust thick\n  .hidden 'quoted' \\eback\n.EE\n.PP\n"
      "Exit status: 0.\n\\&.5 is none.\n");
  expect_in_page("To begin with: knead bread rye\n");
}

TEST(ManualPage, IsPrintedByItsFlag) {
  testing::SampleProgram program;
  add_manual_flag(program.app, {.version = "1", .see_also = "oven(1)"});
  program.app.require_subcommand(1);
  try {
    program.app.parse("--man");
    FAIL() << "went on";
  } catch (const CLI::Success& end) {
    EXPECT_NE(std::string(end.what()).find("\\fB\\-\\-man\\fR"), std::string::npos) << end.what();
  }
}

}  // namespace
}  // namespace upout
