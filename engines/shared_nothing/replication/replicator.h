#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/outbox.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/partitions.h"
#include "engines/shared_nothing/replication/frames.h"
#include "engines/shared_nothing/replication/held_results.h"
#include "engines/shared_nothing/replication/membership.h"
#include "engines/shared_nothing/replication/replicas.h"

namespace upout::engines::shared_nothing {

/// Keeps copies of partitions alike, and one of each served, for one session of a rank (primary and backups:
/// Oki and Liskov, "Viewstamped Replication", PODC 1988; fail-over by views agreed elsewhere: van Renesse and
/// Schneider, "Chain Replication", OSDI 2004).
///
/// **One order.** A primary does what it is asked at once, and ships what that has changed as a stream;
/// backups take it in order, so each has a beginning of it. What has been done is answered when enough have
/// all that it depends on, reads too, for what they have seen could get lost otherwise.
///
/// **One primary.** Backups take changes only from the primary of their own view, so one that is no primary
/// any more gets nothing acknowledged. It serves reads only with the leases of all who could follow it. Who
/// follows it first asks all other members for what it lacks: so it has whatever any of them has, and with
/// that all that was acknowledged.
///
/// **Copies are made** by the primary beside the work, in a stream of their own that then joins the
/// partition's. From when the primary says that one is in sync, it waits for that one like for the others.
///
/// A rank that is taken for dead and lives forgets all that it has, and gets copies anew.
///
/// Used by the rank's thread.
template <Transport T, class Policy>
class Replicator {
 public:
  using Copy = shared_nothing::Copy<Policy>;
  using Partition = shared_nothing::Partition<Policy>;
  using Needs = HeldResults::Needs;

  struct Events {
    /// Partitions are served by others now, or again; to be noted, and nothing to be sent.
    std::function<void()> on_change;
    /// Of these there is no copy left that has what was acknowledged.
    std::function<void(const std::vector<std::uint32_t>&)> on_lost;
    std::function<void(unsigned)> on_minority;
  };

  /// Keeps references to the five.
  Replicator(T& transport, Outbox<T>& outbox, Partitions<Policy>& partitions, PartitionMap& map,
             Replicas<Policy>& replicas, Events events)
      : transport_(&transport),
        outbox_(&outbox),
        partitions_(&partitions),
        map_(&map),
        replicas_(&replicas),
        events_(std::move(events)),
        membership_(transport, outbox, replicas.members(),
                    {.on_view = [this](const View& before) { follow_view(before); },
                     .on_minority = events_.on_minority}) {
    // What was under way when the session before ended never arrived in this one.
    for (Copy& copy : replicas.copies()) {
      for (Follower<Policy>& follower : copy.followers) {
        follower.progress.sent = follower.progress.taken;
        if (follower.making == nullptr) continue;
        follower.making->progress.sent = follower.making->progress.taken;
        follower.making->has_sent_end = false;
      }
    }
  }

  const View& view() const noexcept { return membership_.view(); }
  Membership<T>& membership() noexcept { return membership_; }
  HeldResults& held() noexcept { return held_; }

  /// Whether this rank may do now what is asked of a partition among those that it serves.
  bool may_serve(std::uint32_t number, platform::Timestamp now) const noexcept {
    const Copy& copy = replicas_->copies()[number];
    return std::ranges::all_of(copy.followers, [&](const Follower<Policy>& follower) {
      const bool could_follow = follower.is_member || follower.is_in_sync;
      return (!could_follow || membership_.holds_lease(follower.rank, now)) &&
             lag_of(copy, follower) < most_behind;
    });
  }
  /// What somebody who has seen that partition as it is now depends on.
  HeldResults::Need need_of(const Partition& partition) const noexcept {
    return {partition.number,
            replicas_->copies()[partition.number].stream.end() + partition.shipping->changes.size()};
  }
  bool is_met(const HeldResults::Need& need) const noexcept {
    return replicas_->copies()[need.partition].committed >= need.position;
  }

  /// Whom to ask for a record of that partition, where backups are read; nobody: there is no copy.
  int reader_of(std::uint32_t number) noexcept {
    return view().copies[number].is_lost() ? View::nobody : replicas_->reader_of(number);
  }
  /// This rank's copy, to read that record from it. Null: it has none, or may have missed too much.
  Partition* copy_to_read(std::uint32_t number, kernel::Key key, platform::Timestamp now) {
    Copy& copy = replicas_->copies()[number];
    const bool may_read = reads_backups() && copy.role == Copy::Role::backup &&
                          membership_.is_heard(view().copies[number].primary(), now);
    if (!may_read) return nullptr;
    copy.reads.note(key, now);
    return copy.partition.get();
  }
  /// The session is about to end, and all copies are alike.
  void end_reads() {
    for (Copy& copy : replicas_->copies()) copy.reads.end_all(replicas_->reads().sampled);
    replicas_->reads().clock_error = std::max(replicas_->reads().clock_error, membership_.clock_error());
  }

  /// A frame about copies. False: no rank sends such a one.
  bool take(int source, const FrameHeader& header, std::span<const std::byte> payload,
            platform::Timestamp now) {
    if (header.type >= FrameType::heartbeat) return membership_.take(source, header, payload, now);
    const CopyFrame frame = CopyFrame::of(header);
    if (frame.partition >= replicas_->copies().size()) return false;
    if (!membership_.is_in_same_view(source)) return true;
    Copy& copy = replicas_->copies()[frame.partition];
    const bool is_from_primary = view().copies[frame.partition].primary() == source;
    switch (header.type) {
      case FrameType::changes:
        return !is_from_primary || take_changes(copy, source, frame, payload);
      case FrameType::changes_taken:
        note_taken(copy, source, frame, now);
        return true;
      case FrameType::ask_changes:
        return !is_from_primary || tell_changes(copy, source, frame);
      default:
        return take_told(copy, source, frame, payload);
    }
  }

  /// With each turn, when what has come has been done: ships what has been changed, and looks after all else.
  void go_on(platform::Timestamp now) {
    membership_.look(now);
    for (Partition* partition : *partitions_) ship(*partition, now);
    look_after_copies(now);
    send_written();
  }

  /// All copies that this rank has to care for have all that they are to have.
  bool is_settled() const {
    if (!held_.empty()) return false;
    for (std::uint32_t number = 0; number < replicas_->copies().size(); ++number) {
      const Copy& copy = replicas_->copies()[number];
      if (copy.role == Copy::Role::promoted) return false;
      if (copy.role != Copy::Role::primary) continue;
      if (view().copies[number].joining != View::nobody) return false;
      for (const Follower<Policy>& follower : copy.followers) {
        if (!follower.is_member || follower.progress.taken != copy.stream.end()) return false;
      }
    }
    return true;
  }

 private:
  /// Of changes that a follower has not taken: then the clients wait for it.
  static constexpr std::uint64_t most_behind = std::uint64_t{16} << 20;
  /// Of a stream, under way to one follower.
  static constexpr std::uint64_t most_under_way = std::uint64_t{1} << 20;
  static constexpr std::uint64_t most_copied_under_way = std::uint64_t{256} << 10;
  static constexpr std::uint64_t almost = std::uint64_t{64} << 10;

  /// What it has not taken, of all that is kept for it.
  static std::uint64_t lag_of(const Copy& copy, const Follower<Policy>& follower) noexcept {
    if (follower.making == nullptr) return copy.stream.end() - follower.progress.taken;
    const CopyInTheMaking<Policy>& making = *follower.making;
    const std::uint64_t since = making.is_whole ? copy.stream.end() - making.goes_on_at : 0;
    return making.stream.end() - making.progress.taken + since;
  }

  int rank() const noexcept { return replicas_->rank(); }
  bool reads_backups() const noexcept { return replicas_->members().policy().read_from != ReadFrom::primary; }
  /// What was said then, and has not been answered: who has been silent since has perhaps never heard it, and
  /// perhaps never will (`Membership::listens` has what becomes of it).
  bool is_to_be_said_again(int to, platform::Timestamp said, platform::Timestamp now) const noexcept {
    return now - said >= replicas_->members().timing().patience && membership_.is_heard_since(to, said);
  }
  bool is_stuck(const Progress& progress, int to, platform::Timestamp now) const noexcept {
    return progress.sent != progress.taken && is_to_be_said_again(to, progress.moved, now);
  }
  std::size_t room_beside(std::size_t payload_header) const noexcept {
    return outbox_->most_room() - header_bytes(FrameType::changes) - payload_header;
  }

  template <class Header>
  void send(int to, const CopyFrame& frame, const Header& header, std::span<const std::byte> changes) {
    const std::span<std::byte> payload = outbox_->append(to, frame.header(sizeof(header) + changes.size()));
    std::memcpy(payload.data(), &header, sizeof(header));
    std::ranges::copy(changes, payload.begin() + sizeof(header));
    note_written(to);
  }
  void send(int to, const CopyFrame& frame) {
    outbox_->append(to, frame.header());
    note_written(to);
  }
  /// What is said to a rank in one turn, of all partitions, goes in one message.
  void note_written(int to) {
    if (std::ranges::find(written_to_, to) == written_to_.end()) written_to_.push_back(to);
  }
  void send_written() {
    for (const int to : written_to_) outbox_->send(to);
    written_to_.clear();
  }

  void look_after_copies(platform::Timestamp now) {
    if (now - looked_ < replicas_->members().timing().consensus.tick) return;
    looked_ = now;
    const bool is_time_for_news = now - told_ >= replicas_->members().timing().heartbeat;
    if (is_time_for_news) told_ = now;
    bool have_roles_changed = false;
    for (std::uint32_t number = 0; number < replicas_->copies().size(); ++number) {
      Copy& copy = replicas_->copies()[number];
      if (copy.role == Copy::Role::promoted) have_roles_changed |= go_on_promoting(number, copy, now);
      if (copy.role == Copy::Role::primary && is_time_for_news) tell_news(number, copy);
    }
    if (have_roles_changed) events_.on_change();
  }

  // The primary
  // -----------------------------------------------------------------------------------------------------------

  void ship(Partition& partition, platform::Timestamp now) {
    Copy& copy = replicas_->copies()[partition.number];
    kernel::ShippedChanges& changes = partition.shipping->changes;
    if (!changes.empty()) {
      copy.stream.append(changes);
      if (reads_backups()) copy.times.note(copy.stream.end(), now);
      for (Follower<Policy>& follower : copy.followers) {
        if (follower.making != nullptr && !follower.making->is_whole) follower.making->stream.append(changes);
      }
      changes.clear();
    }
    partition.shipping->recent.shipped(copy.stream.end());
    for (Follower<Policy>& follower : copy.followers) {
      if (follower.making != nullptr) {
        go_on_making(partition, copy, follower, now);
      } else {
        send_changes(partition.number, copy, follower, now);
      }
    }
    forget_and_commit(copy);
    partition.shipping->recent.committed(copy.committed);
  }

  void send_changes(std::uint32_t number, const Copy& copy, Follower<Policy>& follower,
                    platform::Timestamp now) {
    send_stream({.type = FrameType::changes, .partition = number}, copy.stream, follower.rank,
                follower.progress, {.forgettable = copy.stream.begin()}, now,
                reads_backups() ? &copy.times : nullptr);
  }
  /// `times`: of the stream; null, if nobody is to know.
  void send_stream(CopyFrame frame, const ChangeStream& stream, int to, Progress& progress,
                   ChangesHeader header, platform::Timestamp now, const ChangeTimes* times = nullptr) {
    if (is_stuck(progress, to, now)) {
      progress.sent = progress.taken;
      progress.moved = now;
    }
    while (progress.sent < stream.end() && progress.sent - progress.taken < most_under_way) {
      if (progress.sent == progress.taken) progress.moved = now;
      auto changes = stream.from(progress.sent, room_beside(sizeof(header)));
      if (times != nullptr) {
        const ChangeTimes::Turn& turn = times->of(progress.sent);
        header.made = turn.made.count();
        changes = changes.first(std::min(changes.size(), static_cast<std::size_t>(turn.end - progress.sent)));
      }
      frame.position = progress.sent;
      send(to, frame, header, changes);
      progress.sent += changes.size();
    }
  }

  /// A copy is being made: sends some more of what the store has.
  void go_on_making(Partition& partition, Copy& copy, Follower<Policy>& follower, platform::Timestamp now) {
    CopyInTheMaking<Policy>& making = *follower.making;
    const auto under_way = [&] { return making.stream.end() - making.progress.taken; };
    // The changes alone could be as much as may be under way: whenever some of it has been taken, it goes on.
    const auto may_go_on = [&] {
      const bool has_moved = std::exchange(making.stepped_at, making.progress.taken) != making.progress.taken;
      return has_moved || under_way() < most_copied_under_way;
    };
    while (!making.cursor.is_over() && may_go_on())
      making.cursor.step(partition.worker, [&](const kernel::Redo& put) { making.stream.append(put); });
    if (making.cursor.is_over() && !making.is_whole) {
      making.is_whole = true;
      making.goes_on_at = copy.stream.end();
    }
    const CopyFrame frame{
        .type = FrameType::changes, .partition = partition.number, .stream = making.stream_id};
    const bool was_stuck = is_stuck(making.progress, follower.rank, now);
    send_stream(frame, making.stream, follower.rank, making.progress, {}, now);
    const bool waits_for_end = making.is_whole && making.progress.taken == making.stream.end();
    if (!waits_for_end) {
      making.has_sent_end = making.has_sent_end && !was_stuck;
      making.stream.forget_before(making.progress.taken);
      return;
    }
    if (making.has_sent_end && !is_to_be_said_again(follower.rank, making.progress.moved, now)) return;
    making.has_sent_end = true;
    making.progress.moved = now;
    CopyFrame end = frame;
    end.position = making.stream.end();
    send(follower.rank, end, ChangesHeader{.goes_on_at = making.goes_on_at}, {});
  }

  /// As the acknowledgement of changes: the copy has been made, and follows the partition's stream.
  static constexpr std::uint8_t follows = 1;

  void note_taken(Copy& copy, int source, const CopyFrame& frame, platform::Timestamp now) {
    Follower<Policy>* follower = copy.role == Copy::Role::primary ? copy.follower(source) : nullptr;
    if (follower == nullptr) return;
    if (frame.stream == 0) {
      if (follower->making == nullptr) follower->progress.take(frame.position, copy.stream.end(), now);
      return;
    }
    if (follower->making == nullptr || follower->making->stream_id != frame.stream) return;
    follower->making->progress.take(frame.position, follower->making->stream.end(), now);
    if (frame.code != follows || !follower->making->is_whole) return;
    const std::uint64_t begin = follower->making->goes_on_at;
    follower->progress = {.sent = begin, .taken = begin, .moved = now};
    follower->began = begin;
    follower->making.reset();
  }

  /// What all have is forgotten, and what enough have is committed.
  void forget_and_commit(Copy& copy) {
    std::uint64_t all_have = copy.stream.end();
    taken_.clear();
    for (const Follower<Policy>& follower : copy.followers) {
      if (follower.making == nullptr) {
        all_have = std::min(all_have, follower.progress.taken);
      } else if (follower.making->is_whole) {
        all_have = std::min(all_have, follower.making->goes_on_at);
      }
      const bool waits_for_all = replicas_->members().policy().acknowledge == Acknowledge::all;
      if (follower.is_member || (waits_for_all && follower.is_in_sync))
        taken_.push_back(follower.progress.taken);
    }
    copy.stream.forget_before(all_have);
    copy.times.forget_before(all_have);
    copy.committed = std::max(copy.committed, enough_have(copy.stream.end()));
  }
  /// Of members, `taken_` says how far they are.
  std::uint64_t enough_have(std::uint64_t end) {
    const CopyPolicy& policy = replicas_->members().policy();
    std::ranges::sort(taken_, std::greater<>());
    switch (policy.acknowledge) {
      case Acknowledge::none:
        return end;
      case Acknowledge::one:
        return taken_.empty() ? end : taken_.front();
      case Acknowledge::quorum: {
        const std::size_t others = policy.copies / 2;
        if (others == 0) return end;
        return taken_.size() < others ? 0 : taken_[others - 1];
      }
      case Acknowledge::all:
        return taken_.empty() ? end : taken_.back();
    }
    return 0;
  }

  void tell_news(std::uint32_t number, Copy& copy) {
    const View::Copies& of = view().copies[number];
    bool have_all = true;
    for (Follower<Policy>& follower : copy.followers) {
      have_all &= !follower.is_member || follower.progress.taken >= copy.to_settle;
      if (follower.is_member || follower.making != nullptr) continue;
      const bool is_near = copy.stream.end() - follower.progress.taken <= almost;
      if (!follower.is_in_sync && is_near && could_tell_all(copy, follower)) {
        follower.is_in_sync = true;
        follower.in_sync_from = copy.stream.end();
      }
      if (follower.is_in_sync && follower.progress.taken >= follower.in_sync_from)
        membership_.tell(News::copied, number, follower.rank);
    }
    if (have_all && of.holders < replicas_->members().policy().holders(of.members.size()))
      membership_.tell(News::settled, number, rank());
  }

  /// What a member lacked that became the primary, this one has in its store, and before it began in no
  /// stream: so nobody may lack it.
  static bool could_tell_all(const Copy& copy, const Follower<Policy>& joining) {
    return std::ranges::all_of(copy.followers, [&](const Follower<Policy>& follower) {
      return !follower.is_member || follower.progress.taken >= joining.began;
    });
  }

  // Backups
  // -----------------------------------------------------------------------------------------------------------

  /// Of changes that begin at a position, those behind `end`.
  static std::span<const std::byte> behind(std::span<const std::byte> changes, std::uint64_t position,
                                           std::uint64_t end) {
    return changes.subspan(std::min(changes.size(), static_cast<std::size_t>(end - position)));
  }

  bool take_changes(Copy& copy, int source, const CopyFrame& frame, std::span<const std::byte> payload) {
    ChangesHeader header;
    if (!take_front(payload, header)) return false;
    if (frame.stream != 0) return take_copied(copy, source, frame, header, payload);
    const bool is_following =
        copy.role == Copy::Role::backup || (copy.role == Copy::Role::joining && copy.follows);
    if (!is_following) return true;
    if (frame.position > copy.stream.end()) {
      copy.early.keep(frame.position, payload, platform::Timestamp(header.made));
      return true;
    }
    bool is_sound = true;
    const auto follow = [&](std::uint64_t position, std::span<const std::byte> changes,
                            platform::Timestamp made) {
      const auto fresh = behind(changes, position, copy.stream.end());
      look_after_reads(copy, source, fresh, made);
      is_sound &= apply_changes(*copy.partition, fresh);
      if (is_sound) copy.stream.append(fresh);
      return copy.stream.end();
    };
    copy.early.follow(follow(frame.position, payload, platform::Timestamp(header.made)), follow);
    if (!is_sound) return false;
    copy.stream.forget_before(std::min(header.forgettable, copy.stream.end()));
    send(source,
         {.type = FrameType::changes_taken, .partition = frame.partition, .position = copy.stream.end()});
    return true;
  }

  /// Changes are about to be done that were made then, by their primary's clock.
  void look_after_reads(Copy& copy, int primary, std::span<const std::byte> changes,
                        platform::Timestamp made) {
    if (!reads_backups() || changes.empty()) return;
    if (const auto when = membership_.own_time(primary, made)) {
      copy.reads.take(changes, *when, replicas_->reads().sampled);
    } else {
      give_up_reads(copy);
    }
  }
  void give_up_reads(Copy& copy) { replicas_->reads().unknown += copy.reads.give_up(); }

  /// Of the stream that makes this copy.
  bool take_copied(Copy& copy, int source, const CopyFrame& frame, const ChangesHeader& header,
                   std::span<const std::byte> payload) {
    if (copy.role != Copy::Role::joining || frame.stream != copy.joining_stream) return true;
    if (frame.position > copy.joined) {
      copy.early_joined.keep(frame.position, payload, {});
      return true;
    }
    bool is_sound = true;
    const auto follow = [&](std::uint64_t position, std::span<const std::byte> changes, platform::Timestamp) {
      const auto fresh = behind(changes, position, copy.joined);
      is_sound &= apply_changes(*copy.partition, fresh);
      if (is_sound) copy.joined += fresh.size();
      return copy.joined;
    };
    copy.early_joined.follow(follow(frame.position, payload, {}), follow);
    if (!is_sound) return false;
    if (header.goes_on_at != ChangesHeader::not_yet && copy.joined == frame.position && !copy.follows) {
      copy.follows = true;
      copy.stream = ChangeStream(header.goes_on_at);
    }
    send(source, {.type = FrameType::changes_taken,
                  .partition = frame.partition,
                  .stream = frame.stream,
                  .position = copy.joined,
                  .code = copy.follows ? follows : std::uint8_t{0}});
    return true;
  }

  // Promotion
  // -----------------------------------------------------------------------------------------------------------

  bool tell_changes(const Copy& copy, int source, const CopyFrame& asked) {
    if (copy.role != Copy::Role::backup) return true;
    if (asked.position < copy.stream.begin()) return true;  // asked long ago: what all have nobody lacks
    const std::uint64_t from = std::min(asked.position, copy.stream.end());
    send(source, {.type = FrameType::told_changes, .partition = asked.partition, .position = asked.position},
         ToldHeader{copy.stream.end()}, copy.stream.from(from, room_beside(sizeof(ToldHeader))));
    return true;
  }

  bool take_told(Copy& copy, int source, const CopyFrame& frame, std::span<const std::byte> payload) {
    ToldHeader header;
    if (!take_front(payload, header)) return false;
    if (copy.role != Copy::Role::promoted || frame.position > copy.stream.end()) return true;
    const auto teller = std::ranges::find(copy.tellers, source, &Copy::Teller::rank);
    if (teller == copy.tellers.end()) return true;
    const auto fresh = behind(payload, frame.position, copy.stream.end());
    if (!apply_changes(*copy.partition, fresh)) return false;
    copy.stream.append(fresh);
    teller->end = header.end;
    teller->has_told = copy.stream.end() >= header.end;
    if (!teller->has_told) teller->asked = platform::Timestamp::min() / 2;
    return true;
  }

  /// True: it serves now.
  bool go_on_promoting(std::uint32_t number, Copy& copy, platform::Timestamp now) {
    bool knows_all = true;
    for (auto& teller : copy.tellers) {
      knows_all &= teller.has_told;
      if (teller.has_told || !is_to_be_said_again(teller.rank, teller.asked, now)) continue;
      teller.asked = now;
      send(teller.rank, {.type = FrameType::ask_changes, .partition = number, .position = copy.stream.end()});
    }
    if (!knows_all || now < copy.serves_from) return false;
    copy.role = Copy::Role::primary;
    copy.committed = 0;
    copy.to_settle = copy.stream.end();
    if (reads_backups()) copy.times.note(copy.stream.end(), platform::Timestamp(ChangesHeader::unknown));
    copy.followers.clear();
    for (const auto& teller : copy.tellers) {
      copy.followers.push_back({.rank = teller.rank,
                                .is_member = true,
                                .progress = {.sent = teller.end, .taken = teller.end, .moved = now}});
    }
    copy.partition->shipping->recent.know_nothing_before(copy.to_settle);
    partitions_->add(std::move(copy.partition));
    follow_as_primary(number, copy);
    return true;
  }

  // Views
  // -----------------------------------------------------------------------------------------------------------

  void follow_view(const View& before) {
    std::vector<std::uint32_t> lost;
    for (std::uint32_t number = 0; number < view().copies.size(); ++number) {
      const View::Copies& of = view().copies[number];
      if (of.is_lost()) {
        lost.push_back(number);
      } else {
        map_->assign(number, static_cast<std::uint32_t>(of.primary()), of.primary_since);
      }
      const int predecessor = before.copies[number].primary();
      Copy& copy = replicas_->copies()[number];
      if (predecessor != of.primary() && predecessor != View::nobody && predecessor != rank())
        copy.serves_from = std::max(copy.serves_from, membership_.granted_until(predecessor));
      follow_view(number, copy);
    }
    tell_followers();
    if (!lost.empty() && events_.on_lost) events_.on_lost(lost);
    events_.on_change();
  }

  /// They have to be in the view to take what will come.
  void tell_followers() {
    std::vector<int> followers;
    for (const Copy& copy : replicas_->copies()) {
      for (const Follower<Policy>& follower : copy.followers) followers.push_back(follower.rank);
    }
    std::ranges::sort(followers);
    const auto same = std::ranges::unique(followers);
    followers.erase(same.begin(), same.end());
    for (const int follower : followers) membership_.send_view(follower);
  }

  void follow_view(std::uint32_t number, Copy& copy) {
    // What the primary of another view has sent may be nobody's any more.
    copy.early.clear();
    give_up_reads(copy);
    const View::Copies& of = view().copies[number];
    const bool is_member = view().is_alive(rank()) && of.has(rank());
    const bool is_joining = view().is_alive(rank()) && of.joining == rank();
    if (!is_member && !is_joining) return forget(number, copy);
    if (is_joining) {
      if (copy.role != Copy::Role::joining || copy.joining_stream != of.joining_since)
        begin_joining(number, copy);
      return;
    }
    if (of.primary() == rank()) {
      if (copy.role == Copy::Role::primary) return follow_as_primary(number, copy);
      copy.role = Copy::Role::promoted;
      copy.tellers.clear();
      for (const int member : of.members) {
        if (member != rank()) copy.tellers.push_back({.rank = member});
      }
      return;
    }
    copy.role = Copy::Role::backup;
  }

  void follow_as_primary(std::uint32_t number, Copy& copy) {
    const View::Copies& of = view().copies[number];
    Partition& partition = (*partitions_)[number];
    std::erase_if(copy.followers, [&](const Follower<Policy>& follower) {
      // It may have been gone and come back in views that this rank has not seen.
      const bool is_joining = of.joining == follower.rank && of.joining_since == follower.since;
      return !of.has(follower.rank) && !is_joining;
    });
    for (Follower<Policy>& follower : copy.followers) {
      follower.is_member = of.has(follower.rank);
      // What was under way counts in the view before, and perhaps came too late for that.
      follower.progress.sent = follower.progress.taken;
      if (follower.making != nullptr) follower.making->progress.sent = follower.making->progress.taken;
    }
    copy.to_settle = need_of(partition).position;
    if (of.joining == View::nobody || copy.follower(of.joining) != nullptr) return;
    Follower<Policy>& joining = copy.followers.emplace_back();
    joining.rank = of.joining;
    joining.since = of.joining_since;
    joining.making = std::make_unique<CopyInTheMaking<Policy>>(of.joining_since, *partition.store);
  }

  void begin_joining(std::uint32_t number, Copy& copy) {
    forget(number, copy);
    auto made = partitions_->make(number, replicas_->expected_records());
    if (!made) return;  // no memory: the others go on with a copy less
    copy.role = Copy::Role::joining;
    copy.partition = std::move(*made);
    copy.joining_stream = view().copies[number].joining_since;
  }

  void forget(std::uint32_t number, Copy& copy) {
    if (copy.role == Copy::Role::primary) partitions_->remove(number);
    const platform::Timestamp serves_from = copy.serves_from;
    copy = Copy{};
    copy.serves_from = serves_from;
  }

  T* transport_;
  Outbox<T>* outbox_;
  Partitions<Policy>* partitions_;
  PartitionMap* map_;
  Replicas<Policy>* replicas_;
  Events events_;
  Membership<T> membership_;
  HeldResults held_;
  std::vector<std::uint64_t> taken_;
  std::vector<int> written_to_;  ///< ranks, in this turn
  platform::Timestamp looked_ = platform::Timestamp::min() / 2;
  platform::Timestamp told_ = platform::Timestamp::min() / 2;
};

}  // namespace upout::engines::shared_nothing
