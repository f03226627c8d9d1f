#include "tests/history/serializability.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace upout::history {
namespace {

constexpr kernel::Key x = 1;
constexpr kernel::Key y = 2;
constexpr std::optional<Version> absent = std::nullopt;

Version v(std::uint32_t number) {
  return {9, number};
}

/// A history, transaction by transaction; T0 has loaded x and y with versions 1 and 2. All that follow run at
/// the same time, unless they are said to run one after the other.
class SerializabilityTest : public ::testing::Test {
 protected:
  SerializabilityTest() {
    Transaction& load = next(0, 1);
    load.insert(x, v(1));
    load.insert(y, v(2));
  }

  Transaction& next(Time began = 10, Time ended = 100) {
    history_.reserve(100);  // so that references stay
    Transaction& transaction = history_.emplace_back();
    transaction.began = began;
    transaction.ended = ended;
    transaction.committed = true;
    return transaction;
  }

  std::string anomaly() const {
    const Verdict verdict = check_serializable(history_);
    // What is not serializable can't be strictly so.
    if (!verdict) {
      EXPECT_FALSE(check_strictly_serializable(history_));
    }
    return verdict.anomaly;
  }
  std::string strict_anomaly() const { return check_strictly_serializable(history_).anomaly; }
  std::string explanation() const { return check_serializable(history_).explanation; }

  std::vector<Transaction> history_;
};

TEST_F(SerializabilityTest, AcceptsOneAfterTheOther) {
  Transaction& first = next(10, 20);
  first.read(x, v(1));
  first.write(x, v(3), v(1));
  first.remove(y, v(2));
  Transaction& second = next(30, 40);
  second.scan(0, 9, {{x, v(3)}});
  second.insert(y, v(4));
  Transaction& third = next(50, 60);
  third.scan(0, 9, {{x, v(3)}, {y, v(4)}});
  EXPECT_EQ(anomaly(), "");
  EXPECT_EQ(strict_anomaly(), "");
}

TEST_F(SerializabilityTest, AcceptsAnOrderThatIsNotThatOfTheEnds) {
  Transaction& reader = next(10, 100);
  reader.read(x, v(1));
  reader.read(y, v(2));
  Transaction& writer = next(20, 30);
  writer.write(x, v(3), v(1));
  writer.write(y, v(4), v(2));
  EXPECT_EQ(strict_anomaly(), "");
}

TEST_F(SerializabilityTest, RejectsALostUpdate) {
  for (std::uint32_t i = 0; i < 2; ++i) {
    Transaction& transaction = next();
    transaction.read(x, v(1));
    transaction.write(x, v(3 + i), v(1));
  }
  EXPECT_EQ(anomaly(), "lost update");
  EXPECT_EQ(explanation(), "T1 and T2 both overwrote 9:1 of key 1");
}

TEST_F(SerializabilityTest, RejectsTwoInsertsOfOneKey) {
  next().insert(7, v(3));
  next().insert(7, v(4));
  EXPECT_EQ(anomaly(), "lost update");
}

TEST_F(SerializabilityTest, RejectsWriteSkew) {
  Transaction& first = next();
  first.read(x, v(1));
  first.write(y, v(3), v(2));
  Transaction& second = next();
  second.read(y, v(2));
  second.write(x, v(4), v(1));
  EXPECT_EQ(anomaly(), "G2");
  const std::string text = explanation();
  EXPECT_NE(text.find("T1 read 9:1 of key 1 before T2 overwrote it"), std::string::npos) << text;
  EXPECT_NE(text.find("T2 read 9:2 of key 2 before T1 overwrote it"), std::string::npos) << text;
}

TEST_F(SerializabilityTest, RejectsACycleOfWrites) {
  Transaction& first = next();
  first.write(x, v(3), v(1));
  first.write(y, v(4), v(6));
  Transaction& second = next();
  second.write(x, v(5), v(3));
  second.write(y, v(6), v(2));
  EXPECT_EQ(anomaly(), "G0");
}

TEST_F(SerializabilityTest, RejectsAnAbortedRead) {
  Transaction& aborted = next();
  aborted.write(x, v(3), v(1));
  aborted.committed = false;
  next().read(x, v(3));
  EXPECT_EQ(anomaly(), "G1a");
  EXPECT_EQ(explanation(), "T2 read 9:3 of key 1, which T1 wrote, and that did not commit");
}

TEST_F(SerializabilityTest, RejectsAVersionThatNobodyWroteToThatKey) {
  next().read(x, v(2));  // it is y's
  EXPECT_EQ(anomaly(), "G1a");
}

TEST_F(SerializabilityTest, RejectsAnOverwrittenVersionOfAnAbortedTransaction) {
  Transaction& aborted = next();
  aborted.write(x, v(3), v(1));
  aborted.committed = false;
  next().write(x, v(4), v(3));
  EXPECT_EQ(anomaly(), "G1a");
}

TEST_F(SerializabilityTest, RejectsAnIntermediateRead) {
  Transaction& writer = next();
  writer.write(x, v(3), v(1));
  writer.write(x, v(4), v(3));
  next().read(x, v(3));
  EXPECT_EQ(anomaly(), "G1b");
}

TEST_F(SerializabilityTest, RejectsCircularInformationFlow) {
  Transaction& first = next();
  first.write(x, v(3), v(1));
  first.read(y, v(4));
  Transaction& second = next();
  second.write(y, v(4), v(2));
  second.read(x, v(3));
  EXPECT_EQ(anomaly(), "G1c");
}

TEST_F(SerializabilityTest, RejectsAReadOfTwoSnapshots) {
  Transaction& writer = next();
  writer.write(x, v(3), v(1));
  writer.write(y, v(4), v(2));
  Transaction& reader = next();
  reader.read(x, v(1));
  reader.read(y, v(4));
  EXPECT_EQ(anomaly(), "G-single");
  const std::string text = explanation();
  EXPECT_NE(text.find("T2 read 9:1 of key 1 before T1 overwrote it"), std::string::npos) << text;
  EXPECT_NE(text.find("T1 wrote 9:4 of key 2 before T2 read it"), std::string::npos) << text;
}

TEST_F(SerializabilityTest, RejectsAReadThatCannotBeRepeated) {
  next().write(x, v(3), v(1));
  Transaction& reader = next();
  reader.read(x, v(1));
  reader.read(x, v(3));
  EXPECT_EQ(anomaly(), "G-single");
}

TEST_F(SerializabilityTest, RejectsALongFork) {
  next().write(x, v(3), v(1));
  next().write(y, v(4), v(2));
  Transaction& third = next();
  third.read(x, v(3));
  third.read(y, v(2));
  Transaction& fourth = next();
  fourth.read(x, v(1));
  fourth.read(y, v(4));
  EXPECT_EQ(anomaly(), "G2");
}

TEST_F(SerializabilityTest, RejectsAPhantom) {
  Transaction& scanner = next();
  scanner.scan(0, 9, {{x, v(1)}, {y, v(2)}});
  scanner.read(20, v(4));
  Transaction& inserter = next();
  inserter.insert(5, v(3));
  inserter.insert(20, v(4));
  EXPECT_EQ(anomaly(), "G-single");
  const std::string text = explanation();
  EXPECT_NE(text.find("T1, scanning 0 to 9, found key 5 absent before T2 inserted it"), std::string::npos)
      << text;
}

TEST_F(SerializabilityTest, RejectsWriteSkewByPhantoms) {
  Transaction& first = next();
  first.scan(10, 19, {});
  first.insert(25, v(3));
  Transaction& second = next();
  second.scan(20, 29, {});
  second.insert(15, v(4));
  EXPECT_EQ(anomaly(), "G2");
}

TEST_F(SerializabilityTest, ARangeEndsWhereItEnds) {
  Transaction& first = next();
  first.scan(10, 19, {});
  first.insert(30, v(3));
  Transaction& second = next();
  second.scan(21, 29, {});
  second.insert(20, v(4));
  EXPECT_EQ(anomaly(), "");
}

TEST_F(SerializabilityTest, RejectsAScanThatMissesWhatAnOlderOneHadFound) {
  next(10, 20).scan(0, 9, {{x, v(1)}, {y, v(2)}});
  next(30, 40).scan(0, 9, {{x, v(1)}});
  EXPECT_EQ(anomaly(), "G-single");  // nobody removed y, and its reader was there after its insert
}

TEST_F(SerializabilityTest, RejectsAScanWithAKeyTwice) {
  next().scan(0, 9, {{x, v(1)}, {x, v(1)}, {y, v(2)}});
  EXPECT_EQ(anomaly(), "malformed");
}

TEST_F(SerializabilityTest, RejectsATransactionThatDoesNotSeeItsOwnWrites) {
  Transaction& transaction = next();
  transaction.insert(5, v(3));
  transaction.scan(4, 6, {});
  EXPECT_EQ(anomaly(), "internal");
}

TEST_F(SerializabilityTest, AcceptsATransactionThatSeesItsOwnWrites) {
  Transaction& transaction = next();
  transaction.insert(5, v(3));
  transaction.remove(x, v(1));
  transaction.scan(0, 9, {{y, v(2)}, {5, v(3)}});
  transaction.remove(5, v(3));
  transaction.read(5, absent);
  transaction.insert(x, v(4));
  transaction.read(x, v(4));
  next().scan(0, 9, {{x, v(4)}, {y, v(2)}});
  EXPECT_EQ(anomaly(), "");
}

TEST_F(SerializabilityTest, AStaleReadIsOnlyAgainstRealTime) {
  next(10, 20).write(x, v(3), v(1));
  next(30, 40).read(x, v(1));
  EXPECT_EQ(anomaly(), "");
  EXPECT_EQ(strict_anomaly(), "G-single-realtime");
  const std::string text = check_strictly_serializable(history_).explanation;
  EXPECT_NE(text.find("T1 ended before T2 began"), std::string::npos) << text;
}

TEST_F(SerializabilityTest, ReadsThatGoBackInTimeAreOnlyAgainstRealTime) {
  next(10, 100).write(x, v(3), v(1));
  next(20, 30).read(x, v(3));
  next(40, 50).read(x, v(1));
  EXPECT_EQ(anomaly(), "");
  EXPECT_EQ(strict_anomaly(), "G-single-realtime");
}

TEST_F(SerializabilityTest, AnAbsenceMayBeAnyOfThoseThatAKeyHad) {
  next(10, 20).insert(5, v(3));
  Transaction& remover = next(30, 40);
  remover.remove(5, v(3));
  remover.write(x, v(4), v(1));
  Transaction& reader = next(15, 60);
  reader.read(5, absent);
  reader.read(x, v(4));  // so it was the second
  EXPECT_EQ(strict_anomaly(), "");
  next(50, 60).insert(5, v(5));
  EXPECT_EQ(strict_anomaly(), "");
}

TEST_F(SerializabilityTest, RejectsAnAbsenceThatFitsNowhere) {
  Transaction& first = next();
  first.insert(5, v(3));
  first.write(x, v(4), v(1));
  Transaction& second = next();
  second.remove(5, v(3));
  second.write(x, v(5), v(4));
  Transaction& reader = next();
  reader.read(x, v(4));
  reader.read(5, absent);  // but x had 9:4 only while 5 was there
  EXPECT_EQ(anomaly(), "G-single");
}

TEST_F(SerializabilityTest, FindsTheOrderOfInsertsAgainstTheOrderOfTheEnds) {
  // In the order of their ends these come the other way round.
  Transaction& second_insert = next(10, 50);
  second_insert.read(x, v(4));
  second_insert.insert(5, v(5));
  Transaction& second_remove = next(10, 60);
  second_remove.remove(5, v(5));
  Transaction& first_insert = next(10, 70);
  first_insert.insert(5, v(3));
  Transaction& first_remove = next(10, 80);
  first_remove.remove(5, v(3));
  first_remove.write(x, v(4), v(1));
  EXPECT_EQ(strict_anomaly(), "");
}

}  // namespace
}  // namespace upout::history
