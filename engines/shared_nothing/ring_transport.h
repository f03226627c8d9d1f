#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engines/ring.h"
#include "engines/shared_nothing/transport.h"

namespace upout::engines::shared_nothing {

/// What the ranks of one process, a thread each, say to each other through: for each pair of them a ring of
/// messages. Made before the ranks' threads begin and destroyed after they have ended; each rank uses its own
/// `RingTransport`.
class RingNetwork {
 public:
  /// `message_bytes` bounds one message.
  RingNetwork(int ranks, std::size_t message_bytes);
  RingNetwork(const RingNetwork&) = delete;
  RingNetwork& operator=(const RingNetwork&) = delete;

  int ranks() const noexcept { return ranks_; }

 private:
  friend class RingTransport;

  struct Message {
    std::byte* bytes = nullptr;
    std::size_t size = 0;
  };
  /// From one rank to one other: messages, and their buffers on the way back.
  struct Lane {
    static constexpr std::size_t capacity = 64;
    Ring<Message, capacity> messages;
    Ring<std::byte*, capacity> returned;
  };

  Lane& lane(int from, int to) noexcept {
    return lanes_[static_cast<std::size_t>(from) * static_cast<std::size_t>(ranks_) +
                  static_cast<std::size_t>(to)];
  }

  int ranks_;
  std::size_t message_bytes_;
  std::vector<Lane> lanes_;
  std::atomic<unsigned> arrivals_{0};  ///< at barriers, of all ranks so far
};

/// Messages between threads of one process: a pointer travels, the bytes stay where they are. What the
/// protocol costs without MPI, and where ThreadSanitizer can watch it. Used by its rank's thread.
class RingTransport {
 public:
  /// `network` must outlive it.
  RingTransport(RingNetwork& network, int rank);
  RingTransport(const RingTransport&) = delete;
  RingTransport& operator=(const RingTransport&) = delete;

  static constexpr unsigned polls_between_looks = 1024;
  platform::Timestamp now() const noexcept { return std::chrono::steady_clock::now().time_since_epoch(); }

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return network_->ranks_; }

  std::span<std::byte> buffer(int peer);
  void fill(int peer, std::size_t bytes) noexcept { to(peer).filled += bytes; }
  std::size_t filled(int peer) const noexcept { return peers_[static_cast<std::size_t>(peer)].filled; }
  void send(int peer);
  std::size_t longest_message() const noexcept { return network_->message_bytes_; }
  void make_room(int, std::size_t) noexcept {}  // there always is

  /// Memory of messages, filled, under way and idle, that this end has come to need.
  std::size_t buffers() const noexcept { return memory_.size(); }

  template <class Handle>
  bool receive(Handle&& handle) {
    bool received = false;
    for (int peer = 0; peer < size(); ++peer) {
      if (peer == rank_) continue;
      RingNetwork::Lane& lane = network_->lane(peer, rank_);
      received |= lane.messages.pop(RingNetwork::Lane::capacity, [&](const RingNetwork::Message& message) {
        handle(peer, std::span<const std::byte>(message.bytes, message.size));
        // As many buffers as messages are under way: there is always room for them.
        lane.returned.push(std::span(&message.bytes, 1));
      }) != 0;
      push_waiting(peer);
    }
    return received;
  }

  void arrive_at_barrier() noexcept;
  bool barrier_passed() noexcept;

 private:
  using Message = RingNetwork::Message;
  struct Peer {
    std::byte* buffer = nullptr;  ///< being filled; null: none
    std::size_t filled = 0;
    std::vector<Message> waiting;  ///< sent, while the ring was full
    std::vector<std::byte*> idle;  ///< buffers of this lane that nobody uses
    std::size_t under_way = 0;     ///< messages in the ring, or their buffers on the way back
  };

  Peer& to(int peer) noexcept { return peers_[static_cast<std::size_t>(peer)]; }
  void take_back(int peer);
  void push_waiting(int peer);

  RingNetwork* network_;
  int rank_;
  std::vector<Peer> peers_;
  std::vector<std::unique_ptr<std::byte[]>> memory_;
  unsigned barriers_ = 0;  ///< at which this rank has arrived
};

}  // namespace upout::engines::shared_nothing
