#include "platform/text_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace upout::platform {
namespace {

namespace fs = std::filesystem;

class TextFile : public testing::Test {
 protected:
  TextFile() {
    std::string name = (fs::temp_directory_path() / "upout-text-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~TextFile() override { fs::remove_all(folder_); }
  std::string path() const { return folder_ / "file"; }
  std::string text() const { return read_text_file(path(), 1 << 20, "", "").value_or("none"); }

  fs::path folder_;
};

TEST_F(TextFile, IsReadAsItWasWrittenWithNothingBesideIt) {
  ASSERT_TRUE(write_text_file(path(), "old"));
  ASSERT_TRUE(write_text_file(path(), std::string("new\n\0text", 9)));
  EXPECT_EQ(text(), std::string("new\n\0text", 9));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(TextFile, ThatADiskHasNoRoomForIsAnErrorAndLeavesTheOldOne) {
  for (const std::size_t bytes : {std::size_t{5}, std::size_t{1} << 20}) {
    ASSERT_TRUE(write_text_file(path(), "old"));
    fs::create_symlink("/dev/full", path() + ".part-" + std::to_string(getpid()));
    const auto written = write_text_file(path(), std::string(bytes, 'x'));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().to_string(),
              path() + ": found No space left on device, expected a file that can be written");
    EXPECT_EQ(text(), "old");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
  }
}

}  // namespace
}  // namespace upout::platform
