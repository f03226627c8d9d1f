#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "engines/durable_log.h"
#include "engines/shared_memory/placement.h"
#include "kernel/interleaver.h"
#include "kernel/reclamation.h"
#include "kernel/search.h"
#include "kernel/task.h"
#include "kernel/transaction.h"
#include "kernel/worker.h"

namespace upout::engines::shared_memory {

/// Runs coroutines of one worker over its store, up to `depth` at a time: while one waits for memory, the
/// others have their turns (kernel/interleaver.h). Used by the worker's thread; the session outlives it.
class TransactionClient {
 public:
  static constexpr std::size_t most_depth = kernel::Interleaver::capacity;

  /// The session is one of an engine that `offers_transactions`; `depth` is at least 1 and at most
  /// `most_depth`.
  template <class Session>
  TransactionClient(Session& session, std::size_t depth)
      : at_(session.one_store()), depth_(depth), awaited_(session.awaited()) {}

  kernel::FramePool& frame_pool() noexcept { return at_.worker->frame_pool(); }
  Store& store() noexcept { return *at_.store; }
  kernel::Worker& worker() noexcept { return *at_.worker; }
  /// What a transaction waits for before it is acknowledged; null: it does not.
  const kernel::LogState* awaited() const noexcept { return awaited_.state; }
  void begin_waiting() noexcept { ++waiting_; }
  void end_waiting() noexcept { --waiting_; }
  /// One waits, after a look when so many flushes had ended, and `others` have turns to come: if they all
  /// wait, too, the thread that writes the log may need the processor.
  void wait_with(std::size_t others, std::uint32_t flushes) const noexcept {
    constexpr std::chrono::microseconds longest_sleep{50};
    if (waiting_ > others) awaited_.signal->wait(flushes, longest_sleep);
  }
  std::uint32_t flushes() const noexcept { return awaited_.signal->count(); }

  /// A transaction is going to touch these. If it is alone, nobody else runs while it waits for memory: then
  /// all come at once, in place of one after the other.
  void expect(std::span<const kernel::Key> keys) {
    if (depth_ != 1) return;
    for (const kernel::Key key : keys) expected_.emplace_back(store(), key, usual_bytes);
    kernel::bring_near(expected_);
  }

  /// Runs the tasks that `start_next()` makes, each a `std::optional<kernel::Task<T>>`, until it gives none
  /// and all have ended. What they return is dropped.
  template <class StartNext>
  void run(StartNext&& start_next) {
    run(start_next, [] { return true; });
  }
  /// The same, until it gives none and `is_over()`: until then it is asked again and again.
  template <class StartNext, class IsOver>
  void run(StartNext&& start_next, IsOver&& is_over) {
    for (bool goes_on = true; goes_on;) {
      std::size_t left = between_rests;
      const auto may_start = [&] { return goes_on && left != 0; };
      const auto next = [&] {
        auto task = may_start() ? start_next() : decltype(start_next())();
        if (may_start()) {
          --left;
          goes_on = task.has_value() || !is_over();
        }
        return task;
      };
      is_looked_ = false;
      lanes_.resize(depth_);
      worker().interleaver().run([&] {
        for (std::size_t lane = 0; lane < depth_; ++lane) begin_lane(lane, next, may_start, false);
      });
      lanes_.clear();
      resting_.clear();
      kernel::announce_quiescent();
    }
  }

 private:
  /// After so many tasks, or vain looks for one, all come to their end, for others may wait to free memory
  /// until this thread looks at none. The gaps that this leaves are short beside the time between them.
  static constexpr std::size_t between_rests = 16384;
  /// Of a value, of which nobody has said yet how much will be looked at.
  static constexpr std::size_t usual_bytes = 64;

  template <class Next, class MayStart>
  void begin_lane(std::size_t lane, const Next& next, const MayStart& may_start, bool waits_first) {
    lanes_[lane].reset();
    lanes_[lane].emplace(run_lane(lane, next, may_start, waits_first));
    lanes_[lane]->start();
  }

  /// One task after the other. While there is none, one lane alone looks for it, so that those that have one
  /// do not wait for the turns of those that have not; the others rest, and it calls one when it has found
  /// something to do itself.
  template <class Next, class MayStart>
  kernel::Task<bool> run_lane(std::size_t lane, const Next& next, const MayStart& may_start,
                              bool waits_first) {
    for (bool looks = waits_first;;) {
      if (looks) co_await worker().interleaver().yield();
      auto task = next();
      if (!task) {
        if (!may_start()) co_return true;
        if (!looks && is_looked_) {
          resting_.push_back(lane);
          co_return true;
        }
        looks = is_looked_ = true;
        continue;
      }
      if (looks) is_looked_ = call_another(next, may_start);
      looks = false;
      co_await std::move(*task);  // g++ 12 would copy what is no rvalue
    }
  }

  /// To look for a task. False: all have one.
  template <class Next, class MayStart>
  bool call_another(const Next& next, const MayStart& may_start) {
    if (resting_.empty()) return false;
    const std::size_t lane = resting_.back();
    resting_.pop_back();
    begin_lane(lane, next, may_start, true);
    return true;
  }

  OneStoreAccess at_;
  std::size_t depth_;
  AwaitedLog awaited_;
  std::size_t waiting_ = 0;  ///< transactions that wait for the disk
  std::vector<std::optional<kernel::Task<bool>>> lanes_;
  std::vector<std::size_t> resting_;  ///< lanes that have ended, for want of a task
  bool is_looked_ = false;            ///< whether a lane looks for a task
  std::vector<kernel::Search<kernel::Shared>> expected_;
};

/// The kernel's transaction on the store that all workers share, for coroutines of a TransactionClient, as
/// engines/transaction.h has them. With one store `serial` needs to know no keys.
class Transaction {
  using Kernel = kernel::Transaction<kernel::Shared>;

 public:
  /// Keeps a reference to the client.
  explicit Transaction(TransactionClient& client)
      : client_(&client),
        kernel_(client.store(), client.worker()),
        random_(reinterpret_cast<std::uintptr_t>(this)) {}
  ~Transaction() {
    if (kernel_.is_active()) kernel_.abort();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  kernel::FramePool& frame_pool() noexcept { return kernel_.frame_pool(); }

  auto begin(std::span<const kernel::Key> keys) {
    client_->expect(keys);
    return Begin(kernel_.begin());
  }
  auto read(kernel::Key key, std::uint32_t offset, std::span<std::byte> output,
            std::uint32_t& copied) noexcept {
    return kernel_.read(key, offset, output, copied);
  }
  auto update(kernel::Key key, std::uint32_t offset, std::span<const std::byte> input) noexcept {
    return kernel_.update(key, offset, input);
  }
  auto insert(kernel::Key key, std::span<const std::byte> value) noexcept {
    return kernel_.insert(key, value);
  }
  auto remove(kernel::Key key) noexcept { return kernel_.remove(key); }

  /// At once, for what it needs is here; but if it is to be durable, others have their turns until it is.
  auto commit() noexcept {
    const bool is_committed = kernel_.commit();
    return Committed(*this, is_committed);
  }
  void abort() noexcept { kernel_.abort(); }
  kernel::AbortCause cause() const noexcept { return kernel_.cause(); }
  bool is_doomed() const noexcept { return kernel_.is_doomed(); }

  /// A turn comes at once if there is nobody else: then it is spent waiting a little. Others would be held up
  /// by that, and their turns are wait enough.
  kernel::Task<bool> pause(std::uint64_t most_turns) {
    random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
    kernel::Backoff backoff;
    for (std::uint64_t turns = (random_ >> 33) % most_turns + 1; turns != 0; --turns) {
      co_await kernel_.interleaver().yield();
      if (kernel_.interleaver().is_alone()) backoff.wait();
    }
    co_return true;
  }

 private:
  /// Waits until all that the transaction has changed or seen is on disk.
  struct Committed : kernel::Interleaver::Waiting {
    Committed(Transaction& owner, bool committed) noexcept
        : transaction(&owner), state(owner.client_->awaited()), is_committed(committed) {
      if (state != nullptr && is_committed) epoch = state->dirty.load();
      step = [](kernel::Interleaver::Waiting& waiting) noexcept {
        auto& self = static_cast<Committed&>(waiting);
        TransactionClient& client = *self.transaction->client_;
        const std::uint32_t flushes = client.flushes();
        if (self.is_durable()) return true;
        client.wait_with(self.transaction->kernel_.interleaver().waiting(), flushes);
        return false;
      };
    }
    bool is_durable() const noexcept { return epoch == 0 || epoch <= state->durable.load(); }
    bool await_ready() const noexcept {
      if (!transaction->kernel_.interleaver().is_running())
        while (!is_durable()) std::this_thread::yield();
      return is_durable();
    }
    void await_suspend(std::coroutine_handle<> self) noexcept {
      is_suspended = true;
      transaction->client_->begin_waiting();
      transaction->kernel_.interleaver().wait(*this, self);
    }
    bool await_resume() const noexcept {
      if (is_suspended) transaction->client_->end_waiting();
      return is_committed;
    }

    Transaction* transaction;
    const kernel::LogState* state;
    kernel::Epoch epoch = 0;
    bool is_committed;
    bool is_suspended = false;
  };
  /// The kernel's, which says that it has begun.
  struct Begin : decltype(std::declval<Kernel&>().begin()) {
    using Base = decltype(std::declval<Kernel&>().begin());
    explicit Begin(const Base& base) noexcept : Base(base) {}
    bool await_resume() const noexcept { return true; }
  };

  TransactionClient* client_;
  Kernel kernel_;
  std::uint64_t random_;
};

}  // namespace upout::engines::shared_memory
