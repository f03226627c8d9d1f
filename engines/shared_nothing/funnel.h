#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engines/ring.h"
#include "engines/shared_nothing/transport.h"

namespace upout::engines::shared_nothing {

/// What carries a rank's messages for all of its workers: those of one plane, which are the workers of one
/// number at all ranks, come and go with the plane's number. Made and used by one thread.
///
/// - `send(plane, peer, message)` begins to send; true: the message's memory is free again. Else it stays as
///   it is until `take_sent(use)` has called `use(plane, bytes)` with its beginning.
/// - `receive(use)` calls `use(plane, source, message, ticket)` for what has arrived. The message stays until
///   `post_again(ticket)`. No more than `receives_a_plane` of one plane are there at once, and tickets are
///   numbers.
/// - The barrier is a transport's.
template <class C>
concept Carrier = requires(C& carrier, int peer, unsigned number, std::span<std::byte> message,
                           void (&take)(unsigned, std::byte*),
                           void (&use)(unsigned, int, std::span<const std::byte>, unsigned)) {
  { carrier.rank() } -> std::same_as<int>;
  { carrier.size() } -> std::same_as<int>;
  { carrier.send(number, peer, message) } -> std::same_as<bool>;
  carrier.take_sent(take);
  carrier.receive(use);
  carrier.post_again(number);
  carrier.arrive_at_barrier();
  { carrier.barrier_passed() } -> std::same_as<bool>;
};

inline constexpr std::size_t receives_a_plane = 64;

template <Carrier C>
class FunnelTransport;

/// Through which a rank's workers reach one carrier, that only one of them, worker 0, may use: the others
/// pass it pointers to their messages through rings and get them back, and so does it with what arrives. It
/// does so in each `receive` of its own transport, and so has to call that as long as others are at work.
///
/// Each worker uses its own `FunnelTransport`, the one of its plane. Made and destroyed by worker 0, before
/// and after the others use theirs.
template <Carrier C>
class Funnel {
 public:
  /// `on_told(number)` is called by worker 0 with what another worker has told. `arguments` are the
  /// carrier's.
  template <class... Arguments>
  Funnel(unsigned planes, std::size_t message_bytes, std::function<void(int)> on_told,
         Arguments&&... arguments)
      : message_bytes_(message_bytes),
        on_told_(std::move(on_told)),
        lanes_(planes),
        carrier_(std::forward<Arguments>(arguments)...),
        rank_(carrier_.rank()),
        size_(carrier_.size()) {}
  Funnel(const Funnel&) = delete;
  Funnel& operator=(const Funnel&) = delete;

  unsigned planes() const noexcept { return static_cast<unsigned>(lanes_.size()); }

  /// What has to be done where the carrier may be used. Any worker.
  void tell(int number) noexcept { told_.store(number); }

 private:
  friend class FunnelTransport<C>;

  struct Outgoing {
    int peer;
    std::span<std::byte> message;
  };
  struct Incoming {
    int source;
    std::span<const std::byte> message;
    unsigned ticket;
  };
  /// Between worker 0 and the worker of one plane.
  struct Lane {
    static constexpr std::size_t capacity = 2 * receives_a_plane;
    Ring<Outgoing, capacity> outgoing;
    Ring<std::byte*, capacity> sent;    ///< no more than are under way, which the worker sees to
    Ring<Incoming, capacity> incoming;  ///< those that are being handled still have their places
    Ring<unsigned, capacity> handled;
    std::deque<std::unique_ptr<std::byte[]>> memory;  ///< of messages; the worker's
  };
  static constexpr int nothing = -1;

  // Worker 0's
  // -----------------------------------------------------------------------------------------------------------

  /// What others want to send, what has been sent and what has arrived; calls `free(bytes)` and
  /// `handle(source, message)` for what is worker 0's own. True: there was such a message.
  template <class Free, class Handle>
  bool turn(Free&& free, Handle&& handle) {
    if (told_.load(std::memory_order_relaxed) != nothing) [[unlikely]]
      on_told_(told_.exchange(nothing));
    for (unsigned plane = 1; plane < planes(); ++plane) serve(plane);
    carrier_.take_sent([&](unsigned plane, std::byte* bytes) {
      if (plane == 0) {
        free(bytes);
      } else {
        give_back(plane, bytes);
      }
    });
    bool received = false;
    carrier_.receive([&](unsigned plane, int source, std::span<const std::byte> message, unsigned ticket) {
      if (plane != 0) return pass_on(plane, {source, message, ticket});
      handle(source, message);
      carrier_.post_again(ticket);
      received = true;
    });
    return received;
  }
  void serve(unsigned plane) {
    Lane& lane = lanes_[plane];
    lane.outgoing.pop(Lane::capacity, [&](const Outgoing& each) {
      if (carrier_.send(plane, each.peer, each.message)) give_back(plane, each.message.data());
    });
    lane.handled.pop(Lane::capacity, [&](unsigned ticket) { carrier_.post_again(ticket); });
  }
  void give_back(unsigned plane, std::byte* bytes) {
    [[maybe_unused]] const std::size_t pushed = lanes_[plane].sent.push({&bytes, 1});
    assert(pushed == 1);
  }
  void pass_on(unsigned plane, const Incoming& incoming) {
    [[maybe_unused]] const std::size_t pushed = lanes_[plane].incoming.push({&incoming, 1});
    assert(pushed == 1);
  }

  /// The rank arrives when the last of its workers has, and all of them have passed when it has.
  void go_on_with_barrier() {
    if (!is_at_barrier_ && arrivals_.load() == (passed_.load() + 1) * planes()) {
      carrier_.arrive_at_barrier();
      is_at_barrier_ = true;
    }
    if (is_at_barrier_ && carrier_.barrier_passed()) {
      is_at_barrier_ = false;
      passed_.fetch_add(1);
    }
  }

  std::size_t message_bytes_;
  std::function<void(int)> on_told_;
  std::deque<Lane> lanes_;  ///< by plane
  C carrier_;               ///< goes before the memory that it sends out of
  const int rank_;
  const int size_;
  bool is_at_barrier_ = false;
  std::atomic<int> told_{nothing};
  std::atomic<unsigned> arrivals_{0};  ///< of workers at barriers, so far
  std::atomic<unsigned> passed_{0};    ///< barriers
};

/// One worker's way through its rank's funnel: the transport of its plane. Used by the worker's thread.
template <Carrier C>
class FunnelTransport {
 public:
  /// `funnel` must outlive it.
  FunnelTransport(Funnel<C>& funnel, unsigned plane)
      : funnel_(&funnel), lane_(&funnel.lanes_[plane]), plane_(plane), peers_(size_of(funnel)) {}
  FunnelTransport(const FunnelTransport&) = delete;
  FunnelTransport& operator=(const FunnelTransport&) = delete;

  static constexpr unsigned polls_between_looks = 1024;
  platform::Timestamp now() const noexcept { return std::chrono::steady_clock::now().time_since_epoch(); }

  int rank() const noexcept { return funnel_->rank_; }
  int size() const noexcept { return funnel_->size_; }

  std::span<std::byte> buffer(int peer) {
    Peer& to = this->to(peer);
    if (to.buffer == nullptr) to.buffer = free_buffer();
    return {to.buffer + to.filled, funnel_->message_bytes_ - to.filled};
  }
  void fill(int peer, std::size_t bytes) noexcept { to(peer).filled += bytes; }
  std::size_t filled(int peer) const noexcept { return peers_[static_cast<std::size_t>(peer)].filled; }
  void send(int peer) {
    Peer& to = this->to(peer);
    if (to.filled == 0) return;
    const Outgoing begun{peer, {to.buffer, to.filled}};
    to = {};
    if (plane_ != 0) {
      waiting_.push_back(begun);
      push_waiting();
    } else if (funnel_->carrier_.send(plane_, begun.peer, begun.message)) {
      free_.push_back(begun.message.data());
    }
  }

  std::size_t longest_message() const noexcept { return funnel_->message_bytes_; }
  void make_room(int, std::size_t) noexcept {}  // there always is

  template <class Handle>
  bool receive(Handle&& handle) {
    if (plane_ == 0) return funnel_->turn([this](std::byte* bytes) { free_.push_back(bytes); }, handle);
    const std::size_t count = lane_->incoming.pop(capacity, [&](const Incoming& each) {
      handle(each.source, each.message);
      lane_->handled.push({&each.ticket, 1});
    });
    push_waiting();
    return count != 0;
  }

  void arrive_at_barrier() noexcept {
    ++barriers_;
    funnel_->arrivals_.fetch_add(1);
  }
  bool barrier_passed() {
    if (plane_ == 0) funnel_->go_on_with_barrier();
    return funnel_->passed_.load() == barriers_;
  }

 private:
  using Outgoing = typename Funnel<C>::Outgoing;
  using Incoming = typename Funnel<C>::Incoming;
  static constexpr std::size_t capacity = Funnel<C>::Lane::capacity;

  struct Peer {
    std::byte* buffer = nullptr;  ///< being filled; null: none
    std::size_t filled = 0;
  };

  static std::size_t size_of(const Funnel<C>& funnel) noexcept {
    return static_cast<std::size_t>(funnel.size_);
  }
  Peer& to(int peer) noexcept { return peers_[static_cast<std::size_t>(peer)]; }

  std::byte* free_buffer() {
    if (free_.empty() && plane_ != 0) take_back();
    if (free_.empty()) {
      lane_->memory.push_back(std::make_unique_for_overwrite<std::byte[]>(funnel_->message_bytes_));
      return lane_->memory.back().get();
    }
    std::byte* buffer = free_.back();
    free_.pop_back();
    return buffer;
  }
  void take_back() {
    under_way_ -= lane_->sent.pop(capacity, [this](std::byte* bytes) { free_.push_back(bytes); });
  }
  /// No more are under way than have room on the way back.
  void push_waiting() {
    if (waiting_.empty()) return;
    if (under_way_ + waiting_.size() > capacity) take_back();
    const std::size_t room = std::min(capacity - under_way_, waiting_.size());
    const std::size_t pushed = lane_->outgoing.push(std::span<const Outgoing>(waiting_).first(room));
    under_way_ += pushed;
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(pushed));
  }

  Funnel<C>* funnel_;
  typename Funnel<C>::Lane* lane_;
  unsigned plane_;
  std::vector<Peer> peers_;
  std::vector<std::byte*> free_;   ///< buffers
  std::vector<Outgoing> waiting_;  ///< sent, while the ring was full
  std::size_t under_way_ = 0;      ///< messages with worker 0, or their buffers on the way back
  unsigned barriers_ = 0;          ///< at which this worker has arrived
};

}  // namespace upout::engines::shared_nothing
