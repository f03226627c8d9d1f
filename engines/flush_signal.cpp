#include "engines/flush_signal.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace upout::engines {

namespace {

std::uint32_t* word_of(std::atomic<std::uint32_t>& number) {
  static_assert(sizeof(number) == sizeof(std::uint32_t) && std::atomic<std::uint32_t>::is_always_lock_free);
  return reinterpret_cast<std::uint32_t*>(&number);
}

}  // namespace

// std::atomic::wait has no time limit in C++20.
void FlushSignal::wait(std::uint32_t seen, std::chrono::nanoseconds most) noexcept {
  const timespec time{.tv_sec = 0, .tv_nsec = most.count()};
  waiting_.fetch_add(1);
  if (count_.load() == seen) syscall(SYS_futex, word_of(count_), FUTEX_WAIT_PRIVATE, seen, &time, nullptr, 0);
  waiting_.fetch_sub(1);
}

void FlushSignal::notify() noexcept {
  count_.fetch_add(1);
  if (waiting_.load() != 0)
    syscall(SYS_futex, word_of(count_), FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace upout::engines
