#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "engines/partitioning.h"
#include "engines/session.h"
#include "kernel/operation.h"
#include "kernel/scan_entry.h"
#include "kernel/worker.h"

namespace upout::engines {

/// The scans of one client that are under way over several partitions. Over hash partitions a scan has a part
/// on each, for as many records as are wanted in all, and their answers are merged; over ranges it has one
/// part at a time, which writes behind what the ones before have found. Parts are operations with slots of
/// their own. Used by the session's thread; memory is used again, by slot.
///
/// All operations of the client pass through here, those on one key as they are. `send(partition, operation)`
/// takes what a partition is to do.
class Scans {
 public:
  explicit Scans(const Partitioning& partitioning) : partitioning_(partitioning) {}

  /// The slot of a part, as against one of the client's own.
  static constexpr bool is_part(std::uint32_t slot) noexcept { return (slot & part_bit) != 0; }
  /// A small number, its own among slots of that kind.
  static constexpr std::uint32_t number_of(std::uint32_t slot) noexcept { return slot & ~part_bit; }

  /// The partition that an operation of the client's, or a part, is for. (A part's key may be another one's.)
  std::uint32_t partition_of(const kernel::Operation& operation) const noexcept {
    return is_part(operation.slot) ? number_of(operation.slot) % partitioning_.partitions()
                                   : partitioning_.partition_of(operation.key);
  }

  /// Sends an operation that the client has submitted; of a scan, the parts that are to be done now.
  template <class Send>
  void begin(kernel::Operation& operation, Send&& send) {
    if (kernel::is_scan(operation.kind) && partitioning_.partitions() > 1) [[unlikely]] {
      begin_scan(operation, send);
    } else {
      send(partitioning_.partition_of(operation.key), operation);
    }
  }

  /// Takes back what has been sent and done: what the client has submitted is appended to `done`, a scan with
  /// its last part. Sends the next part, if there is one.
  template <class Send>
  void end(kernel::Operation& operation, Completed& done, Send&& send) {
    if (!is_part(operation.slot)) [[likely]] {
      done.push_back(&operation);
    } else if (kernel::Operation* scan = end_part(operation, send); scan != nullptr) {
      done.push_back(scan);
    }
  }

  /// Does what has been sent to a store that the client enters itself, and takes it back, until nothing is
  /// left of it: a part of a scan may bring the next one.
  template <class Store, class Send>
  void perform(kernel::OperationList& sent, Store& store, kernel::Worker& worker, Completed& done,
               Send&& send) {
    while (!sent.empty()) {
      store.execute(worker, sent);
      std::swap(performed_, sent);
      sent.clear();
      for (kernel::Operation* operation : performed_) end(*operation, done, send);
    }
  }

 private:
  static constexpr std::uint32_t part_bit = std::uint32_t{1} << 31;

  struct Scan {
    kernel::Operation* operation = nullptr;  ///< null: none in this slot
    std::size_t waiting_for = 0;
    std::vector<kernel::Operation> parts;  ///< by partition
    std::vector<std::byte> memory;         ///< of the parts' outputs, over hash partitions
  };

  template <class Send>
  void begin_scan(kernel::Operation& scan, Send&& send) {
    if (scan.slot >= scans_.size()) scans_.resize(scan.slot + 1);
    Scan& begun = scans_[scan.slot];
    assert(begun.operation == nullptr);
    begun.operation = &scan;
    scan.status = kernel::Status::ok;
    scan.output_size = 0;
    if (begun.parts.empty()) begun.parts.resize(partitioning_.partitions());
    if (partitioning_.kind() == PartitioningKind::range) {
      begun.waiting_for = 1;
      send_next(begun, partitioning_.partition_of(scan.key), scan.limit, send);
      return;
    }
    const std::size_t bytes = scan.output.size();
    if (begun.memory.size() < bytes * begun.parts.size()) begun.memory.resize(bytes * begun.parts.size());
    begun.waiting_for = partitioning_.partitions();
    for (std::uint32_t partition = 0; partition < begun.parts.size(); ++partition) {
      begun.parts[partition] = part_of(scan, partition);
      begun.parts[partition].output = std::span(begun.memory).subspan(partition * bytes, bytes);
      send(partition, begun.parts[partition]);
    }
  }

  /// Returns the scan if that was its last part; else perhaps sends the next.
  template <class Send>
  kernel::Operation* end_part(kernel::Operation& part, Send&& send) {
    const std::uint32_t partition = (part.slot & ~part_bit) % partitioning_.partitions();
    Scan& scan = scans_[(part.slot & ~part_bit) / partitioning_.partitions()];
    kernel::Operation& whole = *scan.operation;
    const bool is_worse = whole.status == kernel::Status::ok || whole.status == kernel::Status::no_room;
    if (part.status != kernel::Status::ok && is_worse) whole.status = part.status;
    if (partitioning_.kind() == PartitioningKind::range) {
      whole.output_size += part.output_size;
      const bool up = whole.kind == kernel::OperationKind::scan;
      const bool is_last = up ? partition + 1 == partitioning_.partitions() : partition == 0;
      const std::uint32_t missing = part.limit - std::min(part.limit, count(part));
      if (missing != 0 && !is_last && part.status == kernel::Status::ok) {
        send_next(scan, up ? partition + 1 : partition - 1, missing, send);
        return nullptr;
      }
    } else {
      if (--scan.waiting_for != 0) return nullptr;
      merge(scan);
    }
    scan.operation = nullptr;
    return &whole;
  }

  kernel::Operation part_of(const kernel::Operation& scan, std::uint32_t partition) const {
    kernel::Operation part;
    part.kind = scan.kind;
    part.key = scan.key;
    part.limit = scan.limit;
    part.slot = part_bit | (scan.slot * partitioning_.partitions() + partition);
    return part;
  }

  template <class Send>
  void send_next(Scan& scan, std::uint32_t partition, std::uint32_t limit, Send&& send) {
    kernel::Operation& part = scan.parts[partition];
    part = part_of(*scan.operation, partition);
    part.limit = limit;
    part.output = scan.operation->output.subspan(scan.operation->output_size);
    send(partition, part);
  }

  static std::uint32_t count(const kernel::Operation& part) {
    kernel::ScanReader reader(part.output.first(part.output_size));
    kernel::Key key = 0;
    std::span<const std::byte> value;
    std::uint32_t entries = 0;
    while (reader.next(key, value)) ++entries;
    return entries;
  }

  /// The first records, in order, of all that the parts have found: as many as are wanted and fit, and none
  /// behind one that a part had no room for.
  void merge(Scan& scan) {
    kernel::Operation& whole = *scan.operation;
    const bool up = whole.kind == kernel::OperationKind::scan;
    heads_.clear();
    for (const kernel::Operation& part : scan.parts) {
      const bool is_whole = part.status != kernel::Status::no_room;
      Head head{kernel::ScanReader(part.output.first(part.output_size)), is_whole, 0, {}};
      if (head.reader.next(head.key, head.value)) {
        heads_.push_back(head);
      } else if (!is_whole) {
        return;
      }
    }
    if (whole.status == kernel::Status::no_room) whole.status = kernel::Status::ok;
    for (std::uint32_t left = whole.limit; left != 0 && !heads_.empty(); --left) {
      const auto first = std::ranges::min_element(
          heads_, [up](const Head& a, const Head& b) { return up ? a.key < b.key : a.key > b.key; });
      if (!append(whole, *first)) {
        if (whole.status == kernel::Status::ok) whole.status = kernel::Status::no_room;
        return;
      }
      if (first->reader.next(first->key, first->value)) continue;
      if (!first->is_whole && left != 1) {
        if (whole.status == kernel::Status::ok) whole.status = kernel::Status::no_room;
        return;
      }
      heads_.erase(first);
    }
  }

  struct Head {
    kernel::ScanReader reader;
    bool is_whole;  ///< there is nothing behind what it reads
    kernel::Key key;
    std::span<const std::byte> value;
  };

  static bool append(kernel::Operation& whole, const Head& head) {
    const std::span<std::byte> room = whole.output.subspan(whole.output_size);
    const std::size_t bytes = kernel::scan_entry_bytes(head.value.size());
    if (room.size() < bytes) return false;
    const kernel::ScanEntry entry{head.key, static_cast<std::uint32_t>(head.value.size())};
    std::memcpy(room.data(), &entry, sizeof(entry));
    std::ranges::copy(head.value, room.begin() + sizeof(entry));
    whole.output_size += static_cast<std::uint32_t>(bytes);
    return true;
  }

  Partitioning partitioning_;
  std::vector<Scan> scans_;  ///< by the client's slot
  std::vector<Head> heads_;
  kernel::OperationList performed_;
};

}  // namespace upout::engines
