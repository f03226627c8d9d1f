#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <coroutine>
#include <cstddef>

#include "kernel/prefetch.h"

namespace upout::kernel {

/// Takes turns among the coroutines of one worker: whoever has to wait for memory asks for the line, goes to
/// the end of the queue and lets the next one run (Psaropoulos et al., "Interleaving with Coroutines", PVLDB
/// 2017; CoroBase, PVLDB 2021). What is waited for may take several steps, one a turn, before the coroutine
/// itself is resumed: so a whole search costs one suspension. Used by one thread; never holds more than
/// `capacity` coroutines.
class Interleaver {
 public:
  static constexpr std::size_t capacity = 1024;

  /// What a coroutine waits for. Lives in the coroutine's frame, and stays put until it has been resumed.
  struct Waiting {
    std::coroutine_handle<> coroutine = nullptr;
    /// What the next step, or the coroutine itself, is going to look at: `next_bytes` from there on.
    const void* next = nullptr;
    std::size_t next_bytes = 1;
    /// Takes the next step; true: it was the last one. Null: there is nothing to do but to wait for a turn.
    bool (*step)(Waiting&) noexcept = nullptr;
  };

  /// Whether `run` is under way. A coroutine that runs outside of it has nobody to give way to.
  bool is_running() const noexcept { return running_; }
  /// Whether nobody but the coroutine that asks has a turn to come.
  bool is_alone() const noexcept { return waiting_ == 0; }
  /// How many have a turn to come, without the one that asks.
  std::size_t waiting() const noexcept { return waiting_; }

  /// Called by `await_suspend`. Coroutines are resumed by `run` and not from here: that would nest without
  /// end where the compiler makes no tail calls (g++ without optimization, or under AddressSanitizer).
  void wait(Waiting& waiting, std::coroutine_handle<> coroutine) noexcept {
    waiting.coroutine = coroutine;
    push(waiting);
  }

  /// Awaitable: lets everybody else have a turn.
  auto yield() noexcept {
    struct Turn : Waiting {
      explicit Turn(Interleaver& owner) noexcept : interleaver(&owner) {}
      bool await_ready() const noexcept { return !interleaver->running_; }
      void await_suspend(std::coroutine_handle<> self) noexcept { interleaver->wait(*this, self); }
      void await_resume() const noexcept {}
      Interleaver* interleaver;
    };
    return Turn(*this);
  }

  /// Calls `start`, which starts the coroutines (each runs up to its first turn), then runs until none waits.
  /// The coroutines take their turns in groups, and what the turns of one group ask for is prefetched
  /// together: a prefetch holds up what comes after it until its address has been translated, so only those
  /// that stand close to each other overlap; and while one group's lines come in, the other groups have their
  /// turns.
  template <class Start>
  void run(Start&& start) {
    running_ = true;
    start();
    prefetch_last(waiting_);
    while (waiting_ != 0) {
      const std::size_t turns = std::min(group, waiting_);
      const std::size_t others = waiting_ - turns;
      for (std::size_t i = 0; i < turns; ++i) take_turn(pop());
      prefetch_last(waiting_ - others);
    }
    running_ = false;
  }

 private:
  static constexpr std::size_t group = 4;

  void take_turn(Waiting& waiting) {
    if (waiting.step == nullptr || waiting.step(waiting)) {
      waiting.coroutine.resume();
    } else {
      push(waiting);
    }
  }
  /// For the `count` that came last into the queue. Inlined for the reason that `prefetch` is.
  [[gnu::always_inline]] void prefetch_last(std::size_t count) noexcept {
    for (std::size_t i = waiting_ - count; i < waiting_; ++i) {
      const Waiting& waiting = *queue_[(first_ + i) % capacity];
      prefetch(waiting.next, waiting.next_bytes);
    }
  }

  void push(Waiting& waiting) noexcept {
    assert(waiting_ < capacity);
    queue_[(first_ + waiting_++) % capacity] = &waiting;
  }
  Waiting& pop() noexcept {
    Waiting* next = queue_[first_];
    first_ = (first_ + 1) % capacity;
    --waiting_;
    return *next;
  }

  std::array<Waiting*, capacity> queue_;
  std::size_t first_ = 0;
  std::size_t waiting_ = 0;
  bool running_ = false;
};

}  // namespace upout::kernel
