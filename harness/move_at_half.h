#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "engines/session.h"
#include "harness/rebalance.h"
#include "harness/recorder.h"
#include "platform/clock.h"

namespace upout::harness {

/// A worker's part in moving one partition in the middle of a window: of the rank that owns it, to the next
/// one of those that may. Used by the worker.
class MoveAtHalf {
 public:
  /// What has happened, as numbers that can be added up over all workers, for at most one has moved
  /// something.
  struct Report {
    std::uint64_t moves, partition, from, to, is_complete, began_ns, copying_ns, frozen_ns, records, bytes;
  };
  using Numbers = std::array<std::uint64_t, sizeof(Report) / sizeof(std::uint64_t)>;

  /// `clients`: the last ranks, to which nothing moves.
  MoveAtHalf(std::uint32_t partition, Window window, unsigned clients = 0)
      : partition_(partition),
        window_(window),
        clients_(static_cast<int>(clients)),
        due_(window.begin + (window.end - window.begin) / 2) {}

  /// Begins the move if it is time and the session's rank is the one.
  template <class Session>
  void look(Session& session, platform::Timestamp now) {
    if (now < due_) return;
    due_ = platform::Timestamp::max();
    if (session.begin_move(partition_, (session.rank() + 1) % (session.ranks() - clients_))) began_ = now;
  }

  /// Waits for the end of what it has begun.
  template <class Session>
  Numbers finish(Session& session) const {
    engines::Completed none;
    while (session.is_moving()) session.poll(none);
    Report report{};
    for (const auto& move : session.moves()) {
      report = {.moves = 1,
                .partition = move.partition,
                .from = static_cast<std::uint64_t>(move.from),
                .to = static_cast<std::uint64_t>(move.to),
                .is_complete = move.is_complete ? 1U : 0U,
                .began_ns = static_cast<std::uint64_t>((began_ - window_.begin).count()),
                .copying_ns = static_cast<std::uint64_t>(move.copying.count()),
                .frozen_ns = static_cast<std::uint64_t>(move.frozen.count()),
                .records = move.records,
                .bytes = move.bytes};
    }
    return std::bit_cast<Numbers>(report);
  }

 private:
  std::uint32_t partition_;
  Window window_;
  int clients_;
  platform::Timestamp due_;
  platform::Timestamp began_{};
};

/// From the sums over all workers, of which one has moved something.
Rebalance read_report(const MoveAtHalf::Numbers& sums, std::span<const std::uint64_t> timeline,
                      double window_seconds);

}  // namespace upout::harness
