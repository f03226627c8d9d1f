#pragma once

#include <atomic>
#include <thread>

namespace upout::kernel {

/// A word that many threads may read and write at once. Loads acquire and stores release, so that whoever
/// sees a value sees what was written before it; no free-standing fences are used, which ThreadSanitizer
/// could not follow.
template <class T>
class SharedCell {
 public:
  T load() const noexcept { return value_.load(std::memory_order_acquire); }
  void store(T value) noexcept { value_.store(value, std::memory_order_release); }
  bool compare_exchange(T& expected, T desired) noexcept {
    return value_.compare_exchange_weak(expected, desired, std::memory_order_acq_rel,
                                        std::memory_order_acquire);
  }
  T fetch_add(T amount) noexcept { return value_.fetch_add(amount, std::memory_order_acq_rel); }

 private:
  std::atomic<T> value_{};
};

/// The same interface for a word of one thread: plain loads and stores.
template <class T>
class ExclusiveCell {
 public:
  T load() const noexcept { return value_; }
  void store(T value) noexcept { value_ = value; }
  bool compare_exchange(T& expected, T desired) noexcept {
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }
  T fetch_add(T amount) noexcept {
    const T before = value_;
    value_ += amount;
    return before;
  }

 private:
  T value_{};
};

/// A store that any number of threads may enter at the same time.
struct Shared {
  static constexpr bool is_shared = true;
  template <class T>
  using Cell = SharedCell<T>;
};

/// A store that belongs to one thread: the same code, with the latches, atomics and deferred frees of records
/// and index compiled away. (The heap's counts stay atomic: others may ask for them.)
struct Exclusive {
  static constexpr bool is_shared = false;
  template <class T>
  using Cell = ExclusiveCell<T>;
};

/// Waiting for a latch that is held for a few instructions: spins, then gives the processor away, because the
/// holder may have been preempted when workers outnumber the cores.
class Backoff {
 public:
  void wait() noexcept {
    if (++spins_ < spin_limit) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    } else {
      std::this_thread::yield();
    }
  }

 private:
  static constexpr unsigned spin_limit = 128;
  unsigned spins_ = 0;
};

/// Waiting for what a transaction may hold for as long as its messages travel: gives up after so many looks.
class Patience {
 public:
  static constexpr unsigned endless = ~0U;

  explicit Patience(unsigned looks) noexcept : looks_(looks) {}
  /// False: it has been waited for long enough.
  bool wait() noexcept {
    if (looks_ == 0) return false;
    if (looks_ != endless) --looks_;
    backoff_.wait();
    return true;
  }

 private:
  unsigned looks_;
  Backoff backoff_;
};

}  // namespace upout::kernel
