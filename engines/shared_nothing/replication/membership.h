#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/outbox.h"
#include "engines/shared_nothing/replication/consensus.h"
#include "engines/shared_nothing/replication/copy_placement.h"
#include "engines/shared_nothing/replication/frames.h"
#include "engines/shared_nothing/replication/view.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

struct CopyTiming {
  /// Who is silent is told so seldom that others are there: that makes few messages, and who was cut off
  /// hardly waits longer for it.
  static constexpr int heartbeats_a_call = 5;

  platform::Timestamp heartbeat = std::chrono::milliseconds(10);
  /// Who is silent for so long is taken for dead.
  platform::Timestamp suspicion = std::chrono::milliseconds(60);
  /// How long who was heard by all its copies may take itself for the primary.
  platform::Timestamp lease = std::chrono::milliseconds(40);
  /// What nobody says to have taken is sent again.
  platform::Timestamp patience = std::chrono::milliseconds(20);
  /// Until a rank has said something in a session.
  platform::Timestamp longest_preparation = std::chrono::seconds(10);
  /// Without a majority, or the last copy of something, for so long, there is no use in waiting.
  platform::Timestamp longest_absence = std::chrono::milliseconds(2500);
  ConsensusTiming consensus = {};
};

/// What a rank knows of the others from one session to the next.
class Members {
 public:
  /// `most_bytes`: of a frame's payload.
  Members(int rank, CopyPlacement placement, const CopyPolicy& policy, const CopyTiming& timing,
          std::size_t most_bytes, std::uint64_t seed)
      : placement_(std::move(placement)),
        policy_(policy),
        timing_(timing),
        view_(View::initial(placement_, policy)),
        random_(seed),
        consensus_(rank, placement_.ranks(), timing.consensus,
                   {.send =
                        [this](int to, std::span<const std::byte> bytes) {
                          outgoing_.emplace_back(to, std::vector(bytes.begin(), bytes.end()));
                        },
                    .decided =
                        [this](std::span<const std::byte> bytes) {
                          if (auto view = decode(bytes)) decided_.push_back(std::move(*view));
                        },
                    .random = [this] { return random_(); },
                    .most_bytes = most_bytes}) {}
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  /// A view, and when this rank entered it, by the transport's clock.
  struct Entered {
    platform::Timestamp when;
    View view;
  };

  const View& view() const noexcept { return view_; }
  /// All but the first one, in order.
  const std::vector<Entered>& history() const noexcept { return history_; }
  const CopyPlacement& placement() const noexcept { return placement_; }
  const CopyPolicy& policy() const noexcept { return policy_; }
  const CopyTiming& timing() const noexcept { return timing_; }

 private:
  template <Transport T>
  friend class Membership;

  std::optional<View> decode(std::span<const std::byte> bytes) const {
    return View::decode(bytes, view_.alive.size(), view_.copies.size());
  }

  CopyPlacement placement_;
  CopyPolicy policy_;
  CopyTiming timing_;
  View view_;
  std::vector<Entered> history_;
  std::mt19937_64 random_;
  std::vector<std::pair<int, std::vector<std::byte>>> outgoing_;  ///< to be sent by the consensus
  std::vector<View> decided_;
  Consensus consensus_;  ///< calls for those before it
};

/// One session of a rank among the others: it says that it is there, hears who else is, and agrees with them
/// on views. A rank that the present view takes for dead may come back when it knows; whoever leads the
/// consensus makes the next view. Every message carries its sender's view, and who finds another one behind
/// tells it.
///
/// **Leases.** A rank that has just been heard by another one in the same view holds that one's lease, from
/// when it said so and as long as a lease lasts (Gray and Cheriton, SOSP 1989). Who has granted one waits for
/// its end before it takes the other one's place. Clocks need to run at about the same speed, and nothing
/// else.
///
/// Used by the rank's thread.
template <Transport T>
class Membership {
 public:
  struct Events {
    /// There is a new view; the one before.
    std::function<void(const View&)> on_view;
    /// Fewer than a majority of the ranks are there: so many.
    std::function<void(unsigned)> on_minority;
  };

  /// Keeps references to the three.
  Membership(T& transport, Outbox<T>& outbox, Members& members, Events events)
      : transport_(&transport),
        outbox_(&outbox),
        members_(&members),
        events_(std::move(events)),
        peers_(static_cast<std::size_t>(transport.size())) {
    outbox.enter_view(view().number);
    // Perhaps granted at the end of the session before.
    for (Peer& peer : peers_) peer.granted_until = transport.now() + members.timing_.lease;
  }

  const View& view() const noexcept { return members_->view_; }

  /// A message of that rank has come, which is in that view.
  void heard(int source, std::uint32_t view_number) noexcept {
    Peer& peer = of(source);
    peer.was_heard = true;
    peer.view = view_number;
    if (view_number < view().number) peer.is_behind = true;
  }
  bool is_in_same_view(int source) const noexcept {
    return peers_[static_cast<std::size_t>(source)].view == view().number;
  }

  /// A frame of this class's. False: no rank sends such a one.
  bool take(int source, const FrameHeader& header, std::span<const std::byte> payload,
            platform::Timestamp now) {
    switch (header.type) {
      case FrameType::heartbeat:
        of(source).arrivals = std::max(of(source).arrivals, header.slot);
        if (is_in_same_view(source)) grant(source, header, now);
        return true;
      case FrameType::heartbeat_heard:
        if (!is_in_same_view(source)) return true;
        take_lease(source, header, now);
        return compare_clocks(source, header, payload, now);
      case FrameType::news:
        return header.code < kinds_of_news && take_news(source, header);
      case FrameType::view:
        if (auto view = members_->decode(payload)) return adopt(std::move(*view));
        return false;
      default: {
        const bool is_one = members_->consensus_.take(source, payload);
        go_on();
        return is_one;
      }
    }
  }

  /// To be called with each turn.
  void look(platform::Timestamp now) {
    if (has_looked_ && now - looked_ < members_->timing_.consensus.tick) return;
    // Who has not looked for long was stopped itself, and does not know how long the others were silent.
    const bool begins_anew = !has_looked_ || now - looked_ > members_->timing_.suspicion / 2;
    looked_ = now;
    has_looked_ = true;
    note_who_is_there(now, begins_anew);
    members_->consensus_.look(now);
    go_on();
    tell_those_behind();
    if (now - beat_ >= members_->timing_.heartbeat) beat(now);
    if (members_->consensus_.is_leader()) make_next_view(now);
  }

  bool holds_lease(int of_rank, platform::Timestamp now) const noexcept {
    return now < peers_[static_cast<std::size_t>(of_rank)].lease_until;
  }
  /// When a lease ends that this rank has granted.
  platform::Timestamp granted_until(int to) const noexcept {
    return peers_[static_cast<std::size_t>(to)].granted_until;
  }

  /// Whether that rank has said anything since.
  bool is_heard_since(int rank, platform::Timestamp then) const noexcept {
    return peers_[static_cast<std::size_t>(rank)].heard_last >= then;
  }
  /// Whether that rank has been heard of a short while ago.
  bool is_heard(int rank, platform::Timestamp now) const noexcept {
    return rank == transport_->rank() ||
           now - peers_[static_cast<std::size_t>(rank)].heard_last < members_->timing_.suspicion;
  }
  /// What that rank's clock calls so, by this one's, to `clock_error`. Nothing: they have not been compared,
  /// or it was never so.
  std::optional<platform::Timestamp> own_time(int of_rank, platform::Timestamp its) const noexcept {
    const Peer& peer = peers_[static_cast<std::size_t>(of_rank)];
    if (!peer.shortest_trip || its < platform::Timestamp::zero()) return std::nullopt;
    return its - peer.clock_ahead;
  }
  /// Of any rank whose clock has been compared with.
  platform::Timestamp clock_error() const noexcept {
    platform::Timestamp most{};
    for (const Peer& peer : peers_)
      most = std::max(most, peer.shortest_trip.value_or(platform::Timestamp{}) / 2);
    return most;
  }

  /// For whoever makes the next view; to be said again until there is one.
  void tell(News news, std::uint32_t partition, int rank) {
    const FrameHeader header = CopyFrame{.type = FrameType::news,
                                         .partition = partition,
                                         .stream = static_cast<std::uint32_t>(rank),
                                         .code = static_cast<std::uint8_t>(news)}
                                   .header();
    for_each_other([&](int peer) {
      if (!listens(peer, looked_)) return;
      outbox_->append(peer, header);
      outbox_->send(peer);
    });
    take_news(transport_->rank(), header);
  }

  /// Barriers of those that are there, one after the other, numbered from 1 on in each session.
  void arrive_at_barrier(std::uint32_t number) {
    of(transport_->rank()).arrivals = number;
    // All that are waited for, however silent: this may be the last that they hear in this session.
    const platform::Timestamp now = transport_->now();
    for_each_other([&](int peer) {
      if (view().is_alive(peer)) of(peer).called = platform::Timestamp::min() / 2;
    });
    beat(now);
  }
  bool barrier_passed(std::uint32_t number) const {
    for (int rank = 0; rank < transport_->size(); ++rank) {
      if (view().is_alive(rank) && peers_[static_cast<std::size_t>(rank)].arrivals < number) return false;
    }
    return true;
  }
  /// The present one, to a rank that may be behind.
  void send_view(int to) {
    const std::vector<std::byte> bytes = view().encoded();
    const auto payload = outbox_->append(
        to, {.type = FrameType::view, .payload_bytes = static_cast<std::uint32_t>(bytes.size())});
    std::ranges::copy(bytes, payload.begin());
    outbox_->send(to);
  }

 private:
  struct Peer {
    bool was_heard = false;   ///< since the last look
    bool has_spoken = false;  ///< in this session
    bool is_behind = false;   ///< its last message was of an older view
    std::uint32_t view = 0;
    std::uint32_t arrivals = 0;  ///< at barriers
    platform::Timestamp heard_last = platform::Timestamp::min() / 2;
    platform::Timestamp last{};  ///< the same, or when this rank had begun to look again
    platform::Timestamp called = platform::Timestamp::min() / 2;  ///< last told that this rank is there
    platform::Timestamp lease_until = platform::Timestamp::min();
    platform::Timestamp granted_until = platform::Timestamp::min();
    std::optional<platform::Timestamp> shortest_trip;  ///< there and back; nothing: there was none
    platform::Timestamp clock_ahead{};                 ///< of this rank's, as that trip says
  };

  Peer& of(int rank) noexcept { return peers_[static_cast<std::size_t>(rank)]; }
  template <class Use>
  void for_each_other(Use&& use) {
    for (int peer = 0; peer < transport_->size(); ++peer) {
      if (peer != transport_->rank()) use(peer);
    }
  }

  // Who is there
  // -----------------------------------------------------------------------------------------------------------

  void note_who_is_there(platform::Timestamp now, bool begins_anew) {
    unsigned there = 1;
    for_each_other([&](int rank) {
      Peer& peer = of(rank);
      if (peer.was_heard) peer.heard_last = now;
      if (peer.was_heard || begins_anew) peer.last = now;
      peer.has_spoken |= peer.was_heard;
      peer.was_heard = false;
      const bool may_prepare = !peer.has_spoken && view().is_alive(rank);
      const auto patience =
          may_prepare ? members_->timing_.longest_preparation : members_->timing_.longest_absence;
      if (now - peer.last < patience) ++there;
    });
    const auto all = static_cast<unsigned>(transport_->size());
    if (there < all / 2 + 1 && events_.on_minority) events_.on_minority(there);
  }
  bool is_silent(int rank, platform::Timestamp now) const noexcept {
    const Peer& peer = peers_[static_cast<std::size_t>(rank)];
    return now - peer.last >=
           (peer.has_spoken ? members_->timing_.suspicion : members_->timing_.longest_preparation);
  }

  void beat(platform::Timestamp now) {
    beat_ = now;
    const FrameHeader header = CopyFrame{.type = FrameType::heartbeat,
                                         .stream = of(transport_->rank()).arrivals,
                                         .position = static_cast<std::uint64_t>(now.count())}
                                   .header();
    for_each_other([&](int peer) {
      if (!listens(peer, now) && !is_to_be_called(peer, now)) return;
      of(peer).called = now;
      outbox_->append(peer, header);
      outbox_->send(peer);
    });
  }
  /// What is said to a rank that is gone is never received, and a transport may keep it for ever in memory
  /// that the messages to others need, too (Open MPI has 512 fragments a process for those on its machine).
  /// So little is said to who says nothing.
  bool listens(int rank, platform::Timestamp now) const noexcept {
    return now - peers_[static_cast<std::size_t>(rank)].last < members_->timing_.suspicion;
  }
  /// Two that were cut off from each other, and wait, must hear when they no longer are. One that the view
  /// takes for dead is heard when it comes back.
  bool is_to_be_called(int rank, platform::Timestamp now) const noexcept {
    return view().is_alive(rank) && now - peers_[static_cast<std::size_t>(rank)].called >=
                                        CopyTiming::heartbeats_a_call * members_->timing_.heartbeat;
  }
  void grant(int to, const FrameHeader& heartbeat, platform::Timestamp now) {
    of(to).granted_until = now + members_->timing_.lease;
    const auto payload = outbox_->append(
        to, CopyFrame{.type = FrameType::heartbeat_heard, .position = heartbeat.key}.header(sizeof(now)));
    std::memcpy(payload.data(), &now, sizeof(now));
    outbox_->send(to);
  }
  /// A heartbeat of so long ago is worth nothing; one of later than now is none of this rank's.
  void take_lease(int from, const FrameHeader& heard, platform::Timestamp now) {
    const platform::Timestamp said(static_cast<std::int64_t>(heard.key));
    if (said <= now) of(from).lease_until = std::max(of(from).lease_until, said + members_->timing_.lease);
  }
  /// That one's clock was read somewhere in the trip of a heartbeat: most likely in the middle, and known the
  /// better the shorter it was (Cristian, "Probabilistic clock synchronization", Distributed Computing 1989).
  bool compare_clocks(int with, const FrameHeader& heard, std::span<const std::byte> payload,
                      platform::Timestamp now) {
    platform::Timestamp its;
    if (!take_front(payload, its) || its < platform::Timestamp::zero()) return false;
    const platform::Timestamp said(static_cast<std::int64_t>(heard.key));
    if (said < platform::Timestamp::zero() || said > now) return false;
    Peer& peer = of(with);
    const platform::Timestamp trip = now - said;
    if (peer.shortest_trip && trip >= *peer.shortest_trip) return true;
    peer.shortest_trip = trip;
    peer.clock_ahead = its - (now - trip / 2);
    return true;
  }

  // Views
  // -----------------------------------------------------------------------------------------------------------

  /// Sends what the consensus has to say, and takes what it has decided.
  void go_on() {
    for (const auto& [to, bytes] : std::exchange(members_->outgoing_, {})) {
      if (!listens(to, looked_)) continue;
      const auto payload = outbox_->append(
          to, {.type = FrameType::consensus, .payload_bytes = static_cast<std::uint32_t>(bytes.size())});
      std::ranges::copy(bytes, payload.begin());
      outbox_->send(to);
    }
    for (View& view : std::exchange(members_->decided_, {})) {
      // Proposals that were made of an older one are overtaken.
      if (view.number != this->view().number + 1) continue;
      adopt(std::move(view));
      if (members_->consensus_.is_leader()) for_each_other([this](int peer) { send_view(peer); });
    }
  }

  /// Always true.
  bool adopt(View next) {
    if (next.number <= view().number) return true;
    outbox_->enter_view(next.number);
    const View before = std::exchange(members_->view_, std::move(next));
    members_->history_.push_back({transport_->now(), view()});
    copied_.clear();
    settled_.clear();
    events_.on_view(before);
    beat(transport_->now());
    return true;
  }
  void tell_those_behind() {
    for_each_other([this](int peer) {
      if (std::exchange(of(peer).is_behind, false)) send_view(peer);
    });
  }

  bool take_news(int source, const FrameHeader& header) {
    const CopyFrame news = CopyFrame::of(header);
    const bool is_own = source == transport_->rank();
    if (news.partition >= view().copies.size() || news.stream >= peers_.size()) return false;
    if (!is_own && !is_in_same_view(source)) return true;
    if (view().copies[news.partition].primary() != source) return true;
    if (static_cast<News>(news.code) == News::copied) {
      copied_.push_back({news.partition, static_cast<int>(news.stream)});
    } else {
      settled_.push_back(news.partition);
    }
    return true;
  }

  /// A view without a majority would be no view; that there is one the consensus sees to.
  void make_next_view(platform::Timestamp now) {
    Happened happened{.gone = {}, .back = {}, .copied = copied_, .settled = settled_};
    for_each_other([&](int rank) {
      const bool is_silent = this->is_silent(rank, now);
      if (view().is_alive(rank) && is_silent) lose(rank, happened, now);
      const bool knows = of(rank).has_spoken && is_in_same_view(rank);
      if (!view().is_alive(rank) && !is_silent && knows) happened.back.push_back(rank);
    });
    if (!view().is_alive(transport_->rank())) happened.back.push_back(transport_->rank());
    if (const auto next = next_after(happened)) members_->consensus_.propose(next->encoded());
  }
  std::optional<View> next_after(const Happened& happened) const {
    return next_view(view(), happened, members_->placement_, members_->policy_);
  }
  /// One with which something would be lost may come back: it is waited for.
  void lose(int rank, Happened& happened, platform::Timestamp now) {
    happened.gone.push_back(rank);
    if (now - of(rank).last >= members_->timing_.longest_absence) return;
    const auto next = next_after(happened);
    for (std::size_t number = 0; next && number < next->copies.size(); ++number) {
      if (!next->copies[number].is_lost() || view().copies[number].is_lost()) continue;
      happened.gone.pop_back();
      return;
    }
  }

  T* transport_;
  Outbox<T>* outbox_;
  Members* members_;
  Events events_;
  std::vector<Peer> peers_;  ///< by rank
  bool has_looked_ = false;
  platform::Timestamp looked_{};
  platform::Timestamp beat_ = platform::Timestamp::min() / 2;
  std::vector<Happened::Copied> copied_;  ///< in this view
  std::vector<std::uint32_t> settled_;    ///< likewise
};

}  // namespace upout::engines::shared_nothing
