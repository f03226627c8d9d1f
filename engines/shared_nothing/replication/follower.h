#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "engines/shared_nothing/replication/change_stream.h"
#include "kernel/cursor.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// How far one receiver of a stream is. What has been sent and not been taken for long is sent again.
struct Progress {
  std::uint64_t sent = 0;   ///< up to this position
  std::uint64_t taken = 0;  ///< likewise
  platform::Timestamp moved{};

  /// Of a stream that ends there. (It may have been sent, and been taken for lost.)
  void take(std::uint64_t position, std::uint64_t end, platform::Timestamp now) noexcept {
    if (position <= taken || position > end) return;
    taken = position;
    sent = std::max(sent, position);
    moved = now;
  }
};

/// A copy that is being made: what the store has, and between that what is changed meanwhile, in one stream,
/// so that the copy has each record as it was, and then what became of it.
template <class Policy>
struct CopyInTheMaking {
  CopyInTheMaking(std::uint32_t which, const kernel::Store<Policy>& store)
      : stream_id(which), cursor(store) {}

  std::uint32_t stream_id;
  kernel::Cursor<Policy> cursor;
  ChangeStream stream;
  Progress progress;
  std::uint64_t stepped_at = ~std::uint64_t{0};  ///< how much had been taken when the cursor last went on
  bool is_whole = false;                         ///< nothing more will be appended
  std::uint64_t goes_on_at = 0;                  ///< of the partition's own stream, when it is
  bool has_sent_end = false;
};

/// What a primary knows of another rank's copy.
template <class Policy>
struct Follower {
  int rank = 0;
  std::uint32_t since = 0;  ///< the number of the view in which it joined
  bool is_member = false;
  bool is_in_sync = false;         ///< what is acknowledged by all waits for it, too
  std::uint64_t in_sync_from = 0;  ///< a position: what is before may have been acknowledged without it
  Progress progress = {};
  std::uint64_t began = 0;  ///< the position from which on it has the stream
  std::unique_ptr<CopyInTheMaking<Policy>> making =
      {};  ///< null: it has begun to follow the partition's stream
};

}  // namespace upout::engines::shared_nothing
