#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace upout::platform {

/// A point in time on this host's steady scale (that of CLOCK_MONOTONIC), in nanoseconds.
/// Comparable between threads and processes of one host; between hosts only through a measured offset.
using Timestamp = std::chrono::nanoseconds;

/// Reads the time in a few nanoseconds: from the processor's invariant time-stamp counter where it has one,
/// else from clock_gettime. A value; copy it to each thread. `now()` may be called from any thread.
/// A default-constructed clock reads clock_gettime.
class Clock {
 public:
  /// Measures the counter's rate against CLOCK_MONOTONIC; takes about 20 ms. The rate is good to about one
  /// part in a million, so that clocks of two processes part by about a microsecond a second.
  static Clock calibrate();

  Timestamp now() const noexcept;

  /// "tsc", "cntvct" (the generic timer of aarch64) or "clock_gettime": for the environment record.
  const char* source() const noexcept;

 private:
  static std::uint64_t read_ticks() noexcept;
  static Timestamp read_system() noexcept;

  std::uint64_t base_ticks_ = 0;
  std::int64_t base_ns_ = 0;
  std::uint64_t ns_per_tick_q32_ = 0;  ///< nanoseconds a tick, 32 fractional bits; 0: no usable counter
};

// Inline, because it stands in the load generators' loop.

inline std::uint64_t Clock::read_ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  std::uint64_t ticks;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  return 0;
#endif
}

inline Timestamp Clock::read_system() noexcept {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

inline Timestamp Clock::now() const noexcept {
  if (ns_per_tick_q32_ == 0) return read_system();
  __extension__ using Wide = __int128;
  // Signed: another core's counter may stand a few ticks before the base.
  const auto ticks = static_cast<std::int64_t>(read_ticks() - base_ticks_);
  return Timestamp(base_ns_ + static_cast<std::int64_t>((Wide{ticks} * Wide{ns_per_tick_q32_}) >> 32));
}

}  // namespace upout::platform
