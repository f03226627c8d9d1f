#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engines/executor.h"
#include "engines/shared_nothing/session.h"
#include "engines/shared_nothing/transaction.h"
#include "tests/engines/simulated_rank.h"
#include "tests/history/recorder.h"
#include "tests/history/transaction.h"

namespace upout::engines::shared_nothing {

/// Random transactions and single operations of one rank's client over any session, recorded.
template <class S>
class TransactingClient {
 public:
  using Ranks = Executor<S>;
  using Log = history::Recorder<history::Transaction>::Log;
  using Version = history::Version;
  static constexpr std::size_t depth = 3;

  TransactingClient(S& session, Log& log, kernel::Key keys, unsigned texts, std::uint64_t seed,
                    bool operates = true)
      : executor_(session, depth),
        log_(&log),
        keys_(keys),
        left_(texts),
        operates_(operates),
        random_(seed) {}

  /// One round. False: there is nothing more to do.
  bool step() { return rounds_.next(); }

  const kernel::TransactionCounts& counts() const { return counts_; }
  unsigned unanswered() const { return unanswered_; }
  /// Versions of operations of which nobody knows whether they have been done.
  const std::unordered_set<Version>& doubtful_inserts() const { return doubtful_inserts_; }
  const std::unordered_set<Version>& doubtful_exchanges() const { return doubtful_exchanges_; }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }

  std::optional<kernel::Task<bool>> begin() {
    if (left_ == 0) return std::nullopt;
    --left_;
    return operates_ && one_in(3) ? operate(executor_) : transact(executor_);
  }

  // Transactions
  // -----------------------------------------------------------------------------------------------------------

  kernel::Task<bool> transact(Ranks& executor) {
    Transaction<Ranks> tx(executor);
    std::vector<kernel::Key> keys(1 + random_() % 5);
    for (kernel::Key& key : keys) key = random_() % keys_;
    for (unsigned attempt = 0; attempt < 3; ++attempt) {
      history::Transaction& recorded = log_->begin();
      bool goes_on = co_await tx.begin(keys);
      for (const kernel::Key key : keys) goes_on = goes_on && co_await access(executor, tx, recorded, key);
      if (one_in(12)) {
        tx.abort();
      } else {
        recorded.committed = co_await tx.commit();
      }
      log_->end(recorded);
      if (recorded.committed) ++counts_.committed;
      if (recorded.committed) break;
      ++counts_.aborted[static_cast<std::size_t>(tx.cause())];
      co_await tx.pause(8);
    }
    co_return true;
  }

  /// Reads a record, and perhaps writes it. False: the transaction cannot go on.
  kernel::Task<bool> access(Ranks&, Transaction<Ranks>& tx, history::Transaction& recorded, kernel::Key key) {
    std::uint64_t word = 0;
    std::uint32_t copied = 0;
    const auto bytes = std::as_writable_bytes(std::span(&word, 1));
    const kernel::Status status = co_await tx.read(key, 0, bytes, copied);
    const unsigned what = static_cast<unsigned>(random_() % 5);
    const Version version = log_->next_version();
    if (status == kernel::Status::not_found) {
      recorded.read(key, std::nullopt);
      if (what < 2) co_return true;
      word = version.as_word();
      if (co_await tx.insert(key, bytes) != kernel::Status::ok) co_return false;
      recorded.insert(key, version);
      co_return true;
    }
    if (status != kernel::Status::ok) co_return false;
    const Version seen = Version::of_word(word);
    recorded.read(key, seen);
    if (what < 2) co_return true;
    word = version.as_word();
    if (what == 2) {
      if (co_await tx.remove(key) != kernel::Status::ok) co_return false;
      recorded.remove(key, seen);
    } else {
      if (co_await tx.update(key, 0, bytes) != kernel::Status::ok) co_return false;
      recorded.write(key, version, seen);
    }
    co_return true;
  }

  // Single operations, each a transaction of its own
  // -----------------------------------------------------------------------------------------------------------

  kernel::Task<bool> operate(Ranks& executor) {
    using Kind = kernel::OperationKind;
    constexpr std::array kinds{Kind::get, Kind::insert, Kind::read_modify_write};
    history::Transaction& recorded = log_->begin();
    const Version version = log_->next_version();
    const std::uint64_t input = version.as_word();
    std::uint64_t output = 0;
    kernel::Operation operation{.kind = kinds[random_() % kinds.size()],
                                .key = random_() % keys_,
                                .input = std::as_bytes(std::span(&input, 1)),
                                .output = std::as_writable_bytes(std::span(&output, 1))};
    // Without an answer, it may have been done, or be done later; that shows if somebody sees what it has
    // written.
    if (operation.kind != Kind::get) recorded.insert(operation.key, version);
    (operation.kind == Kind::insert ? doubtful_inserts_ : doubtful_exchanges_).insert(version);
    const kernel::Status status = co_await executor.execute(operation);
    if (status == kernel::Status::no_answer) {
      ++unanswered_;
      co_return true;
    }
    doubtful_inserts_.erase(version);
    doubtful_exchanges_.erase(version);
    recorded.steps.clear();
    recorded.committed = true;
    if (status == kernel::Status::not_found) {
      recorded.read(operation.key, std::nullopt);
    } else if (operation.kind == Kind::get) {
      recorded.read(operation.key, Version::of_word(output));
    } else if (operation.kind == Kind::read_modify_write) {
      recorded.write(operation.key, version, Version::of_word(output));
    } else if (status == kernel::Status::ok) {
      recorded.insert(operation.key, version);
    }  // else there was a record, nobody knows which
    log_->end(recorded);
    co_return true;
  }

  struct Next {
    TransactingClient* client;
    std::optional<kernel::Task<bool>> operator()() { return client->begin(); }
  };

  Ranks executor_;
  Log* log_;
  kernel::Key keys_;
  unsigned left_;
  bool operates_;
  std::mt19937_64 random_;
  kernel::TransactionCounts counts_;
  unsigned unanswered_ = 0;
  std::unordered_set<Version> doubtful_inserts_;
  std::unordered_set<Version> doubtful_exchanges_;
  Next next_{this};
  typename Ranks::template Rounds<Next> rounds_{executor_, next_};
};

/// One rank of a simulated network.
template <class T>
class TransactingRank {
 public:
  using Client = TransactingClient<Session<T>>;

  TransactingRank(SimNetwork& network, int rank, const Options& deployment, platform::Timestamp deadline,
                  typename Client::Log& log, kernel::Key keys, unsigned texts, bool operates)
      : holdings_(deployment, network.ranks(), rank),
        transport_(network, rank),
        session_(transport_, holdings_.partitions, holdings_.map, {.deadline = deadline}),
        client_(session_, log, keys, texts, network.random()(), operates) {}

  /// Does what can be done now. True: it wants another turn at once.
  bool step() {
    if (!is_over_) is_over_ = !client_.step();
    if (is_over_) {
      Completed none;
      session_.poll(none);
    }
    return !is_over_ || session_.transactions().undelivered() != 0;
  }
  bool is_over() const { return is_over_; }
  Session<T>& session() { return session_; }
  const Client& client() const { return client_; }

 private:
  Holdings holdings_;
  T transport_;
  Session<T> session_;
  Client client_;
  bool is_over_ = false;
};

}  // namespace upout::engines::shared_nothing
