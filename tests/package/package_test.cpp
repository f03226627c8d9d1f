#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/shell.h"

/// The Debian package, as somebody has it who has neither the sources nor the build.
namespace upout::package {
namespace {

namespace fs = std::filesystem;
using cli::testing::contents;
using cli::testing::Ended;
using cli::testing::Scratch;
using cli::testing::shell;

std::string file_of_package() {
  for (const auto& entry : fs::directory_iterator(UPOUT_PACKAGES)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("upout_" UPOUT_VERSION "_") && name.ends_with(".deb")) return entry.path().string();
  }
  ADD_FAILURE() << "no package in " UPOUT_PACKAGES;
  return {};
}

/// The value of a field of the package's control file.
std::string field(const std::string& name) {
  Ended ended = shell("dpkg-deb --field " + file_of_package() + " " + name);
  EXPECT_EQ(ended.status, 0) << ended.err;
  return ended.out.substr(0, ended.out.find('\n'));
}

/// What the package holds, unpacked.
class Unpacked : public testing::Test {
 protected:
  void SetUp() override {
    const Ended ended =
        shell("dpkg-deb --extract " + file_of_package() + " " + usr_.substr(0, usr_.size() - 4));
    ASSERT_EQ(ended.status, 0) << ended.err;
  }

  /// A shell's line, in a folder of the test, with the package's programs first in PATH.
  Ended run(const std::string& line) const {
    return shell("cd " + scratch_ / "." + " && PATH=" + usr_ + "/bin:$PATH && " + line);
  }
  std::string printed(const std::string& line) const {
    Ended ended = run(line);
    EXPECT_EQ(ended.status, 0) << line << "\n" << ended.err;
    return ended.out;
  }

  Scratch scratch_;
  std::string usr_ = scratch_ / "root/usr";
};

/// A manual page's text without what roff makes of it: fonts, and dashes that may not become hyphens.
std::string without_roff(const std::string& page) {
  std::string text;
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (page[i] != '\\' || i + 1 == page.size()) {
      text += page[i];
    } else if (page[++i] == 'f') {
      ++i;
      text += ' ';
    } else {
      text += page[i];
    }
  }
  return text;
}

/// What a list of `--complete` or of a shell is made of.
std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

TEST(Package, SaysWhatItIsAndNeeds) {
  EXPECT_EQ(field("Package"), "upout");
  EXPECT_EQ(field("Version"), UPOUT_VERSION);
  EXPECT_EQ(field("Section"), "science");
  EXPECT_EQ(field("Maintainer"), "upout developers <upout@example.org>");
  for (const char* library : {"libc6 (>=", "libhwloc15", "libnuma1", "libfmt"})
    EXPECT_NE(field("Depends").find(library), std::string::npos) << library << " in " << field("Depends");
  EXPECT_NE(field("Recommends").find("openmpi-bin"), std::string::npos);
}

TEST_F(Unpacked, HasEachThingInItsPlace) {
  for (const char* file :
       {"bin/upout", "bin/upout-baseline", "share/man/man1/upout.1", "share/man/man1/upout-baseline.1",
        "share/bash-completion/completions/upout", "share/bash-completion/completions/upout-baseline",
        "share/zsh/site-functions/_upout", "share/fish/vendor_completions.d/upout.fish",
        "share/fish/vendor_completions.d/upout-baseline.fish", "share/upout/plans/quick.toml",
        "share/upout/prices/ec2-c5-example.toml", "share/upout/published/silo-2013.json",
        "share/upout/schema/upout-result-1.schema.json", "share/upout/schema/upout-published-1.schema.json",
        "share/doc/upout/LICENSE", "share/doc/upout/README.md", "share/doc/upout/docs/installing.md",
        "share/modulefiles/upout/" UPOUT_VERSION, "share/doc/upout/contrib/reframe/upout.py"})
    EXPECT_TRUE(fs::is_regular_file(usr_ + "/" + file)) << file;
}

TEST_F(Unpacked, KnowsNoFolderOfTheBuild) {
  for (const std::string folder : {UPOUT_SOURCE_DIR, UPOUT_BUILD_DIR}) {
    const Ended found =
        run("grep --recursive --files-with-matches --fixed-strings '" + folder + "/' " + usr_);
    EXPECT_EQ(found.status, 1) << folder << " stands in:\n" << found.out << found.err;
  }
}

TEST_F(Unpacked, ListsItsOwnPlansAndFigures) {
  for (const auto& plan : fs::directory_iterator(UPOUT_SOURCE_DIR "/benchmarks/plans"))
    EXPECT_NE(printed("upout list plans").find("  " + plan.path().stem().string() + " "), std::string::npos)
        << plan;
  fs::remove(usr_ + "/share/upout/plans/quick.toml");
  EXPECT_EQ(printed("upout list plans").find("quick"), std::string::npos) << "a plan of another place";
  EXPECT_NE(printed("upout list published").find("Silo"), std::string::npos);
}

TEST_F(Unpacked, SaysWhichFilesItLacks) {
  fs::remove_all(usr_ + "/share/upout");
  const Ended ended = run("upout sweep quick");
  EXPECT_EQ(ended.status, 2);
  EXPECT_NE(ended.err.find(usr_ + "/bin/upout: found no folder share/upout/plans above it"),
            std::string::npos)
      << ended.err;
}

TEST_F(Unpacked, MeasuresASuitePlanAndReadsTheResults) {
  // A plan of the package's folder, for those of the suite take minutes.
  fs::rename(scratch_.write("tiny.toml", R"(question = "does it run?"
[[points]]
engine = "shared-memory"
threads = 1
workload = "ycsb-c"
properties = { recordcount = 1000 }
seconds = 0.2
warmup = 0.01
repetitions = 2
)"),
             usr_ + "/share/upout/plans/tiny.toml");
  printed("upout sweep tiny --out results --quiet");
  printed("upout report results -o report.html");
  EXPECT_NE(contents(scratch_ / "report.html").find("</html>"), std::string::npos);
  EXPECT_NE(printed("upout validate results"), "");
  EXPECT_NE(printed("upout compare --published results"), "");
  printed("upout-baseline --workload ycsb-c -p recordcount=1000 --seconds 0.2 --repetitions 2 --quiet");
}

/// The names of options in a list such as "-o, --output FILE".
std::set<std::string> option_names(std::string text) {
  std::ranges::replace(text, ',', ' ');
  std::istringstream words(text);
  std::set<std::string> names;
  for (std::string word; words >> word && word.starts_with('-');) names.insert(word);
  return names;
}

/// Of what `--help` prints, where options are two spaces from the margin.
std::set<std::string> options_of_help(const std::string& help) {
  std::set<std::string> names;
  for (const std::string& line : lines(help))
    if (line.starts_with("  -")) names.merge(option_names(line.substr(0, line.find(' ', 2))));
  return names;
}

/// Of a manual page's part below a heading, where options stand below a line ".TP".
std::set<std::string> options_of_page(const std::string& page, const std::string& heading) {
  std::set<std::string> names;
  bool is_below = false;
  std::string before;
  for (const std::string& line : lines(page)) {
    if (line.starts_with(".S")) is_below = line == heading;
    if (is_below && before == ".TP") names.merge(option_names(without_roff(line)));
    before = line;
  }
  return names;
}

TEST_F(Unpacked, ManualPagesHaveTheOptionsThatTheProgramsSayTheyHave) {
  for (const std::string program : {"upout", "upout-baseline"}) {
    const std::string page = contents(usr_ + "/share/man/man1/" + program + ".1");
    EXPECT_EQ(options_of_page(page, ".SH OPTIONS"), options_of_help(printed(program + " --help")));
    const auto commands = lines(printed(program + " --complete ''"));
    EXPECT_EQ(commands.empty(), program != "upout");
    for (const std::string& command : commands) {
      const auto offered = options_of_help(printed(program + " " + command + " --help"));
      EXPECT_GE(offered.size(), 2U) << command;
      EXPECT_EQ(options_of_page(page, ".SS " + program + " " + command), offered) << command;
    }
  }
}

/// What bash offers when Tab is pressed at the end of the line.
TEST_F(Unpacked, BashCompletes) {
  const auto offered = [&](const std::string& words) {
    return lines(printed("bash -c 'source " + usr_ +
                         "/share/bash-completion/completions/upout; COMP_WORDS=(" + words +
                         "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _upout \"${COMP_WORDS[0]}\"; "
                         "printf \"%s\\n\" \"${COMPREPLY[@]}\"'"));
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(offered("upout sw"), Lines{"sweep"});
  EXPECT_EQ(offered("upout sweep qu"), Lines{"quick"});
  EXPECT_EQ(offered("upout run --engine shared-"), (Lines{"shared-memory", "shared-nothing"}));
  EXPECT_EQ(offered("upout run --workload = tpc"), Lines{"tpcc"});
  EXPECT_EQ(offered("upout run --placement inter"), Lines{"interleave"});
  EXPECT_EQ(offered("upout run --index o"), Lines{"ordered"});
  EXPECT_EQ(offered("upout export --format c"), Lines{"csv"});
  EXPECT_EQ(offered("upout list pu"), Lines{"published"});
  EXPECT_EQ(offered("upout-baseline --workload smallb"), Lines{"smallbank"});
}

}  // namespace
}  // namespace upout::package
