#include "engines/shared_nothing/replication/recent_writes.h"

#include <gtest/gtest.h>

namespace upout::engines::shared_nothing {
namespace {

TEST(RecentWrites, ReachUntilAllThatWasShippedBeforeIsCommitted) {
  RecentWrites recent;
  EXPECT_FALSE(recent.may_be_uncommitted(7)) << "nothing was written";
  recent.note(7);
  EXPECT_TRUE(recent.may_be_uncommitted(7));
  EXPECT_FALSE(recent.may_be_uncommitted(8));
  recent.committed(100);
  EXPECT_TRUE(recent.may_be_uncommitted(7)) << "it has not been shipped";
  recent.shipped(150);
  recent.committed(149);
  EXPECT_TRUE(recent.may_be_uncommitted(7));
  recent.committed(150);
  EXPECT_FALSE(recent.may_be_uncommitted(7));
}

TEST(RecentWrites, OfOneRecordReachUntilTheLastIsCommitted) {
  RecentWrites recent;
  recent.note(7);
  recent.shipped(10);
  recent.note(7);
  recent.note(8);
  recent.shipped(20);
  recent.committed(10);
  EXPECT_TRUE(recent.may_be_uncommitted(7));
  EXPECT_TRUE(recent.may_be_uncommitted(8));
  recent.shipped(30);  // nothing has been written since
  recent.committed(20);
  EXPECT_FALSE(recent.may_be_uncommitted(7));
  EXPECT_FALSE(recent.may_be_uncommitted(8));
}

/// Who follows a primary does not know which records had changes that were under way.
TEST(RecentWrites, MayBeOfAnyRecordUntilWhatAnotherPrimaryLeftIsCommitted) {
  RecentWrites recent;
  recent.know_nothing_before(40);
  EXPECT_TRUE(recent.may_be_uncommitted(7));
  recent.committed(39);
  EXPECT_TRUE(recent.may_be_uncommitted(7));
  recent.committed(40);
  EXPECT_FALSE(recent.may_be_uncommitted(7));
}

}  // namespace
}  // namespace upout::engines::shared_nothing
