#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "kernel/log/checkpoint.h"
#include "tests/kernel/log_bench.h"

namespace upout::kernel::testing {
namespace {

namespace fs = std::filesystem;

void damage(const fs::path& path, std::size_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x10));
}

class LogImageTest : public ::testing::Test {
 protected:
  /// Puts the same number to keys 0, 1, 2 ..., a group for each, and says where each group ends.
  std::vector<std::size_t> write_groups(std::size_t count, std::size_t file_bytes = 1 << 20) {
    LoggedBench<Exclusive> bench({.folder = folder_ / "", .file_bytes = file_bytes}, {});
    std::vector<std::size_t> ends;
    for (Key key = 0; key < count; ++key) {
      EXPECT_EQ(bench.store->put(bench.worker, key, pattern(100, 7)), Status::ok);
      EXPECT_TRUE(bench.log->flush());
      ends.push_back(bench.log->written_bytes());
    }
    return ends;
  }
  std::size_t recovered_keys() const { return recovered<Exclusive>(folder_ / "").value().size(); }
  std::string error() const {
    const auto image = LogImage::open(folder_ / "");
    return image ? "" : image.error().to_string();
  }

  harness::TemporaryFolder folder_;
};

TEST_F(LogImageTest, OfNothingIsEmpty) {
  EXPECT_EQ(recovered_keys(), 0U);
  EXPECT_EQ(LogImage::open(folder_ / "nowhere").error().found, "No such file or directory");
}

TEST_F(LogImageTest, DamageBeforeWhatWasAcknowledgedIsAnErrorWithItsPlace) {
  const std::vector<std::size_t> ends = write_groups(5);
  const fs::path file = last_log_file(folder_ / "");
  for (std::size_t group = 0; group < 4; ++group) {
    const std::size_t begin = group == 0 ? group_bytes(0) : ends[group - 1];
    for (const std::size_t offset : {std::size_t{0}, std::size_t{20}, sizeof(GroupHeader) + 60}) {
      damage(file, begin + offset);
      EXPECT_NE(error().find(file.string() + ": found damage at offset " + std::to_string(begin) +
                             ", expected group"),
                std::string::npos)
          << error();
      damage(file, begin + offset);
    }
  }
  EXPECT_EQ(recovered_keys(), 5U) << "as it was";
}

TEST_F(LogImageTest, DamageAtTheEndIsATailThatWasBeingWritten) {
  const std::vector<std::size_t> ends = write_groups(5);
  const fs::path file = last_log_file(folder_ / "");
  damage(file, ends[3] + sizeof(GroupHeader) + 3);
  EXPECT_EQ(recovered_keys(), 4U);
  const auto image = LogImage::open(folder_ / "");
  EXPECT_EQ(image->cut_bytes(), fs::file_size(file) - ends[3]);
  ASSERT_TRUE(image->go_on());
  EXPECT_EQ(fs::file_size(file), ends[3]);
}

TEST_F(LogImageTest, AFileThatIsMissingIsAnError) {
  write_groups(20, 8192);
  const std::vector<LogFileName> files = log_files(folder_ / "", log_extension).value();
  ASSERT_GT(files.size(), 5U);
  for (const std::size_t missing : {std::size_t{0}, std::size_t{3}}) {
    const fs::path aside = folder_ / "aside";
    fs::rename(files[missing].path, aside);
    EXPECT_NE(error().find(files[missing].path.string() + ": found no such file"), std::string::npos)
        << error();
    fs::rename(aside, files[missing].path);
  }
  EXPECT_EQ(recovered_keys(), 20U);
}

TEST_F(LogImageTest, AMissingFileIsMissedThoughTheLastOneIsEmpty) {
  write_groups(20, 8192);
  const std::vector<LogFileName> files = log_files(folder_ / "", log_extension).value();
  fs::remove(files[files.size() - 2].path);
  fs::resize_file(files.back().path, 0);
  fs::resize_file(files.back().path, 1 << 16);
  EXPECT_NE(error().find("found no such file"), std::string::npos) << error();
}

/// Whose epochs have gone by without anything in them.
TEST_F(LogImageTest, GoesOnAfterACheckpointWithNothingBehindIt) {
  {
    LoggedBench<Exclusive> bench({.folder = folder_ / ""}, {});
    for (Key key = 0; key < 10; ++key)
      EXPECT_EQ(bench.store->put(bench.worker, key, pattern(100, 7)), Status::ok);
    for (int epoch = 0; epoch < 500; ++epoch) ASSERT_TRUE(bench.log->flush());
    auto checkpoint = CheckpointWriter::begin(*bench.log);
    ASSERT_TRUE(checkpoint);
    ASSERT_TRUE(checkpoint->add(*bench.store, bench.worker));
    ASSERT_TRUE(checkpoint->finish());
  }
  for (Key life = 0; life < 3; ++life) {
    const auto image = LogImage::open(folder_ / "");
    ASSERT_TRUE(image) << image.error().to_string();
    LoggedBench<Exclusive> bench(image->go_on().value(), {});
    EXPECT_EQ(bench.store->put(bench.worker, 100 + life, pattern(100, 7)), Status::ok);
    ASSERT_TRUE(bench.log->flush());
  }
  EXPECT_EQ(recovered_keys(), 13U);
}

TEST_F(LogImageTest, AnUnfinishedCheckpointLeavesNothing) {
  {
    LoggedBench<Exclusive> bench({.folder = folder_ / ""}, {});
    EXPECT_EQ(bench.store->put(bench.worker, 1, pattern(100, 7)), Status::ok);
    auto checkpoint = CheckpointWriter::begin(*bench.log);
    ASSERT_TRUE(checkpoint->add(*bench.store, bench.worker));
    EXPECT_EQ(log_files(folder_ / "", part_extension)->size(), 1U);
    ASSERT_TRUE(bench.log->flush());
  }
  EXPECT_EQ(log_files(folder_ / "", part_extension)->size(), 0U);
  EXPECT_EQ(recovered_keys(), 1U);
}

TEST_F(LogImageTest, OfACheckpointNeedsAllOfIt) {
  {
    LoggedBench<Exclusive> bench({.folder = folder_ / ""}, {});
    for (Key key = 0; key < 100; ++key)
      EXPECT_EQ(bench.store->put(bench.worker, key, pattern(100, 7)), Status::ok);
    auto checkpoint = CheckpointWriter::begin(*bench.log);
    ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
    ASSERT_TRUE(checkpoint->add(*bench.store, bench.worker));
    ASSERT_TRUE(checkpoint->finish());
  }
  EXPECT_EQ(recovered_keys(), 100U);
  ASSERT_EQ(log_files(folder_ / "", log_extension).value().size(), 1U) << "older ones are superfluous";
  const fs::path file = log_files(folder_ / "", checkpoint_extension).value().at(0).path;
  damage(file, 1000);
  EXPECT_NE(error().find(file.string() + ": found damage at offset 0, expected a whole checkpoint"),
            std::string::npos)
      << error();
  damage(file, 1000);
  fs::remove(last_log_file(folder_ / ""));
  EXPECT_NE(error().find("what came after the checkpoint"), std::string::npos) << error();
}

/// As long as it lives, files of this process end at so many bytes.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(LogImageTest, AFullDiskEndsTheLogAndKeepsWhatWasDurable) {
  Key durable = 0;
  {
    LoggedBench<Exclusive> bench({.folder = folder_ / "", .ring_bytes = 1 << 16, .file_bytes = 1 << 20}, {});
    const FullDisk full(100'000);
    platform::Expected<void> flushed;
    for (Key key = 0; flushed; ++key) {
      ASSERT_LT(key, 1000U);
      EXPECT_EQ(bench.store->put(bench.worker, key, pattern(1000, 7)), Status::ok);
      flushed = bench.log->flush();
      if (flushed) durable = key + 1;
    }
    EXPECT_NE(flushed.error().to_string().find("File too large, expected room for the log"),
              std::string::npos)
        << flushed.error().to_string();
    EXPECT_TRUE(bench.log->state().has_failed.load());
    const Epoch last = bench.log->state().durable.load();
    // Nobody waits for room that never comes.
    for (Key key = 0; key < 200; ++key)
      EXPECT_EQ(bench.store->put(bench.worker, key, pattern(1000, 7)), Status::ok);
    EXPECT_FALSE(bench.log->flush());
    EXPECT_EQ(bench.log->state().durable.load(), last);
  }
  EXPECT_GT(durable, 10U);
  // The last one may be there, though nobody was told.
  EXPECT_GE(recovered_keys(), durable);
  EXPECT_LE(recovered_keys(), durable + 1);
}

}  // namespace
}  // namespace upout::kernel::testing
