#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <span>
#include <vector>

#include "engines/session.h"
#include "engines/shared_nothing/outbox.h"
#include "engines/shared_nothing/participant.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/partitions.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

template <class Policy>
struct Coordination;

/// A participant as its coordinator sees it. If the partition is this rank's, it is the participant itself.
template <class Policy>
struct Part final : Participant<Policy> {
  explicit Part(Coordination<Policy>& coordination) noexcept : of(&coordination) {}
  void take_turn(const StepAnswer& given) override;

  static constexpr platform::Timestamp not_looked_at = platform::Timestamp::min();

  Coordination<Policy>* of;
  std::uint32_t partition = 0;
  int rank = 0;
  bool is_local = false;
  bool writes = false;      ///< something
  bool misses = false;      ///< a key
  bool is_waiting = false;  ///< for the answer to `step`
  std::uint16_t steps = 0;  ///< that a remote one has been asked to take
  std::uint32_t life = 0;   ///< of a remote one: that in which it has taken the first of them
  Step step;                ///< the last of them
  StepAnswer answer{};
  platform::Timestamp since = not_looked_at;  ///< when it was asked,
  platform::Timestamp sent{};                 ///< and when for the last time
};

/// What a coordinator knows of its transaction, which is one of this rank's client. Memory is used again.
template <class Policy>
struct Coordination {
  using Part = shared_nothing::Part<Policy>;

  std::uint64_t number = 0;  ///< its slot, and how often that has been used: never again the same
  std::deque<Part> parts;    ///< stay in place
  std::size_t parts_in_use = 0;
  std::size_t waiting_for = 0;             ///< parts
  kernel::Operation wake;                  ///< given back to the executor when nothing is waited for any more
  std::vector<kernel::Operation*>* ready;  ///< where it goes to be given back

  void answered(Part& part, const StepAnswer& given) {
    part.answer = given;
    part.is_waiting = false;
    if (--waiting_for == 0) ready->push_back(&wake);
  }
};

template <class Policy>
void Part<Policy>::take_turn(const StepAnswer& given) {
  of->answered(*this, given);
}

/// The coordinators of one rank: asks participants at other ranks to take a step, again and again until they
/// have answered or the deadline has passed; tells them what was decided, until they have acknowledged it.
/// Used by the rank's thread.
///
/// A step is a frame of the type `step`: `code` is its kind, `slot` and `input_offset` the two halves of the
/// transaction's number, `generation` the step's number within the participant, from 1 on, 0 for a decision.
/// An access has `key` and, in `output_offset`, where in the value; another step has its partition as `key`
/// and, in `output_offset`, which life of the participant it is for: one that was given up, and called to
/// life again by an access that came late, may have seen something else, and must not promise. The answer
/// has the numbers as they were, the partition as `key`, and cause and life as `output_offset`.
template <Transport T, class Policy>
class TransactionClient {
 public:
  using Part = shared_nothing::Part<Policy>;
  using Coordination = shared_nothing::Coordination<Policy>;

  /// Keeps references to all but the last.
  TransactionClient(T& transport, Outbox<T>& outbox, Partitions<Policy>& partitions, const PartitionMap& map,
                    platform::Timestamp deadline)
      : transport_(&transport),
        outbox_(&outbox),
        partitions_(&partitions),
        map_(&map),
        deadline_(deadline),
        random_(static_cast<std::uint64_t>(transport.rank())) {}

  // For a transaction
  // -----------------------------------------------------------------------------------------------------------

  bool is_serial() const noexcept {
    return partitions_->concurrency_control() == kernel::ConcurrencyControl::serial;
  }
  std::uint32_t partition_of(kernel::Key key) const noexcept {
    return map_->partitioning().partition_of(key);
  }

  /// It stays in place until it is dismissed.
  void enroll(Coordination& coordination) {
    const auto free = std::ranges::find_if(slots_, [](const Slot& slot) { return slot.used_by == nullptr; });
    const auto slot = static_cast<std::uint32_t>(free - slots_.begin());
    if (free == slots_.end()) slots_.emplace_back();
    slots_[slot].used_by = &coordination;
    coordination.ready = &ready_;
    coordination.number = std::uint64_t{slots_[slot].uses} << 32 | slot;
  }
  void dismiss(Coordination& coordination) {
    slots_[slot_of(coordination.number)].used_by = nullptr;
    std::erase(ready_, &coordination.wake);
    std::erase_if(sleeping_, [&](const Sleeper& sleeper) { return sleeper.wake == &coordination.wake; });
  }
  /// Another transaction in the same place.
  void begin(Coordination& coordination) {
    const std::uint32_t slot = slot_of(coordination.number);
    coordination.number = std::uint64_t{++slots_[slot].uses} << 32 | slot;
    coordination.parts_in_use = coordination.waiting_for = 0;
  }

  static Part* find(Coordination& coordination, std::uint32_t partition) noexcept {
    for (std::size_t i = 0; i < coordination.parts_in_use; ++i) {
      if (coordination.parts[i].partition == partition) return &coordination.parts[i];
    }
    return nullptr;
  }
  /// A new one. If the partition is this rank's, it has begun, is queued and waited for, or was refused, as
  /// `answer` says.
  Part& add(Coordination& coordination, std::uint32_t partition) {
    if (coordination.parts_in_use == coordination.parts.size()) coordination.parts.emplace_back(coordination);
    Part& part = coordination.parts[coordination.parts_in_use++];
    part.partition = partition;
    part.rank = static_cast<int>(map_->owner(partition));
    part.is_local = part.rank == transport_->rank();
    part.writes = part.misses = false;
    part.steps = 0;
    part.life = 0;
    part.step = {};
    part.answer = {};
    if (part.is_local) {
      part.answer = part.open((*partitions_)[partition]);
      if (part.is_queued()) wait_for(part);
    } else if (undelivered_.size() >= most_undelivered) {
      part.answer = StepAnswer::aborted(kernel::AbortCause::no_answer);
    }
    return part;
  }
  /// Whether a step and its answer fit into messages.
  bool can_ask(const Step& step) const {
    const std::size_t longest = std::max(frame_bytes(FrameType::step, step.input.size()),
                                         frame_bytes(FrameType::step_answer, step.output.size()));
    return longest <= outbox_->most_room();
  }
  /// Asks a remote one.
  void ask(Part& part, const Step& step) {
    part.step = step;
    ++part.steps;
    wait_for(part);
    send(part);
  }
  /// The transaction commits or aborts, and its remote participants will be told.
  void decide(Coordination& coordination, StepKind decision) {
    for (std::size_t i = 0; i < coordination.parts_in_use; ++i) {
      Part& part = coordination.parts[i];
      part.is_waiting = false;
      if (part.steps == 0) continue;
      undelivered_.push_back({part.rank, coordination.number, part.partition, decision, transport_->now()});
      send(undelivered_.back());
    }
    coordination.waiting_for = coordination.parts_in_use = 0;
  }
  /// They are going to be touched: those of this rank's partitions come out of memory together, in place of
  /// one after the other.
  void expect(std::span<const kernel::Key> keys) {
    for (const kernel::Key key : keys) partitions_->expect(partition_of(key), key);
    partitions_->bring_near();
  }
  /// Gives `wake` back after a random number of polls, of at most so many.
  void sleep(Coordination& coordination, std::uint64_t most_polls) {
    random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
    sleeping_.push_back({&coordination.wake, (random_ >> 33) % most_polls + 1});
  }

  // For the session
  // -----------------------------------------------------------------------------------------------------------

  bool is_busy() const noexcept { return !ready_.empty() || !sleeping_.empty(); }
  /// Once a poll: those who have waited for long enough, and those who have got all answers.
  void wake(Completed& done) {
    std::erase_if(sleeping_, [this](Sleeper& sleeper) {
      if (--sleeper.polls_left != 0) return false;
      ready_.push_back(sleeper.wake);
      return true;
    });
    done.append(ready_);
    ready_.clear();
  }
  /// Decisions that nobody has acknowledged yet.
  std::size_t undelivered() const noexcept { return undelivered_.size(); }

  /// False: no rank sends such a frame.
  bool take_answer(int source, const FrameHeader& header, std::span<const std::byte> payload) {
    const CauseAndLife about = CauseAndLife::of_word(header.output_offset);
    if (about.cause >= kernel::abort_causes || header.output_size > payload.size() ||
        header.key >= map_->partitions()) {
      return false;
    }
    const std::uint64_t number = std::uint64_t{header.input_offset} << 32 | header.slot;
    if (header.generation == 0) {
      std::erase_if(undelivered_, [&](const Decision& decision) {
        return decision.peer == source && decision.number == number && decision.partition == header.key;
      });
      return true;
    }
    Coordination* coordination = header.slot < slots_.size() ? slots_[header.slot].used_by : nullptr;
    if (coordination == nullptr || coordination->number != number) return presume_abort(source, header);
    Part* part = find(*coordination, static_cast<std::uint32_t>(header.key));
    if (part == nullptr || part->rank != source || !part->is_waiting || part->steps != header.generation)
      return true;
    if (header.output_size > part->step.output.size()) return false;
    std::copy_n(payload.begin(), header.output_size, part->step.output.begin());
    if (part->steps == 1) part->life = about.life;
    coordination->answered(*part, {static_cast<kernel::Status>(header.code),
                                   static_cast<kernel::AbortCause>(about.cause), header.output_size});
    return true;
  }

  /// Sends again what has not been answered for long; gives up what has not been answered for too long.
  /// `begins_anew`: this rank has been stopped, and no answer could come.
  void look(platform::Timestamp now, bool begins_anew) {
    for (Slot& slot : slots_) {
      Coordination* coordination = slot.used_by;
      if (coordination == nullptr || coordination->waiting_for == 0) continue;
      for (std::size_t i = 0; i < coordination->parts_in_use; ++i) {
        Part& part = coordination->parts[i];
        if (part.is_waiting) look(part, now, begins_anew);
      }
    }
    for (Decision& decision : undelivered_) {
      if (now - decision.sent < deadline_ / 4) continue;
      decision.sent = now;
      send(decision);
    }
  }

 private:
  static constexpr std::size_t most_undelivered = 4096;

  struct Slot {
    Coordination* used_by = nullptr;
    std::uint32_t uses = 0;
  };
  struct Decision {
    int peer;
    std::uint64_t number;
    std::uint32_t partition;
    StepKind kind;
    platform::Timestamp sent;
    bool is_for_same(const Decision& other) const noexcept {
      return peer == other.peer && number == other.number && partition == other.partition;
    }
  };
  struct Sleeper {
    kernel::Operation* wake;
    std::uint64_t polls_left;
  };

  static std::uint32_t slot_of(std::uint64_t number) noexcept { return static_cast<std::uint32_t>(number); }

  static void wait_for(Part& part) {
    part.is_waiting = true;
    part.since = Part::not_looked_at;
    ++part.of->waiting_for;
  }

  void look(Part& part, platform::Timestamp now, bool begins_anew) {
    if (part.since == Part::not_looked_at || begins_anew) {
      part.since = part.sent = now;
    } else if (now - part.since >= deadline_) {
      part.abort();  // a local one, that is queued
      part.of->answered(part, StepAnswer::aborted(kernel::AbortCause::no_answer));
    } else if (!part.is_local && now - part.sent >= deadline_ / 4) {
      part.sent = now;
      send(part);
    }
  }

  /// An answer to a transaction that has ended. If nothing is left to be told, all have been told what was
  /// decided: the participant has been called to life again by a step that came late, and has to go. Always
  /// true.
  bool presume_abort(int source, const FrameHeader& header) {
    const Decision abort{source,
                         std::uint64_t{header.input_offset} << 32 | header.slot,
                         static_cast<std::uint32_t>(header.key),
                         StepKind::abort,
                         {}};
    const bool will_be_told =
        std::ranges::any_of(undelivered_, [&](const Decision& each) { return each.is_for_same(abort); });
    if (!will_be_told) send(abort);
    return true;
  }

  void send(const Part& part) {
    const Step& step = part.step;
    const auto payload = append(part.rank, part.of->number,
                                {.type = FrameType::step,
                                 .code = static_cast<std::uint8_t>(step.kind),
                                 .generation = part.steps,
                                 .payload_bytes = static_cast<std::uint32_t>(step.input.size()),
                                 .output_size = static_cast<std::uint32_t>(step.output.size()),
                                 .output_offset = is_access(step.kind) ? step.offset : part.life,
                                 .key = is_access(step.kind) ? step.key : part.partition});
    std::ranges::copy(step.input, payload.begin());
  }
  void send(const Decision& decision) {
    append(decision.peer, decision.number,
           {.type = FrameType::step,
            .code = static_cast<std::uint8_t>(decision.kind),
            .key = decision.partition});
  }
  std::span<std::byte> append(int peer, std::uint64_t number, FrameHeader header) {
    header.slot = slot_of(number);
    header.input_offset = static_cast<std::uint32_t>(number >> 32);
    return outbox_->append(peer, header);
  }

  T* transport_;
  Outbox<T>* outbox_;
  Partitions<Policy>* partitions_;
  const PartitionMap* map_;
  platform::Timestamp deadline_;
  std::uint64_t random_;
  std::vector<Slot> slots_;
  std::vector<Decision> undelivered_;
  std::vector<kernel::Operation*> ready_;
  std::vector<Sleeper> sleeping_;
};

}  // namespace upout::engines::shared_nothing
