#include "harness/move_at_half.h"

namespace upout::harness {

namespace {

double seconds_of(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) * 1e-9;
}

}  // namespace

Rebalance read_report(const MoveAtHalf::Numbers& sums, std::span<const std::uint64_t> timeline,
                      double window_seconds) {
  const auto report = std::bit_cast<MoveAtHalf::Report>(sums);
  Rebalance rebalance{.partition = report.partition,
                      .from = report.from,
                      .to = report.to,
                      .complete = report.is_complete != 0,
                      .begin_seconds = seconds_of(report.began_ns),
                      .copying_seconds = seconds_of(report.copying_ns),
                      .frozen_seconds = seconds_of(report.frozen_ns),
                      .records = report.records,
                      .bytes = report.bytes,
                      .dip = {}};
  const auto stretch_at = [&](double seconds) {
    return static_cast<std::size_t>(seconds / window_seconds * static_cast<double>(timeline.size()));
  };
  const std::size_t begin = stretch_at(rebalance.begin_seconds);
  const std::size_t end =
      stretch_at(rebalance.begin_seconds + rebalance.copying_seconds + rebalance.frozen_seconds);
  if (begin > 0 && begin < timeline.size()) rebalance.dip = find_dip(timeline, begin, end, window_seconds);
  return rebalance;
}

}  // namespace upout::harness
