#pragma once

#include <pthread.h>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace upout::kernel::testing {

/// Stops threads in the middle of whatever they do, wherever that is, for some microseconds, as a scheduler
/// does that has more threads than cores; only far more often. What a thread has seen is then old when it
/// goes on.
class Interruption {
 public:
  Interruption() {
    struct sigaction action = {};
    action.sa_handler = [](int) {
      const int before = errno;
      const timespec pause = {.tv_sec = 0, .tv_nsec = 20'000};
      nanosleep(&pause, nullptr);
      errno = before;
    };
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, &before_);
  }
  ~Interruption() { sigaction(SIGUSR1, &before_, nullptr); }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// The thread has not been joined.
  void stop(pthread_t thread) const noexcept { pthread_kill(thread, SIGUSR1); }

 private:
  struct sigaction before_ = {};
};

}  // namespace upout::kernel::testing
