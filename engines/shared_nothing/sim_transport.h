#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/transport.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// What the simulated network does to messages.
struct SimOptions {
  std::uint64_t seed = 1;
  /// A message takes the least delay and something more, drawn from an exponential distribution: so messages
  /// overtake each other.
  platform::Timestamp least_delay = std::chrono::microseconds(2);
  platform::Timestamp mean_further_delay = std::chrono::microseconds(1);
  double loss = 0;  ///< the share of messages that never arrive
  /// How long a rank's turn takes it, in which it does all that has arrived.
  platform::Timestamp turn = std::chrono::microseconds(1);
  /// A rank to which nothing happens has a turn now and then, to look at its clock.
  platform::Timestamp longest_sleep = std::chrono::milliseconds(1);
};

/// A network of ranks in virtual time: one thread runs them all, turn by turn, and the same seed makes the
/// same run again. Ranks may crash and links be cut while it runs. Messages are lost without a word, as by a
/// network that has no transport protocol over it, or by a host that has gone.
class SimNetwork {
 public:
  /// `message_bytes` bounds one message.
  SimNetwork(int ranks, std::size_t message_bytes, const SimOptions& options);
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  int ranks() const noexcept { return static_cast<int>(ranks_.size()); }
  platform::Timestamp now() const noexcept { return now_; }
  std::mt19937_64& random() noexcept { return random_; }

  /// Calls `action()` at that time.
  void at(platform::Timestamp time, std::function<void()> action);
  /// Whether messages between the two get through from now on.
  void set_link(int one, int other, bool is_up);
  /// The rank has no more turns. What is on its way to it never arrives.
  void crash(int rank);
  /// The rank has no turn until then; what arrives waits for it.
  void stop(int rank, platform::Timestamp until) { of(rank).stopped_until = until; }
  bool is_alive(int rank) const noexcept { return !of(rank).has_crashed; }

  /// Gives turns: `step(rank)` lets the rank do what it can do now, and says whether it wants another turn at
  /// once. Ends when `is_over()`, which is asked between turns, says so.
  template <class Step, class IsOver>
  void run(Step&& step, IsOver&& is_over) {
    for (int rank = 0; rank < ranks(); ++rank) wake(rank, now_);
    while (!is_over()) {
      const int rank = next_turn();
      if (rank == nobody) continue;
      const bool goes_on = step(rank);
      of(rank).busy_until = now_ + options_.turn;
      wake(rank, now_ + (goes_on || !of(rank).inbox.empty() ? options_.turn : options_.longest_sleep));
    }
  }

  /// Messages that have been sent, and of these, lost.
  std::uint64_t sent() const noexcept { return sent_; }
  std::uint64_t lost() const noexcept { return lost_; }

 private:
  friend class SimTransport;
  static constexpr int nobody = -1;

  using Message = std::vector<std::byte>;
  struct Arrival {
    int source;
    Message message;
  };
  struct Rank {
    std::vector<Arrival> inbox;
    platform::Timestamp busy_until{};
    platform::Timestamp stopped_until{};
    platform::Timestamp wakes{};  ///< when its next turn is; others that are in the queue count no more
    bool has_crashed = false;
    std::vector<bool> cut;  ///< from which ranks nothing arrives; empty: none
  };
  /// What happens at a time: a message arrives at a rank, a rank has its turn, or an action is called.
  struct Event {
    platform::Timestamp time;
    std::uint64_t number;  ///< of those at one time, the one that was made first comes first
    int rank = nobody;
    int source = nobody;
    std::size_t parcel = none;  ///< index of the message or action
    static constexpr std::size_t none = ~std::size_t{0};
    bool operator>(const Event& other) const noexcept {
      return std::pair(time, number) > std::pair(other.time, other.number);
    }
  };

  Rank& of(int rank) noexcept { return ranks_[static_cast<std::size_t>(rank)]; }
  const Rank& of(int rank) const noexcept { return ranks_[static_cast<std::size_t>(rank)]; }
  bool is_cut(int source, int to) const noexcept;
  void send(int source, int to, Message message);
  void wake(int rank, platform::Timestamp time);
  /// Lets the next event happen. The rank whose turn it is, or `nobody`.
  int next_turn();
  void deliver(const Event& event);
  Message fresh_message();
  platform::Timestamp draw_delay();

  std::size_t message_bytes_;
  SimOptions options_;
  std::mt19937_64 random_;
  platform::Timestamp now_{};
  std::uint64_t events_made_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t lost_ = 0;
  std::vector<Rank> ranks_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Message> parcels_;  ///< on their way; by `Event::parcel`
  std::vector<std::size_t> free_parcels_;
  std::vector<std::function<void()>> actions_;
  std::vector<Message> idle_messages_;  ///< memory to be used again
  unsigned barrier_arrivals_ = 0;
};

/// One rank's end of a simulated network.
class SimTransport {
 public:
  SimTransport(SimNetwork& network, int rank)
      : network_(&network), rank_(rank), outgoing_(static_cast<std::size_t>(network.ranks())) {}

  static constexpr unsigned polls_between_looks = 1;
  platform::Timestamp now() const noexcept { return network_->now(); }

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return network_->ranks(); }

  std::span<std::byte> buffer(int peer);
  void fill(int peer, std::size_t bytes) noexcept { to(peer).filled += bytes; }
  std::size_t filled(int peer) const noexcept { return outgoing_[static_cast<std::size_t>(peer)].filled; }
  void send(int peer);
  std::size_t longest_message() const noexcept { return network_->message_bytes_; }
  void make_room(int, std::size_t) noexcept {}  // there always is

  template <class Handle>
  bool receive(Handle&& handle) {
    auto& inbox = network_->of(rank_).inbox;
    if (inbox.empty()) return false;
    arrived_.swap(inbox);
    for (SimNetwork::Arrival& arrival : arrived_) {
      handle(arrival.source, std::span<const std::byte>(arrival.message));
      network_->idle_messages_.push_back(std::move(arrival.message));
    }
    arrived_.clear();
    return true;
  }

  void arrive_at_barrier() noexcept {
    ++barriers_;
    ++network_->barrier_arrivals_;
  }
  bool barrier_passed() const noexcept {
    return network_->barrier_arrivals_ >= barriers_ * static_cast<unsigned>(size());
  }

 private:
  struct Outgoing {
    SimNetwork::Message message;
    std::size_t filled = 0;
  };
  Outgoing& to(int peer) noexcept { return outgoing_[static_cast<std::size_t>(peer)]; }

  SimNetwork* network_;
  int rank_;
  std::vector<Outgoing> outgoing_;
  std::vector<SimNetwork::Arrival> arrived_;
  unsigned barriers_ = 0;
};

}  // namespace upout::engines::shared_nothing
