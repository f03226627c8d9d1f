#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/message.h"
#include "engines/shared_nothing/transport.h"

namespace upout::engines::shared_nothing {

/// The messages that a rank is filling, one a peer: frames are appended until somebody sends them. It hands a
/// message over to the transport whole, because to ask that one at each frame how far it has been filled
/// costs more than the frame. Used by the rank's thread.
template <Transport T>
class Outbox {
 public:
  /// `phase`: how many sessions the ranks have had before, mod 2^8.
  Outbox(T& transport, std::uint8_t phase)
      : transport_(&transport), phase_(phase), peers_(static_cast<std::size_t>(transport.size())) {}

  std::uint8_t phase() const noexcept { return phase_; }
  /// What has been written before goes out first, as of the view before.
  void enter_view(std::uint32_t number) {
    send_all();
    view_ = number;
  }

  /// Appends a frame, sending what stands there if it does not fit, and returns its payload. The frame stays
  /// put until it is sent. It fits into the longest message.
  [[gnu::always_inline]] std::span<std::byte> append(int peer, const FrameHeader& header) {
    const std::size_t bytes = frame_bytes(header.type, header.payload_bytes);
    Peer& to = this->to(peer);
    if (to.room() < bytes) [[unlikely]]
      make_room(peer, to, bytes);
    const std::span<std::byte> payload = put_frame(to.next, header);
    to.next += bytes;
    if (header.type == FrameType::request) {
      ++to.requests;
      ++requests_;
    }
    return payload;
  }

  /// Room for whole frames that have been made elsewhere, and fit into the longest message.
  std::span<std::byte> append_frames(int peer, std::size_t bytes) {
    Peer& to = this->to(peer);
    if (to.room() < bytes) make_room(peer, to, bytes);
    to.next += bytes;
    return {to.next - bytes, bytes};
  }

  /// Whether a frame could be appended without sending what stands there.
  bool has_room_for(int peer, std::size_t bytes) const noexcept {
    const Peer& to = peers_[static_cast<std::size_t>(peer)];
    return to.begin == nullptr ? bytes <= most_room() : bytes <= to.room();
  }
  /// For frames, in the longest message.
  std::size_t most_room() const noexcept { return transport_->longest_message() - sizeof(MessageHeader); }
  std::size_t filled(int peer) const noexcept { return peers_[static_cast<std::size_t>(peer)].filled(); }
  /// Requests that have not been sent, to one and to all.
  std::size_t requests(int peer) const noexcept { return peers_[static_cast<std::size_t>(peer)].requests; }
  std::size_t requests() const noexcept { return requests_; }

  void send(int peer) {
    Peer& to = this->to(peer);
    const std::size_t filled = to.filled();
    if (filled == 0) return;
    const MessageHeader header{.phase = phase_, .bytes = static_cast<std::uint32_t>(filled), .view = view_};
    std::memcpy(to.begin, &header, sizeof(header));
    transport_->fill(peer, filled);
    transport_->send(peer);
    to.begin = to.next = to.end = nullptr;
    requests_ -= std::exchange(to.requests, 0);
    ++messages_sent_;
    bytes_sent_ += filled;
  }
  void send_all() {
    for (const int peer : unsent_) {
      send(peer);
      to(peer).is_listed = false;
    }
    unsent_.clear();
  }
  /// A message without frames says that the sender is there.
  void send_sign_of_life(int peer) {
    Peer& to = this->to(peer);
    if (to.begin == nullptr) begin(peer, to);
    send(peer);
  }

  std::uint64_t messages_sent() const noexcept { return messages_sent_; }
  std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }

 private:
  /// A message that has been begun, in the transport's memory: its header is written when it is sent.
  struct Peer {
    std::size_t filled() const noexcept { return static_cast<std::size_t>(next - begin); }
    std::size_t room() const noexcept { return static_cast<std::size_t>(end - next); }

    std::byte* begin = nullptr;  ///< null: none
    std::byte* next = nullptr;   ///< frame
    std::byte* end = nullptr;
    std::size_t requests = 0;
    bool is_listed = false;  ///< in unsent_
  };
  Peer& to(int peer) noexcept { return peers_[static_cast<std::size_t>(peer)]; }

  void begin(int peer, Peer& to) {
    const std::span<std::byte> buffer = transport_->buffer(peer);
    to.begin = buffer.data();
    to.next = to.begin + sizeof(MessageHeader);
    to.end = to.begin + buffer.size();
  }
  [[gnu::noinline]] void make_room(int peer, Peer& to, std::size_t bytes) {
    send(peer);
    begin(peer, to);
    if (to.room() < bytes) {
      transport_->make_room(peer, sizeof(MessageHeader) + bytes);
      begin(peer, to);
    }
    assert(to.room() >= bytes);
    if (!std::exchange(to.is_listed, true)) unsent_.push_back(peer);
  }

  T* transport_;
  const std::uint8_t phase_;
  std::uint32_t view_ = 0;
  std::size_t requests_ = 0;
  std::uint64_t messages_sent_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::vector<int> unsent_;  ///< peers whose message has been begun, and perhaps sent since; each once
  std::vector<Peer> peers_;
};

}  // namespace upout::engines::shared_nothing
