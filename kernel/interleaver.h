#pragma once

#include <array>
#include <cassert>
#include <coroutine>
#include <cstddef>

#include "kernel/prefetch.h"

namespace upout::kernel {

/// Takes turns among the coroutines of one worker: whoever has to wait for memory asks for the line, goes to
/// the end of the queue and lets the next one run (Psaropoulos et al., "Interleaving with Coroutines", PVLDB
/// 2017; CoroBase, PVLDB 2021). Used by one thread; never holds more than `capacity` coroutines.
class Interleaver {
 public:
  static constexpr std::size_t capacity = 1024;

  /// Awaitable: asks for the line at `address` and gives way to the others.
  auto prefetched(const void* address) noexcept {
    struct Turn {
      Interleaver* interleaver;
      const void* address;

      bool await_ready() const noexcept {
        prefetch(address);
        return !interleaver->running_;
      }
      // Back to `run`, which resumes the next: handing over to it from here would nest without end where the
      // compiler makes no tail calls (g++ without optimization, or under AddressSanitizer).
      void await_suspend(std::coroutine_handle<> self) const noexcept { interleaver->push(self); }
      void await_resume() const noexcept {}
    };
    return Turn{this, address};
  }

  /// Calls `start`, which starts the coroutines (each runs up to its first turn), then runs until none waits.
  /// A coroutine that runs outside of this never gives way.
  template <class Start>
  void run(Start&& start) {
    running_ = true;
    start();
    while (waiting_ != 0) pop().resume();
    running_ = false;
  }

 private:
  void push(std::coroutine_handle<> handle) noexcept {
    assert(waiting_ < capacity);
    queue_[(first_ + waiting_++) % capacity] = handle;
  }
  std::coroutine_handle<> pop() noexcept {
    const std::coroutine_handle<> handle = queue_[first_];
    first_ = (first_ + 1) % capacity;
    --waiting_;
    return handle;
  }

  std::array<std::coroutine_handle<>, capacity> queue_;
  std::size_t first_ = 0;
  std::size_t waiting_ = 0;
  bool running_ = false;
};

}  // namespace upout::kernel
