#include "tests/history/recorder.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/history/transaction.h"

namespace upout::history {
namespace {

TEST(Recorder, KeepsWhatEachThreadDidInItsOrder) {
  constexpr unsigned threads = 4;
  constexpr std::size_t entries = 1000;
  Recorder<Transaction> recorder(threads);
  {
    std::vector<std::jthread> running;
    for (unsigned thread = 0; thread < threads; ++thread) {
      running.emplace_back([&recorder, thread] {
        auto& log = recorder.log(thread);
        for (std::size_t i = 0; i < entries; ++i) {
          Transaction& transaction = log.begin();
          transaction.insert(i, log.next_version());
          log.end(transaction);
        }
      });
    }
  }
  const std::vector<Transaction> history = recorder.take();
  ASSERT_EQ(history.size(), threads * entries);
  std::set<Time> times;
  std::set<Version> versions;
  for (std::size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ(history[i].thread, i / entries);
    EXPECT_LT(history[i].began, history[i].ended);
    if (i % entries != 0) {
      EXPECT_LT(history[i - 1].ended, history[i].began);
    }
    times.insert({history[i].began, history[i].ended});
    versions.insert(*std::get<Write>(history[i].steps[0]).installed);
  }
  EXPECT_EQ(times.size(), 2 * history.size());
  EXPECT_EQ(versions.size(), history.size());
  EXPECT_TRUE(recorder.take().empty());
}

TEST(Recorder, WhatHasNotEndedIsPending) {
  Recorder<Transaction> recorder(1);
  recorder.log(0).begin();
  EXPECT_EQ(recorder.take().at(0).ended, never);
}

}  // namespace
}  // namespace upout::history
