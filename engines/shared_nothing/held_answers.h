#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "kernel/log/redo.h"

namespace upout::engines::shared_nothing {

/// Answers to other ranks' clients, as frames, until all that they have changed or seen is on disk. Used by
/// the rank's thread.
class HeldAnswers {
 public:
  bool empty() const noexcept { return held_.empty(); }

  /// `epoch`: the last one of which something is in them; no smaller than those of the calls before.
  void hold(int peer, std::span<const std::byte> frames, kernel::Epoch epoch) {
    if (idle_.empty()) idle_.emplace_back();
    held_.push_back({peer, epoch, std::move(idle_.back())});
    idle_.pop_back();
    held_.back().frames.assign(frames.begin(), frames.end());
  }

  /// Calls `send(peer, frames)` for those whose epoch is on disk, in their order.
  template <class Send>
  void release(kernel::Epoch durable, Send&& send) {
    while (!held_.empty() && held_.front().epoch <= durable) {
      send(held_.front().peer, std::span<const std::byte>(held_.front().frames));
      idle_.push_back(std::move(held_.front().frames));
      held_.pop_front();
    }
  }

 private:
  struct Held {
    int peer;
    kernel::Epoch epoch;
    std::vector<std::byte> frames;
  };
  std::deque<Held> held_;
  std::vector<std::vector<std::byte>> idle_;  ///< memory to be used again
};

}  // namespace upout::engines::shared_nothing
