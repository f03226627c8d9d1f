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

}  // namespace

Arrivals::Arrivals(const OfferedLoad& load, workloads::WorkerSlot slot, std::uint64_t seed,
                   std::uint32_t round, platform::Timestamp start, Window window)
    : kind_(load.arrivals),
      gap_ns_(1e9 * slot.count / load.per_second),
      start_(start),
      window_(window),
      random_(seed ^ salt, stream_of(slot, round)),
      first_ns_(gap_ns_ * (slot.index + 1) / slot.count) {
  step();
}

void Arrivals::step() noexcept {
  if (kind_ == ArrivalKind::uniform) {
    // Not by adding up gaps: so many additions drift.
    since_start_ns_ = first_ns_ + gap_ns_ * static_cast<double>(number_);
  } else {
    since_start_ns_ -= gap_ns_ * std::log1p(-random_.unit());
  }
  ++number_;
  next_ = start_ + platform::Timestamp(static_cast<std::int64_t>(since_start_ns_));
}

std::uint64_t Arrivals::offered(platform::Timestamp until) const {
  const platform::Timestamp end = std::min(until, window_.end);
  const platform::Timestamp from = std::max(next_, window_.begin);
  if (from >= end) return in_window_;
  return in_window_ +
         static_cast<std::uint64_t>(std::ceil(static_cast<double>((end - from).count()) / gap_ns_));
}

}  // namespace upout::harness
