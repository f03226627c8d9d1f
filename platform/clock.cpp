#include "platform/clock.h"

#include <fstream>
#include <string>
#include <thread>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace upout::platform {

namespace {

/// Whether the counter runs at one rate through frequency changes and sleep states.
/// AMD64 Architecture Programmer's Manual vol. 3 and Intel SDM vol. 3: CPUID 0x80000007, EDX bit 8.
/// The Arm architecture defines its generic timer to be so.
bool counter_is_invariant() {
#if defined(__x86_64__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 8)) != 0;
#elif defined(__aarch64__)
  return true;
#else
  return false;
#endif
}

/// Linux keeps time by a slow device only where it found the counters of the processors out of step.
bool kernel_distrusts_counter() {
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  return file >> name && (name == "hpet" || name == "acpi_pm");
}

/// A reading of the counter and of the system's clock at the same moment.
struct Sample {
  std::uint64_t ticks;
  Timestamp time;
};

/// The tightest of several readings, so that an interrupt between the two clocks does not tilt the rate.
template <class ReadTicks, class ReadSystem>
Sample sample(ReadTicks read_ticks, ReadSystem read_system) {
  constexpr int attempts = 64;
  Sample best{};
  std::uint64_t narrowest = ~std::uint64_t{0};
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const std::uint64_t before = read_ticks();
    const Timestamp time = read_system();
    const std::uint64_t width = read_ticks() - before;
    if (width < narrowest) {
      narrowest = width;
      best = {before + width / 2, time};
    }
  }
  return best;
}

}  // namespace

Clock Clock::calibrate() {
  if (!counter_is_invariant() || kernel_distrusts_counter()) return {};

  const Sample first = sample(read_ticks, read_system);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const Sample last = sample(read_ticks, read_system);

  const auto ticks = static_cast<std::int64_t>(last.ticks - first.ticks);
  const std::int64_t elapsed_ns = (last.time - first.time).count();
  if (ticks <= 0 || elapsed_ns <= 0) return {};  // a counter that stands still, as some emulators have it

  __extension__ using Wide = unsigned __int128;
  Clock clock;
  clock.base_ticks_ = last.ticks;
  clock.base_ns_ = last.time.count();
  clock.ns_per_tick_q32_ =
      static_cast<std::uint64_t>((static_cast<Wide>(elapsed_ns) << 32) / static_cast<Wide>(ticks));
  return clock;
}

const char* Clock::source() const noexcept {
  if (ns_per_tick_q32_ == 0) return "clock_gettime";
#if defined(__aarch64__)
  return "cntvct";
#else
  return "tsc";
#endif
}

}  // namespace upout::platform
