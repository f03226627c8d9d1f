#pragma once

#include <sched.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "engines/partitioning.h"
#include "engines/scans.h"
#include "engines/session.h"
#include "engines/shared_nothing/message.h"
#include "engines/shared_nothing/transport.h"
#include "kernel/store.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// A rank's worker: client of all partitions and server of its own. Operations on its own keys are done at
/// once by the batch; the others are gathered into one message a peer, which goes out when it is full enough
/// or when the client has nothing more to add. Requests that arrive in one message are served as one batch.
///
/// What is asked of another rank comes back with `Status::no_answer` if there is none before the deadline,
/// and with `too_large` if it or its answer does not fit into a message. A response that comes later is left
/// alone, and so is all that is left over from a session before, and all of a message from its first frame on
/// that no rank of this suite sends.
template <Transport T>
class Session {
 public:
  using OwnStore = kernel::Store<kernel::Exclusive>;

  /// Long enough for a rank that shares its core with others, and short enough for who waits for the end.
  static constexpr platform::Timestamp usual_deadline = std::chrono::seconds(4);

  /// Keeps references to both. `yields`: give the processor away when there is nothing to do, because ranks
  /// share cores. `phase`: how many sessions the ranks have had before, the same on all.
  Session(T& transport, OwnStore& store, const Partitioning& partitioning, bool yields, unsigned phase = 0,
          platform::Timestamp deadline = usual_deadline)
      : transport_(&transport),
        store_(&store),
        scans_(partitioning),
        worker_(store.heap()),
        yields_(yields),
        phase_(static_cast<std::uint8_t>(phase)),
        deadline_(deadline),
        peers_(static_cast<std::size_t>(transport.size())) {
    served_.reserve(most_served_at_once);
    answers_.reserve(most_served_at_once);
  }

  void submit(std::span<kernel::Operation* const> operations, Completed& done) {
    local_.clear();
    for (kernel::Operation* operation : operations) scans_.begin(*operation, Send{this});
    perform_local(done);
    client_is_waiting_ = operations.empty();
  }

  void poll(Completed& done) {
    if (transport_->size() == 1) return;
    // What is in flight has not even been sent: nothing will come that could be waited for.
    if (in_flight_ != 0 && in_flight_ == unsent_requests_) send_unsent();
    const bool received = transport_->receive(
        [&](int source, std::span<const std::byte> message) { take(source, message, done); });
    if (++polls_ % T::polls_between_looks == 0) look_at_clock(done);
    // Where the client always has something else to do, a few requests must not wait for many others.
    if (polls_ % polls_before_sending == 0) send_unsent();
    // A message with room left waits for more requests only while the client goes on to make some; others'
    // messages may put that off, but not for long.
    if (client_is_waiting_ && (!received || ++polls_put_off_ == most_polls_put_off)) {
      send_unsent();
      polls_put_off_ = 0;
      if (yields_ && !received) sched_yield();
    }
    client_is_waiting_ = true;
  }

  std::uint64_t messages_sent() const noexcept { return messages_sent_; }
  std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }
  /// Messages that were not what they should be.
  std::uint64_t refused() const noexcept { return refused_; }

  /// Serves the others until all ranks have called this. The caller has nothing in flight. Collective.
  void serve_until_all_are_done() {
    Completed none;
    transport_->arrive_at_barrier();
    while (!transport_->barrier_passed()) poll(none);
  }

 private:
  static constexpr std::size_t most_served_at_once = 256;
  /// A message of this size goes out without waiting for more: MPI libraries send up to about 4 KiB at once,
  /// without asking the receiver first (Open MPI 4.1: btl_vader_eager_limit).
  static constexpr std::size_t full_enough = 3072;

  /// Fewer are not worth a message of their own as long as the client goes on.
  static constexpr std::size_t least_requests = 8;

  static constexpr unsigned most_polls_put_off = 4;
  static constexpr unsigned polls_before_sending = 64;

  /// A slot of the client's, or of a part of a scan, and what has been asked of another rank with it.
  struct Flight {
    kernel::Operation* operation = nullptr;  ///< null: nothing, or it has ended
    int owner = 0;
    std::uint16_t generation = 0;
    platform::Timestamp since = not_looked_at;
    static constexpr platform::Timestamp not_looked_at = platform::Timestamp::min();
  };
  /// Of a slot.
  Flight& flight(std::uint32_t slot) {
    std::vector<Flight>& flights = Scans::is_part(slot) ? flights_of_parts_ : flights_;
    const std::uint32_t number = Scans::number_of(slot);
    if (number >= flights.size()) flights.resize(number + 1);
    return flights[number];
  }
  /// The flight that a response ends; null: there is none.
  Flight* ended_by(int source, const FrameHeader& header) {
    std::vector<Flight>& flights = Scans::is_part(header.slot) ? flights_of_parts_ : flights_;
    const std::uint32_t number = Scans::number_of(header.slot);
    if (number >= flights.size()) return nullptr;
    Flight& asked = flights[number];
    const bool is_it =
        asked.operation != nullptr && asked.owner == source && asked.generation == header.generation;
    return is_it ? &asked : nullptr;
  }

  /// The deadline is counted from the first look on that finds the flight under way.
  void look_at_clock(Completed& done) {
    const platform::Timestamp now = transport_->now();
    for (auto* flights : {&flights_, &flights_of_parts_}) {
      for (Flight& asked : *flights) {
        if (asked.operation == nullptr) continue;
        if (asked.since == Flight::not_looked_at) {
          asked.since = now;
        } else if (now - asked.since >= deadline_) {
          give_back(asked, kernel::Status::no_answer, done);
        }
      }
    }
  }
  void give_back(Flight& asked, kernel::Status status, Completed& done) {
    kernel::Operation& operation = *std::exchange(asked.operation, nullptr);
    --in_flight_;
    operation.status = status;
    if (status == kernel::Status::no_answer) operation.output_size = 0;
    scans_.end(operation, done, Send{this});
  }

  struct Peer {
    bool is_listed = false;  ///< in unsent_
    std::size_t unsent_requests = 0;
  };
  /// Half of what a client that keeps so many requests in flight has under way to one of its peers: the one
  /// half is being made while the other is on its way.
  std::size_t share_of_flight() const noexcept {
    return std::max<std::size_t>(least_requests, most_in_flight_ / (2 * (peers_.size() - 1)));
  }

  struct Answer {
    std::byte* frame;
    FrameHeader header;
  };

  struct Send {
    Session* session;
    void operator()(std::uint32_t owner, kernel::Operation& operation) const {
      if (static_cast<int>(owner) == session->transport_->rank()) {
        session->local_.push_back(&operation);
      } else {
        session->request(static_cast<int>(owner), operation);
      }
    }
  };

  void perform_local(Completed& done) {
    scans_.perform(local_, *store_, worker_, done, Send{this});
    for (kernel::Operation* operation : std::exchange(unsendable_, {})) {
      operation->status = kernel::Status::too_large;
      operation->output_size = 0;
      scans_.end(*operation, done, Send{this});
    }
  }

  bool is_sendable(int owner, const kernel::Operation& operation) {
    const std::size_t longest = std::max(frame_bytes(FrameType::request, operation.input.size()),
                                         frame_bytes(FrameType::response, operation.output.size()));
    return longest <= room_for(owner) ||
           longest + sizeof(MessageHeader) <= transport_->filled(owner) + transport_->buffer(owner).size();
  }

  void request(int owner, kernel::Operation& operation) {
    if (!is_sendable(owner, operation)) [[unlikely]] {
      unsendable_.push_back(&operation);
      return;
    }
    Flight& asked = flight(operation.slot);
    asked = {&operation, owner, static_cast<std::uint16_t>(asked.generation + 1)};
    most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
    const FrameHeader header{
        .type = FrameType::request,
        .code = static_cast<std::uint8_t>(operation.kind),
        .generation = asked.generation,
        .slot = operation.slot,
        .payload_bytes = static_cast<std::uint32_t>(operation.input.size()),
        .output_size = static_cast<std::uint32_t>(operation.output.size()),
        .output_offset = operation.output_offset,
        .input_offset = kernel::is_scan(operation.kind) ? operation.limit : operation.input_offset,
        .key = operation.key};
    const std::span<std::byte> payload = append(owner, header);
    std::copy(operation.input.begin(), operation.input.end(), payload.begin());
    Peer& peer = peers_[static_cast<std::size_t>(owner)];
    ++unsent_requests_;
    if (++peer.unsent_requests >= share_of_flight() || transport_->filled(owner) >= full_enough) send(owner);
  }

  /// Appends a frame to the peer's message, sending what stood there if it does not fit, and returns its
  /// payload.
  std::span<std::byte> append(int peer, const FrameHeader& header) {
    const std::size_t bytes = frame_bytes(header.type, header.payload_bytes);
    if (room_for(peer) < bytes) send(peer);
    assert(room_for(peer) >= bytes);
    if (!std::exchange(peers_[static_cast<std::size_t>(peer)].is_listed, true)) {
      unsent_.push_back(peer);
    }
    if (transport_->filled(peer) == 0) {
      transport_->buffer(peer);
      transport_->fill(peer, sizeof(MessageHeader));
    }
    const std::span<std::byte> payload = put_frame(transport_->buffer(peer), header);
    transport_->fill(peer, bytes);
    return payload;
  }
  /// For frames.
  std::size_t room_for(int peer) {
    const std::size_t left = transport_->buffer(peer).size();
    return transport_->filled(peer) == 0 ? left - sizeof(MessageHeader) : left;
  }

  void send(int peer) {
    const std::size_t filled = transport_->filled(peer);
    if (filled == 0) return;
    const MessageHeader header{.phase = phase_, .bytes = static_cast<std::uint32_t>(filled)};
    std::memcpy(transport_->buffer(peer).data() - filled, &header, sizeof(header));
    transport_->send(peer);
    unsent_requests_ -= std::exchange(peers_[static_cast<std::size_t>(peer)].unsent_requests, 0);
    ++messages_sent_;
    bytes_sent_ += filled;
  }

  void send_unsent() {
    for (const int peer : unsent_) {
      send(peer);
      peers_[static_cast<std::size_t>(peer)].is_listed = false;
    }
    unsent_.clear();
  }

  void take(int source, std::span<const std::byte> message, Completed& done) {
    FrameReader reader(message);
    if (reader.malformed()) {
      ++refused_;
      return;
    }
    if (reader.header().is_older_than(phase_)) return;
    // Who is a phase ahead has passed the barrier that this one is about to see, with nothing in flight.
    if (in_flight_ == 0) phase_ = reader.header().phase;
    FrameHeader header;
    std::span<const std::byte> payload;
    bool is_sound = true;
    while (is_sound && reader.next(header, payload)) {
      is_sound = header.type == FrameType::response ? finish(source, header, payload, done)
                                                    : accept(source, header, payload);
    }
    if (!is_sound || reader.malformed()) ++refused_;
    perform_local(done);
    if (!served_.empty()) {
      serve();
      send(source);
    }
  }

  /// False: no rank sends such a response.
  bool finish(int source, const FrameHeader& header, std::span<const std::byte> payload, Completed& done) {
    Flight* asked = ended_by(source, header);
    if (asked == nullptr) return true;  // too late
    kernel::Operation& operation = *asked->operation;
    if (header.output_size > payload.size() || header.output_size > operation.output.size()) return false;
    std::copy_n(payload.begin(), header.output_size, operation.output.begin());
    operation.output_size = header.output_size;
    give_back(*asked, static_cast<kernel::Status>(header.code), done);
    return true;
  }

  /// Puts a request into the batch to be served; its answer is written straight into the message that carries
  /// it back. False: no rank sends such a request.
  bool accept(int source, const FrameHeader& header, std::span<const std::byte> payload) {
    if (served_.size() == most_served_at_once ||
        room_for(source) < frame_bytes(FrameType::response, header.output_size)) {
      serve();
      send(source);
      if (room_for(source) < frame_bytes(FrameType::response, header.output_size)) return false;
    }
    const FrameHeader answer{.type = FrameType::response,
                             .code = 0,
                             .generation = header.generation,
                             .slot = header.slot,
                             .payload_bytes = header.output_size,
                             .output_size = 0};
    const std::span<std::byte> output = append(source, answer);
    answers_.push_back({output.data() - header_bytes(FrameType::response), answer});
    kernel::Operation& operation = served_.emplace_back();
    operation.kind = static_cast<kernel::OperationKind>(header.code);
    operation.key = header.key;
    operation.output_offset = header.output_offset;
    operation.input_offset = header.input_offset;
    operation.limit = header.input_offset;
    operation.input = payload;
    operation.output = output;
    return true;
  }

  void serve() {
    batch_.clear();
    for (kernel::Operation& operation : served_) batch_.push_back(&operation);
    store_->execute(worker_, batch_);
    for (std::size_t i = 0; i < served_.size(); ++i) {
      FrameHeader& answer = answers_[i].header;
      answer.code = static_cast<std::uint8_t>(served_[i].status);
      answer.output_size = served_[i].output_size;
      std::memcpy(answers_[i].frame, &answer, header_bytes(FrameType::response));
    }
    served_.clear();
    answers_.clear();
  }

  T* transport_;
  OwnStore* store_;
  Scans scans_;
  kernel::Worker worker_;
  bool yields_;
  std::uint8_t phase_;
  platform::Timestamp deadline_;
  unsigned polls_put_off_ = 0;      ///< while the client waited and messages came in
  bool client_is_waiting_ = false;  ///< nothing has been submitted since the last poll
  std::uint64_t polls_ = 0;
  std::uint64_t messages_sent_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t refused_ = 0;
  std::size_t in_flight_ = 0;       ///< requests to others
  std::size_t most_in_flight_ = 0;  ///< at any time so far
  std::size_t unsent_requests_ = 0;
  std::vector<Flight> flights_;  ///< by slot
  std::vector<Flight> flights_of_parts_;
  std::vector<kernel::Operation*> local_;
  std::vector<kernel::Operation*> unsendable_;
  std::vector<int> unsent_;  ///< peers whose message has been begun, and perhaps sent since; each once
  std::vector<Peer> peers_;
  std::vector<kernel::Operation> served_;
  std::vector<kernel::Operation*> batch_;  ///< those that are served
  /// To those that are served, in the unsent message to the rank whose message is being taken. Nothing else
  /// goes there meanwhile: the next part of a scan goes to another rank than the one before.
  std::vector<Answer> answers_;
};

}  // namespace upout::engines::shared_nothing
