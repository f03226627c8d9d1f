#include "tests/history/linearizability.h"

#include <gtest/gtest.h>

#include <vector>

namespace upout::history {
namespace {

using kernel::OperationKind;
using kernel::Status;

using History = std::vector<RegisterOperation>;

RegisterOperation operation(OperationKind kind, Time began, Time ended, std::uint64_t written, Status status,
                            std::uint64_t read = 0) {
  RegisterOperation result;
  result.kind = kind;
  result.written = written;
  result.status = status;
  result.read = read;
  result.began = began;
  result.ended = ended;
  return result;
}
RegisterOperation put(std::uint64_t value, Time began, Time ended) {
  return operation(OperationKind::put, began, ended, value, Status::ok);
}
RegisterOperation insert(std::uint64_t value, Status status, Time began, Time ended) {
  return operation(OperationKind::insert, began, ended, value, status);
}
RegisterOperation get(std::uint64_t value, Time began, Time ended) {
  return operation(OperationKind::get, began, ended, 0, Status::ok, value);
}
RegisterOperation get_nothing(Time began, Time ended) {
  return operation(OperationKind::get, began, ended, 0, Status::not_found);
}
RegisterOperation remove(Status status, Time began, Time ended) {
  return operation(OperationKind::remove, began, ended, 0, status);
}
RegisterOperation update(std::uint64_t value, Time began, Time ended) {
  return operation(OperationKind::update, began, ended, value, Status::ok);
}
RegisterOperation exchange(std::uint64_t read, std::uint64_t value, Time began, Time ended) {
  return operation(OperationKind::read_modify_write, began, ended, value, Status::ok, read);
}

bool accepts(const History& history) {
  return static_cast<bool>(check_linearizable(history));
}

TEST(Linearizability, AcceptsOneAfterTheOther) {
  EXPECT_TRUE(accepts({}));
  EXPECT_TRUE(
      accepts({get_nothing(0, 1), insert(1, Status::ok, 2, 3), insert(2, Status::exists, 4, 5), get(1, 6, 7),
               update(3, 8, 9), exchange(3, 4, 10, 11), get(4, 12, 13), remove(Status::ok, 14, 15),
               remove(Status::not_found, 16, 17), get_nothing(18, 19), put(5, 20, 21), get(5, 22, 23)}));
}

TEST(Linearizability, AcceptsAReadOfEitherValueWhileItIsWritten) {
  const History before = {put(1, 0, 1), put(2, 2, 9)};
  for (const std::uint64_t value : {1U, 2U}) {
    History history = before;
    history.push_back(get(value, 3, 4));
    EXPECT_TRUE(accepts(history));
  }
}

TEST(Linearizability, AcceptsOperationsThatTouchInOnePoint) {
  EXPECT_TRUE(accepts({put(1, 0, 5), get_nothing(5, 6)}));
}

TEST(Linearizability, RejectsAStaleRead) {
  const History history = {put(1, 0, 1), put(2, 2, 3), get(1, 4, 5)};
  EXPECT_FALSE(accepts(history));
}

TEST(Linearizability, RejectsReadsThatGoBackInTime) {
  EXPECT_TRUE(accepts({put(1, 0, 1), put(2, 2, 9), get(1, 3, 4), get(2, 5, 6)}));
  EXPECT_FALSE(accepts({put(1, 0, 1), put(2, 2, 9), get(2, 3, 4), get(1, 5, 6)}));
}

TEST(Linearizability, RejectsALostUpdate) {
  EXPECT_FALSE(accepts({put(0, 0, 1), exchange(0, 1, 2, 5), exchange(0, 2, 3, 4)}));
  EXPECT_TRUE(accepts({put(0, 0, 1), exchange(2, 1, 2, 5), exchange(0, 2, 3, 4)}));
}

TEST(Linearizability, RejectsAValueThatNobodyWrote) {
  EXPECT_FALSE(accepts({put(1, 0, 1), get(7, 2, 3)}));
}

TEST(Linearizability, RejectsAReadFromTheFuture) {
  EXPECT_FALSE(accepts({get(1, 0, 1), put(1, 2, 3)}));
}

TEST(Linearizability, RejectsTwoInsertsThatBothWon) {
  EXPECT_FALSE(accepts({insert(1, Status::ok, 0, 5), insert(2, Status::ok, 1, 4)}));
  EXPECT_TRUE(accepts({insert(1, Status::ok, 0, 5), insert(2, Status::ok, 1, 4), remove(Status::ok, 2, 3)}));
}

TEST(Linearizability, RejectsAnUpdateThatMissedAPresentKey) {
  EXPECT_FALSE(accepts({put(1, 0, 1), operation(OperationKind::update, 2, 3, 9, Status::not_found),
                        remove(Status::ok, 4, 5)}));
}

TEST(Linearizability, RejectsAReadThatLostTheKeyWhileItWasReplaced) {
  EXPECT_FALSE(accepts({put(1, 0, 1), put(2, 2, 9), get_nothing(3, 4)}));
}

TEST(Linearizability, RejectsAWriteOfAPartThatLostTheOtherPart) {
  RegisterOperation low = update(0x22, 2, 5);
  low.mask = 0xff;
  RegisterOperation high = update(0x3300, 3, 4);
  high.mask = 0xff00;
  EXPECT_TRUE(accepts({put(0x1111, 0, 1), low, high, get(0x3322, 6, 7)}));
  EXPECT_FALSE(accepts({put(0x1111, 0, 1), low, high, get(0x1122, 6, 7)}));
}

TEST(Linearizability, PendingOperationsMayTakeEffectLateOrNever) {
  EXPECT_TRUE(accepts({put(1, 0, 1), put(2, 2, never), get(1, 3, 4), get(2, 5, 6)}));
  EXPECT_TRUE(accepts({put(1, 0, 1), put(2, 2, never), get(1, 3, 4), get(1, 5, 6)}));
  EXPECT_FALSE(accepts({put(1, 0, 1), put(2, 2, never), get(2, 3, 4), get(1, 5, 6)}));
  EXPECT_FALSE(accepts({put(1, 0, 1), get(2, 3, 4), put(2, 5, never)}));
}

/// As clients leave behind that lose their servers: of each, both outcomes would be looked at from then on.
TEST(Linearizability, PendingUpdatesThatNobodyReadCostNothing) {
  History history = {put(1, 0, 1)};
  for (std::uint64_t value = 100; value < 200; ++value) history.push_back(update(value, 2, never));
  history.insert(history.end(), {update(2, 3, 4), get(2, 5, 6), get(150, 7, 8), update(3, 9, 10)});
  EXPECT_TRUE(accepts(history));
  history.push_back(get(2, 11, 12));
  EXPECT_FALSE(accepts(history));
  history.back() = get(150, 11, 12);
  EXPECT_FALSE(accepts(history)) << "it was overwritten";
}

TEST(Linearizability, KeysAreIndependent) {
  RegisterOperation other = get_nothing(2, 3);
  other.key = 8;
  EXPECT_TRUE(accepts({put(1, 0, 1), other}));
}

TEST(Linearizability, ExplainsTheShortestPrefixThatHasNoOrder) {
  const History history = {put(1, 0, 1), put(2, 2, 3),   put(3, 4, 9),
                           get(1, 5, 6), put(4, 10, 11), get(4, 12, 13)};
  const Verdict verdict = check_linearizable(history);
  EXPECT_EQ(verdict.anomaly, "not linearizable");
  EXPECT_EQ(verdict.explanation,
            "key 0: the first 2 operations to end can be ordered, and leave it 2;\n"
            "but not with\n"
            "  thread 0: get -> ok, read 1, [5, 6]\n"
            "which read what was written by\n"
            "  thread 0: put 1 -> ok, [0, 1]\n"
            "also running then:\n"
            "  thread 0: put 3 -> ok, [4, 9]\n");
}

TEST(Linearizability, RefusesMoreOperationsAtOnceThanItCanFollow) {
  History history;
  for (Time time = 0; time < 65; ++time) history.push_back(put(time, time, 1000 + time));
  EXPECT_THROW(check_linearizable(history), std::length_error);
}

/// A long history: eight clients whose operations take effect at known points, some of them shared.
TEST(Linearizability, FollowsALongHistoryOfManyClients) {
  History history;
  constexpr Time operations = 4'000;
  for (Time i = 0; i < operations; ++i) {
    // It takes effect at 10 i + 40, with eight around it, half of them writes.
    history.push_back(i % 2 == 0 ? put(i, 10 * i, 10 * i + 80) : get(i - 1, 10 * i, 10 * i + 80));
  }
  EXPECT_TRUE(accepts(history));
  history[operations / 2 + 1].read = operations / 2 - 20;  // long overwritten
  EXPECT_FALSE(accepts(history));
}

}  // namespace
}  // namespace upout::history
