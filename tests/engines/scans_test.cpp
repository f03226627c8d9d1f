#include "engines/scans.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace upout::engines {
namespace {

using kernel::Operation;
using kernel::OperationKind;
using kernel::Status;

/// A scan over two partitions, whose parts the test answers itself.
class SplitScan : public ::testing::Test {
 protected:
  static constexpr std::size_t entry_bytes = kernel::scan_entry_bytes(0);

  auto sender() {
    return [this](std::uint32_t, Operation& part) { parts_.push_back(&part); };
  }

  explicit SplitScan(PartitioningKind kind = PartitioningKind::hash) : scans_(Partitioning(kind, 2, 99)) {}

  void begin(std::size_t room, std::uint32_t limit) {
    output_.resize(room * entry_bytes);
    scan_ = {.kind = OperationKind::scan, .key = 0, .limit = limit, .output = output_};
    scans_.begin(scan_, sender());
  }
  /// Answers a part with records without values.
  void answer(std::size_t part, const std::vector<kernel::Key>& keys, Status status) {
    Operation& asked = *parts_.at(part);
    asked.status = status;
    asked.output_size = 0;
    for (const kernel::Key key : keys) {
      const kernel::ScanEntry entry{key, 0};
      std::memcpy(asked.output.data() + asked.output_size, &entry, sizeof(entry));
      asked.output_size += static_cast<std::uint32_t>(entry_bytes);
    }
    scans_.end(asked, done_, sender());
  }
  std::vector<kernel::Key> found() const {
    std::vector<kernel::Key> keys;
    kernel::ScanReader reader(scan_.output.first(scan_.output_size));
    std::span<const std::byte> value;
    for (kernel::Key key = 0; reader.next(key, value);) keys.push_back(key);
    return keys;
  }
  bool is_over() const { return done_.size() == 1 && done_.front() == &scan_; }

  std::vector<Operation*> parts_;
  Operation scan_;

 private:
  Scans scans_;
  std::vector<std::byte> output_;
  Completed done_;
};

class SplitScanOverRanges : public SplitScan {
 protected:
  SplitScanOverRanges() : SplitScan(PartitioningKind::range) {}
};

TEST_F(SplitScan, MergesWhatBothPartsHaveFound) {
  begin(10, 4);
  answer(1, {2, 4, 6}, Status::ok);
  EXPECT_FALSE(is_over());
  answer(0, {1, 3, 5}, Status::ok);
  EXPECT_TRUE(is_over());
  EXPECT_EQ(scan_.status, Status::ok);
  EXPECT_EQ(found(), (std::vector<kernel::Key>{1, 2, 3, 4}));
}

TEST_F(SplitScan, GoesNoFurtherThanAPartThatHadNoRoom) {
  begin(10, 10);
  answer(0, {1, 3}, Status::no_room);
  answer(1, {2, 4, 6}, Status::ok);
  EXPECT_EQ(scan_.status, Status::no_room);
  EXPECT_EQ(found(), (std::vector<kernel::Key>{1, 2, 3}));
}

/// Whatever else the other part has, or has no room for.
TEST_F(SplitScan, SaysThatAPartWasNotAnswered) {
  begin(2, 10);
  answer(0, {1, 3}, Status::no_room);
  answer(1, {}, Status::no_answer);
  EXPECT_TRUE(is_over());
  EXPECT_EQ(scan_.status, Status::no_answer);
}

TEST_F(SplitScanOverRanges, GoesOnInTheNextPartForWhatIsMissing) {
  begin(10, 3);
  ASSERT_EQ(parts_.size(), 1U);
  answer(0, {1, 2}, Status::ok);
  ASSERT_EQ(parts_.size(), 2U);
  EXPECT_EQ(parts_[1]->limit, 1U);
  answer(1, {60}, Status::ok);
  EXPECT_TRUE(is_over());
  EXPECT_EQ(found(), (std::vector<kernel::Key>{1, 2, 60}));
}

/// A peer that answers with more than it was asked for does not make the scan go on.
TEST_F(SplitScanOverRanges, AsksForNoMoreThanItsLimit) {
  begin(10, 1);
  answer(0, {1, 2, 3}, Status::ok);
  EXPECT_EQ(parts_.size(), 1U);
  EXPECT_TRUE(is_over());
}

}  // namespace
}  // namespace upout::engines
