#pragma once

#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "engines/partitioning.h"
#include "engines/scans.h"
#include "engines/session.h"
#include "engines/shared_nothing/message.h"
#include "engines/shared_nothing/transport.h"
#include "kernel/store.h"

namespace upout::engines::shared_nothing {

/// A rank's worker: client of all partitions and server of its own. Operations on its own keys are done at
/// once by the batch; the others are gathered into one message a peer, which goes out when it is full enough
/// or when the client has nothing more to add. Requests that arrive in one message are served as one batch.
template <Transport T>
class Session {
 public:
  using OwnStore = kernel::Store<kernel::Exclusive>;

  /// Keeps references to both. `yields`: give the processor away when there is nothing to do, because ranks
  /// share cores.
  Session(T& transport, OwnStore& store, const Partitioning& partitioning, bool yields)
      : transport_(&transport),
        store_(&store),
        scans_(partitioning),
        worker_(store.heap()),
        yields_(yields),
        is_listed_(static_cast<std::size_t>(transport.size())) {
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
    const bool received = transport_->receive(
        [&](int source, std::span<const std::byte> message) { take(source, message, done); });
    // A message with room left waits for more requests only while the client goes on to make some; others'
    // messages may put that off, but not for long.
    if (client_is_waiting_ && (!received || ++polls_put_off_ == most_polls_put_off)) {
      send_unsent();
      polls_put_off_ = 0;
      if (yields_ && !received) sched_yield();
    }
    client_is_waiting_ = true;
  }

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

  static constexpr unsigned most_polls_put_off = 4;

  struct Answer {
    std::byte* frame;
    std::uint32_t slot;
    std::uint32_t room;
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

  void perform_local(Completed& done) { scans_.perform(local_, *store_, worker_, done, Send{this}); }

  void request(int owner, kernel::Operation& operation) {
    if (!Scans::is_part(operation.slot)) {
      if (operation.slot >= in_flight_.size()) in_flight_.resize(operation.slot + 1, nullptr);
      in_flight_[operation.slot] = &operation;
    }
    const FrameHeader header{
        .type = FrameType::request,
        .kind = operation.kind,
        .status = kernel::Status::ok,
        .slot = operation.slot,
        .payload_bytes = static_cast<std::uint32_t>(operation.input.size()),
        .output_size = static_cast<std::uint32_t>(operation.output.size()),
        .output_offset = operation.output_offset,
        .input_offset = kernel::is_scan(operation.kind) ? operation.limit : operation.input_offset,
        .key = operation.key};
    const std::span<std::byte> payload = append(owner, header);
    std::copy(operation.input.begin(), operation.input.end(), payload.begin());
    if (transport_->filled(owner) >= full_enough) transport_->send(owner);
  }

  /// Appends a frame to the peer's message, sending what stood there if it does not fit, and returns its
  /// payload.
  std::span<std::byte> append(int peer, const FrameHeader& header) {
    const std::size_t bytes = frame_bytes(header.payload_bytes);
    if (transport_->buffer(peer).size() < bytes) transport_->send(peer);
    if (!is_listed_[static_cast<std::size_t>(peer)]) {
      is_listed_[static_cast<std::size_t>(peer)] = true;
      unsent_.push_back(peer);
    }
    const std::span<std::byte> payload = put_frame(transport_->buffer(peer), header);
    transport_->fill(peer, bytes);
    return payload;
  }

  void send_unsent() {
    for (const int peer : unsent_) {
      transport_->send(peer);
      is_listed_[static_cast<std::size_t>(peer)] = false;
    }
    unsent_.clear();
  }

  void take(int source, std::span<const std::byte> message, Completed& done) {
    FrameReader reader(message);
    FrameHeader header;
    std::span<const std::byte> payload;
    while (reader.next(header, payload)) {
      if (header.type == FrameType::response) {
        finish(source, header, payload, done);
      } else {
        accept(source, header, payload);
      }
    }
    if (reader.malformed()) refuse(source);
    perform_local(done);
    if (!served_.empty()) {
      serve();
      transport_->send(source);
    }
  }

  void finish(int source, const FrameHeader& header, std::span<const std::byte> payload, Completed& done) {
    kernel::Operation* asked = asked_for(source, header.slot);
    if (asked == nullptr || header.output_size > payload.size() ||
        header.output_size > asked->output.size()) {
      refuse(source);
    }
    std::copy_n(payload.begin(), header.output_size, asked->output.begin());
    asked->output_size = header.output_size;
    asked->status = header.status;
    scans_.end(*asked, done, Send{this});
  }

  /// What a response answers, by its slot; null: nothing was asked.
  kernel::Operation* asked_for(int source, std::uint32_t slot) {
    if (Scans::is_part(slot)) return scans_.find(slot, static_cast<std::uint32_t>(source));
    if (slot >= in_flight_.size()) return nullptr;
    return std::exchange(in_flight_[slot], nullptr);
  }

  /// Puts a request into the batch to be served; its answer is written straight into the message that carries
  /// it back.
  void accept(int source, const FrameHeader& header, std::span<const std::byte> payload) {
    if (static_cast<std::size_t>(header.kind) >= kernel::operation_kinds) refuse(source);
    const FrameHeader answer{.type = FrameType::response,
                             .kind = header.kind,
                             .status = kernel::Status::ok,
                             .slot = header.slot,
                             .payload_bytes = header.output_size,
                             .output_size = 0,
                             .output_offset = 0,
                             .input_offset = 0,
                             .key = header.key};
    if (served_.size() == most_served_at_once ||
        transport_->buffer(source).size() < frame_bytes(header.output_size)) {
      serve();
      transport_->send(source);
    }
    const std::span<std::byte> output = append(source, answer);
    answers_.push_back({output.data() - sizeof(FrameHeader), header.slot, header.output_size});
    kernel::Operation& operation = served_.emplace_back();
    operation.kind = header.kind;
    operation.key = header.key;
    operation.output_offset = header.output_offset;
    operation.input_offset = header.input_offset;
    operation.limit = header.input_offset;
    operation.input = payload;
    operation.output = output;
  }

  void serve() {
    batch_.clear();
    for (kernel::Operation& operation : served_) batch_.push_back(&operation);
    store_->execute(worker_, batch_);
    for (std::size_t i = 0; i < served_.size(); ++i) {
      const FrameHeader answer{.type = FrameType::response,
                               .kind = served_[i].kind,
                               .status = served_[i].status,
                               .slot = answers_[i].slot,
                               .payload_bytes = answers_[i].room,
                               .output_size = served_[i].output_size,
                               .output_offset = 0,
                               .input_offset = 0,
                               .key = served_[i].key};
      std::memcpy(answers_[i].frame, &answer, sizeof(answer));
    }
    served_.clear();
    answers_.clear();
  }

  /// A message that no rank of this suite sends: going on would measure nonsense.
  [[noreturn]] static void refuse(int source) {
    std::fprintf(stderr, "upout: malformed message from rank %d\n", source);
    std::abort();
  }

  T* transport_;
  OwnStore* store_;
  Scans scans_;
  kernel::Worker worker_;
  bool yields_;
  unsigned polls_put_off_ = 0;                 ///< while the client waited and messages came in
  bool client_is_waiting_ = false;             ///< nothing has been submitted since the last poll
  std::vector<kernel::Operation*> in_flight_;  ///< requests to others, by slot
  std::vector<kernel::Operation*> local_;
  std::vector<int> unsent_;      ///< peers whose message has been begun, and perhaps sent since; each once
  std::vector<bool> is_listed_;  ///< in unsent_, by peer
  std::vector<kernel::Operation> served_;
  std::vector<kernel::Operation*> batch_;  ///< those that are served
  std::vector<Answer> answers_;
};

}  // namespace upout::engines::shared_nothing
