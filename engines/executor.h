#pragma once

#include <cassert>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "engines/session.h"
#include "kernel/frame_pool.h"
#include "kernel/operation.h"
#include "kernel/task.h"

namespace upout::engines {

/// Runs coroutines of one worker over one session, up to `depth` at a time: a text whose operations depend on
/// each other keeps as many in flight as a stream of others, and does not know which engine it runs on.
///
///     template <class E>
///     kernel::Task<bool> copy(E& executor, kernel::Key from, kernel::Key to) {
///       std::array<std::byte, 8> value{};
///       std::uint32_t copied = 0;
///       if (co_await executor.get(from, value, copied) != kernel::Status::ok) co_return false;
///       co_return co_await executor.put(to, std::span(value).first(copied)) == kernel::Status::ok;
///     }
///
///     executor.run([&]() -> std::optional<kernel::Task<bool>> {
///       if (next == end) return std::nullopt;
///       return copy(executor, next++, elsewhere++);
///     });
///
/// - It goes in rounds: what coroutines have awaited since the last one is submitted as one batch; the
///   session is polled even if nothing is ready, because others may wait to be served; whoever awaited what
///   came back goes on, from here and never from inside of `await_suspend`, which would nest without end.
/// - A task awaits one operation at a time, itself or through a task that it awaits. It has a slot, which is
///   that of its operations: 0 .. depth-1. While `run` is under way nobody else submits to the session.
///
/// Used by the session's thread. Owns the frames of coroutines that have it as their first parameter, and
/// must outlive them. An operation costs no allocation.
template <Session S>
class Executor {
 public:
  /// Keeps a reference to the session. `depth` is at least 1.
  Executor(S& session, std::size_t depth)
      : session_(&session), operations_(depth), waiting_(depth), idle_(depth) {
    assert(depth != 0);
    std::iota(idle_.begin(), idle_.end(), 0U);
    batch_.reserve(depth);
    done_.reserve(depth);
  }

  /// None is left if there is none now.
  struct Always {
    bool operator()() const noexcept { return true; }
  };

  kernel::FramePool& frame_pool() noexcept { return frames_; }
  S& session() noexcept { return *session_; }

  /// Runs the tasks that `start_next()` makes, each a `std::optional<kernel::Task<T>>`, until it gives none
  /// and all have ended. What they return is dropped.
  template <class StartNext>
  void run(StartNext&& start_next) {
    run(start_next, Always{});
  }
  /// The same, until it gives none and `is_over()`: until then it is asked in each round.
  template <class StartNext, class IsOver>
  void run(StartNext&& start_next, IsOver is_over) {
    Rounds rounds(*this, start_next, is_over);
    while (rounds.next()) {
    }
  }

  /// The same, a round at a time, for who has something else to do in between. Owns the tasks.
  template <class StartNext, class IsOver = Always>
  class Rounds {
   public:
    /// Keeps references to the first two.
    Rounds(Executor& executor, StartNext& start_next, IsOver is_over = {})
        : executor_(&executor),
          start_next_(&start_next),
          is_over_(std::move(is_over)),
          tasks_(executor.waiting_.size()) {}

    /// False: there is nothing more to do.
    bool next() {
      Executor& on = *executor_;
      start();
      if (!goes_on_ && on.idle_.size() == tasks_.size()) return false;
      on.done_.clear();
      if (!on.batch_.empty()) on.session_->submit(on.batch_, on.done_);
      on.batch_.clear();
      on.session_->poll(on.done_);
      for (const kernel::Operation* operation : on.done_) {
        on.running_ = operation->slot;
        std::exchange(on.waiting_[on.running_], nullptr).resume();
        free_slot_if_done();
      }
      return true;
    }

   private:
    /// Each slot once a round: tasks that never wait must not keep others from being served.
    void start() {
      Executor& on = *executor_;
      for (std::size_t idle = on.idle_.size(); goes_on_ && idle != 0; --idle) {
        auto next = (*start_next_)();
        if (!next) {
          goes_on_ = !is_over_();
          break;
        }
        on.running_ = on.idle_.back();
        on.idle_.pop_back();
        tasks_[on.running_].emplace(std::move(*next)).start();
        free_slot_if_done();
      }
    }
    void free_slot_if_done() {
      if (!tasks_[executor_->running_]->done()) return;
      tasks_[executor_->running_].reset();
      executor_->idle_.push_back(executor_->running_);
    }

    Executor* executor_;
    StartNext* start_next_;
    IsOver is_over_;
    std::vector<std::invoke_result_t<StartNext&>> tasks_;
    bool goes_on_ = true;
  };

  /// For awaitables that are not made here: the coroutine that runs goes on when the session gives back this
  /// operation, which it knows already.
  void park(kernel::Operation& operation, std::coroutine_handle<> coroutine) noexcept {
    assert(waiting_[running_] == nullptr);
    operation.slot = running_;
    waiting_[running_] = coroutine;
  }

  // Awaitables, to be awaited where they are made; `co_await` gives a Status. Ranges of values, and scans
  // downwards, go through `execute`.
  // ---------------------------------------------------------------------------------------------------------

  /// The operation is the coroutine's own, and has its results when the coroutine goes on.
  auto execute(kernel::Operation& operation) noexcept { return Awaited{this, &operation, nullptr}; }
  auto get(kernel::Key key, std::span<std::byte> output, std::uint32_t& copied) noexcept {
    return await({.kind = Kind::get, .key = key, .output = output}, &copied);
  }
  auto put(kernel::Key key, std::span<const std::byte> value) noexcept {
    return await({.kind = Kind::put, .key = key, .input = value});
  }
  auto insert(kernel::Key key, std::span<const std::byte> value) noexcept {
    return await({.kind = Kind::insert, .key = key, .input = value});
  }
  auto update(kernel::Key key, std::span<const std::byte> input) noexcept {
    return await({.kind = Kind::update, .key = key, .input = input});
  }
  auto remove(kernel::Key key) noexcept { return await({.kind = Kind::remove, .key = key}); }
  /// Writes `input`, and copies what was there before.
  auto exchange(kernel::Key key, std::span<const std::byte> input, std::span<std::byte> output,
                std::uint32_t& copied) noexcept {
    return await({.kind = Kind::read_modify_write, .key = key, .input = input, .output = output}, &copied);
  }
  /// For a ScanReader: up to `limit` records, in `copied` bytes of `output`.
  auto scan(kernel::Key from, std::uint32_t limit, std::span<std::byte> output,
            std::uint32_t& copied) noexcept {
    return await({.kind = Kind::scan, .key = from, .limit = limit, .output = output}, &copied);
  }

 private:
  using Kind = kernel::OperationKind;

  struct Awaited {
    Executor* executor;
    kernel::Operation* operation;
    std::uint32_t* copied;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const noexcept { executor->wait(*operation, self); }
    kernel::Status await_resume() const noexcept {
      if (copied != nullptr) *copied = operation->output_size;
      return operation->status;
    }
  };
  Awaited await(const kernel::Operation& operation, std::uint32_t* copied = nullptr) noexcept {
    operations_[running_] = operation;
    return {this, &operations_[running_], copied};
  }

  void wait(kernel::Operation& operation, std::coroutine_handle<> coroutine) noexcept {
    park(operation, coroutine);
    batch_.push_back(&operation);
  }

  S* session_;
  kernel::FramePool frames_;
  std::vector<kernel::Operation> operations_;     ///< by slot; those that coroutines have are not among them
  std::vector<std::coroutine_handle<>> waiting_;  ///< by slot; null: does not wait
  std::vector<std::uint32_t> idle_;               ///< slots of no task; between two runs all
  std::uint32_t running_ = 0;                     ///< the slot of the task that runs, or ran last
  kernel::OperationList batch_;                   ///< awaited since the last round
  Completed done_;
};

}  // namespace upout::engines
