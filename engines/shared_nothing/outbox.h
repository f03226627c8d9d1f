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

/// The messages that a rank is filling, one a peer: frames are appended until somebody sends them. Used by
/// the rank's thread.
template <Transport T>
class Outbox {
 public:
  /// `phase`: how many sessions the ranks have had before, mod 2^8.
  Outbox(T& transport, std::uint8_t phase)
      : transport_(&transport), phase_(phase), peers_(static_cast<std::size_t>(transport.size())) {}

  std::uint8_t phase() const noexcept { return phase_; }
  void set_phase(std::uint8_t phase) noexcept { phase_ = phase; }

  /// Appends a frame, sending what stands there if it does not fit, and returns its payload. The frame stays
  /// put until it is sent. It fits into the longest message.
  std::span<std::byte> append(int peer, const FrameHeader& header) {
    const std::size_t bytes = frame_bytes(header.type, header.payload_bytes);
    if (room_for(peer) < bytes) [[unlikely]]
      make_room(peer, bytes);
    Peer& to = this->to(peer);
    if (!std::exchange(to.is_listed, true)) unsent_.push_back(peer);
    if (transport_->filled(peer) == 0) {
      transport_->buffer(peer);
      transport_->fill(peer, sizeof(MessageHeader));
    }
    const std::span<std::byte> payload = put_frame(transport_->buffer(peer), header);
    transport_->fill(peer, bytes);
    if (header.type == FrameType::request) {
      ++to.requests;
      ++requests_;
    }
    return payload;
  }

  /// For frames.
  std::size_t room_for(int peer) {
    const std::size_t left = transport_->buffer(peer).size();
    return transport_->filled(peer) == 0 ? left - sizeof(MessageHeader) : left;
  }
  /// In the longest message.
  std::size_t most_room() const noexcept { return transport_->longest_message() - sizeof(MessageHeader); }
  std::size_t filled(int peer) const noexcept { return transport_->filled(peer); }
  /// Requests that have not been sent, to one and to all.
  std::size_t requests(int peer) const noexcept { return peers_[static_cast<std::size_t>(peer)].requests; }
  std::size_t requests() const noexcept { return requests_; }

  void send(int peer) {
    const std::size_t filled = transport_->filled(peer);
    if (filled == 0) return;
    const MessageHeader header{.phase = phase_, .bytes = static_cast<std::uint32_t>(filled)};
    std::memcpy(transport_->buffer(peer).data() - filled, &header, sizeof(header));
    transport_->send(peer);
    requests_ -= std::exchange(to(peer).requests, 0);
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
    if (transport_->filled(peer) == 0) {
      transport_->buffer(peer);
      transport_->fill(peer, sizeof(MessageHeader));
    }
    send(peer);
  }

  std::uint64_t messages_sent() const noexcept { return messages_sent_; }
  std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }

 private:
  void make_room(int peer, std::size_t bytes) {
    send(peer);
    if (room_for(peer) < bytes) transport_->make_room(peer, sizeof(MessageHeader) + bytes);
    assert(room_for(peer) >= bytes);
  }

  struct Peer {
    bool is_listed = false;  ///< in unsent_
    std::size_t requests = 0;
  };
  Peer& to(int peer) noexcept { return peers_[static_cast<std::size_t>(peer)]; }

  T* transport_;
  std::uint8_t phase_;
  std::size_t requests_ = 0;
  std::uint64_t messages_sent_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::vector<int> unsent_;  ///< peers whose message has been begun, and perhaps sent since; each once
  std::vector<Peer> peers_;
};

}  // namespace upout::engines::shared_nothing
