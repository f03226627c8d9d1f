#include "platform/data_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace upout::platform {
namespace {

namespace fs = std::filesystem;

/// An installation in a folder of its own, gone afterwards.
class DataFolder : public testing::Test {
 protected:
  DataFolder() {
    std::string name = (fs::temp_directory_path() / "upout-data-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~DataFolder() override { fs::remove_all(root_); }

  fs::path make(const std::string& folder) const {
    fs::create_directories(root_ / folder);
    return root_ / folder;
  }

  fs::path root_;
};

TEST_F(DataFolder, OfAnInstallationIsBesideThatOfItsPrograms) {
  const fs::path plans = make("usr/share/upout/plans");
  EXPECT_EQ(data_folder("plans", root_ / "usr/bin/upout"), plans.string());
}

TEST_F(DataFolder, IsTheNearest) {
  make("share/upout/plans");
  const fs::path nearest = make("opt/share/upout/plans");
  EXPECT_EQ(data_folder("plans", root_ / "opt/upout/bin/upout"), nearest.string());
}

TEST_F(DataFolder, MovesWithTheInstallation) {
  make("here/share/upout/plans");
  fs::rename(root_ / "here", root_ / "there");
  EXPECT_EQ(data_folder("plans", root_ / "there/bin/upout"), (root_ / "there/share/upout/plans").string());
}

TEST_F(DataFolder, ThatIsMissingIsAnErrorThatNamesTheProgramAndWhatItLacks) {
  make("usr/share/upout");
  std::ofstream(root_ / "usr/share/upout/plans") << "no folder";
  const auto folder = data_folder("plans", root_ / "usr/bin/upout");
  ASSERT_FALSE(folder) << *folder;
  EXPECT_EQ(folder.error().to_string(), (root_ / "usr/bin/upout").string() +
                                            ": found no folder share/upout/plans above it, expected the "
                                            "files that it is installed with");
  EXPECT_FALSE(data_folder("plans", ""));
}

TEST(OwnProgram, IsTheFileThatRuns) {
  EXPECT_EQ(own_program().filename(), "test_platform");
}

TEST(BuildTree, HasTheFoldersOfTheSources) {
  const fs::path sources = fs::canonical(UPOUT_SOURCE_DIR);
  EXPECT_EQ(fs::canonical(data_folder("plans").value()), sources / "benchmarks/plans");
  EXPECT_EQ(fs::canonical(data_folder("published").value()), sources / "results/published");
  EXPECT_EQ(fs::canonical(data_folder("schema").value()), sources / "results/schema");
  EXPECT_EQ(fs::canonical(data_folder("prices").value()), sources / "benchmarks/prices");
}

}  // namespace
}  // namespace upout::platform
