#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "engines/transaction.h"
#include "harness/arrivals.h"
#include "harness/histogram.h"
#include "harness/time_series.h"
#include "harness/window.h"
#include "kernel/concurrency_control.h"
#include "kernel/task.h"
#include "platform/clock.h"

namespace upout::harness {

/// What one worker measures of its transactions in one window: throughput is of those that commit within it,
/// and aborts are of all attempts of those that end within it. Latency is of the same ones in a closed loop,
/// and in an open loop of those that arrive within it, as Recorder has it. Written by its worker alone;
/// `committed` may be read by another thread meanwhile.
class TransactionRecorder {
 public:
  enum class Loop { closed, open };

  /// `types`: how many types of transaction there are. `series`: of a window as long as this one.
  TransactionRecorder(Window window, std::size_t types, Loop loop = Loop::closed, TimeSeries series = {})
      : window_(window),
        loop_(loop),
        committed_by_type_(types),
        histograms_(types),
        series_(std::move(series)) {
    series_.begin(window.begin);
  }

  bool is_over(platform::Timestamp now) const noexcept { return now >= window_.end; }
  /// `began`: when it was begun for the first time, or arrived; `attempts`: how they ended.
  void ended(std::size_t type, platform::Timestamp began, platform::Timestamp now,
             const kernel::TransactionCounts& attempts) noexcept {
    const bool commits = attempts.committed != 0;
    if (window_.has(now)) count(type, now, commits, attempts);
    const platform::Timestamp belongs_to = loop_ == Loop::open ? began : now;
    if (!window_.has(belongs_to)) return;
    ++ended_;
    if (!commits) return;
    const auto latency = static_cast<std::uint64_t>((now - began).count());
    histograms_[type].record(latency);
    series_.record(belongs_to, latency, 1);
  }

  std::uint64_t committed() const noexcept { return committed_.load(std::memory_order_relaxed); }
  const std::vector<std::uint64_t>& committed_by_type() const noexcept { return committed_by_type_; }
  /// Those whose latency would count, also if they did not commit.
  std::uint64_t ended() const noexcept { return ended_; }
  const std::array<std::uint64_t, kernel::abort_causes>& aborted() const noexcept { return aborted_; }
  const Window& window() const noexcept { return window_; }
  /// When the last one ended within the window; its beginning if none did.
  platform::Timestamp last() const noexcept { return last_ > window_.begin ? last_ : window_.begin; }
  std::vector<Histogram>& histograms() noexcept { return histograms_; }
  TimeSeries& series() noexcept { return series_; }

 private:
  void count(std::size_t type, platform::Timestamp now, bool commits,
             const kernel::TransactionCounts& attempts) noexcept {
    last_ = now;
    for (std::size_t cause = 0; cause < aborted_.size(); ++cause) aborted_[cause] += attempts.aborted[cause];
    if (!commits) return;
    committed_.store(committed() + 1, std::memory_order_relaxed);
    ++committed_by_type_[type];
    series_.count(now, 1);
  }

  Window window_;
  Loop loop_;
  platform::Timestamp last_{};
  std::atomic<std::uint64_t> committed_{0};
  std::uint64_t ended_ = 0;
  std::array<std::uint64_t, kernel::abort_causes> aborted_{};
  std::vector<std::uint64_t> committed_by_type_;
  std::vector<Histogram> histograms_;  ///< by type
  TimeSeries series_;
};

/// Keeps up to `depth` transactions of a stream in flight on one session. `W` is the workload's class
/// (workloads/transactions.h). Used by the session's thread.
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

  /// A closed loop: when one has ended, the next one begins, until the window is over or `is_enough()`; then
  /// goes on until all have ended.
  template <class IsEnough>
  void drive(TransactionRecorder& recorder, IsEnough&& is_enough) {
    client_.run([&]() -> std::optional<kernel::Task<bool>> {
      const platform::Timestamp now = clock_->now();
      if (recorder.is_over(now) || is_enough()) return std::nullopt;
      return perform(recorder, now);
    });
  }
  /// An open loop, as harness/open_loop.h has it: each begins when it arrives, or as soon as one of `depth`
  /// has ended, and its latency counts from when it arrived.
  template <class IsEnough>
  void drive(TransactionRecorder& recorder, Arrivals& arrivals, IsEnough&& is_enough) {
    client_.run(
        [&]() -> std::optional<kernel::Task<bool>> {
          const platform::Timestamp arrival = arrivals.next();
          const platform::Timestamp now = clock_->now();
          if (arrivals.are_over() || arrival > now || arrivals.have_ended(now) || is_enough())
            return std::nullopt;
          arrivals.advance();
          return perform(recorder, arrival);
        },
        [&] { return is_enough() || arrivals.have_ended(clock_->now()); });
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
