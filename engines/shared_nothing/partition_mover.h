#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engines/shared_nothing/message.h"
#include "engines/shared_nothing/outbox.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/partitions.h"
#include "kernel/cursor.h"
#include "platform/clock.h"

namespace upout::engines::shared_nothing {

/// One move of a partition, as its old owner has seen it.
struct PartitionMove {
  std::uint32_t partition = 0;
  int from = 0;
  int to = 0;
  bool is_complete = false;       ///< false: given up, and the partition stayed where it was
  platform::Timestamp copying{};  ///< how long it was copied while it was served
  platform::Timestamp frozen{};   ///< and how long nobody served it after that
  std::uint64_t records = 0;      ///< that were sent; again, if they had been written meanwhile
  std::uint64_t bytes = 0;
};

/// Records as they travel to a partition's new owner, one after the other.
class MovedRecords {
 public:
  void append(kernel::Key key, std::span<const std::byte> value) { append({key, size_of(value), 0}, value); }
  void append_removed(kernel::Key key) { append({key, 0, 1}, {}); }
  std::size_t bytes() const noexcept { return bytes_.size() - taken_; }

  /// The next ones that fit into so many bytes; valid until the next `append`. None if the first is larger.
  std::span<const std::byte> take(std::size_t most_bytes, std::uint64_t& records) {
    const std::size_t begin = taken_;
    while (taken_ != bytes_.size()) {
      MovedRecord record{};
      std::memcpy(&record, bytes_.data() + taken_, sizeof(record));
      const std::size_t next = taken_ + sizeof(record) + padded(record.value_bytes);
      if (next - begin > most_bytes) break;
      taken_ = next;
      ++records;
    }
    return std::span<const std::byte>(bytes_).subspan(begin, taken_ - begin);
  }
  /// Forgets what has been taken.
  void discard() {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
  }

 private:
  static std::uint32_t size_of(std::span<const std::byte> value) {
    return static_cast<std::uint32_t>(value.size());
  }
  void append(const MovedRecord& record, std::span<const std::byte> value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(record) + padded(value.size()));
    std::memcpy(bytes_.data() + at, &record, sizeof(record));
    std::copy(value.begin(), value.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at + sizeof(record)));
  }

  std::vector<std::byte> bytes_;
  std::size_t taken_ = 0;
};

/// Moves partitions between this rank and others while they are served: the old owner copies the records and
/// then, in rounds, those that were written meanwhile; when few are left it stops to serve the partition,
/// sends the last ones, and the new owner takes over (iterative pre-copy: Clark et al., "Live migration of
/// virtual machines", NSDI 2005; for databases Das et al., "Albatross", VLDB 2011).
///
/// Chunks are numbered and sent one at a time, again if no receipt comes, so that loss and reordering do no
/// harm. Until the last chunk is on its way the old owner may give up and go on; from then on it must not
/// serve the partition until it knows, for the new owner may.
///
/// Transactions go on while their partition is copied, and what each has written or tried to write is sent
/// when it has ended, whatever was found there before. Before the partition is frozen it is closed to new
/// ones, and those that are on it come to their end; if that takes too long, the move is given up.
///
/// Both ends of all moves of one session. Used by the rank's thread.
template <Transport T, class Policy>
class PartitionMover {
 public:
  using Partition = shared_nothing::Partition<Policy>;

  /// Keeps references to all but the last. `patience`: how long to wait for a receipt.
  PartitionMover(T& transport, Outbox<T>& outbox, Partitions<Policy>& partitions, PartitionMap& map,
                 platform::Timestamp patience)
      : transport_(&transport), outbox_(&outbox), partitions_(&partitions), map_(&map), patience_(patience) {}

  /// False: it is not ours, is where it is to go, cannot go there, or another one is on its way.
  bool begin(std::uint32_t number, int to) {
    Partition* partition = partitions_->find(number);
    if (partition == nullptr || to == transport_->rank() || !may_own(to) || is_busy()) return false;
    partition->is_copied = true;
    partition->written_by_transactions.clear();
    leaving_.emplace(*partition, to, std::uint64_t{map_->moves(number)} << 32 | ++attempts_,
                     transport_->now());
    send_next();
    return true;
  }
  /// One is leaving.
  bool is_busy() const noexcept { return leaving_.has_value(); }
  /// A record of the partition that is leaving is about to be written.
  void note_write(kernel::Key key) { leaving_->written.insert(key); }
  const std::vector<PartitionMove>& ended() const noexcept { return ended_; }

  /// A chunk of a partition that is to be ours. False: no rank sends such a one.
  bool take_records(int source, const FrameHeader& header, std::span<const std::byte> payload) {
    const std::uint32_t number = header.output_size;
    if (!may_own(transport_->rank())) return false;
    if (number >= map_->partitions() || partitions_->find(number) != nullptr) {
      return number < map_->partitions() && acknowledge_again(source, header);
    }
    const auto moves = static_cast<std::uint32_t>(header.key >> 32);
    Arrival& arriving = arrivals_[number];
    if (moves < map_->moves(number) || header.key < arriving.id) return true;  // of a move that has ended
    if (header.key != arriving.id) {
      arriving = {.source = source, .id = header.key};
      const std::size_t expected = std::min(header.output_offset, most_expected);
      if (auto made = partitions_->make(number, expected)) arriving.partition = std::move(*made);
    }
    if (header.slot != arriving.next) return acknowledge_again(source, header);
    kernel::Status status = kernel::Status::out_of_memory;
    if (arriving.partition != nullptr && !apply(*arriving.partition, payload, status)) return false;
    if (status == kernel::Status::ok) {
      ++arriving.next;
      if (header.input_offset == last_chunk) {
        partitions_->add(std::move(arriving.partition));
        map_->assign(number, static_cast<std::uint32_t>(transport_->rank()), moves + 1);
      }
    }
    acknowledge(source, header, status);
    return true;
  }

  /// A receipt. True: a move has ended with it, one way or the other.
  bool take_receipt(int source, const FrameHeader& header) {
    if (!is_busy()) return false;
    Departure& leaving = *leaving_;
    if (leaving.move.to != source || leaving.move.partition != header.output_size ||
        leaving.number != header.slot || static_cast<std::uint16_t>(leaving.id) != header.generation) {
      return false;
    }
    if (static_cast<kernel::Status>(header.code) != kernel::Status::ok) return give_up();
    if (leaving.is_last) return finish();
    return send_next();
  }

  /// Looks whether something has to be sent again, or is to be given up: true, if a move has ended so.
  bool look(platform::Timestamp now) {
    if (!is_busy()) return false;
    const Departure& leaving = *leaving_;
    const bool waits_for_transactions = leaving.partition->is_closing && !leaving.partition->is_frozen;
    if (now - leaving.asked >= patience_ && !leaving.is_last) return give_up();
    if (waits_for_transactions && now - leaving.closed >= patience_) return give_up();
    if (now - leaving_->sent >= patience_ / 4) send_chunk(now);
    return false;
  }

 private:
  static constexpr std::uint32_t last_chunk = 1;  ///< as a frame's `input_offset`
  /// So few records are sent after the partition has been frozen, unless rounds do not make them fewer.
  static constexpr std::size_t few = 32;
  static constexpr unsigned most_rounds = 8;
  /// What another rank says is not believed beyond that; stores grow.
  static constexpr std::uint32_t most_expected = 1U << 24;

  /// The partition that is leaving.
  struct Departure {
    Departure(Partition& which, int to, std::uint64_t attempt, platform::Timestamp now)
        : partition(&which),
          cursor(*which.store),
          move{.partition = which.number, .to = to},
          id(attempt),
          began(now) {}

    bool has_nothing_left() const noexcept {
      return cursor.is_over() && written.empty() && keys.empty() && records.bytes() == 0;
    }

    Partition* partition;
    kernel::Cursor<Policy> cursor;
    PartitionMove move;
    std::uint64_t id;                          ///< greater than that of each move of the partition before
    std::uint32_t number = ~std::uint32_t{0};  ///< of the chunk that is on its way
    bool is_last = false;                      ///< that chunk
    unsigned rounds = 0;
    std::unordered_set<kernel::Key> written;  ///< since the copy of it that is, or is going to be, sent
    std::vector<kernel::Key> keys;            ///< of this round
    MovedRecords records;                     ///< to be sent
    std::span<const std::byte> chunk;         ///< of `records`
    platform::Timestamp began;
    platform::Timestamp closed{};
    platform::Timestamp frozen{};
    platform::Timestamp asked{};  ///< when the chunk was sent for the first time
    platform::Timestamp sent{};   ///< and for the last
  };
  /// A partition that arrives, or has arrived in this session.
  struct Arrival {
    int source = 0;
    std::uint64_t id = 0;
    std::uint32_t next = 0;                  ///< chunk
    std::unique_ptr<Partition> partition{};  ///< null: no memory for it, or it has arrived
  };

  bool may_own(int rank) const noexcept { return static_cast<std::uint32_t>(rank) < map_->ranks(); }

  // The old owner
  // -----------------------------------------------------------------------------------------------------------

  /// True: that was not possible, and the move has ended.
  bool send_next() {
    Departure& leaving = *leaving_;
    const std::size_t room = outbox_->most_room() - header_bytes(FrameType::records);
    leaving.records.discard();
    gather(room);
    leaving.chunk = leaving.records.take(room, leaving.move.records);
    if (leaving.chunk.empty() && leaving.records.bytes() != 0) return give_up();
    leaving.move.bytes += leaving.chunk.size();
    leaving.is_last = leaving.partition->is_frozen && leaving.has_nothing_left();
    ++leaving.number;
    leaving.asked = transport_->now();
    send_chunk(leaving.asked);
    return false;
  }

  /// Until there is a chunk's worth to send, or nothing is left and the partition is frozen.
  void gather(std::size_t room) {
    Departure& leaving = *leaving_;
    Partition& partition = *leaving.partition;
    while (leaving.records.bytes() < room) {
      if (!leaving.cursor.is_over()) {
        leaving.cursor.step(partition.worker,
                            [&](const kernel::Redo& put) { leaving.records.append(put.key, put.bytes); });
      } else if (!leaving.keys.empty()) {
        append_as_it_is(leaving.keys.back());
        leaving.keys.pop_back();
      } else if (partition.is_frozen && leaving.written.empty()) {
        return;  // that was all
      } else {
        begin_round();
        if (leaving.keys.empty() && !partition.is_frozen) return;  // transactions have to end first
      }
    }
  }

  void begin_round() {
    Departure& leaving = *leaving_;
    Partition& partition = *leaving.partition;
    leaving.written.insert(partition.written_by_transactions.begin(),
                           partition.written_by_transactions.end());
    partition.written_by_transactions.clear();
    if (!partition.is_closing && (leaving.written.size() <= few || ++leaving.rounds > most_rounds)) {
      partition.is_closing = true;
      leaving.closed = transport_->now();
    }
    partition.is_frozen = partition.is_closing && partition.transactions == 0 && partition.queue.empty();
    if (partition.is_frozen) leaving.frozen = transport_->now();
    leaving.keys.assign(leaving.written.begin(), leaving.written.end());
    leaving.written.clear();
  }

  void append_as_it_is(kernel::Key key) {
    Departure& leaving = *leaving_;
    const auto& store = *leaving.partition->store;
    const auto* record = store.find(key);
    std::span<const std::byte> value;
    kernel::Header seen(0);
    kernel::Status status = kernel::Status::not_found;
    if (record != nullptr)
      status = kernel::read_value(*record, store.looks(), leaving.partition->worker.scratch(), value, seen);
    if (status == kernel::Status::ok) leaving.records.append(key, value);
    // Else a transaction has locked it: when that has ended, it will be sent.
    if (status == kernel::Status::not_found) leaving.records.append_removed(key);
  }

  void send_chunk(platform::Timestamp now) {
    Departure& leaving = *leaving_;
    leaving.sent = now;
    const std::span<std::byte> payload = outbox_->append(
        leaving.move.to, {.type = FrameType::records,
                          .generation = static_cast<std::uint16_t>(leaving.id),
                          .slot = leaving.number,
                          .payload_bytes = static_cast<std::uint32_t>(leaving.chunk.size()),
                          .output_size = leaving.move.partition,
                          .output_offset = static_cast<std::uint32_t>(leaving.partition->store->size()),
                          .input_offset = leaving.is_last ? last_chunk : 0,
                          .key = leaving.id});
    std::copy(leaving.chunk.begin(), leaving.chunk.end(), payload.begin());
    outbox_->send(leaving.move.to);
  }

  bool finish() {
    leaving_->move.is_complete = true;
    map_->assign(leaving_->move.partition, static_cast<std::uint32_t>(leaving_->move.to),
                 static_cast<std::uint32_t>(leaving_->id >> 32) + 1);
    end();
    partitions_->remove(ended_.back().partition);
    return true;
  }
  bool give_up() {
    Partition& partition = *leaving_->partition;
    partition.is_copied = partition.is_closing = partition.is_frozen = false;
    end();
    return true;
  }
  void end() {
    PartitionMove& move = leaving_->move;
    const platform::Timestamp now = transport_->now();
    const bool was_frozen = leaving_->frozen != platform::Timestamp{};
    move.from = transport_->rank();
    move.copying = (was_frozen ? leaving_->frozen : now) - leaving_->began;
    move.frozen = was_frozen ? now - leaving_->frozen : platform::Timestamp{};
    ended_.push_back(move);
    leaving_.reset();
  }

  // The new owner
  // -----------------------------------------------------------------------------------------------------------

  /// False: those are no records.
  static bool apply(Partition& partition, std::span<const std::byte> payload, kernel::Status& status) {
    status = kernel::Status::ok;
    while (!payload.empty()) {
      MovedRecord record{};
      if (payload.size() < sizeof(record)) return false;
      std::memcpy(&record, payload.data(), sizeof(record));
      payload = payload.subspan(sizeof(record));
      if (payload.size() < padded(record.value_bytes)) return false;
      if (record.is_removed != 0) {
        partition.store->remove(partition.worker, record.key);
      } else {
        status = partition.store->put(partition.worker, record.key, payload.first(record.value_bytes));
        if (status != kernel::Status::ok) return true;
      }
      payload = payload.subspan(padded(record.value_bytes));
    }
    return true;
  }

  /// The receipt of the chunk before the next one may have been lost.
  bool acknowledge_again(int source, const FrameHeader& header) {
    const auto arriving = arrivals_.find(header.output_size);
    if (arriving != arrivals_.end() && arriving->second.source == source &&
        arriving->second.id == header.key && arriving->second.next == header.slot + 1) {
      acknowledge(source, header, kernel::Status::ok);
    }
    return true;
  }
  void acknowledge(int source, const FrameHeader& header, kernel::Status status) {
    outbox_->append(source, {.type = FrameType::records_taken,
                             .code = static_cast<std::uint8_t>(status),
                             .generation = header.generation,
                             .slot = header.slot,
                             .output_size = header.output_size});
    outbox_->send(source);
  }

  T* transport_;
  Outbox<T>* outbox_;
  Partitions<Policy>* partitions_;
  PartitionMap* map_;
  platform::Timestamp patience_;
  std::uint32_t attempts_ = 0;
  std::optional<Departure> leaving_;
  std::map<std::uint32_t, Arrival> arrivals_;  ///< by partition
  std::vector<PartitionMove> ended_;
};

}  // namespace upout::engines::shared_nothing
