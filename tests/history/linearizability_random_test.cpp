#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/history/linearizability.h"

namespace upout::history {
namespace {

using kernel::OperationKind;
using kernel::Status;

/// Tries every order, by the definition: any operation that nothing left out has to precede may be next; a
/// pending one may also be left out for good.
bool has_order(const std::vector<RegisterOperation>& history, unsigned done, RegisterState state) {
  bool all_ended_are_done = true;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if ((done >> i & 1) != 0) continue;
    if (!history[i].is_pending()) all_ended_are_done = false;
    bool may_be_next = true;
    for (std::size_t j = 0; j < history.size(); ++j) {
      if ((done >> j & 1) == 0 && history[j].ended < history[i].began) may_be_next = false;
    }
    if (!may_be_next) continue;
    const auto next = apply(history[i], state);
    if (next && has_order(history, done | 1U << i, *next)) return true;
  }
  return all_ended_are_done;
}

Status random_status(std::mt19937_64& random, OperationKind kind) {
  if (kind == OperationKind::put || random() % 4 != 0) return Status::ok;
  return kind == OperationKind::insert ? Status::exists : Status::not_found;
}

/// Times at random; results at random, of few values, so that about as many histories are wrong as right.
std::vector<RegisterOperation> random_history(std::mt19937_64& random) {
  std::vector<RegisterOperation> history(2 + random() % 6);
  std::vector<Time> times(2 * history.size());
  for (Time i = 0; i < times.size(); ++i) times[i] = i;
  std::shuffle(times.begin(), times.end(), random);
  for (std::size_t i = 0; i < history.size(); ++i) {
    RegisterOperation& operation = history[i];
    // Near each other, so that not everything overlaps.
    const Time begin = times[2 * i];
    operation.began = begin;
    operation.ended = std::max(times[2 * i + 1], begin + 1);
    if (operation.ended > begin + 5) operation.ended = begin + 5;
    operation.kind =
        i == 0 ? OperationKind::put : static_cast<OperationKind>(random() % kernel::single_key_kinds);
    operation.written = random() % 3;
    if (random() % 4 == 0) operation.mask = 1;
    operation.read = random() % 3;
    operation.status = random_status(random, operation.kind);
    if (random() % 10 == 0) operation.ended = never;
  }
  return history;
}

TEST(LinearizabilityAtRandom, TheVerdictIsThatOfTryingEveryOrder) {
  std::size_t accepted = 0;
  constexpr std::size_t seeds = 20'000;
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    std::mt19937_64 random(seed);
    const auto history = random_history(random);
    const bool expected = has_order(history, 0, {});
    const Verdict verdict = check_linearizable(history);
    ASSERT_EQ(static_cast<bool>(verdict), expected) << "seed " << seed << "\n" << verdict.explanation;
    accepted += expected ? 1 : 0;
  }
  EXPECT_GT(accepted, seeds / 10);
  EXPECT_LT(accepted, seeds * 9 / 10);
}

}  // namespace
}  // namespace upout::history
