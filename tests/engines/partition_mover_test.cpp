#include "engines/shared_nothing/partition_mover.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/engines/simulated_rank.h"

/// Partitions that move while they are written, between two ranks of a simulated network.
namespace upout::engines::shared_nothing {
namespace {

using platform::Timestamp;
using namespace std::chrono_literals;

constexpr std::size_t message_bytes = 2048;
constexpr std::uint64_t records = 2000;

std::span<const std::byte> bytes_of(const std::uint64_t& value) {
  return std::as_bytes(std::span(&value, 1));
}

/// Two ranks with one partition each, of which the first has some records.
class Moving : public ::testing::TestWithParam<kernel::IndexKind> {
 protected:
  Moving() {
    for (std::uint64_t key = 0; own().store->size() < records; ++key) {
      if (first_.map.owner_of(key) != 0) continue;
      own().store->insert(own().worker, key, bytes_of(key));
      keys_.push_back(key);
    }
  }

  Partition<>& own() { return first_.partitions[0]; }
  Partition<>& arrived() { return second_.partitions[0]; }

  /// Lets them go on until the move has ended; the first rank's client does `work` in each of its turns.
  template <class Work>
  void run(Work&& work) {
    network_.run(
        [&](int rank) {
          Completed done;
          if (rank == 0) work();
          (rank == 0 ? one_ : other_).poll(done);
          return rank == 0;
        },
        [&] { return !one_.is_moving() || network_.now() > 10s; });
  }
  /// An operation of the first rank's client, that is done at once unless the partition is frozen.
  void perform(kernel::Operation& operation) {
    kernel::Operation* pointer = &operation;
    Completed done;
    one_.submit(std::span(&pointer, 1), done);
  }

  Options deployment_{.index = GetParam()};
  SimNetwork network_{2, message_bytes, {.loss = 0.02}};
  Holdings first_{deployment_, 2, 0};
  Holdings second_{deployment_, 2, 1};
  SimTransport first_end_{network_, 0};
  SimTransport second_end_{network_, 1};
  Session<SimTransport> one_{first_end_, first_.partitions, first_.map, {.deadline = 5ms}};
  Session<SimTransport> other_{second_end_, second_.partitions, second_.map, {.deadline = 5ms}};
  std::vector<kernel::Key> keys_;
};

TEST_P(Moving, TakesAllRecordsAlongAndTheOwnershipToo) {
  ASSERT_TRUE(one_.begin_move(0, 1));
  EXPECT_FALSE(one_.begin_move(0, 1)) << "while it is moving";
  run([] {});
  ASSERT_EQ(one_.moves().size(), 1U);
  const PartitionMove& move = one_.moves()[0];
  EXPECT_TRUE(move.is_complete);
  EXPECT_EQ(move.records, records);
  EXPECT_EQ(first_.partitions.find(0), nullptr);
  ASSERT_NE(second_.partitions.find(0), nullptr);
  EXPECT_EQ(arrived().store->size(), records);
  for (const std::uint64_t key : keys_) {
    std::uint64_t value = ~key;
    std::uint32_t copied = 0;
    ASSERT_EQ(arrived().store->get(key, 0, std::as_writable_bytes(std::span(&value, 1)), copied),
              kernel::Status::ok);
    ASSERT_EQ(value, key);
  }
  EXPECT_EQ(first_.map.owner(0), 1U);
  EXPECT_EQ(second_.map.owner(0), 1U);
  EXPECT_EQ(first_.map.version(), 2U);
  EXPECT_FALSE(one_.begin_move(0, 1)) << "it is another rank's by now";
}

TEST_P(Moving, TakesAlongWhatIsWrittenMeanwhile) {
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> expected = keys_;
  std::vector<bool> is_there(keys_.size(), true);
  std::size_t written = 0;
  ASSERT_TRUE(one_.begin_move(0, 1));
  run([&] {
    if (own().is_frozen) return;
    const std::size_t which = random() % keys_.size();
    const std::uint64_t value = random();
    kernel::Operation operation{
        .kind = kernel::OperationKind::put, .key = keys_[which], .input = bytes_of(value)};
    is_there[which] = random() % 2 == 0;
    if (!is_there[which]) operation = {.kind = kernel::OperationKind::remove, .key = keys_[which]};
    expected[which] = value;
    perform(operation);
    ++written;
  });
  ASSERT_TRUE(one_.moves().at(0).is_complete);
  EXPECT_GT(written, 50U) << "there was nothing to take along";
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    std::uint64_t value = 0;
    std::uint32_t copied = 0;
    const auto status =
        arrived().store->get(keys_[i], 0, std::as_writable_bytes(std::span(&value, 1)), copied);
    ASSERT_EQ(status, is_there[i] ? kernel::Status::ok : kernel::Status::not_found) << i;
    if (!is_there[i]) continue;
    ASSERT_EQ(value, expected[i]) << i;
  }
}

/// The partition's client keeps on writing faster than it can be copied.
TEST_P(Moving, EndsAlthoughMoreIsWrittenThanCanBeSent) {
  constexpr std::size_t each_turn = 100;  // a message has room for fewer
  ASSERT_TRUE(one_.begin_move(0, 1));
  std::uint64_t turn = 0;
  run([&] {
    if (own().is_frozen) return;
    ++turn;
    for (std::size_t i = 0; i < each_turn; ++i) {
      kernel::Operation put{.kind = kernel::OperationKind::put,
                            .key = keys_[(turn * each_turn + i) % keys_.size()],
                            .input = bytes_of(turn)};
      perform(put);
    }
  });
  ASSERT_EQ(one_.moves().size(), 1U);
  ASSERT_TRUE(one_.moves()[0].is_complete);
  EXPECT_GT(one_.moves()[0].records, records + 1000);
  EXPECT_EQ(arrived().store->size(), records);
}

TEST_P(Moving, IsGivenUpIfTheOtherRankIsSilentAndThePartitionGoesOnToBeServed) {
  network_.crash(1);
  ASSERT_TRUE(one_.begin_move(0, 1));
  run([] {});
  ASSERT_EQ(one_.moves().size(), 1U);
  EXPECT_FALSE(one_.moves()[0].is_complete);
  kernel::Operation remove{.kind = kernel::OperationKind::remove, .key = keys_[0]};
  perform(remove);
  EXPECT_EQ(remove.status, kernel::Status::ok);
  EXPECT_EQ(own().store->size(), records - 1);
}

INSTANTIATE_TEST_SUITE_P(, Moving, ::testing::Values(kernel::IndexKind::hash, kernel::IndexKind::ordered),
                         [](const auto& kind) {
                           return kind.param == kernel::IndexKind::hash ? "Hash" : "Ordered";
                         });

}  // namespace
}  // namespace upout::engines::shared_nothing
