#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "tests/history/serializability.h"

namespace upout::history {
namespace {

constexpr kernel::Key keys = 3;
using State = std::array<std::optional<Version>, keys>;
using History = std::vector<Transaction>;

std::vector<std::pair<kernel::Key, Version>> scan_of(const State& state, const RangeRead& range) {
  std::vector<std::pair<kernel::Key, Version>> found;
  for (kernel::Key key = range.first; key <= range.last; ++key) {
    if (state[key]) found.emplace_back(key, *state[key]);
  }
  return found;
}

/// Runs the transaction by itself: whether it sees what it saw.
bool runs(const Transaction& transaction, State& state) {
  for (const Transaction::Step& step : transaction.steps) {
    if (const auto* read = std::get_if<Read>(&step)) {
      if (state[read->key] != read->version) return false;
    } else if (const auto* write = std::get_if<Write>(&step)) {
      if (state[write->key] != write->overwrote) return false;
      state[write->key] = write->installed;
    } else {
      const auto& range = std::get<RangeRead>(step);
      if (scan_of(state, range) != range.found) return false;
    }
  }
  return true;
}

/// Tries every order, by the definition.
bool has_order(const History& history, bool is_strict, unsigned done, const State& state) {
  bool all_are_done = true;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if ((done >> i & 1) != 0 || !history[i].committed) continue;
    all_are_done = false;
    bool may_be_next = true;
    for (std::size_t j = 0; is_strict && j < history.size(); ++j) {
      const bool is_left = (done >> j & 1) == 0 && history[j].committed;
      if (is_left && history[j].ended < history[i].began) may_be_next = false;
    }
    State after = state;
    if (may_be_next && runs(history[i], after) && has_order(history, is_strict, done | 1U << i, after)) {
      return true;
    }
  }
  return all_are_done;
}

/// Transactions that run step by step among each other on one state, without any control of concurrency, now
/// and then on an old one: so all anomalies come up, and many histories have none.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(seed) {}

  History run() {
    // Few steps and little overlap for some seeds, many for others.
    const std::size_t transactions = 2 + random_() % 6;
    const std::size_t most_at_once = 1 + random_() % 3;
    const std::size_t most_steps = 1 + random_() % 3;
    std::vector<std::size_t> running;
    while (ended_ < transactions) {
      ++time_;
      if (history_.size() < transactions && running.size() < most_at_once && random_() % 2 == 0) {
        running.push_back(history_.size());
        history_.emplace_back().began = time_;
      } else if (!running.empty()) {
        const std::size_t place = random_() % running.size();
        Transaction& transaction = history_[running[place]];
        if (transaction.steps.size() < most_steps) {
          step(transaction);
        } else {
          transaction.ended = time_;
          transaction.committed = random_() % 16 != 0;
          running.erase(running.begin() + static_cast<std::ptrdiff_t>(place));
          ++ended_;
        }
      }
    }
    return std::move(history_);
  }

 private:
  void step(Transaction& transaction) {
    const kernel::Key key = random_() % keys;
    const State& seen = random_() % 16 == 0 ? old_ : state_;
    switch (random_() % 5) {
      case 0:
        transaction.read(key, seen[key]);
        break;
      case 1: {
        RangeRead range{key, keys - 1, {}};
        range.found = scan_of(seen, range);
        transaction.steps.emplace_back(range);
        break;
      }
      default: {
        if (random_() % 4 == 0) old_ = state_;
        Write write{key, Version{1, ++versions_}, seen[key]};
        if (seen[key] && random_() % 2 == 0) write.installed.reset();
        state_[key] = write.installed;
        transaction.steps.emplace_back(write);
      }
    }
  }

  std::mt19937_64 random_;
  History history_;
  State state_;
  State old_;
  Time time_ = 0;
  std::size_t ended_ = 0;
  std::uint32_t versions_ = 0;
};

TEST(SerializabilityAtRandom, TheVerdictIsThatOfTryingEveryOrder) {
  constexpr std::size_t seeds = 20'000;
  std::array<std::size_t, 2> accepted{};
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    const History history = Chaos(seed).run();
    for (const bool is_strict : {false, true}) {
      const Verdict verdict = is_strict ? check_strictly_serializable(history) : check_serializable(history);
      const bool expected = has_order(history, is_strict, 0, {});
      ASSERT_EQ(static_cast<bool>(verdict), expected)
          << "seed " << seed << (is_strict ? ", strict" : "") << "\n"
          << verdict.anomaly << verdict.explanation;
      accepted[is_strict ? 1 : 0] += expected ? 1 : 0;
    }
  }
  EXPECT_LT(accepted[1], accepted[0]);
  EXPECT_GT(accepted[1], seeds / 10);
  EXPECT_LT(accepted[0], seeds * 9 / 10);
}

/// Whatever runs one after the other is serializable, also when inserts and removes of few keys leave many
/// absences behind and the recorded times say little of the order.
TEST(SerializabilityAtRandom, ALongSerialHistoryWithWideTimesIsAccepted) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    std::mt19937_64 random(seed);
    State state;
    std::uint32_t versions = 0;
    History history(1000);
    for (std::size_t i = 0; i < history.size(); ++i) {
      Transaction& transaction = history[i];
      transaction.committed = true;
      transaction.began = 100 + 10 * i - random() % 80;
      transaction.ended = 100 + 10 * i + 5 + random() % 80;
      RangeRead range{0, keys - 1, {}};
      range.found = scan_of(state, range);
      if (i % 4 == 0) transaction.steps.emplace_back(range);
      const kernel::Key key = random() % keys;
      Write write{key, Version{1, ++versions}, state[key]};
      if (state[key] && random() % 2 == 0) write.installed.reset();
      if (i % 4 != 0) {
        transaction.steps.emplace_back(write);
        state[key] = write.installed;
      }
    }
    std::shuffle(history.begin(), history.end(), random);
    const Verdict verdict = check_strictly_serializable(history);
    EXPECT_TRUE(verdict) << verdict.anomaly << ": " << verdict.explanation;
  }
}

}  // namespace
}  // namespace upout::history
