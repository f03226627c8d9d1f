#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// What happens to the messages that one rank receives, by the rank that has sent them, and to the rank
/// itself: set by any thread, looked at by the rank's.
class LinkConditions {
 public:
  /// `delay`: of all links to begin with.
  LinkConditions(int ranks, platform::Timestamp delay) : links_(static_cast<std::size_t>(ranks)) {
    for (Link& link : links_) link.delay.store(delay.count());
  }

  /// How much later than it arrives a message from there is handed on.
  platform::Timestamp delay(int source) const noexcept {
    return platform::Timestamp(of(source).delay.load(std::memory_order_relaxed));
  }
  void set_delay(int source, platform::Timestamp delay) noexcept { of(source).delay.store(delay.count()); }

  /// Messages from there are lost.
  bool is_cut(int source) const noexcept { return of(source).is_cut.load(std::memory_order_relaxed); }
  void set_cut(int source, bool is_cut) noexcept { of(source).is_cut.store(is_cut); }

  /// The rank does nothing.
  bool is_stopped() const noexcept { return is_stopped_.load(std::memory_order_relaxed); }
  void set_stopped(bool is_stopped) noexcept { is_stopped_.store(is_stopped); }

  int ranks() const noexcept { return static_cast<int>(links_.size()); }

 private:
  struct Link {
    std::atomic<std::int64_t> delay{0};  ///< nanoseconds
    std::atomic<bool> is_cut{false};
  };
  Link& of(int source) noexcept { return links_[static_cast<std::size_t>(source)]; }
  const Link& of(int source) const noexcept { return links_[static_cast<std::size_t>(source)]; }

  std::vector<Link> links_;  ///< by source
  std::atomic<bool> is_stopped_{false};
};

}  // namespace upout::engines::shared_nothing
