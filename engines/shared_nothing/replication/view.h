#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engines/shared_nothing/replication/copy_placement.h"

namespace upout::engines::shared_nothing {

/// How many copies must have a change before whoever asked for it is answered.
enum class Acknowledge : std::uint8_t {
  none,    ///< the primary's
  one,     ///< another one, if there is one
  quorum,  ///< a majority of as many as there should be
  all,     ///< all that are in sync
};

inline constexpr std::array<std::string_view, 4> acknowledge_names{"none", "one", "quorum", "all"};

constexpr std::string_view name_of(Acknowledge acknowledge) noexcept {
  return acknowledge_names[static_cast<std::size_t>(acknowledge)];
}

/// Which copy a client asks for one record. All else, and what changes something, the primary does.
enum class ReadFrom : std::uint8_t {
  primary,
  any,      ///< each in turn
  nearest,  ///< its own rank's if there is one, else one of those that are least far away
};

inline constexpr std::array<std::string_view, 3> read_from_names{"primary", "any", "nearest"};

constexpr std::string_view name_of(ReadFrom read_from) noexcept {
  return read_from_names[static_cast<std::size_t>(read_from)];
}

/// What is wanted of copies; the same on all ranks.
struct CopyPolicy {
  unsigned copies = 1;  ///< of each partition, with the primary
  Acknowledge acknowledge = Acknowledge::all;
  ReadFrom read_from = ReadFrom::primary;

  /// Of so many that are in sync: how many have, at least, what has been acknowledged.
  std::size_t holders(std::size_t members) const noexcept;
};

/// What a majority of the ranks has agreed on: who is there, and who has which copies. Each view follows
/// another one, and has the next number. A value.
struct View {
  static constexpr int nobody = -1;

  struct Copies {
    /// In sync, the primary first; none: all copies that had what was acknowledged are gone.
    std::vector<int> members;
    std::uint32_t primary_since = 0;  ///< the number of the view that made it that
    int joining = nobody;             ///< gets a copy from the primary
    std::uint32_t joining_since = 0;  ///< likewise
    /// Members that have, at least, all that has been acknowledged.
    std::size_t holders = 0;

    bool is_lost() const noexcept { return members.empty(); }
    int primary() const noexcept { return members.empty() ? nobody : members.front(); }
    bool has(int rank) const noexcept;
    bool operator==(const Copies&) const = default;
  };

  std::uint32_t number = 0;
  std::vector<bool> alive;     ///< by rank
  std::vector<Copies> copies;  ///< by partition

  /// All ranks are there, and all copies are empty.
  static View initial(const CopyPlacement& placement, const CopyPolicy& policy);

  bool is_alive(int rank) const { return alive[static_cast<std::size_t>(rank)]; }
  bool operator==(const View&) const = default;

  /// Of so many ranks and partitions, each with no more than so many copies.
  static constexpr std::size_t most_bytes(std::size_t ranks, std::size_t partitions, std::size_t copies) {
    return sizeof(std::uint32_t) * (1 + ranks + partitions * (5 + copies));
  }
  std::vector<std::byte> encoded() const;
  /// Nothing: those bytes are no view of so many ranks and partitions.
  static std::optional<View> decode(std::span<const std::byte> bytes, std::size_t ranks,
                                    std::size_t partitions);
};

/// What has happened since a view, as its ranks have told whoever makes the next one.
struct Happened {
  struct Copied {
    std::uint32_t partition;
    int rank;
  };

  std::vector<int> gone;               ///< ranks that are not heard of
  std::vector<int> back;               ///< ranks that were gone, know that, and have nothing left
  std::vector<Copied> copied;          ///< who was joining is in sync
  std::vector<std::uint32_t> settled;  ///< partitions of which all members have all that was acknowledged
};

/// The next view; nothing, if there is no reason for one.
std::optional<View> next_view(const View& view, const Happened& happened, const CopyPlacement& placement,
                              const CopyPolicy& policy);

}  // namespace upout::engines::shared_nothing
