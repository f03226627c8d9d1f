#include "benchmarks/baseline/transaction.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "benchmarks/baseline/inline_table.h"
#include "kernel/task.h"

namespace upout::baseline {
namespace {

using kernel::Key;
using kernel::Status;

using Number = std::array<std::byte, 8>;

Number number(unsigned value) {
  Number bytes{};
  bytes[0] = std::byte(value);
  return bytes;
}

/// A session, as the client sees it.
struct Session {
  Database<InlineTable> all = *Database<InlineTable>::create(16, 8);
  Database<InlineTable>& database() { return all; }
};

class BaselineTransaction : public ::testing::Test {
 protected:
  BaselineTransaction() {
    for (Key key = 1; key <= 3; ++key) EXPECT_EQ(session_.all.insert(key, number(unsigned(key))), Status::ok);
  }
  /// 0: it is not there.
  unsigned value_of(Key key) {
    Record* record = session_.all.find(key);
    return record == nullptr ? 0 : unsigned(record->value()[0]);
  }

  Session session_;
  TransactionClient<InlineTable> client_{session_, 1};
  Transaction<InlineTable> transaction_{client_};
};

/// Writes to one record twice, takes one out, puts it back otherwise, and adds one.
kernel::Task<bool> change_all(Transaction<InlineTable>& transaction, bool commits) {
  const std::array<Key, 4> keys{1, 2, 3, 4};
  co_await transaction.begin(keys);
  EXPECT_EQ(co_await transaction.update(1, 0, number(11)), Status::ok);
  EXPECT_EQ(co_await transaction.update(1, 0, number(12)), Status::ok);
  EXPECT_EQ(co_await transaction.remove(2), Status::ok);
  EXPECT_EQ(co_await transaction.remove(2), Status::not_found);
  EXPECT_EQ(co_await transaction.remove(3), Status::ok);
  EXPECT_EQ(co_await transaction.insert(3, number(33)), Status::ok);
  EXPECT_EQ(co_await transaction.insert(3, number(34)), Status::exists);
  EXPECT_EQ(co_await transaction.insert(4, number(44)), Status::ok);
  EXPECT_EQ(co_await transaction.update(4, 4, number(45)), Status::out_of_range);
  Number read{};
  std::uint32_t copied = 0;
  EXPECT_EQ(co_await transaction.read(1, 0, read, copied), Status::ok);
  EXPECT_EQ(read, number(12)) << "it sees what it has written";
  EXPECT_EQ(copied, 8U);
  if (commits) co_return co_await transaction.commit();
  transaction.abort();
  co_return false;
}

TEST_F(BaselineTransaction, LeavesBehindWhatItWroteIfItCommits) {
  EXPECT_TRUE(change_all(transaction_, true).now());
  EXPECT_EQ(value_of(1), 12U);
  EXPECT_EQ(value_of(2), 0U);
  EXPECT_EQ(value_of(3), 33U);
  EXPECT_EQ(value_of(4), 44U);
  EXPECT_EQ(session_.all.size(), 3U);
}

TEST_F(BaselineTransaction, LeavesNothingBehindIfItAborts) {
  for (int again = 0; again < 3; ++again) {
    EXPECT_FALSE(change_all(transaction_, false).now());
    for (Key key = 1; key <= 3; ++key) EXPECT_EQ(value_of(key), key);
    EXPECT_EQ(session_.all.size(), 3U);
  }
}

kernel::Task<bool> count(Transaction<InlineTable>&, int& runs) {
  ++runs;
  co_return true;
}

TEST_F(BaselineTransaction, ClientAsksAgainUntilItIsOver) {
  int runs = 0;
  int asked = 0;
  client_.run(
      [&]() -> std::optional<kernel::Task<bool>> {
        if (++asked % 2 == 0) return std::nullopt;
        return count(transaction_, runs);
      },
      [&] { return runs == 3; });
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(asked, 6);
}

}  // namespace
}  // namespace upout::baseline
