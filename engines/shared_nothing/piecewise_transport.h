#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/transport.h"

namespace upout::engines::shared_nothing {

/// What stands before a piece of a long message. Its mark is none of a message.
struct PieceHeader {
  static constexpr std::uint16_t mark_of_pieces = 0x6370;  // "pc"

  std::uint16_t mark = mark_of_pieces;
  std::uint16_t unused = 0;
  std::uint32_t message = 0;  ///< the sender's number for it, mod 2^32
  std::uint32_t offset = 0;   ///< of the piece in it
  std::uint32_t bytes = 0;    ///< of the whole message
};
static_assert(sizeof(PieceHeader) == 16);

/// A transport of short messages that carries long ones, too, in pieces: so that the buffers which wait for
/// messages, some for each peer, need not be as large as the largest value. A message that is not long goes
/// as it is. Pieces may overtake each other; a long message of which one is lost does not arrive, and its
/// memory is used again when too many others have begun after it. Used by its rank's thread.
template <Transport T>
class PiecewiseTransport : public T {
 public:
  /// `longest`: bytes of a message; `arguments` are those of the transport itself.
  template <class... Arguments>
  explicit PiecewiseTransport(std::size_t longest, Arguments&&... arguments)
      : T(std::forward<Arguments>(arguments)...),
        longest_(std::max(longest, T::longest_message())),
        outgoing_(static_cast<std::size_t>(T::size())) {
    assert(T::longest_message() > sizeof(PieceHeader));
  }

  std::size_t longest_message() const noexcept { return longest_; }
  void make_room(int peer, std::size_t bytes) {
    assert(filled(peer) == 0 && bytes <= longest_);
    if (bytes <= T::longest_message()) return;
    Long& message = to(peer);
    message.room = bytes;
    if (message.memory.size() < bytes) message.memory.resize(bytes);
  }

  std::span<std::byte> buffer(int peer) {
    Long& message = to(peer);
    if (!message.is_long()) [[likely]]
      return T::buffer(peer);
    return std::span(message.memory).first(message.room).subspan(message.filled);
  }
  void fill(int peer, std::size_t bytes) noexcept {
    Long& message = to(peer);
    if (!message.is_long()) [[likely]]
      return T::fill(peer, bytes);
    message.filled += bytes;
  }
  std::size_t filled(int peer) const noexcept {
    const Long& message = outgoing_[static_cast<std::size_t>(peer)];
    return message.is_long() ? message.filled : T::filled(peer);
  }
  void send(int peer) {
    Long& message = to(peer);
    if (!message.is_long()) [[likely]]
      return T::send(peer);
    if (message.filled != 0) send_in_pieces(peer, std::span(message.memory).first(message.filled));
    message.room = message.filled = 0;
  }

  template <class Handle>
  bool receive(Handle&& handle) {
    return T::receive([&](int source, std::span<const std::byte> message) {
      PieceHeader header;
      if (!is_piece(message, header)) [[likely]]
        return handle(source, message);
      const auto whole = add(source, header, message.subspan(sizeof(header)));
      if (whole == assemblies_.end()) return;
      handle(source, std::span<const std::byte>(whole->bytes));
      idle_.splice(idle_.begin(), assemblies_, whole);
    });
  }

 private:
  /// More than can be under way where no piece is lost: one of each rank, and those whose pieces have
  /// overtaken others.
  std::size_t most_assemblies() const noexcept { return 64 + static_cast<std::size_t>(T::size()); }

  /// A message that is being filled, if it is a long one; else the transport's own is.
  struct Long {
    bool is_long() const noexcept { return room != 0; }
    std::size_t room = 0;
    std::size_t filled = 0;
    std::vector<std::byte> memory;  ///< used again
  };
  /// A message of which pieces have arrived.
  struct Assembly {
    int source = 0;
    std::uint32_t message = 0;
    std::size_t arrived = 0;  ///< bytes
    std::vector<std::byte> bytes;
  };
  using Assemblies = std::list<Assembly>;

  Long& to(int peer) noexcept { return outgoing_[static_cast<std::size_t>(peer)]; }

  void send_in_pieces(int peer, std::span<const std::byte> message) {
    PieceHeader header{.message = next_message_++, .bytes = static_cast<std::uint32_t>(message.size())};
    while (header.offset < message.size()) {
      assert(T::filled(peer) == 0);
      const std::span<std::byte> room = T::buffer(peer);
      const std::span<const std::byte> rest = message.subspan(header.offset);
      const std::size_t bytes = std::min(rest.size(), room.size() - sizeof(header));
      std::memcpy(room.data(), &header, sizeof(header));
      std::memcpy(room.data() + sizeof(header), rest.data(), bytes);
      T::fill(peer, sizeof(header) + bytes);
      T::send(peer);
      header.offset += static_cast<std::uint32_t>(bytes);
    }
  }

  /// What calls itself one and cannot be is no message either: it goes on to who counts those.
  bool is_piece(std::span<const std::byte> message, PieceHeader& header) const noexcept {
    if (message.size() <= sizeof(header)) return false;
    std::memcpy(&header, message.data(), sizeof(header));
    return header.mark == PieceHeader::mark_of_pieces && header.bytes <= longest_ &&
           header.offset <= header.bytes && message.size() - sizeof(header) <= header.bytes - header.offset;
  }

  /// The message, if that was its last piece.
  Assemblies::iterator add(int source, const PieceHeader& header, std::span<const std::byte> piece) {
    auto to = std::ranges::find_if(assemblies_, [&](const Assembly& each) {
      return each.source == source && each.message == header.message && each.bytes.size() == header.bytes;
    });
    if (to == assemblies_.end()) to = begin(source, header);
    std::memcpy(to->bytes.data() + header.offset, piece.data(), piece.size());
    to->arrived += piece.size();
    return to->arrived == to->bytes.size() ? to : assemblies_.end();
  }
  Assemblies::iterator begin(int source, const PieceHeader& header) {
    if (assemblies_.size() == most_assemblies())
      idle_.splice(idle_.begin(), assemblies_, assemblies_.begin());
    if (idle_.empty()) idle_.emplace_back();
    assemblies_.splice(assemblies_.end(), idle_, idle_.begin());
    Assembly& begun = assemblies_.back();
    begun.source = source;
    begun.message = header.message;
    begun.arrived = 0;
    begun.bytes.resize(header.bytes);
    return std::prev(assemblies_.end());
  }

  std::size_t longest_;
  std::uint32_t next_message_ = 0;
  std::vector<Long> outgoing_;  ///< by peer
  Assemblies assemblies_;       ///< the oldest first
  Assemblies idle_;             ///< memory to be used again
};

}  // namespace upout::engines::shared_nothing
