#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "engines/shared_nothing/message.h"

namespace upout::engines::shared_nothing {

/// What a frame's fields mean of those that ranks send each other about copies. All but heartbeats and what
/// leads to the next view count only if both are in the same view.
///
/// | frame           | partition | stream | position            | code | payload                   |
/// |-----------------|-----------|--------|---------------------|------|---------------------------|
/// | changes         | yes       | yes    | of its first change |      | ChangesHeader and changes |
/// | changes_taken   | yes       | yes    | up to which         |      |                           |
/// | ask_changes     | yes       |        | from which on       |      |                           |
/// | told_changes    | yes       |        | the asked one       |      | ToldHeader and changes    |
/// | heartbeat       |           | arrivals at barriers | the sender's time | |             |
/// | heartbeat_heard |           |        | the time of what has been heard | | the sender's time |
/// | news            | yes       | a rank |                     | News |                           |
struct CopyFrame {
  FrameType type;
  std::uint32_t partition = 0;
  std::uint32_t stream = 0;  ///< 0: the partition's own; else that of a copy that is being made
  std::uint64_t position = 0;
  std::uint8_t code = 0;

  FrameHeader header(std::size_t payload_bytes = 0) const noexcept {
    return {.type = type,
            .code = code,
            .slot = stream,
            .payload_bytes = static_cast<std::uint32_t>(payload_bytes),
            .output_size = partition,
            .key = position};
  }
  static CopyFrame of(const FrameHeader& header) noexcept {
    return {header.type, header.output_size, header.slot, header.key, header.code};
  }
};

enum class News : std::uint8_t {
  copied,   ///< the rank is in sync
  settled,  ///< all members of the partition have all that has been acknowledged
};
inline constexpr std::size_t kinds_of_news = 2;

struct ChangesHeader {
  /// All copies have what is before: nobody will ask for it.
  std::uint64_t forgettable = 0;
  /// Of the stream of a copy that is being made: with this frame it ends, and the copy goes on at this
  /// position of the partition's own.
  std::uint64_t goes_on_at = not_yet;
  static constexpr std::uint64_t not_yet = ~std::uint64_t{0};
  /// When the changes were made, by the primary's clock, in nanoseconds.
  std::int64_t made = unknown;
  static constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::min();
};
struct ToldHeader {
  std::uint64_t end = 0;  ///< of all that the teller has
};
static_assert(sizeof(ChangesHeader) + sizeof(kernel::Key) * 3 <= beside_value_bytes);

/// Takes such a header off the front of a payload. False: it is too short.
template <class Header>
bool take_front(std::span<const std::byte>& payload, Header& header) noexcept {
  if (payload.size() < sizeof(header)) return false;
  std::memcpy(&header, payload.data(), sizeof(header));
  payload = payload.subspan(sizeof(header));
  return true;
}

}  // namespace upout::engines::shared_nothing
