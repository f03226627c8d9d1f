#include "harness/arrivals.h"

#include <algorithm>
#include <cmath>

namespace upout::harness {

namespace {

/// So that a worker's arrivals and its keys, which come from the same seed, have nothing to do with each
/// other.
constexpr std::uint64_t salt = 0x6172726976616c73;  // "arrivals"

std::uint64_t stream_of(workloads::WorkerSlot slot, std::uint32_t round) {
  return std::uint64_t{round} << 32 | slot.index;
}

double seconds_between(platform::Timestamp from, platform::Timestamp to) {
  return static_cast<double>((to - from).count()) * 1e-9;
}

}  // namespace

Arrivals::Arrivals(const OfferedLoad& load, workloads::WorkerSlot slot, std::uint64_t seed,
                   std::uint32_t round, platform::Timestamp start, Window window)
    : kind_(load.arrivals),
      curve_(load.curve(seconds_between(start, window.begin), seconds_between(window.begin, window.end))),
      slot_(slot),
      start_(start),
      window_(window),
      random_(seed ^ salt, stream_of(slot, round)) {
  step();
}

void Arrivals::step() noexcept {
  if (kind_ == ArrivalKind::uniform) {
    // Not by adding up gaps: so many additions drift.
    before_ = static_cast<double>(number_ * slot_.count + slot_.index + 1);
  } else {
    before_ -= std::log1p(-random_.unit()) * slot_.count;
  }
  ++number_;
  next_ = start_ + platform::Timestamp(static_cast<std::int64_t>(curve_.when_expected(before_) * 1e9));
}

std::uint64_t Arrivals::offered(platform::Timestamp until) const {
  const platform::Timestamp end = std::min(until, window_.end);
  const platform::Timestamp from = std::max(next_, window_.begin);
  if (from >= end) return in_window_;
  const double expected = curve_.expected_until(seconds_between(start_, end)) -
                          curve_.expected_until(seconds_between(start_, from));
  return in_window_ + static_cast<std::uint64_t>(std::ceil(expected / slot_.count));
}

}  // namespace upout::harness
