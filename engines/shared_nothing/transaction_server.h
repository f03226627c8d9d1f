#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engines/shared_nothing/outbox.h"
#include "engines/shared_nothing/participant.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/partitions.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// The participants on this rank's partitions of transactions that other ranks coordinate. Each remembers its
/// last answer, so that a step that comes again is answered again and not taken again; the steps of one come
/// in order, because its coordinator asks for one at a time.
///
/// A participant that has promised waits for the decision, for ever, and reminds its coordinator now and
/// then: there is no copy of what that one knew, so nobody else could decide. One that has not, and has not
/// been asked for anything for as long as the deadline, is given up; if its coordinator is there still, it is
/// told with the next step. A decision for one that is not there is acknowledged: it has been carried out
/// before. A step that comes late may call one to life again, which goes when it is given up, or when its
/// coordinator, who does not know it any more, gets its answer.
///
/// Nothing that arrives is believed before it has been checked. Used by the rank's thread.
template <Transport T, class Policy>
class TransactionServer {
 public:
  using Partition = shared_nothing::Partition<Policy>;
  using Participant = shared_nothing::Participant<Policy>;

  /// Keeps references to all but the last.
  TransactionServer(T& transport, Outbox<T>& outbox, Partitions<Policy>& partitions, const PartitionMap& map,
                    platform::Timestamp deadline)
      : outbox_(&outbox),
        partitions_(&partitions),
        map_(&map),
        deadline_(deadline),
        serves_(static_cast<std::size_t>(transport.size())) {}

  /// A step has come, and `rest` of its message: what all of them touch comes out of memory together.
  void expect(FrameHeader step, FrameReader rest) {
    std::span<const std::byte> payload;
    do {
      if (step.type == FrameType::step && is_access(static_cast<StepKind>(step.code)))
        partitions_->expect(map_->partitioning().partition_of(step.key), step.key);
    } while (rest.next(step, payload));
    partitions_->bring_near();
  }
  /// A step. False: no rank sends such a one.
  bool take(int source, const FrameHeader& header, std::span<const std::byte> payload) {
    const auto kind = static_cast<StepKind>(header.code);
    if (!is_access(kind) && header.key >= map_->partitions()) return false;
    const Name name{.client = source,
                    .partition = is_access(kind) ? map_->partitioning().partition_of(header.key)
                                                 : static_cast<std::uint32_t>(header.key),
                    .number = std::uint64_t{header.input_offset} << 32 | header.slot};
    if (is_decision(kind) != (header.generation == 0)) return false;
    const auto found = participants_.find(name);
    if (is_decision(kind)) return carry_out(name, found, kind);
    if (frame_bytes(FrameType::step_answer, header.output_size) > outbox_->most_room()) return false;
    Served* served = found == participants_.end() ? nullptr : &found->second;
    if (served == nullptr) {
      if (header.generation != 1) return refuse(name, header, kernel::AbortCause::forgotten);
      served = admit(name, header);
      if (served == nullptr) return true;
      // Serial: it has to wait for its turn with the first step, and to do so it must be a `begin`.
      if (served->is_queued()) return kind == StepKind::begin || give_up(name);
    }
    served->heard = not_looked_at;
    if (header.generation == served->step) {
      if (!served->is_queued()) answer(*served);
      return true;
    }
    if (header.generation != static_cast<std::uint16_t>(served->step + 1)) return true;  // of long ago
    if (!is_access(kind) && header.generation != 1 && header.output_offset != served->life)
      return refuse(name, header, kernel::AbortCause::forgotten);
    perform(*served, header, payload);
    return true;
  }

  /// Gives up what coordinators have left alone.
  void look(platform::Timestamp now, bool begins_anew) {
    for (auto each = participants_.begin(); each != participants_.end();) {
      Served& served = each->second;
      if (served.heard == not_looked_at || begins_anew) served.heard = now;
      const bool is_left = now - served.heard >= deadline_;
      if (is_left && served.has_promised()) {
        served.heard = now;
        answer(served);
      }
      each = is_left && !served.has_promised() ? erase(each) : std::next(each);
    }
  }
  /// Serial: lets those begin whose turn has come, this rank's own among them.
  void serve_queues() {
    if (partitions_->concurrency_control() != kernel::ConcurrencyControl::serial) return;
    for (Partition* partition : *partitions_) Participant::serve_queue(*partition);
  }
  /// The message of that rank has been taken: sends the answers.
  void end(int source) {
    if (std::exchange(has_answered_, false)) outbox_->send(source);
  }
  std::size_t size() const noexcept { return participants_.size(); }

 private:
  /// Of one client: far more than one has under way.
  static constexpr std::size_t most_served = 4096;
  static constexpr platform::Timestamp not_looked_at = platform::Timestamp::min();

  struct Name {
    int client;
    std::uint32_t partition;
    std::uint64_t number;
    bool operator==(const Name&) const = default;
  };
  struct HashOfName {
    std::size_t operator()(const Name& name) const noexcept {
      const std::uint64_t mixed =
          (name.number << 20 ^ name.number >> 32 ^ name.partition) * 0x9e3779b97f4a7c15;
      return std::hash<std::uint64_t>()(mixed + static_cast<std::uint64_t>(name.client));
    }
  };
  struct Served final : Participant {
    Served(TransactionServer& of, const Name& called, std::uint32_t which_life)
        : server(&of), name(called), life(which_life) {}
    void take_turn(const StepAnswer& given) override {
      last = given;
      server->answer(*this);
      server->outbox_->send(name.client);
    }

    TransactionServer* server;
    Name name;
    std::uint32_t life;      ///< no other participant of this rank has the same
    std::uint16_t step = 0;  ///< the last one that it has taken
    StepAnswer last;         ///< and its answer
    std::vector<std::byte> output;
    platform::Timestamp heard = not_looked_at;
  };
  using ServedByName = std::unordered_map<Name, Served, HashOfName>;

  /// Null: it was refused.
  Served* admit(const Name& name, const FrameHeader& header) {
    Partition* partition = partitions_->find(name.partition);
    if (partition == nullptr) {
      tell_map(name.client);
      refuse(name, header, kernel::AbortCause::partition_moved);
      return nullptr;
    }
    std::size_t& serves = serves_[static_cast<std::size_t>(name.client)];
    if (serves == most_served) {
      refuse(name, header, kernel::AbortCause::forgotten);
      return nullptr;
    }
    lives_ = (lives_ + 1) % CauseAndLife::lives;
    Served& served = participants_.try_emplace(name, *this, name, lives_).first->second;
    ++serves;
    const StepAnswer opened = served.open(*partition);
    if (opened.status != kernel::Status::ok) {
      erase(participants_.find(name));
      refuse(name, header, opened.cause);
      return nullptr;
    }
    if (served.is_queued()) served.step = header.generation;
    return &served;
  }

  void perform(Served& served, const FrameHeader& header, std::span<const std::byte> payload) {
    const auto kind = static_cast<StepKind>(header.code);
    // One that steps which came late have called to life again need not get as far as the first time.
    if (!served.allows(kind)) {
      refuse(served.name, header, kernel::AbortCause::forgotten);
      return;
    }
    served.output.resize(header.output_size);
    served.step = header.generation;
    served.last = served.perform({kind, header.key, header.output_offset, payload, served.output});
    answer(served);
  }

  /// Always true. (One that is to install and has not promised is not the one that had, and has installed.)
  bool carry_out(const Name& name, typename ServedByName::iterator found, StepKind kind) {
    if (found != participants_.end()) {
      if (kind == StepKind::install && found->second.has_promised()) found->second.install();
      erase(found);
    }
    answer(name, 0, {}, {});
    return true;
  }

  /// Always false.
  bool give_up(const Name& name) {
    erase(participants_.find(name));
    return false;
  }
  auto erase(typename ServedByName::iterator served) {
    --serves_[static_cast<std::size_t>(served->first.client)];
    return participants_.erase(served);
  }

  /// Always true.
  bool refuse(const Name& name, const FrameHeader& header, kernel::AbortCause cause) {
    answer(name, header.generation, StepAnswer::aborted(cause), {});
    return true;
  }
  void answer(const Served& served) {
    answer(served.name, served.step, served.last, std::span(served.output).first(served.last.copied),
           served.life);
  }
  void answer(const Name& name, std::uint16_t step, const StepAnswer& given,
              std::span<const std::byte> output, std::uint32_t life = 0) {
    has_answered_ = true;
    const auto payload = outbox_->append(
        name.client, {.type = FrameType::step_answer,
                      .code = static_cast<std::uint8_t>(given.status),
                      .generation = step,
                      .slot = static_cast<std::uint32_t>(name.number),
                      .payload_bytes = static_cast<std::uint32_t>(output.size()),
                      .output_size = static_cast<std::uint32_t>(output.size()),
                      .output_offset = CauseAndLife{static_cast<std::uint32_t>(given.cause), life}.as_word(),
                      .input_offset = static_cast<std::uint32_t>(name.number >> 32),
                      .key = name.partition});
    std::ranges::copy(output, payload.begin());
  }
  void tell_map(int client) {
    const std::span<const std::byte> map = map_->bytes();
    const auto payload = outbox_->append(
        client, {.type = FrameType::map, .payload_bytes = static_cast<std::uint32_t>(map.size())});
    std::ranges::copy(map, payload.begin());
  }

  Outbox<T>* outbox_;
  Partitions<Policy>* partitions_;
  const PartitionMap* map_;
  platform::Timestamp deadline_;
  std::vector<std::size_t> serves_;  ///< how many, by client
  ServedByName participants_;
  std::uint32_t lives_ = 0;  ///< of participants, so far
  bool has_answered_ = false;
};

}  // namespace upout::engines::shared_nothing
