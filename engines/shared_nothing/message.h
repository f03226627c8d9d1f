#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "kernel/operation.h"

namespace upout::engines::shared_nothing {

/// What ranks say to each other. A message is a header and then a sequence of frames, requests and responses
/// mixed, each a fixed header and its payload, padded to whole words. Both sides of a message run the same
/// binary, so that numbers travel as they are in memory. Nothing that arrives is believed before it has been
/// checked.
struct MessageHeader {
  /// "up": what is no message of this suite is not understood, nor one of another version.
  static constexpr std::uint16_t mark_of_suite = 0x7570;
  static constexpr std::uint8_t this_version = 6;

  std::uint16_t mark = mark_of_suite;
  std::uint8_t version = this_version;
  std::uint8_t phase = 0;   ///< how many sessions the sender has had before, mod 2^8
  std::uint32_t bytes = 0;  ///< of the whole message
  std::uint32_t view = 0;   ///< number of the view that the sender is in; 0 where there are no copies
  std::uint32_t unused = 0;

  /// Left over from a session that has ended since.
  bool is_older_than(std::uint8_t other) const noexcept {
    return static_cast<std::int8_t>(static_cast<std::uint8_t>(phase - other)) < 0;
  }
};
static_assert(sizeof(MessageHeader) == 16);

/// What a transaction asks of a participant.
enum class StepKind : std::uint8_t {
  read,
  update,
  insert,
  remove,
  begin,
  lock,
  validate,
  prepare,
  install,
  abort
};
inline constexpr std::size_t step_kinds = 10;

enum class FrameType : std::uint8_t {
  request = 0x51,        ///< of an operation on one partition
  response = 0x52,       ///< to a request that has been served
  redirect = 0x53,       ///< to one that came to a rank that does not own the partition
  map = 0x54,            ///< the sender's partition map, before what it redirects
  records = 0x55,        ///< a chunk of a partition that moves
  records_taken = 0x56,  ///< a chunk has been taken
  step = 0x57,           ///< of a transaction, on one partition
  step_answer = 0x58,    ///< to it
  // Of copies; their fields are named in replication/frames.h.
  changes = 0x59,        ///< of a partition, from its primary to a copy
  changes_taken = 0x5a,  ///< a copy has them
  ask_changes = 0x5b,    ///< from who is about to be primary
  told_changes = 0x5c,   ///< the answer
  heartbeat = 0x5d,      ///< the sender is there
  heartbeat_heard = 0x5e,
  news = 0x5f,       ///< for whoever makes the next view
  view = 0x60,       ///< one that has been agreed on
  consensus = 0x61,  ///< what it takes to agree
};

/// What its fields mean depends on the type; those of steps and their answers are named in
/// transaction_client.h. Those that `frame_layouts` has as short travel without what comes after
/// `output_size`.
struct FrameHeader {
  FrameType type;
  std::uint8_t code = 0;  ///< a request's `OperationKind`, a response's `Status`
  std::uint16_t generation =
      0;                   ///< how often the client has used the slot, mod 2^16: tells late responses apart
  std::uint32_t slot = 0;  ///< the client's number for the operation, given back by the response
  std::uint32_t payload_bytes = 0;  ///< that follow the header, before padding
  std::uint32_t output_size =
      0;  ///< request: how many bytes are wanted; response: how many of the payload count
  std::uint32_t output_offset = 0;  ///< of a scan: its partition
  std::uint32_t input_offset = 0;   ///< of a scan: its limit
  kernel::Key key = 0;
};
static_assert(sizeof(FrameHeader) == 32);

constexpr std::size_t padded(std::size_t bytes) noexcept {
  return (bytes + 7) / 8 * 8;
}
/// Of a type of frames. Looked up, because types that come mixed make branches that nobody can predict.
struct FrameLayout {
  std::uint8_t header_bytes;
  std::uint8_t codes;  ///< that `code` may have
};
inline constexpr std::uint8_t short_header = offsetof(FrameHeader, output_offset);
inline constexpr std::uint8_t long_header = sizeof(FrameHeader);
inline constexpr std::array<FrameLayout, 17> frame_layouts{{
    {long_header, kernel::operation_kinds},  // request
    {short_header, kernel::statuses},        // response
    {short_header, kernel::statuses},        // redirect
    {short_header, kernel::statuses},        // map
    {long_header, kernel::statuses},         // records
    {short_header, kernel::statuses},        // records_taken
    {long_header, step_kinds},               // step
    {long_header, kernel::statuses},         // step_answer
    {long_header, kernel::statuses},         // changes
    {long_header, kernel::statuses},         // changes_taken
    {long_header, kernel::statuses},         // ask_changes
    {long_header, kernel::statuses},         // told_changes
    {long_header, kernel::statuses},         // heartbeat
    {long_header, kernel::statuses},         // heartbeat_heard
    {long_header, kernel::statuses},         // news
    {short_header, kernel::statuses},        // view
    {short_header, kernel::statuses},        // consensus
}};
constexpr bool is_frame_type(FrameType type) noexcept {
  return type >= FrameType::request && type <= FrameType::consensus;
}
/// Of a type that is one.
constexpr FrameLayout layout_of(FrameType type) noexcept {
  return frame_layouts[static_cast<std::size_t>(type) - static_cast<std::size_t>(FrameType::request)];
}
constexpr std::size_t header_bytes(FrameType type) noexcept {
  return layout_of(type).header_bytes;
}
constexpr std::size_t frame_bytes(FrameType type, std::size_t payload) noexcept {
  return header_bytes(type) + padded(payload);
}

/// What stands before each value of a `records` frame.
struct MovedRecord {
  kernel::Key key;
  std::uint32_t value_bytes;  ///< that follow, before padding
  std::uint32_t is_removed;   ///< 1: there is no such record any more
};
static_assert(sizeof(MovedRecord) == 16);

/// What may stand beside a value in one frame: a `MovedRecord`, or a change of the log and where it belongs.
inline constexpr std::size_t beside_value_bytes = 64;

inline constexpr std::size_t least_message_bytes = std::size_t{16} << 10;
/// Longer messages go in pieces. A few buffers of that size wait for messages of each rank, and hold what one
/// turn of it takes in: smaller pieces would make large values slow where turns are far apart.
inline constexpr std::size_t most_piece_bytes = std::size_t{256} << 10;

/// How long messages have to be so that each holds the largest value, and the partition map: small values
/// travel many to a message, large ones one by one.
constexpr std::size_t longest_message_for(std::size_t largest_value, std::size_t map_bytes) noexcept {
  const std::size_t longest_payload = std::max(largest_value + beside_value_bytes, map_bytes);
  return std::max(least_message_bytes,
                  sizeof(MessageHeader) + frame_bytes(FrameType::request, longest_payload));
}

/// In two copies of a fixed length: of one of either length compilers make a call.
inline void copy_header(void* to, const void* from, FrameType type) noexcept {
  std::memcpy(to, from, short_header);
  if (header_bytes(type) == short_header) return;
  std::memcpy(static_cast<std::byte*>(to) + short_header, static_cast<const std::byte*>(from) + short_header,
              long_header - short_header);
}

/// Writes a frame's header to where there is room for the frame, and returns where its payload goes.
inline std::span<std::byte> put_frame(std::byte* to, const FrameHeader& header) noexcept {
  copy_header(to, &header, header.type);
  return {to + header_bytes(header.type), header.payload_bytes};
}

/// Takes frames off the front of a message, checking that they lie within it.
class FrameReader {
 public:
  explicit FrameReader(std::span<const std::byte> message) noexcept {
    malformed_ = message.size() < sizeof(header_);
    if (malformed_) return;
    std::memcpy(&header_, message.data(), sizeof(header_));
    malformed_ = header_.mark != MessageHeader::mark_of_suite ||
                 header_.version != MessageHeader::this_version || header_.bytes != message.size();
    if (!malformed_) rest_ = message.subspan(sizeof(header_));
  }
  /// Of a message that is not malformed.
  const MessageHeader& header() const noexcept { return header_; }

  /// False at the message's end, and at the first frame that is not one; `malformed()` tells which.
  bool next(FrameHeader& header, std::span<const std::byte>& payload) noexcept {
    if (rest_.empty()) return false;
    const auto type = static_cast<FrameType>(rest_[0]);
    malformed_ = !is_frame_type(type) || rest_.size() < header_bytes(type);
    if (malformed_) return false;
    copy_header(&header, rest_.data(), type);
    malformed_ = header.code >= layout_of(type).codes || header.payload_bytes > most_payload_bytes ||
                 header.output_size > kernel::max_value_bytes ||
                 rest_.size() < frame_bytes(type, header.payload_bytes);
    if (malformed_) return false;
    payload = rest_.subspan(header_bytes(type), header.payload_bytes);
    rest_ = rest_.subspan(frame_bytes(type, header.payload_bytes));
    return true;
  }
  bool malformed() const noexcept { return malformed_; }

 private:
  static constexpr std::size_t most_payload_bytes = kernel::max_value_bytes + beside_value_bytes;

  MessageHeader header_;
  std::span<const std::byte> rest_;
  bool malformed_ = false;
};

}  // namespace upout::engines::shared_nothing
