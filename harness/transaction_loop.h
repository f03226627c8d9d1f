#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "engines/transaction.h"
#include "harness/histogram.h"
#include "harness/recorder.h"
#include "kernel/concurrency_control.h"
#include "kernel/task.h"
#include "platform/clock.h"

namespace upout::harness {

/// What one worker measures of its transactions in one window: those count that end at or after its begin and
/// before its end, with all of their attempts. Written by its worker alone; `committed_so_far` may be read by
/// another thread meanwhile.
class TransactionRecorder {
 public:
  /// `types`: how many types of transaction there are.
  TransactionRecorder(Window window, std::size_t types) : window_(window), histograms_(types) {}

  bool is_over(platform::Timestamp now) const noexcept { return now >= window_.end; }
  /// `began`: when it was begun for the first time; `attempts`: how they ended.
  void ended(std::size_t type, platform::Timestamp began, platform::Timestamp now,
             const kernel::TransactionCounts& attempts) noexcept {
    if (now < window_.begin || is_over(now)) return;
    last_ = now;
    for (std::size_t cause = 0; cause < aborted_.size(); ++cause) aborted_[cause] += attempts.aborted[cause];
    if (attempts.committed == 0) return;
    committed_.store(committed() + 1, std::memory_order_relaxed);
    histograms_[type].record(static_cast<std::uint64_t>((now - began).count()));
  }

  std::uint64_t committed() const noexcept { return committed_.load(std::memory_order_relaxed); }
  const std::array<std::uint64_t, kernel::abort_causes>& aborted() const noexcept { return aborted_; }
  const Window& window() const noexcept { return window_; }
  /// When the last one ended within the window; its beginning if none did.
  platform::Timestamp last() const noexcept { return last_ > window_.begin ? last_ : window_.begin; }
  std::vector<Histogram>& histograms() noexcept { return histograms_; }

 private:
  Window window_;
  platform::Timestamp last_{};
  std::atomic<std::uint64_t> committed_{0};
  std::array<std::uint64_t, kernel::abort_causes> aborted_{};
  std::vector<Histogram> histograms_;  ///< by type
};

/// Keeps `depth` transactions of a stream in flight on one session: when one has ended, the next one begins
/// (a closed loop). `W` is the workload's class (workloads/transactions.h). Used by the session's thread.
template <engines::TransactingEngine E, class W>
class TransactionLoop {
  using Client = typename E::TransactionClient;
  using Transaction = typename E::Transaction;
  using Stream = typename W::Stream;

 public:
  /// Keeps references to all of its arguments.
  TransactionLoop(typename E::Session& session, Stream& stream, const platform::Clock& clock,
                  std::size_t depth)
      : client_(session, depth), stream_(&stream), clock_(&clock) {
    for (std::size_t slot = 0; slot < depth; ++slot) {
      transactions_.emplace_back(client_);
      free_.push_back(static_cast<std::uint32_t>(slot));
    }
  }

  /// For its coroutines.
  auto& frame_pool() noexcept { return client_.frame_pool(); }

  /// Begins transactions until the window is over or `is_enough()`, and then goes on until all have ended.
  template <class IsEnough>
  void drive(TransactionRecorder& recorder, IsEnough&& is_enough) {
    client_.run([&]() -> std::optional<kernel::Task<bool>> {
      const platform::Timestamp now = clock_->now();
      if (recorder.is_over(now) || is_enough()) return std::nullopt;
      return perform(recorder, now);
    });
  }

 private:
  kernel::Task<bool> perform(TransactionRecorder& recorder, platform::Timestamp began) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    typename W::Request& request = stream_->draw(slot);
    kernel::TransactionCounts attempts;
    const bool committed = co_await engines::run_to_commit(
        transactions_[slot], attempts, request.keys(),
        [&request](Transaction& transaction) { return W::text(transaction, request); });
    stream_->ended(request, committed);
    recorder.ended(request.type, began, clock_->now(), attempts);
    free_.push_back(slot);
    co_return committed;
  }

  Client client_;
  Stream* stream_;
  const platform::Clock* clock_;
  std::deque<Transaction> transactions_;  ///< by slot
  std::vector<std::uint32_t> free_;       ///< slots
};

}  // namespace upout::harness
