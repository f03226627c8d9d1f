#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "kernel/operation.h"

namespace upout::kernel {

/// Periods of time into which the log divides what happens. What has been changed in an epoch comes back
/// after a crash as a whole, or not at all (Tu et al., "Silo", SOSP 2013).
using Epoch = std::uint64_t;

enum class RedoKind : std::uint8_t {
  put,     ///< the key has this value from now on
  update,  ///< these bytes, from `offset` on, are overwritten
  remove,
};

/// One change of one key, as the log has it. The versions of a key order its changes, whichever worker has
/// made them, and wherever in the log they stand.
struct Redo {
  RedoKind kind = RedoKind::put;
  Key key = 0;
  std::uint64_t version = 0;  ///< of the record afterwards; a removed one goes with it
  Epoch epoch = 0;
  std::uint32_t offset = 0;
  std::span<const std::byte> bytes = {};
};

/// What stands before a change's bytes, which are followed by zeros up to a multiple of 8.
///
///   63 ........ 23 | 22 .................. 2 | 1 .. 0
///   version        | the epoch's low 21 bits | kind
struct RedoHeader {
  static constexpr unsigned version_shift = 23;
  static constexpr unsigned epoch_shift = 2;
  static constexpr Epoch epoch_mask = (Epoch{1} << (version_shift - epoch_shift)) - 1;

  Key key;
  std::uint64_t what;
  std::uint32_t offset;
  std::uint32_t size;  ///< of the bytes

  static RedoHeader of(const Redo& redo) noexcept {
    return {.key = redo.key,
            .what = redo.version << version_shift | (redo.epoch & epoch_mask) << epoch_shift |
                    std::uint64_t{static_cast<std::uint8_t>(redo.kind)},
            .offset = redo.offset,
            .size = static_cast<std::uint32_t>(redo.bytes.size())};
  }
};
static_assert(sizeof(RedoHeader) == 24);

/// How much room a change takes in the log.
constexpr std::size_t redo_bytes(std::size_t size) noexcept {
  return sizeof(RedoHeader) + (size + 7) / 8 * 8;
}

/// Puts a change behind others.
inline void append_redo(std::vector<std::byte>& to, const Redo& redo) {
  const RedoHeader header = RedoHeader::of(redo);
  const std::span<const std::byte> head = std::as_bytes(std::span(&header, 1));
  to.insert(to.end(), head.begin(), head.end());
  to.insert(to.end(), redo.bytes.begin(), redo.bytes.end());
  to.resize((to.size() + 7) / 8 * 8);
}

/// Goes through changes that stand one after the other. An epoch is told from its low bits by one that is
/// near: at most half of what they can tell apart away.
class RedoReader {
 public:
  /// `near`: no epoch that is met differs from it by 2^20 or more.
  RedoReader(std::span<const std::byte> bytes, Epoch near) noexcept : left_(bytes), near_(near) {}

  /// False: there is no other one. What has passed its checksum and is still no change ends it, too:
  /// `is_sound` says which it was.
  bool next(Redo& redo) noexcept {
    if (left_.size() < sizeof(RedoHeader)) return false;
    RedoHeader header;
    std::memcpy(&header, left_.data(), sizeof(header));
    const auto kind = static_cast<std::uint8_t>(header.what & 3);
    if (kind > static_cast<std::uint8_t>(RedoKind::remove) || header.size > max_value_bytes ||
        redo_bytes(header.size) > left_.size())
      return false;
    redo = {.kind = static_cast<RedoKind>(kind),
            .key = header.key,
            .version = header.what >> RedoHeader::version_shift,
            .epoch = whole_epoch(header.what >> RedoHeader::epoch_shift),
            .offset = header.offset,
            .bytes = left_.subspan(sizeof(header), header.size)};
    left_ = left_.subspan(redo_bytes(header.size));
    return true;
  }
  bool is_sound() const noexcept { return left_.empty(); }

 private:
  Epoch whole_epoch(std::uint64_t low) const noexcept {
    constexpr auto half = static_cast<std::int64_t>(RedoHeader::epoch_mask / 2 + 1);
    auto difference = static_cast<std::int64_t>((low - near_) & RedoHeader::epoch_mask);
    if (difference >= half) difference -= 2 * half;
    return near_ + static_cast<Epoch>(difference);
  }

  std::span<const std::byte> left_;
  Epoch near_;
};

}  // namespace upout::kernel
