#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engines/shared_nothing/partitions.h"
#include "engines/shared_nothing/replication/change_stream.h"
#include "engines/shared_nothing/replication/follower.h"
#include "engines/shared_nothing/replication/stale_reads.h"
#include "engines/shared_nothing/replication/view.h"
#include "kernel/hash.h"
#include "kernel/log/redo.h"

namespace upout::engines::shared_nothing {

/// One partition as far as this rank has to do with it.
///
///     none → joining → backup → promoted → primary
///
/// From everywhere back to none, when the rank has been taken for dead. A primary's partition is among those
/// that the session serves (`Partitions`), all others are here. Used by the rank's thread.
template <class Policy>
struct Copy {
  using Partition = shared_nothing::Partition<Policy>;
  enum class Role : std::uint8_t {
    none,
    joining,   ///< gets what there is
    backup,    ///< has all, and gets what changes
    promoted,  ///< asks the others for what it lacks, before it serves
    primary,
  };
  /// One that may have something that this copy lacks.
  struct Teller {
    int rank = 0;
    bool has_told = false;
    std::uint64_t end = 0;
    platform::Timestamp asked = platform::Timestamp::min() / 2;
  };

  Role role = Role::none;
  std::unique_ptr<Partition> partition;
  ChangeStream stream;
  EarlyChanges early;           ///< of the stream that this copy follows, in this view
  std::uint64_t committed = 0;  ///< of a primary: enough others have what is before
  ChangeTimes times;            ///< of a primary's stream, if backups are read
  StaleReads reads;             ///< of a backup

  std::uint32_t joining_stream = 0;                              ///< that makes this copy
  std::uint64_t joined = 0;                                      ///< its position there
  EarlyChanges early_joined;                                     ///< of that one
  bool follows = false;                                          ///< it is made, and `stream` goes on
  std::vector<Teller> tellers;                                   ///< of a promoted one
  platform::Timestamp serves_from = platform::Timestamp::min();  ///< when all leases have ended
  std::vector<Follower<Policy>> followers;                       ///< of a primary
  std::uint64_t to_settle = 0;  ///< when all have taken this, all have what was acknowledged before the view

  Follower<Policy>* follower(int rank) noexcept {
    const auto found = std::ranges::find(followers, rank, &Follower<Policy>::rank);
    return found == followers.end() ? nullptr : &*found;
  }
};

/// Changes as they are done in a store, many at once: no two of one key.
class ChangeBatches {
 public:
  explicit ChangeBatches(std::span<const std::byte> changes) : reader_(changes, 0) {}

  /// The next ones; none at the end.
  std::span<const kernel::Redo> next() {
    keys_.reset();
    std::size_t count = 0;
    if (has_left_over_) some_[count++] = note(left_over_);
    has_left_over_ = false;
    while (count < some_.size() && reader_.next(left_over_)) {
      has_left_over_ = keys_[group_of(left_over_.key)];
      if (has_left_over_) break;
      some_[count++] = note(left_over_);
    }
    return std::span(some_).first(count);
  }
  bool is_sound() const noexcept { return reader_.is_sound(); }

 private:
  static constexpr std::size_t groups = 1024;
  static std::size_t group_of(kernel::Key key) noexcept {
    return kernel::KeyHash(key).bucket_bits() % groups;
  }
  const kernel::Redo& note(const kernel::Redo& change) {
    keys_.set(group_of(change.key));
    return change;
  }

  kernel::RedoReader reader_;
  std::bitset<groups> keys_;  ///< groups of those that are among the next ones
  kernel::Redo left_over_;
  bool has_left_over_ = false;
  std::array<kernel::Redo, 64> some_;
};

/// Does in the store what changes say. False: they are none, or there is no memory for them.
template <class Policy>
bool apply_changes(Partition<Policy>& partition, std::span<const std::byte> changes) {
  ChangeBatches batches(changes);
  for (auto batch = batches.next(); !batch.empty(); batch = batches.next()) {
    // An update of a record that is still to be copied finds nothing, and is in the copy.
    if (partition.store->redo(partition.worker, batch) == kernel::Status::out_of_memory) return false;
  }
  return batches.is_sound();
}

}  // namespace upout::engines::shared_nothing
