#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engines/aggregate.h"
#include "engines/shared_nothing/partitions.h"
#include "engines/shared_nothing/replication/copy.h"
#include "engines/shared_nothing/replication/membership.h"
#include "platform/error.h"

namespace upout::engines::shared_nothing {

/// What a rank has of all partitions, and knows of the other ranks, from one session to the next.
template <class Policy>
class Replicas {
 public:
  using Copy = shared_nothing::Copy<Policy>;
  struct Early {
    int source;
    std::vector<std::byte> message;
  };

  struct Options {
    CopyPolicy policy = {};
    CopyTiming timing = {};
    std::size_t expected_records = 0;  ///< in a partition
    std::size_t longest_message = 0;
    std::uint64_t seed = 0;
    std::vector<platform::Timestamp> distances = {};  ///< to each rank; empty: all are as far
  };

  /// `primaries`: where those lie that this rank serves, empty like all others.
  static platform::Expected<std::unique_ptr<Replicas>> create(int rank, const Partitions<Policy>& primaries,
                                                              CopyPlacement placement,
                                                              const Options& options) {
    std::unique_ptr<Replicas> replicas(new Replicas(rank, std::move(placement), options));
    const View& view = replicas->members_.view();
    for (std::uint32_t number = 0; number < view.copies.size(); ++number) {
      const View::Copies& of = view.copies[number];
      Copy& copy = replicas->copies_[number];
      if (of.primary() == rank) {
        copy.role = Copy::Role::primary;
        for (const int member : of.members) {
          if (member != rank) copy.followers.push_back({.rank = member, .is_member = true});
        }
      } else if (of.has(rank)) {
        auto made = primaries.make(number, options.expected_records);
        if (!made) return tl::unexpected(made.error());
        copy.role = Copy::Role::backup;
        copy.partition = std::move(*made);
      }
    }
    return replicas;
  }

  Members& members() noexcept { return members_; }
  const Members& members() const noexcept { return members_; }
  int rank() const noexcept { return rank_; }
  std::size_t expected_records() const noexcept { return expected_records_; }
  std::vector<Copy>& copies() noexcept { return copies_; }
  const std::vector<Copy>& copies() const noexcept { return copies_; }

  /// Of each partition, if that is the same for all; else 1, for then only primaries can be counted.
  unsigned uniform_copies() const {
    const View& view = members_.view();
    const std::size_t first = view.copies.front().members.size();
    const bool is_uniform = std::ranges::all_of(
        view.copies, [first](const View::Copies& of) { return of.members.size() == first; });
    return is_uniform ? static_cast<unsigned>(first) : 1;
  }
  /// Takes in the records of this rank's backups, if they are to be counted.
  template <Aggregate A>
  void gather_backups(A& into) const {
    if (uniform_copies() == 1) return;
    for (const Copy& copy : copies_) {
      if (copy.role == Copy::Role::backup) engines::gather(into, *copy.partition->store);
    }
  }

  /// Whom to ask for a record of that partition, of which there is a copy, that any may tell. Perhaps this
  /// rank.
  int reader_of(std::uint32_t number) noexcept {
    const std::vector<int>& members = members_.view().copies[number].members;
    const std::size_t first = turn_++ % members.size();
    if (members_.policy().read_from == ReadFrom::any || distances_.empty()) return members[first];
    int nearest = members[first];
    for (std::size_t i = 1; i < members.size(); ++i) {
      const int member = members[(first + i) % members.size()];
      if (distance_to(member) < distance_to(nearest)) nearest = member;
    }
    return nearest;
  }
  /// What this rank's copies have told, and how old it was, until somebody takes it.
  CopyReads& reads() noexcept { return reads_; }

  /// Messages of ranks that have begun the next session already.
  std::vector<Early>& early() noexcept { return early_; }

 private:
  Replicas(int rank, CopyPlacement placement, const Options& options)
      : rank_(rank),
        expected_records_(options.expected_records),
        copies_(placement.partitions()),
        members_(rank, std::move(placement), options.policy, options.timing,
                 options.longest_message - sizeof(MessageHeader) - sizeof(FrameHeader), options.seed),
        distances_(options.distances) {}

  platform::Timestamp distance_to(int rank) const noexcept {
    return rank == rank_ ? platform::Timestamp(-1) : distances_[static_cast<std::size_t>(rank)];
  }

  int rank_;
  std::size_t expected_records_;
  std::vector<Copy> copies_;  ///< by partition
  Members members_;
  std::vector<platform::Timestamp> distances_;
  std::size_t turn_ = 0;
  CopyReads reads_;
  std::vector<Early> early_;
};

}  // namespace upout::engines::shared_nothing
