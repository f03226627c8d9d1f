#pragma once

#include <atomic>
#include <csignal>

namespace upout::harness {

/// Turns SIGINT and SIGTERM into a flag for as long as it lives, so that what is under way can end cleanly
/// and keep what it has. A signal belongs to the process, so the flag does too: at most one Interrupt lives
/// at a time. It is made and destroyed by the program's main thread; any thread may ask it.
class Interrupt {
 public:
  Interrupt() noexcept {
    received_ = 0;
    times_ = 0;
    struct sigaction action = {};
    action.sa_handler = [](int signal_number) {
      received_ = signal_number;
      times_.fetch_add(1);
    };
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, &before_int_);
    sigaction(SIGTERM, &action, &before_term_);
  }
  ~Interrupt() {
    sigaction(SIGINT, &before_int_, nullptr);
    sigaction(SIGTERM, &before_term_, nullptr);
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const noexcept { return signal() != 0; }
  /// The last signal that came; 0 if none did. A program that ends because of it exits with 128 + this
  /// number.
  int signal() const noexcept { return received_.load(std::memory_order_relaxed); }
  /// How many came: a second one says that the user will not wait.
  int times() const noexcept { return times_.load(std::memory_order_relaxed); }

 private:
  static inline std::atomic<int> received_ = 0;
  static inline std::atomic<int> times_ = 0;
  static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not take a lock");

  struct sigaction before_int_ = {};
  struct sigaction before_term_ = {};
};

}  // namespace upout::harness
