#include "engines/shared_nothing/ring_transport.h"

#include <algorithm>

namespace upout::engines::shared_nothing {

static_assert(Transport<RingTransport>);

RingNetwork::RingNetwork(int ranks, std::size_t message_bytes)
    : ranks_(ranks),
      message_bytes_(message_bytes),
      lanes_(static_cast<std::size_t>(ranks) * static_cast<std::size_t>(ranks)) {}

RingTransport::RingTransport(RingNetwork& network, int rank)
    : network_(&network), rank_(rank), peers_(static_cast<std::size_t>(network.ranks_)) {}

std::span<std::byte> RingTransport::buffer(int peer) {
  Peer& peer_state = to(peer);
  if (peer_state.buffer == nullptr) {
    if (peer_state.idle.empty()) take_back(peer);
    if (peer_state.idle.empty()) {
      memory_.push_back(std::make_unique_for_overwrite<std::byte[]>(network_->message_bytes_));
      peer_state.idle.push_back(memory_.back().get());
    }
    peer_state.buffer = peer_state.idle.back();
    peer_state.idle.pop_back();
  }
  return {peer_state.buffer + peer_state.filled, network_->message_bytes_ - peer_state.filled};
}

void RingTransport::send(int peer) {
  Peer& peer_state = to(peer);
  if (peer_state.filled == 0) return;
  peer_state.waiting.push_back({peer_state.buffer, peer_state.filled});
  peer_state.buffer = nullptr;
  peer_state.filled = 0;
  push_waiting(peer);
}

/// No more messages are under way than their buffers have room for on the way back.
void RingTransport::push_waiting(int peer) {
  Peer& peer_state = to(peer);
  if (peer_state.waiting.empty()) return;
  if (peer_state.under_way + peer_state.waiting.size() > RingNetwork::Lane::capacity) take_back(peer);
  const std::size_t room = RingNetwork::Lane::capacity - peer_state.under_way;
  const std::size_t count = std::min(room, peer_state.waiting.size());
  const std::size_t sent =
      network_->lane(rank_, peer).messages.push(std::span<const Message>(peer_state.waiting).first(count));
  peer_state.under_way += sent;
  peer_state.waiting.erase(peer_state.waiting.begin(),
                           peer_state.waiting.begin() + static_cast<std::ptrdiff_t>(sent));
}

void RingTransport::take_back(int peer) {
  Peer& peer_state = to(peer);
  peer_state.under_way -=
      network_->lane(rank_, peer).returned.pop(RingNetwork::Lane::capacity, [&](std::byte* buffer) {
        peer_state.idle.push_back(buffer);
      });
}

void RingTransport::arrive_at_barrier() noexcept {
  ++barriers_;
  network_->arrivals_.fetch_add(1);
}

// Nobody arrives at the next one before he has passed this one, so these arrivals are of all ranks.
bool RingTransport::barrier_passed() noexcept {
  return network_->arrivals_.load() >= barriers_ * static_cast<unsigned>(network_->ranks_);
}

}  // namespace upout::engines::shared_nothing
