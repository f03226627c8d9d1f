#include "engines/shared_nothing/sim_transport.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace upout::engines::shared_nothing {

static_assert(Transport<SimTransport>);

SimNetwork::SimNetwork(int ranks, std::size_t message_bytes, const SimOptions& options)
    : message_bytes_(message_bytes),
      options_(options),
      random_(options.seed),
      ranks_(static_cast<std::size_t>(ranks)) {}

void SimNetwork::at(platform::Timestamp time, std::function<void()> action) {
  actions_.push_back(std::move(action));
  events_.push({.time = time, .number = events_made_++, .parcel = actions_.size() - 1});
}

void SimNetwork::set_link(int one, int other, bool is_up) {
  for (const auto& [to, from] : {std::pair(one, other), std::pair(other, one)}) {
    auto& cut = of(to).cut;
    cut.resize(ranks_.size());
    cut[static_cast<std::size_t>(from)] = !is_up;
  }
}

void SimNetwork::crash(int rank) {
  of(rank).has_crashed = true;
  of(rank).inbox.clear();
}

bool SimNetwork::is_cut(int source, int to) const noexcept {
  const auto& cut = of(to).cut;
  return !cut.empty() && cut[static_cast<std::size_t>(source)];
}

/// The distributions of the standard library differ from one to the other; a seed must not.
platform::Timestamp SimNetwork::draw_delay() {
  const double uniform = static_cast<double>(random_() >> 11) * 0x1p-53;
  const double further = -std::log1p(-uniform) * static_cast<double>(options_.mean_further_delay.count());
  return options_.least_delay + platform::Timestamp(static_cast<std::int64_t>(further));
}

void SimNetwork::send(int source, int to, Message message) {
  ++sent_;
  const platform::Timestamp delay = draw_delay();
  const bool is_lost = static_cast<double>(random_() >> 11) * 0x1p-53 < options_.loss;
  if (is_lost || is_cut(source, to) || of(to).has_crashed) {
    ++lost_;
    idle_messages_.push_back(std::move(message));
    return;
  }
  if (free_parcels_.empty()) {
    free_parcels_.push_back(parcels_.size());
    parcels_.emplace_back();
  }
  const std::size_t parcel = free_parcels_.back();
  free_parcels_.pop_back();
  parcels_[parcel] = std::move(message);
  events_.push(
      {.time = now_ + delay, .number = events_made_++, .rank = to, .source = source, .parcel = parcel});
}

void SimNetwork::wake(int rank, platform::Timestamp time) {
  of(rank).wakes = time;
  events_.push({.time = time, .number = events_made_++, .rank = rank});
}

int SimNetwork::next_turn() {
  assert(!events_.empty());
  const Event event = events_.top();
  events_.pop();
  now_ = event.time;
  if (event.rank == nobody) {
    actions_[event.parcel]();
    return nobody;
  }
  if (event.source != nobody) {
    deliver(event);
    return nobody;
  }
  const Rank& rank = of(event.rank);
  if (rank.has_crashed || rank.wakes != event.time) return nobody;
  if (rank.stopped_until <= now_) return event.rank;
  wake(event.rank, rank.stopped_until);
  return nobody;
}

void SimNetwork::deliver(const Event& event) {
  Rank& rank = of(event.rank);
  Message message = std::move(parcels_[event.parcel]);
  free_parcels_.push_back(event.parcel);
  if (rank.has_crashed || is_cut(event.source, event.rank)) {
    ++lost_;
    idle_messages_.push_back(std::move(message));
    return;
  }
  rank.inbox.push_back({event.source, std::move(message)});
  if (const auto turn = std::max(now_, rank.busy_until); turn < rank.wakes) wake(event.rank, turn);
}

auto SimNetwork::fresh_message() -> Message {
  if (idle_messages_.empty()) return Message(message_bytes_);
  Message message = std::move(idle_messages_.back());
  idle_messages_.pop_back();
  message.resize(message_bytes_);
  return message;
}

std::span<std::byte> SimTransport::buffer(int peer) {
  Outgoing& outgoing = to(peer);
  if (outgoing.message.empty()) outgoing.message = network_->fresh_message();
  return std::span(outgoing.message).subspan(outgoing.filled);
}

void SimTransport::send(int peer) {
  Outgoing& outgoing = to(peer);
  if (outgoing.filled == 0) return;
  outgoing.message.resize(outgoing.filled);
  outgoing.filled = 0;
  network_->send(rank_, peer, std::exchange(outgoing.message, {}));
}

}  // namespace upout::engines::shared_nothing
