#pragma once

#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/funnel.h"
#include "engines/shared_nothing/ring_transport.h"

namespace upout::engines::testing {

/// A carrier over rings, a network of them for each plane: as MPI's, and ThreadSanitizer can watch it. What
/// it sends by itself it gives back late, and at once every other time.
class RingCarrier {
 public:
  using Plane = shared_nothing::RingNetwork;

  RingCarrier(std::deque<Plane>& planes, std::size_t message_bytes, int rank)
      : message_bytes_(message_bytes), kept_(planes.size()) {
    for (Plane& plane : planes) ends_.emplace_back(plane, rank);
  }

  int rank() const noexcept { return ends_.front().rank(); }
  int size() const noexcept { return ends_.front().size(); }

  bool send(unsigned plane, int peer, std::span<std::byte> message) {
    shared_nothing::RingTransport& end = ends_[plane];
    std::memcpy(end.buffer(peer).data(), message.data(), message.size());
    end.fill(peer, message.size());
    end.send(peer);
    if (++sent_ % 2 == 0) return true;
    sending_.emplace_back(plane, message.data());
    return false;
  }
  template <class Use>
  void take_sent(Use&& use) {
    if (++turns_ % 8 != 0) return;
    for (const auto& [plane, bytes] : std::exchange(sending_, {})) use(plane, bytes);
  }
  template <class Use>
  void receive(Use&& use) {
    for (unsigned plane = 0; plane < ends_.size(); ++plane) {
      if (kept_[plane] != 0) continue;  // a ring holds no more than receives_a_plane
      ends_[plane].receive([&](int source, std::span<const std::byte> message) {
        const unsigned ticket = keep(plane, message);
        arrivals_.push_back({plane, source, {messages_[ticket].get(), message.size()}, ticket});
      });
    }
    for (const Arrival& arrival : std::exchange(arrivals_, {}))
      use(arrival.plane, arrival.source, arrival.message, arrival.ticket);
  }
  void post_again(unsigned ticket) {
    std::memset(messages_[ticket].get(), 0xdd, message_bytes_);  // who still looks at it must notice
    --kept_[planes_[ticket]];
    idle_.push_back(ticket);
  }

  void arrive_at_barrier() { ends_.front().arrive_at_barrier(); }
  bool barrier_passed() { return ends_.front().barrier_passed(); }

 private:
  struct Arrival {
    unsigned plane;
    int source;
    std::span<const std::byte> message;
    unsigned ticket;
  };

  unsigned keep(unsigned plane, std::span<const std::byte> message) {
    if (idle_.empty()) {
      messages_.push_back(std::make_unique<std::byte[]>(message_bytes_));
      planes_.push_back(plane);
      idle_.push_back(static_cast<unsigned>(messages_.size() - 1));
    }
    const unsigned ticket = idle_.back();
    idle_.pop_back();
    planes_[ticket] = plane;
    ++kept_[plane];
    std::memcpy(messages_[ticket].get(), message.data(), message.size());
    return ticket;
  }

  std::size_t message_bytes_;
  std::deque<shared_nothing::RingTransport> ends_;  ///< by plane
  std::size_t sent_ = 0;
  std::size_t turns_ = 0;
  std::vector<std::pair<unsigned, std::byte*>> sending_;
  std::vector<std::unique_ptr<std::byte[]>> messages_;  ///< by ticket
  std::vector<unsigned> planes_;                        ///< by ticket
  std::vector<unsigned> idle_;
  std::vector<std::size_t> kept_;  ///< by plane
  std::vector<Arrival> arrivals_;
};

}  // namespace upout::engines::testing
