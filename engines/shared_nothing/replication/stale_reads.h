#pragma once

#include <algorithm>
#include <bitset>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "kernel/hash.h"
#include "kernel/log/redo.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// When the changes of a stream were made, by the clock of who made them: the changes of one turn of its
/// worker at one time. Used by one thread.
class ChangeTimes {
 public:
  struct Turn {
    std::uint64_t end;  ///< of its changes, as a position of the stream
    platform::Timestamp made;
  };

  /// What has been appended up to there was made then. Called in order.
  void note(std::uint64_t end, platform::Timestamp made) { turns_.push_back({end, made}); }
  /// In which the change was made that begins there. All changes from there on have been noted.
  const Turn& of(std::uint64_t position) const noexcept {
    const auto turn = std::ranges::upper_bound(turns_, position, {}, &Turn::end);
    assert(turn != turns_.end());
    return *turn;
  }
  void forget_before(std::uint64_t position) {
    while (!turns_.empty() && turns_.front().end <= position) turns_.pop_front();
  }

 private:
  std::deque<Turn> turns_;
};

/// A read that a copy has answered, and what it did not see: changes of the record that its primary had made
/// already.
struct CopyRead {
  platform::Timestamp when;    ///< it was answered, by the clock of the copy's rank
  std::uint32_t versions = 0;  ///< so many changes were missing
  platform::Timestamp age{};   ///< so long before, the first of them was made; zero if there was none
};

/// Finds out for some of the reads that a copy answers how old the answer was, when what it lacked then comes
/// at last. Used by the rank's thread.
class StaleReads {
 public:
  /// One of so many is looked after.
  static constexpr std::uint64_t one_of = 16;
  /// At a time.
  static constexpr std::size_t most_open = 256;

  void note(kernel::Key key, platform::Timestamp now) {
    if (reads_++ % one_of != 0 || open_.size() == most_open) return;
    keys_.set(group_of(key));
    open_.push_back({key, {.when = now}});
  }
  /// The next changes have come, which were made then, by this rank's clock: what was read before has missed
  /// nothing more, and is appended to `ended`.
  void take(std::span<const std::byte> changes, platform::Timestamp made, std::vector<CopyRead>& ended) {
    while (!open_.empty() && open_.front().read.when <= made) end_first(ended);
    if (open_.empty()) return;
    kernel::RedoReader reader(changes, 0);
    for (kernel::Redo change; reader.next(change);) {
      if (keys_[group_of(change.key)]) miss(change.key, made);
    }
  }
  /// All changes of the session have come.
  void end_all(std::vector<CopyRead>& ended) {
    while (!open_.empty()) end_first(ended);
    keys_.reset();
  }

  /// What was missing will not come, or nobody knows when it was made; of so many reads.
  std::size_t give_up() {
    keys_.reset();
    const std::size_t unknown = open_.size();
    open_.clear();
    return unknown;
  }

 private:
  struct Open {
    kernel::Key key;
    CopyRead read;
  };
  static constexpr std::size_t groups = 4096;
  static std::size_t group_of(kernel::Key key) noexcept {
    return kernel::KeyHash(key).bucket_bits() % groups;
  }

  void miss(kernel::Key key, platform::Timestamp made) {
    for (Open& open : open_) {
      if (open.key != key) continue;
      if (open.read.versions++ == 0) open.read.age = open.read.when - made;
    }
  }
  void end_first(std::vector<CopyRead>& ended) {
    ended.push_back(open_.front().read);
    open_.pop_front();
    if (open_.empty()) keys_.reset();
  }

  std::uint64_t reads_ = 0;
  std::deque<Open> open_;     ///< in the order in which they were answered
  std::bitset<groups> keys_;  ///< groups of those that are open, and of some that were
};

/// What is known of the reads that the copies of a rank have answered.
struct CopyReads {
  std::vector<CopyRead> sampled;      ///< some of them
  std::uint64_t unknown = 0;          ///< some, that went with the copy before it was known
  platform::Timestamp clock_error{};  ///< other ranks' times are known to this, at worst

  void merge(const CopyReads& other) {
    sampled.insert(sampled.end(), other.sampled.begin(), other.sampled.end());
    unknown += other.unknown;
    clock_error = std::max(clock_error, other.clock_error);
  }
};

}  // namespace upout::engines::shared_nothing
