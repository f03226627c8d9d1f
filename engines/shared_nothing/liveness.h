#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// When a rank has last heard of each of the others. Each says now and then that it is there if it has
/// nothing else to say; who says nothing for long is lost. It is counted from the first look on, with more
/// patience for a rank that has said nothing yet, which may still be preparing, and anew if this rank itself
/// has not looked for a while: then it may be this one that was stopped. Used by the rank's thread.
class Liveness {
 public:
  static constexpr platform::Timestamp between_looks = std::chrono::milliseconds(100);
  static constexpr platform::Timestamp between_signs = std::chrono::milliseconds(500);
  static constexpr platform::Timestamp longest_silence = std::chrono::milliseconds(2500);
  static constexpr platform::Timestamp longest_preparation = std::chrono::seconds(10);
  static constexpr platform::Timestamp longest_gap = std::chrono::seconds(1);

  Liveness(int rank, int size) : rank_(rank), peers_(static_cast<std::size_t>(size)) {}

  void heard(int source) noexcept { peers_[static_cast<std::size_t>(source)].was_heard = true; }

  /// Calls `send_sign(peer)` for all if it is time to. The rank that is lost, if one is.
  template <class SendSign>
  std::optional<int> look(platform::Timestamp now, SendSign&& send_sign) {
    if (has_looked_ && now - looked_ < between_looks) return std::nullopt;
    const bool begins_anew = !has_looked_ || now - looked_ > longest_gap;
    has_looked_ = true;
    looked_ = now;
    const bool is_time = begins_anew || now - sent_ >= between_signs;
    if (is_time) sent_ = now;
    std::optional<int> lost;
    for (int peer = 0; peer < static_cast<int>(peers_.size()); ++peer) {
      if (peer == rank_) continue;
      Peer& of = peers_[static_cast<std::size_t>(peer)];
      if (of.was_heard || begins_anew) of.last = now;
      of.has_spoken |= of.was_heard;
      of.was_heard = false;
      if (now - of.last >= (of.has_spoken ? longest_silence : longest_preparation)) lost = peer;
      if (is_time) send_sign(peer);
    }
    return lost;
  }

 private:
  struct Peer {
    bool was_heard = false;   ///< since the last look
    bool has_spoken = false;  ///< at any time
    platform::Timestamp last{};
  };

  int rank_;
  bool has_looked_ = false;
  platform::Timestamp looked_{};
  platform::Timestamp sent_{};
  std::vector<Peer> peers_;
};

}  // namespace upout::engines::shared_nothing
