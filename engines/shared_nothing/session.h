#pragma once

#include <sched.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engines/durable_log.h"
#include "engines/held_until_durable.h"
#include "engines/scans.h"
#include "engines/session.h"
#include "engines/shared_nothing/batching.h"
#include "engines/shared_nothing/flights.h"
#include "engines/shared_nothing/held_answers.h"
#include "engines/shared_nothing/liveness.h"
#include "engines/shared_nothing/message.h"
#include "engines/shared_nothing/one_sided_reads.h"
#include "engines/shared_nothing/outbox.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/partition_mover.h"
#include "engines/shared_nothing/partitions.h"
#include "engines/shared_nothing/replication/replicator.h"
#include "engines/shared_nothing/server.h"
#include "engines/shared_nothing/transaction_client.h"
#include "engines/shared_nothing/transaction_server.h"
#include "engines/shared_nothing/transport.h"
#include "engines/shared_nothing/waiting_operations.h"
#include "kernel/reclamation.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// A worker of a rank: client of all partitions and server of the rank's own. Operations on its own keys are
/// done at once by the batch; the others are gathered into one message a peer, which goes out when it is full
/// enough or when the client has nothing more to add. Requests that arrive together are served as one
/// batch; one for a partition that is another rank's by now is redirected there. What meets something that a
/// transaction holds (transaction.h) is tried again with each poll.
///
/// If ranks have several workers each, all of them have a session, with a transport of its own that leads to
/// the workers of the same number at the other ranks. The stores are `Shared` then, and no partition moves.
///
/// What is asked of another rank comes back with `Status::no_answer` if there is none before the deadline,
/// and with `too_large` if it or its answer does not fit into a message. A response that comes later is left
/// alone, and so is all that is left over from a session before, and all of a message from its first frame on
/// that no rank of this suite sends.
template <Transport T, class Policy = kernel::Exclusive>
class Session {
  using Partition = shared_nothing::Partition<Policy>;

 public:
  /// Long enough for a rank that shares its core with others, and short enough for who waits for the end.
  static constexpr platform::Timestamp usual_deadline = std::chrono::seconds(4);
  /// As long as for a collective call.
  static constexpr platform::Timestamp longest_end = std::chrono::seconds(60);

  struct Options {
    bool yields = false;  ///< give the processor away when there is nothing to do, because ranks share cores
    unsigned phase = 0;   ///< how many sessions the ranks have had before, the same on all
    platform::Timestamp deadline = usual_deadline;
    Batching batching = {};
    /// Called, perhaps more than once, with a rank of which nothing has been heard for long. Null: nobody
    /// looks.
    std::function<void(int)> on_lost = {};
    /// Called, perhaps more than once, when some rank, nobody knows which, has not ended its session for
    /// `longest_end` after all had nothing left to do. Null: it is waited for as long as it takes.
    std::function<void()> on_missing = {};
    /// Null: gets are asked of other ranks as all else is. Otherwise partitions are `Shared`, and do not
    /// move.
    OneSidedReads* one_sided = nullptr;
    /// Null: partitions have no copies. Otherwise they do not move, and there are no transactions.
    Replicas<Policy>* replicas = nullptr;
    /// The rank's log, where nothing is acknowledged that is not on disk; then there are no copies, moves and
    /// transactions.
    AwaitedLog awaited = {};
    /// Called, perhaps more than once, with partitions of which no copy is left.
    std::function<void(const std::vector<std::uint32_t>&)> on_lost_partitions = {};
    /// Called, perhaps more than once, if only so many ranks are there, which is no majority.
    std::function<void(unsigned)> on_minority = {};
  };

  /// Keeps references to the three.
  Session(T& transport, Partitions<Policy>& partitions, PartitionMap& map, const Options& options)
      : transport_(&transport),
        partitions_(&partitions),
        map_(&map),
        options_(options),
        scans_(map.partitioning()),
        outbox_(transport, static_cast<std::uint8_t>(options.phase)),
        server_(outbox_, partitions, map),
        mover_(transport, outbox_, partitions, map, options.deadline),
        transactions_(transport, outbox_, partitions, map, options.deadline),
        transaction_server_(transport, outbox_, partitions, map, options.deadline),
        liveness_(transport.rank(), transport.size()) {
    if (options.replicas != nullptr) begin_replicated();
    if (options.awaited.state != nullptr) begin_durable();
  }

  void submit(std::span<kernel::Operation* const> operations, Completed& done) {
    if (replicator_) now_ = transport_->now();
    for (kernel::Operation* operation : operations) scans_.begin(*operation, Route{this});
    perform_local(done);
    client_is_waiting_ = operations.empty();
  }

  void poll(Completed& done) {
    if constexpr (Policy::is_shared) kernel::announce_quiescent();
    if (durable_) [[unlikely]]
      release_durable(done);
    const bool is_alone = transport_->size() == 1;
    if (is_alone && has_put_off()) go_on(done);
    if (is_alone) return;
    if (!early_.empty()) [[unlikely]]
      take_early(done);
    // What is in flight has not even been sent: nothing will come that could be waited for.
    if (flights_.count() != 0 && flights_.count() == outbox_.requests()) outbox_.send_all();
    const bool received = transport_->receive(
        [&](int source, std::span<const std::byte> message) { take(source, message, done); });
    if (received) {
      server_.end();
      perform_local(done);
    }
    if (++polls_ % T::polls_between_looks == 0 || has_yielded_) look_at_clock(done);
    has_yielded_ = false;
    if (replicator_) [[unlikely]]
      go_on_replicated(done);
    const bool is_reading = go_on_one_sided(done);
    if (has_put_off()) [[unlikely]]
      go_on(done);
    // Where the client always has something else to do, a few requests must not wait for many others.
    if (polls_ % options_.batching.turns == 0) outbox_.send_all();
    // A message with room left waits for more requests only while the client goes on to make some; others'
    // messages may put that off, but not for long.
    if (client_is_waiting_ && (!received || ++polls_put_off_ == most_polls_put_off)) {
      outbox_.send_all();
      polls_put_off_ = 0;
      if (options_.yields && !received && !is_reading) {
        sched_yield();
        has_yielded_ = true;
      }
    }
    client_is_waiting_ = true;
  }

  std::uint32_t partition_of(kernel::Key key) const noexcept {
    return map_->partitioning().partition_of(key);
  }
  int rank() const noexcept { return transport_->rank(); }
  int ranks() const noexcept { return transport_->size(); }

  /// Begins to move a partition of this rank to another one, while both go on to work. False: it is not
  /// this rank's, or another one is still on its way.
  bool begin_move(std::uint32_t partition, int to) requires(!Policy::is_shared) {
    return mover_.begin(partition, to);
  }
  bool is_moving() const noexcept { return mover_.is_busy(); }
  /// From this rank to others, in this session; those that have ended.
  const std::vector<PartitionMove>& moves() const noexcept { return mover_.ended(); }

  /// Nothing that this rank has done is on its way to copies, or to be told; true where there are none.
  bool copies_are_alike() const { return !replicator_ || replicator_->is_settled(); }

  /// For `Transaction`.
  TransactionClient<T, Policy>& transactions() noexcept { return transactions_; }

  std::uint64_t messages_sent() const noexcept { return outbox_.messages_sent(); }
  std::uint64_t bytes_sent() const noexcept { return outbox_.bytes_sent(); }
  /// Messages that were not what they should be.
  std::uint64_t refused() const noexcept { return refused_; }

  /// Serves the others until all ranks have called this. The caller has nothing in flight. Collective.
  void serve_until_all_are_done() {
    if (replicator_) return serve_until_all_copies_are_alike();
    while (is_moving() || transactions_.undelivered() != 0) serve_once();
    transport_->arrive_at_barrier();
    while (!transport_->barrier_passed()) serve_once();
    end_together();
  }
  /// A turn of a client that waits for something else than this session, with nothing in flight.
  void serve_once() {
    Completed none;
    poll(none);
    // Others of this rank may need the processor.
    if (options_.yields && transport_->size() == 1) sched_yield();
  }

 private:
  /// Fewer are not worth a message of their own as long as the client goes on.
  static constexpr std::size_t least_requests = 8;
  static constexpr unsigned most_polls_put_off = 4;

  using Flight = Flights::Flight;

  /// Who has passed a barrier may be far ahead of who is about to notice, and must not ask for anything that
  /// this session, which knows nothing of the next one's transactions and moves, would still take: so all
  /// have to have stopped serving before one of them begins the next.
  void end_together() {
    transport_->arrive_at_barrier();
    platform::Timestamp begin = transport_->now();
    for (unsigned turn = 1; !transport_->barrier_passed(); ++turn) {
      if (options_.yields) sched_yield();
      if (!options_.on_missing || turn % T::polls_between_looks != 0) continue;
      if (transport_->now() - begin < longest_end) continue;
      begin = transport_->now();
      options_.on_missing();
    }
  }

  // The client
  // -----------------------------------------------------------------------------------------------------------

  /// Takes an operation, or a part of a scan, to where it is to be done.
  struct Route {
    Session* session;
    void operator()(std::uint32_t partition, kernel::Operation& operation) const {
      if (session->reads_copies_ && operation.kind == kernel::OperationKind::get) [[unlikely]]
        return session->read_copy(partition, operation);
      const auto owner = static_cast<int>(session->map_->owner(partition));
      if (owner == session->transport_->rank()) {
        session->keep(partition, operation);
      } else if (!session->read_one_sided(owner, partition, operation)) {
        session->request(owner, partition, operation);
      }
    }
  };

  void read_copy(std::uint32_t number, kernel::Operation& operation) {
    const auto primary = static_cast<int>(map_->owner(number));
    int reader = replicator_->reader_of(number);
    if (reader == View::nobody) reader = primary;
    if (reader != rank()) return request(reader, number, operation);
    if (reader == primary) return keep(number, operation);
    Partition* copy = replicator_->copy_to_read(number, operation.key, now_);
    if (copy == nullptr) return request(primary, number, operation);
    if (copy->local.empty()) read_here_.push_back(copy);
    copy->local.push_back(&operation);
  }

  void keep(std::uint32_t number, kernel::Operation& operation) {
    if (replicator_ && !may_serve(number)) [[unlikely]]
      return unserved_.add(operation, now_);
    Partition& partition = (*partitions_)[number];
    if (partition.is_copied) [[unlikely]] {
      if (partition.is_frozen) return parked_.add(operation, transport_->now());
      if (kernel::is_write(operation.kind)) mover_.note_write(operation.key);
    }
    partition.local.push_back(&operation);
  }

  void perform_local(Completed& done) {
    if (replicator_) [[unlikely]] {
      perform_local_into(ended_);
      hold(done);
      for (Partition* copy : read_here_)
        scans_.perform(copy->local, *copy->store, copy->worker, done, Route{this});
      read_here_.clear();
    } else if (durable_) [[unlikely]] {
      perform_local_into(ended_);
      hold_until_durable(done);
    } else {
      perform_local_into(done);
    }
    for (kernel::Operation* operation : std::exchange(unsendable_, {}))
      give_back(*operation, kernel::Status::too_large, done);
  }
  void perform_local_into(Completed& done) {
    for (bool again = true; again;) {
      again = false;
      // A scan over ranges goes on in the next one, up or down.
      for (Partition* partition : *partitions_) {
        if (partition->local.empty()) continue;
        again = true;
        if (partition->may_have_transactions()) [[unlikely]] {
          perform_beside_transactions(*partition, done);
          continue;
        }
        if (replicator_) [[unlikely]] {
          perform_replicated(*partition);
        } else {
          scans_.perform(partition->local, *partition->store, partition->worker, done, Route{this});
        }
      }
    }
  }

  /// Into `ended_`, as far as it depends on copies, and else into `seen_`.
  void perform_replicated(Partition& partition) {
    scans_.perform(partition.local, *partition.store, partition.worker, performed_, Route{this});
    partition.note_writes(performed_);
    if (partition.depends_on_copies(performed_)) needs_.push_back(replicator_->need_of(partition));
    for (kernel::Operation* operation : performed_)
      (partition.depends_on_copies(*operation) ? ended_ : seen_).push_back(operation);
    performed_.clear();
  }

  void perform_beside_transactions(Partition& partition, Completed& done) {
    std::swap(beside_, partition.local);
    partition.store->execute(partition.worker, beside_);
    for (kernel::Operation* operation : beside_) {
      if (!end_beside(*operation, done)) held_up_.add(*operation, transport_->now());
    }
    beside_.clear();
  }
  /// False: a transaction holds what it needs.
  bool end_beside(kernel::Operation& operation, Completed& done) {
    if (operation.status == kernel::Status::conflict) return false;
    scans_.end(operation, done, Route{this});
    return true;
  }

  /// Whether something is to be done that no message brings.
  bool has_put_off() const noexcept {
    return !held_up_.empty() || !interfered_.empty() || transactions_.is_busy() || transactions_.is_serial();
  }
  void go_on(Completed& done) {
    held_up_.attempt([&](kernel::Operation& operation) { return perform_held_up(operation, done); });
    for (const auto& [source, answer] : std::exchange(interfered_, {})) follow(source, answer);
    perform_local(done);
    transaction_server_.serve_queues();
    transactions_.wake(done);
  }
  /// False: it is held up still.
  bool perform_held_up(kernel::Operation& operation, Completed& done) {
    const std::uint32_t number = scans_.partition_of(operation);
    Partition* partition = partitions_->find(number);
    if (partition == nullptr || partition->is_frozen) {
      Route{this}(number, operation);
      return true;
    }
    if (partition->is_copied && kernel::is_write(operation.kind)) mover_.note_write(operation.key);
    partition->store->execute(partition->worker, std::array{&operation});
    return end_beside(operation, done);
  }

  /// False: it is to be asked for.
  bool read_one_sided(int owner, std::uint32_t partition, kernel::Operation& operation) {
    if (options_.one_sided == nullptr || operation.kind != kernel::OperationKind::get) return false;
    return options_.one_sided->begin(owner, partition, operation);
  }
  /// False: there is none.
  bool go_on_one_sided(Completed& done) {
    if (options_.one_sided == nullptr || options_.one_sided->is_idle()) return false;
    options_.one_sided->go_on([&](kernel::Operation& operation) { scans_.end(operation, done, Route{this}); },
                              [&](kernel::Operation& operation) {
                                const std::uint32_t partition = scans_.partition_of(operation);
                                request(static_cast<int>(map_->owner(partition)), partition, operation);
                              });
    perform_local(done);  // gives back what cannot be asked for
    return true;
  }
  /// Others find tables that have grown.
  void publish_tables() {
    if constexpr (Policy::is_shared) {
      if (options_.one_sided == nullptr) return;
      for (const Partition* partition : *partitions_)
        options_.one_sided->publish(partition->number, *partition->store->hash());
    }
  }

  void request(int owner, std::uint32_t partition, kernel::Operation& operation) {
    const std::size_t longest = std::max(frame_bytes(FrameType::request, operation.input.size()),
                                         frame_bytes(FrameType::response, operation.output.size()));
    if (longest > outbox_.most_room()) [[unlikely]] {
      unsendable_.push_back(&operation);
      return;
    }
    send_request(flights_.begin(operation, owner), partition);
  }

  void send_request(const Flight& flight, std::uint32_t partition) {
    const int owner = flight.owner;
    const std::span<std::byte> payload = outbox_.append(owner, flight.request(partition));
    std::ranges::copy(flight.operation->input, payload.begin());
    if (flights_.most() != most_in_flight_) [[unlikely]]
      share_flight();
    if (outbox_.requests(owner) >= share_of_flight_ || outbox_.filled(owner) >= options_.batching.bytes) {
      outbox_.send(owner);
    }
  }

  /// Of what a client that keeps so many requests in flight has under way to one of its peers, a message gets
  /// half: the one half is being made while the other is on its way.
  void share_flight() noexcept {
    most_in_flight_ = flights_.most();
    const std::uint32_t owners = map_->ranks();
    const bool is_owner = static_cast<std::uint32_t>(transport_->rank()) < owners;
    const std::size_t peers = is_owner ? owners - 1 : owners;
    share_of_flight_ = std::max<std::size_t>(least_requests, most_in_flight_ / (2 * peers));
  }

  void give_back(kernel::Operation& operation, kernel::Status status, Completed& done) {
    operation.status = status;
    operation.output_size = 0;
    if (durable_) [[unlikely]] {  // parts of a scan that were done before stay in its output
      scans_.end(operation, ended_, Route{this});
      return hold_until_durable(done);
    }
    scans_.end(operation, done, Route{this});
  }

  /// Partitions have come or gone, or are served again.
  void route_parked() {
    parked_.take_all([this](kernel::Operation& parked) { Route{this}(scans_.partition_of(parked), parked); });
  }

  void look_at_clock(Completed& done) {
    const platform::Timestamp now = transport_->now();
    publish_tables();
    if (options_.on_lost) {
      const auto lost = liveness_.look(now, [this](int peer) { outbox_.send_sign_of_life(peer); });
      if (lost) options_.on_lost(*lost);
    }
    // Who has not looked for so long was stopped itself, and perhaps all others with it.
    const bool begins_anew = now - std::exchange(looked_, now) > Liveness::longest_gap;
    if (begins_anew) flights_.begin_anew();
    flights_.for_each_overdue(now, options_.deadline, [&](Flight& flight) {
      give_back(flights_.end(flight), kernel::Status::no_answer, done);
    });
    if (mover_.look(now)) route_parked();
    transactions_.look(now, begins_anew);
    transaction_server_.look(now, begins_anew);
    const auto give_up = [&](kernel::Operation& overdue) {
      give_back(overdue, kernel::Status::no_answer, done);
    };
    parked_.take_overdue(now, options_.deadline, give_up);
    held_up_.take_overdue(now, options_.deadline, give_up);
    perform_local(done);
  }

  // Copies
  // -----------------------------------------------------------------------------------------------------------

  void begin_replicated() {
    replicator_.emplace(
        *transport_, outbox_, *partitions_, *map_, *options_.replicas,
        typename Replicator<T, Policy>::Events{.on_change = [this] { has_view_changed_ = true; },
                                               .on_lost = options_.on_lost_partitions,
                                               .on_minority = options_.on_minority});
    server_.hold_answers(transport_->size(), [this](int peer, std::span<const std::byte> frames,
                                                    const std::vector<Partition*>& touched) {
      needs_.clear();
      for (const Partition* partition : touched) needs_.push_back(replicator_->need_of(*partition));
      replicator_->held().hold(peer, frames, needs_, now_);
      needs_.clear();
    });
    now_ = transport_->now();
    early_ = std::exchange(options_.replicas->early(), {});
    reads_copies_ = options_.replicas->members().policy().read_from != ReadFrom::primary;
  }

  bool may_serve(std::uint32_t number) const noexcept {
    return partitions_->find(number) != nullptr && replicator_->may_serve(number, now_);
  }

  /// What has ended is given back when the copies have what it depends on.
  void hold(Completed& done) {
    if (!ended_.empty()) {
      // Parts of a scan that were done before, on other partitions, have been seen as well.
      if (std::ranges::any_of(ended_, [](const auto* each) { return kernel::is_scan(each->kind); }))
        need_all();
      if (std::ranges::all_of(needs_, [&](const auto& need) { return replicator_->is_met(need); })) {
        done.append(ended_);
      } else {
        replicator_->held().hold(ended_, needs_, now_);
      }
      ended_.clear();
    }
    done.append(seen_);
    seen_.clear();
    needs_.clear();
  }
  /// Part of a scan has come.
  void end_part(kernel::Operation& part, Completed& done) {
    scans_.end(part, ended_, Route{this});
    hold(done);
  }
  void need_all() {
    needs_.clear();
    for (const Partition* partition : *partitions_) needs_.push_back(replicator_->need_of(*partition));
  }

  void go_on_replicated(Completed& done) {
    now_ = transport_->now();
    replicator_->go_on(now_);
    if (std::exchange(has_view_changed_, false)) follow_view(done);
    if (now_ - retried_ >= options_.replicas->members().timing().consensus.tick) {
      retried_ = now_;
      for (const auto& [source, answer] : std::exchange(postponed_, {})) follow(source, answer);
    }
    if (!unserved_.empty()) {
      unserved_.attempt([this](kernel::Operation& operation) {
        const std::uint32_t number = scans_.partition_of(operation);
        const bool is_own = static_cast<int>(map_->owner(number)) == transport_->rank();
        if (is_own && !may_serve(number)) return false;
        Route{this}(number, operation);
        return true;
      });
      unserved_.take_overdue(now_, options_.deadline, [&](kernel::Operation& overdue) {
        give_back(overdue, kernel::Status::no_answer, done);
      });
    }
    perform_local(done);
    replicator_->held().drop_overdue(now_, options_.deadline, [&](kernel::Operation& overdue) {
      give_back(overdue, kernel::Status::no_answer, done);
    });
    replicator_->held().release([this](const HeldResults::Need& need) { return replicator_->is_met(need); },
                                [&done](kernel::Operation& operation) { done.push_back(&operation); },
                                [this](int peer, std::span<const std::byte> frames) {
                                  std::ranges::copy(frames,
                                                    outbox_.append_frames(peer, frames.size()).begin());
                                  outbox_.send(peer);
                                });
  }

  /// Who was asked may be gone, or may be no primary any more. Whether it has done what it was asked, nobody
  /// knows: reads are asked again.
  void follow_view(Completed& done) {
    Completed unknown;
    flights_.for_each([&](Flight& asked) {
      const std::uint32_t partition = scans_.partition_of(*asked.operation);
      const bool is_primary = static_cast<int>(map_->owner(partition)) == asked.owner;
      const bool may_be_backup = reads_copies_ && asked.operation->kind == kernel::OperationKind::get;
      const bool serves =
          is_primary || (may_be_backup && replicator_->view().copies[partition].has(asked.owner));
      if (serves && replicator_->view().is_alive(asked.owner)) return;
      kernel::Operation& operation = flights_.end(asked);
      if (kernel::is_write(operation.kind)) {
        unknown.push_back(&operation);
      } else {
        Route{this}(partition, operation);
      }
    });
    Completed unseen;
    replicator_->held().drop(
        [this](std::uint32_t number) { return partitions_->find(number) == nullptr; },
        [&](kernel::Operation& operation) {
          (operation.kind == kernel::OperationKind::get ? unseen : unknown).push_back(&operation);
        });
    for (kernel::Operation* operation : unseen) Route{this}(scans_.partition_of(*operation), *operation);
    for (kernel::Operation* operation : unknown) give_back(*operation, kernel::Status::no_answer, done);
  }

  void serve_until_all_copies_are_alike() {
    Membership<T>& membership = replicator_->membership();
    membership.arrive_at_barrier(1);
    while (!membership.barrier_passed(1)) serve_once();
    // Nobody changes anything any more.
    while (!copies_are_alike()) serve_once();
    membership.arrive_at_barrier(2);
    while (!membership.barrier_passed(2)) serve_once();
    replicator_->end_reads();
    outbox_.send_all();
  }

  void take_early(Completed& done) {
    for (const auto& [source, message] : std::exchange(early_, {})) take(source, message, done);
    server_.end();
    perform_local(done);
  }

  // The log
  // -----------------------------------------------------------------------------------------------------------

  void begin_durable() {
    durable_.emplace(options_.awaited);
    server_.hold_all_answers(transport_->size(), [this](int peer, std::span<const std::byte> frames,
                                                        const std::vector<Partition*>&) {
      // Whatever they have seen was changed in this epoch or before.
      answers_.hold(peer, frames, options_.awaited.state->dirty.load());
      send_durable();
    });
  }
  void hold_until_durable(Completed& done) {
    durable_->hold(ended_, done);
    ended_.clear();
  }
  void release_durable(Completed& done) {
    durable_->release(done);
    send_durable();
  }
  void send_durable() {
    if (answers_.empty()) return;
    answers_.release(options_.awaited.state->durable.load(),
                     [this](int peer, std::span<const std::byte> frames) {
                       std::ranges::copy(frames, outbox_.append_frames(peer, frames.size()).begin());
                       outbox_.send(peer);
                     });
  }

  // Messages
  // -----------------------------------------------------------------------------------------------------------

  void take(int source, std::span<const std::byte> message, Completed& done) {
    FrameReader reader(message);
    if (reader.malformed()) {
      ++refused_;
      return;
    }
    if (reader.header().is_older_than(outbox_.phase())) return;
    if (reader.header().phase != outbox_.phase()) {
      const bool is_next = reader.header().phase == static_cast<std::uint8_t>(outbox_.phase() + 1);
      if (replicator_ && is_next)  // its barrier has passed, and ours is about to
        return options_.replicas->early().push_back({source, {message.begin(), message.end()}});
      ++refused_;  // nobody is a phase ahead of one that still receives
      return;
    }
    liveness_.heard(source);
    if (replicator_) {
      now_ = transport_->now();
      replicator_->membership().heard(source, reader.header().view);
    }
    FrameHeader header;
    std::span<const std::byte> payload;
    bool is_sound = true;
    server_.begin_message(source);
    bool has_steps = false;
    while (is_sound && reader.next(header, payload)) {
      if (header.type == FrameType::step && !std::exchange(has_steps, true))
        transaction_server_.expect(header, reader);
      is_sound = take(source, header, payload, done);
    }
    if (!is_sound || reader.malformed()) ++refused_;
    server_.end_message();
    if (!has_steps) return;
    server_.end();
    transaction_server_.end(source);
  }

  /// False: no rank sends such a frame.
  bool take(int source, const FrameHeader& header, std::span<const std::byte> payload, Completed& done) {
    if (header.type == FrameType::response) return finish(source, header, payload, done);
    if (header.type == FrameType::request) return accept(header, payload);
    server_.end();
    perform_local(done);  // before a partition goes
    if (header.type >= FrameType::changes)
      return replicator_ && replicator_->take(source, header, payload, now_);
    switch (header.type) {
      case FrameType::map:
        if (replicator_) return true;  // views tell
        return map_->merge(payload, static_cast<std::uint32_t>(transport_->rank()));
      case FrameType::redirect:
        if (replicator_) {
          postponed_.emplace_back(source, header);
        } else {
          follow(source, header);
        }
        return true;
      case FrameType::step:
        return transaction_server_.take(source, header, payload);
      case FrameType::step_answer:
        return transactions_.take_answer(source, header, payload);
      case FrameType::records:
        if constexpr (Policy::is_shared) return false;  // no partition moves
        return mover_.take_records(source, header, payload);
      default:
        if (mover_.take_receipt(source, header)) route_parked();
        return true;
    }
  }

  bool finish(int source, const FrameHeader& header, std::span<const std::byte> payload, Completed& done) {
    Flight* asked = flights_.answered_by(source, header.slot, header.generation);
    if (asked == nullptr) return true;  // too late
    if (header.code == static_cast<std::uint8_t>(kernel::Status::conflict)) [[unlikely]] {
      interfered_.emplace_back(source, header);
      return true;
    }
    kernel::Operation& operation = *asked->operation;
    if (header.output_size > payload.size() || header.output_size > operation.output.size()) return false;
    std::copy_n(payload.begin(), header.output_size, operation.output.begin());
    operation.output_size = header.output_size;
    operation.status = static_cast<kernel::Status>(header.code);
    if (Scans::is_part(header.slot)) server_.end();  // the next part's request may go to the same rank
    if (replicator_ && Scans::is_part(header.slot)) {
      end_part(flights_.end(*asked), done);
      return true;
    }
    if (durable_ && Scans::is_part(header.slot)) {  // others were done here, before
      scans_.end(flights_.end(*asked), ended_, Route{this});
      hold_until_durable(done);
      return true;
    }
    scans_.end(flights_.end(*asked), done, Route{this});
    return true;
  }

  bool accept(const FrameHeader& header, std::span<const std::byte> payload) {
    const auto kind = static_cast<kernel::OperationKind>(header.code);
    const std::uint32_t number =
        kernel::is_scan(kind) ? header.output_offset : map_->partitioning().partition_of(header.key);
    if (number >= map_->partitions()) return false;
    Partition* partition = partitions_->find(number);
    if (partition == nullptr && reads_copies_ && kind == kernel::OperationKind::get) {
      partition = replicator_->copy_to_read(number, header.key, now_);
      return partition == nullptr ? server_.redirect(header) : server_.accept(*partition, header, payload);
    }
    if (partition == nullptr || partition->is_frozen) [[unlikely]]
      return server_.redirect(header);
    if (replicator_ && !replicator_->may_serve(number, now_)) [[unlikely]]
      return server_.redirect(header);
    if (partition->is_copied && kernel::is_write(kind)) [[unlikely]]
      mover_.note_write(header.key);
    return server_.accept(*partition, header, payload);
  }

  /// A request has to go elsewhere: perhaps by a map that has come just before, perhaps once more to the same
  /// rank, which is about to give the partition away.
  void follow(int source, const FrameHeader& header) {
    Flight* asked = flights_.answered_by(source, header.slot, header.generation);
    if (asked == nullptr) return;
    const std::uint32_t partition = scans_.partition_of(*asked->operation);
    const auto owner = static_cast<int>(map_->owner(partition));
    if (owner == transport_->rank()) return keep(partition, flights_.end(*asked));
    flights_.redirect(*asked, owner);
    send_request(*asked, partition);
  }

  T* transport_;
  Partitions<Policy>* partitions_;
  PartitionMap* map_;
  Options options_;
  Scans scans_;
  Outbox<T> outbox_;
  Server<T, Policy> server_;
  PartitionMover<T, Policy> mover_;
  TransactionClient<T, Policy> transactions_;
  TransactionServer<T, Policy> transaction_server_;
  Liveness liveness_;
  Flights flights_;
  std::size_t most_in_flight_ = 0;                ///< so far,
  std::size_t share_of_flight_ = least_requests;  ///< and how many of them make a message
  unsigned polls_put_off_ = 0;                    ///< while the client waited and messages came in
  bool has_yielded_ = false;                      ///< since the last look at the clock
  bool client_is_waiting_ = false;                ///< nothing has been submitted since the last poll
  std::uint64_t polls_ = 0;
  platform::Timestamp looked_{};  ///< at the clock, when last
  std::uint64_t refused_ = 0;
  std::vector<kernel::Operation*> unsendable_;
  WaitingOperations parked_;      ///< for the end of a move, by which their partition is frozen
  WaitingOperations held_up_;     ///< for the end of a transaction
  kernel::OperationList beside_;  ///< being done beside transactions
  std::vector<std::pair<int, FrameHeader>> interfered_;  ///< answers: a transaction was in the way

  // Copies; without a replicator nothing of it is used
  std::optional<Replicator<T, Policy>> replicator_;
  platform::Timestamp now_{};  ///< after all that has come so far was asked for
  bool has_view_changed_ = false;
  WaitingOperations unserved_;  ///< own ones on own partitions that this rank may not serve now
  std::vector<std::pair<int, FrameHeader>> postponed_;  ///< answers: who was asked does not serve it, now
  platform::Timestamp retried_{};
  Completed ended_;           ///< done here, and perhaps to be held
  HeldResults::Needs needs_;  ///< of these
  Completed seen_;            ///< done here, and not to be held
  Completed performed_;       ///< at once, before it is told apart
  std::vector<typename Replicas<Policy>::Early> early_;
  bool reads_copies_ = false;          ///< clients may ask backups
  std::vector<Partition*> read_here_;  ///< own ones, that have something to do

  // Without a log that is waited for, nothing of it is used
  std::optional<HeldUntilDurable> durable_;  ///< own operations
  HeldAnswers answers_;
};

}  // namespace upout::engines::shared_nothing
