#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/message.h"
#include "engines/shared_nothing/outbox.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/partitions.h"
#include "engines/shared_nothing/replication/answer_buffers.h"

namespace upout::engines::shared_nothing {

/// Serves what other clients ask: the requests of all messages that have arrived as one batch a partition, so
/// that their cache misses overlap however few each message brings, and each answer written straight into the
/// message that carries it back. Until `end` no message to a rank whose requests are served may be sent. Used
/// by the rank's thread.
template <Transport T, class Policy>
class Server {
 public:
  using Partition = shared_nothing::Partition<Policy>;

  Server(Outbox<T>& outbox, Partitions<Policy>& partitions, const PartitionMap& map)
      : outbox_(&outbox), partitions_(&partitions), map_(&map) {
    served_.reserve(most_at_once);
    answers_.reserve(most_at_once);
    answered_.reserve(most_at_once);
  }

  /// From now on, answers that depend on copies are not sent: `hold(rank, frames, partitions)` gets them, and
  /// the partitions that they depend on.
  using Hold = std::function<void(int, std::span<const std::byte>, const std::vector<Partition*>&)>;
  void hold_answers(int ranks, Hold hold) {
    hold_ = std::move(hold);
    held_.emplace(ranks, outbox_->most_room());
  }

  /// The same of all answers, whatever they depend on.
  void hold_all_answers(int ranks, Hold hold) {
    hold_answers(ranks, std::move(hold));
    holds_all_ = true;
  }

  /// A message from that rank has come.
  void begin_message(int source) noexcept {
    source_ = source;
    has_told_map_ = false;
  }
  /// It is about to go: what it has brought to be written has to be done.
  void end_message() {
    if (needs_message_) serve();
  }

  /// A request for a partition that is ours, or a backup of which is. False: no rank sends such a one.
  bool accept(Partition& partition, const FrameHeader& header, std::span<const std::byte> payload) {
    if (served_.size() == most_at_once ||
        !has_room_for(frame_bytes(FrameType::response, header.output_size))) {
      end();
      outbox_->send(source_);  // what others have put there
      if (outbox_->most_room() < frame_bytes(FrameType::response, header.output_size)) return false;
    }
    const FrameHeader answer{.type = FrameType::response,
                             .generation = header.generation,
                             .slot = header.slot,
                             .payload_bytes = header.output_size};
    const std::span<std::byte> output =
        held_ ? held_->append(source_, answer) : outbox_->append(source_, answer);
    answers_.push_back(output.data() - header_bytes(FrameType::response));
    if (held_ && !holds_all_) frames_.push_back({&partition, source_, held_->frames(source_) - 1});
    note_answer();
    kernel::Operation& operation = served_.emplace_back();
    operation.kind = static_cast<kernel::OperationKind>(header.code);
    operation.key = header.key;
    operation.output_offset = header.output_offset;
    operation.input_offset = header.input_offset;
    operation.limit = header.input_offset;
    operation.input = payload;
    operation.output = output;
    needs_message_ |= !payload.empty();
    if (partition.served.empty()) asked_.push_back(&partition);
    partition.served.push_back(&operation);
    return true;
  }

  /// A request for one that is not, or will not be ours any more.
  bool redirect(const FrameHeader& header) {
    if (!served_.empty()) serve();
    if (!std::exchange(has_told_map_, true)) {
      const std::span<const std::byte> map = map_->bytes();
      const std::span<std::byte> payload = outbox_->append(
          source_, {.type = FrameType::map, .payload_bytes = static_cast<std::uint32_t>(map.size())});
      std::memcpy(payload.data(), map.data(), map.size());
    }
    outbox_->append(source_,
                    {.type = FrameType::redirect, .generation = header.generation, .slot = header.slot});
    note_answer();
    return true;
  }

  /// Does what has been accepted, and sends the answers.
  void end() {
    if (!served_.empty()) serve();
    for (const int answered : answered_) {
      if (held_) [[unlikely]]
        hand_over(answered);
      outbox_->send(answered);
    }
    answered_.clear();
    touched_.clear();
  }

 private:
  static constexpr std::size_t most_at_once = 256;

  bool has_room_for(std::size_t bytes) const noexcept {
    return held_ ? held_->has_room_for(source_, bytes) : outbox_->has_room_for(source_, bytes);
  }
  /// What depends on copies is held, the rest goes out.
  void hand_over(int answered) {
    taken_.clear();
    held_->take(answered, false, taken_);
    if (!taken_.empty()) std::ranges::copy(taken_, outbox_->append_frames(answered, taken_.size()).begin());
    taken_.clear();
    held_->take(answered, true, taken_);
    if (!taken_.empty()) hold_(answered, taken_, touched_);
    held_->clear(answered);
  }

  void serve() {
    for (Partition* partition : asked_) {
      partition->store->execute(partition->worker, partition->served);
      if (held_ && !holds_all_ && is_primary(*partition)) {
        partition->note_writes(partition->served);
        if (partition->depends_on_copies(partition->served)) touched_.push_back(partition);
      }
      partition->served.clear();
    }
    asked_.clear();
    release_answers();
    for (std::size_t i = 0; i < served_.size(); ++i) {
      answers_[i][offsetof(FrameHeader, code)] = static_cast<std::byte>(served_[i].status);
      std::memcpy(answers_[i] + offsetof(FrameHeader, output_size), &served_[i].output_size,
                  sizeof(FrameHeader::output_size));
    }
    served_.clear();
    answers_.clear();
    needs_message_ = false;
  }
  bool is_primary(const Partition& partition) { return partitions_->find(partition.number) == &partition; }
  /// Of what depends on no copy; nor does what is read from a backup.
  void release_answers() {
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      const Frame& frame = frames_[i];
      if (!is_primary(*frame.partition) || !frame.partition->depends_on_copies(served_[i]))
        held_->release(frame.peer, frame.number);
    }
    frames_.clear();
  }
  void note_answer() {
    if (answered_.empty() || answered_.back() != source_) answered_.push_back(source_);
  }

  Outbox<T>* outbox_;
  Partitions<Policy>* partitions_;
  const PartitionMap* map_;
  int source_ = 0;
  bool has_told_map_ = false;   ///< to the rank whose message is being taken
  bool needs_message_ = false;  ///< something that is to be served lies in it
  std::vector<int> answered_;   ///< ranks, to which something has been written
  std::vector<kernel::Operation> served_;
  std::vector<Partition*> asked_;    ///< for something of it
  std::vector<std::byte*> answers_;  ///< to those that are served: their frames
  Hold hold_;
  std::optional<AnswerBuffers> held_;  ///< none: answers are written straight into messages
  bool holds_all_ = false;
  std::vector<Partition*> touched_;  ///< by what is held
  struct Frame {
    Partition* partition;
    int peer;
    std::size_t number;  ///< among those of the rank
  };
  std::vector<Frame> frames_;     ///< of those that are served, if they may be held
  std::vector<std::byte> taken_;  ///< frames on their way out
};

}  // namespace upout::engines::shared_nothing
