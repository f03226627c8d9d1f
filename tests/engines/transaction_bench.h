#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engines/executor.h"
#include "engines/shared_nothing/transaction.h"
#include "tests/engines/simulated_rank.h"

namespace upout::engines::shared_nothing {

using Ranks = Executor<Session<SimTransport>>;
using Tx = Transaction<Ranks>;
using Text = std::function<kernel::Task<bool>(Ranks&)>;

inline std::span<const std::byte> bytes_of(const std::uint64_t& value) {
  return std::as_bytes(std::span(&value, 1));
}

/// One rank, and the texts that its client runs, all side by side.
struct TransactionRank {
  TransactionRank(SimNetwork& network, int number, const Options& deployment, platform::Timestamp deadline)
      : holdings(deployment, network.ranks(), number),
        transport(network, number),
        session(transport, holdings.partitions, holdings.map, {.deadline = deadline}) {}

  struct Next {
    std::deque<Text>* texts;
    Ranks* executor;
    std::optional<kernel::Task<bool>> operator()() {
      if (texts->empty()) return std::nullopt;
      Text& text = running.emplace_back(std::move(texts->front()));
      texts->pop_front();
      return text(*executor);
    }
    std::deque<Text> running;  ///< the coroutines refer to what the functions have captured
  };

  bool step() {
    if (!rounds) rounds.emplace(executor, next);
    if (!is_over) is_over = !rounds->next();
    Completed none;
    if (is_over) session.poll(none);
    return true;
  }

  Holdings holdings;
  SimTransport transport;
  Session<SimTransport> session;
  Ranks executor{session, 16};
  std::deque<Text> texts;
  Next next{&texts, &executor, {}};
  std::optional<Ranks::Rounds<Next>> rounds;
  bool is_over = false;
};

/// Ranks of a simulated network, what they run and what is left behind.
class TransactionBench : public ::testing::TestWithParam<kernel::ConcurrencyControl> {
 protected:
  /// Each rank has one partition.
  void make(int count, platform::Timestamp deadline = std::chrono::milliseconds(50),
            const SimOptions& weather = {}) {
    network.emplace(count, 2048, weather);
    for (int rank = 0; rank < count; ++rank)
      ranks.emplace_back(*network, rank,
                         Options{.index = kernel::IndexKind::ordered, .concurrency_control = GetParam()},
                         deadline);
  }
  /// One of a rank's keys.
  kernel::Key key_of(int rank, unsigned which = 0) {
    kernel::Key key = 0;
    for (;; ++key) {
      if (static_cast<int>(ranks[0].holdings.map.owner_of(key)) == rank && which-- == 0) return key;
    }
  }
  Partition<>& partition_of(kernel::Key key) {
    const std::uint32_t owner = ranks[0].holdings.map.owner_of(key);
    return *(*ranks[owner].holdings.partitions.begin());
  }
  void load(kernel::Key key, std::uint64_t value) {
    Partition<>& partition = partition_of(key);
    ASSERT_EQ(partition.store->insert(partition.worker, key, bytes_of(value)), kernel::Status::ok);
  }
  std::optional<std::uint64_t> value(kernel::Key key) {
    std::uint64_t word = 0;
    std::uint32_t copied = 0;
    const kernel::Status status =
        partition_of(key).store->get(key, 0, std::as_writable_bytes(std::span(&word, 1)), copied);
    return status == kernel::Status::ok ? std::optional(word) : std::nullopt;
  }
  void start(int rank, Text text) { ranks[static_cast<std::size_t>(rank)].texts.push_back(std::move(text)); }
  /// Until all texts of ranks that are alive have ended, and all participants have been told.
  void run(platform::Timestamp limit = std::chrono::seconds(1)) {
    network->run([&](int rank) { return ranks[static_cast<std::size_t>(rank)].step(); },
                 [&] {
                   if (network->now() > limit) return true;
                   for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
                     if (!network->is_alive(static_cast<int>(rank))) continue;
                     TransactionRank& of = ranks[rank];
                     if (!of.is_over || of.session.transactions().undelivered() != 0) return false;
                   }
                   return true;
                 });
    EXPECT_LE(network->now(), limit) << "it does not come to its end";
    for (TransactionRank& rank : ranks) EXPECT_EQ(rank.session.refused(), 0U);
  }

  /// Adds one to each.
  static kernel::Task<kernel::Verdict> increment(Ranks&, Tx& tx, std::span<const kernel::Key> keys) {
    for (const kernel::Key key : keys) {
      std::uint64_t word = 0;
      std::uint32_t copied = 0;
      const auto bytes = std::as_writable_bytes(std::span(&word, 1));
      if (co_await tx.read(key, 0, bytes, copied) != kernel::Status::ok) co_return kernel::Verdict::abort;
      ++word;
      if (co_await tx.update(key, 0, bytes) != kernel::Status::ok) co_return kernel::Verdict::abort;
    }
    co_return kernel::Verdict::commit;
  }
  static kernel::Task<bool> increment_to_commit(Ranks& executor, std::vector<kernel::Key> keys,
                                                unsigned times, kernel::TransactionCounts& counts) {
    Tx tx(executor);
    for (unsigned i = 0; i < times; ++i)
      co_await run_to_commit(tx, counts, keys, [&](Tx& on) { return increment(executor, on, keys); });
    co_return true;
  }

  std::optional<SimNetwork> network;
  std::deque<TransactionRank> ranks;
  kernel::TransactionCounts counts;
};

}  // namespace upout::engines::shared_nothing
