#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <utility>
#include <vector>

#include "engines/session.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// Results of what has been done, which nobody may see before enough copies have what they depend on: of own
/// operations, and answers to other ranks, as frames. Used by the rank's thread.
class HeldResults {
 public:
  /// What is done in that partition up to there.
  struct Need {
    std::uint32_t partition;
    std::uint64_t position;
  };
  using Needs = std::vector<Need>;
  static constexpr int own = -1;

  bool empty() const noexcept { return held_.empty(); }

  void hold(std::span<kernel::Operation* const> operations, const Needs& needs, platform::Timestamp now) {
    Held& held = begin(own, needs, now);
    held.operations.assign(operations.begin(), operations.end());
  }
  void hold(int peer, std::span<const std::byte> frames, const Needs& needs, platform::Timestamp now) {
    Held& held = begin(peer, needs, now);
    held.frames.assign(frames.begin(), frames.end());
  }

  /// Hands on all for which `is_met(need)` for each of their needs, the oldest first: `give(operation)` for
  /// own ones, `send(peer, frames)` for others.
  template <class IsMet, class Give, class Send>
  void release(IsMet&& is_met, Give&& give, Send&& send) {
    for (auto each = held_.begin(); each != held_.end();) {
      if (!std::ranges::all_of(each->needs, is_met)) {
        ++each;
        continue;
      }
      if (each->peer == own) {
        for (kernel::Operation* operation : each->operations) give(*operation);
      } else {
        send(each->peer, std::span<const std::byte>(each->frames));
      }
      each = end(each);
    }
  }
  /// Of what needs a partition for which that is true, nobody will know whether it has been done: `give_up`
  /// gets own operations, answers are forgotten.
  template <class IsLost, class GiveUp>
  void drop(IsLost&& is_lost, GiveUp&& give_up) {
    drop_if(
        [&](const Held& held) {
          return std::ranges::any_of(held.needs, [&](const Need& need) { return is_lost(need.partition); });
        },
        give_up);
  }
  /// The same with what has been held for so long.
  template <class GiveUp>
  void drop_overdue(platform::Timestamp now, platform::Timestamp limit, GiveUp&& give_up) {
    drop_if([&](const Held& held) { return now - held.since >= limit; }, give_up);
  }

 private:
  struct Held {
    int peer = own;
    platform::Timestamp since{};
    Needs needs;
    std::vector<kernel::Operation*> operations;
    std::vector<std::byte> frames;
  };

  template <class IsOver, class GiveUp>
  void drop_if(IsOver&& is_over, GiveUp&& give_up) {
    for (auto each = held_.begin(); each != held_.end();) {
      if (!is_over(*each)) {
        ++each;
        continue;
      }
      for (kernel::Operation* operation : each->operations) give_up(*operation);
      each = end(each);
    }
  }
  Held& begin(int peer, const Needs& needs, platform::Timestamp now) {
    if (idle_.empty()) idle_.emplace_back();
    held_.splice(held_.end(), idle_, idle_.begin());
    Held& held = held_.back();
    held.peer = peer;
    held.since = now;
    held.needs.assign(needs.begin(), needs.end());
    held.operations.clear();
    held.frames.clear();
    return held;
  }
  std::list<Held>::iterator end(std::list<Held>::iterator held) {
    const auto next = std::next(held);
    idle_.splice(idle_.begin(), held_, held);
    return next;
  }

  std::list<Held> held_;
  std::list<Held> idle_;  ///< memory to be used again
};

}  // namespace upout::engines::shared_nothing
