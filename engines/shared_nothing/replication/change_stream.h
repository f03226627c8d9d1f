#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <vector>

#include "kernel/log/redo.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// The changes of a partition in the order in which its primary has made them, as the log has them. A
/// position is the number of bytes before it since the partition began; it stands between two changes. What
/// all copies have is forgotten. Used by one thread.
class ChangeStream {
 public:
  ChangeStream() = default;
  explicit ChangeStream(std::uint64_t begin) : begin_(begin) {}

  std::uint64_t begin() const noexcept { return begin_; }
  std::uint64_t end() const noexcept { return begin_ + bytes_.size() - forgotten_; }

  void append(std::span<const std::byte> changes) {
    bytes_.insert(bytes_.end(), changes.begin(), changes.end());
  }
  void append(const kernel::Redo& change) { kernel::append_redo(bytes_, change); }

  /// Whole changes from there on, which is not before the beginning, that fit into so many bytes, of which
  /// there are enough for one. Valid until the next call.
  std::span<const std::byte> from(std::uint64_t position, std::size_t most_bytes) const {
    assert(position >= begin_ && position <= end());
    const auto rest = std::span(bytes_).subspan(forgotten_ + static_cast<std::size_t>(position - begin_));
    if (rest.size() <= most_bytes) return rest;
    std::size_t taken = 0;
    for (;;) {
      kernel::RedoHeader header;
      std::memcpy(&header, rest.data() + taken, sizeof(header));
      const std::size_t next = taken + kernel::redo_bytes(header.size);
      if (next > most_bytes) return rest.first(taken);
      taken = next;
    }
  }

  void forget_before(std::uint64_t position) {
    if (position <= begin_) return;
    assert(position <= end());
    forgotten_ += static_cast<std::size_t>(position - begin_);
    begin_ = position;
    // Moved together now and then: what is moved is no more than what has been forgotten since.
    if (forgotten_ < bytes_.size() / 2) return;
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(forgotten_));
    forgotten_ = 0;
  }

 private:
  std::uint64_t begin_ = 0;
  std::size_t forgotten_ = 0;  ///< bytes, of those that follow
  std::vector<std::byte> bytes_;
};

/// Pieces of a stream that have overtaken others.
class EarlyChanges {
 public:
  /// Too many are lost, and come again.
  void keep(std::uint64_t position, std::span<const std::byte> changes, platform::Timestamp made) {
    if (pieces_.size() < most_pieces) pieces_[position] = {{changes.begin(), changes.end()}, made};
  }
  /// Calls `take(position, changes, made)`, which says up to where the stream goes then, for what begins
  /// within it.
  template <class Take>
  void follow(std::uint64_t end, Take&& take) {
    while (!pieces_.empty() && pieces_.begin()->first <= end) {
      const Piece& piece = pieces_.begin()->second;
      end = take(pieces_.begin()->first, std::span<const std::byte>(piece.changes), piece.made);
      pieces_.erase(pieces_.begin());
    }
  }
  void clear() noexcept { pieces_.clear(); }

 private:
  static constexpr std::size_t most_pieces = 256;
  struct Piece {
    std::vector<std::byte> changes;
    platform::Timestamp made;  ///< by the clock of who has sent it
  };
  std::map<std::uint64_t, Piece> pieces_;  ///< by position
};

}  // namespace upout::engines::shared_nothing
