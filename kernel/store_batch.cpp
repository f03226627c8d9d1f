#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "kernel/hash_window.h"
#include "kernel/prefetch.h"
#include "kernel/reclamation.h"
#include "kernel/scan_entry.h"
#include "kernel/store.h"

namespace upout::kernel {

namespace {

constexpr std::size_t largest_stage = 64;       ///< ordered searches whose misses overlap
constexpr std::size_t largest_scan_stage = 16;  ///< scans; each has many lines in flight

/// A get for which `record`, if it is not null, is almost always the right one, and nobody writes it.
template <class Rec>
[[gnu::always_inline]] inline bool try_get(Operation& operation, const Rec* record) noexcept {
  if (record == nullptr || record->key() != operation.key ||
      !record->try_read(operation.output_offset, operation.output, operation.output_size)) [[unlikely]]
    return false;
  operation.status = Status::ok;
  return true;
}

/// A transaction has the partition.
void refuse(std::span<Operation* const> operations) noexcept {
  for (Operation* operation : operations) {
    operation->status = Status::conflict;
    operation->output_size = 0;
  }
}

/// Places in a batch, in a fixed space.
class Places {
 public:
  void push_back(std::size_t place) noexcept { places_[size_++] = static_cast<std::uint8_t>(place); }
  const std::uint8_t* begin() const noexcept { return places_.data(); }
  const std::uint8_t* end() const noexcept { return places_.data() + size_; }
  /// Forgets the places for which `is_done`.
  template <class Predicate>
  void remove_if(Predicate&& is_done) noexcept {
    size_ = static_cast<std::size_t>(
        std::remove_if(places_.data(), places_.data() + size_, std::forward<Predicate>(is_done)) -
        places_.data());
  }
  bool empty() const noexcept { return size_ == 0; }

 private:
  std::array<std::uint8_t, largest_stage> places_;
  std::size_t size_ = 0;
};

}  // namespace

template <class Policy>
void Store<Policy>::execute(Worker& worker, std::span<Operation* const> operations) noexcept {
  const LogScope scope(worker.log());
  // Serial transactions see nobody beside them.
  const bool is_serial = concurrency_control_ == ConcurrencyControl::serial;
  if (is_serial && !wait_for_partition()) {
    refuse(operations);
  } else {
    if (hash_) {
      execute_hash(worker, operations);
      if (hash_->is_growing()) hash_->help_growth(worker.cache());
    } else {
      execute_ordered(worker, operations);
    }
    if (is_serial) partition_lock_.unlock();
  }
  if constexpr (Policy::is_shared) announce_quiescent();
}

/// Takes the partition's lock. False: a transaction has had it for longer than one has patience.
template <class Policy>
bool Store<Policy>::wait_for_partition() noexcept {
  for (Patience patience(looks()); !partition_lock_.try_lock();) {
    if (!patience.wait()) return false;
  }
  return true;
}

template <class Policy>
void Store<Policy>::execute_hash(Worker& worker, std::span<Operation* const> operations) noexcept {
  perform_interleaved(*hash_, operations, [this, &worker](Operation& operation, Rec* record) noexcept {
    if (operation.kind == OperationKind::get && try_get(operation, record)) [[likely]]
      return;
    perform(worker, operation, record);
  });
}

template <class Policy>
void Store<Policy>::execute_ordered(Worker& worker, std::span<Operation* const> operations) noexcept {
  while (!operations.empty()) {
    const auto stage = operations.first(std::min(operations.size(), largest_stage));
    execute_ordered_stage(worker, stage);
    operations = operations.subspan(stage.size());
  }
}

template <class Policy>
void Store<Policy>::execute_ordered_stage(Worker& worker, std::span<Operation* const> operations) noexcept {
  std::array<std::optional<typename Ordered::Descent>, largest_stage> descents;
  std::array<Operation*, largest_stage> scans;
  std::size_t scan_count = 0;
  Places under_way;
  Places arriving;  // the record is on its way, or there is none
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (is_scan(operations[i]->kind)) {
      scans[scan_count++] = operations[i];
    } else {
      descents[i].emplace(*ordered_, operations[i]->key);
      under_way.push_back(i);
    }
  }
  // Prefetches stand in loops of their own: see Ordered::Descent.
  while (!under_way.empty()) {
    for (const std::size_t i : under_way) prefetch(descents[i]->next());
    under_way.remove_if([&](std::uint8_t i) {
      if (!descents[i]->step()) return false;
      arriving.push_back(i);
      return true;
    });
  }
  for (const std::size_t i : arriving) {
    if (const Rec* record = descents[i]->record(); record != nullptr)
      prefetch_touched(*record, *operations[i]);
  }
  for (const std::size_t i : arriving) perform(worker, *operations[i], descents[i]->record());
  execute_scans(std::span(scans).first(scan_count));
}

// Scans
// ---------------------------------------------------------------------------------------------------------

namespace {

/// A scan in progress: entries of one leaf, the records of the first ones on their way, then the next leaf.
template <class Policy>
class ScanInProgress {
 public:
  using Index = OrderedIndex<Policy>;

  ScanInProgress(const Store<Policy>& store, Operation& operation) noexcept
      : store_(&store),
        operation_(&operation),
        scan_(*store.ordered(), operation.key,
              operation.kind == OperationKind::scan ? Direction::ascending : Direction::descending,
              operation.limit) {
    operation.status = Status::ok;
    operation.output_size = 0;
  }

  /// Takes what has come in and asks for more. True: the scan is over.
  bool step() noexcept {
    std::size_t gone = 0;
    for (std::size_t i = 0; i < pending_; ++i) {
      if (i + records_ahead < pending_) ask_for(entries_[i + records_ahead]);
      const Status status = copy(entries_[i]);
      if (status == Status::ok) [[likely]]
        continue;
      if (status != Status::not_found) {
        operation_->status = status;
        return true;
      }
      ++gone;
    }
    pending_ = 0;
    if (gone != 0) [[unlikely]]
      scan_.make_up_for(gone);
    if (scan_.is_over()) return true;
    if (!scan_.step()) return false;
    pending_ = scan_.read(entries_);
    for (std::size_t i = 0; i < std::min(records_ahead, pending_); ++i) ask_for(entries_[i]);
    return pending_ == 0 && scan_.is_over();
  }

 private:
  /// So many records are on their way while others are copied; the rest of the leaf's would have to wait for
  /// each other.
  static constexpr std::size_t records_ahead = 16;

  [[gnu::always_inline]] void ask_for(const typename Index::Entry& entry) const noexcept {
    prefetch(entry.record, Record<Policy>::overhead_bytes + expected_size_);
  }

  Status copy(const typename Index::Entry& entry) noexcept {
    const std::span<std::byte> room = operation_->output.subspan(operation_->output_size);
    if (room.size() < sizeof(ScanEntry)) return Status::no_room;
    const std::span<std::byte> to = room.subspan(sizeof(ScanEntry));
    Record<Policy>* record = entry.record;
    for (const Record<Policy>* gone = nullptr;;) {
      if (record == nullptr || record == gone) return Status::not_found;
      Header seen(0);
      const Status status =
          record->key() != entry.key
              ? Status::not_found
              : record->wait_for(store_->looks(), [&] { return record->try_read_whole(to, seen); });
      if (status == Status::conflict) return status;
      if (status == Status::ok) [[likely]] {
        const std::size_t size = seen.size();
        if (scan_entry_bytes(size) > room.size()) return Status::no_room;
        const ScanEntry header{entry.key, static_cast<std::uint32_t>(size)};
        std::memcpy(room.data(), &header, sizeof(header));
        operation_->output_size += static_cast<std::uint32_t>(scan_entry_bytes(size));
        expected_size_ = std::min<std::size_t>(size, most_prefetched_bytes);
        return status;
      }
      gone = record;  // removed or replaced in between
      record = store_->find(entry.key);
    }
  }

  const Store<Policy>* store_;
  Operation* operation_;
  typename Index::Scan scan_;
  std::array<typename Index::Entry, 64> entries_;
  std::size_t pending_ = 0;
  std::size_t expected_size_ = 8;  ///< of the next value: that of the last one
};

}  // namespace

template <class Policy>
void Store<Policy>::execute_scans(std::span<Operation* const> scans) noexcept {
  while (!scans.empty()) {
    const auto stage = scans.first(std::min(scans.size(), largest_scan_stage));
    std::array<std::optional<ScanInProgress<Policy>>, largest_scan_stage> progress;
    Places under_way;
    for (std::size_t i = 0; i < stage.size(); ++i) {
      progress[i].emplace(*this, *stage[i]);
      under_way.push_back(i);
    }
    while (!under_way.empty()) under_way.remove_if([&](std::uint8_t i) { return progress[i]->step(); });
    scans = scans.subspan(stage.size());
  }
}

// One operation, perhaps with a record to try first
// ---------------------------------------------------------------------------------------------------------

template <class Policy>
void Store<Policy>::perform(Worker& worker, Operation& operation, Rec* hint) noexcept {
  switch (operation.kind) {
    case OperationKind::get:
      if (try_get(operation, hint)) break;
      operation.status =
          get_at(hint, operation.key, operation.output_offset, operation.output, operation.output_size);
      break;
    case OperationKind::put:
      operation.status = put_at(worker, hint, operation.key, operation.input);
      break;
    case OperationKind::insert:
      operation.status = insert_new(worker, operation.key, operation.input);
      break;
    case OperationKind::update:
      operation.status = update_at(worker, hint, operation.key, operation.input_offset, operation.input);
      break;
    case OperationKind::remove:
      operation.status = remove_at(worker, hint, operation.key);
      break;
    case OperationKind::read_modify_write:
      operation.status = exchange_at(worker, hint, operation);
      break;
    case OperationKind::scan:
    case OperationKind::scan_backwards:
      operation.status = Status::unordered;
      operation.output_size = 0;
      break;
  }
}

// The class as a whole is instantiated in store.cpp, which does not see these.
#define UPOUT_INSTANTIATE(Policy)                                                                    \
  template void Store<Policy>::execute(Worker&, std::span<Operation* const>) noexcept;               \
  template bool Store<Policy>::wait_for_partition() noexcept;                                        \
  template void Store<Policy>::execute_hash(Worker&, std::span<Operation* const>) noexcept;          \
  template void Store<Policy>::execute_ordered(Worker&, std::span<Operation* const>) noexcept;       \
  template void Store<Policy>::execute_ordered_stage(Worker&, std::span<Operation* const>) noexcept; \
  template void Store<Policy>::execute_scans(std::span<Operation* const>) noexcept;                  \
  template void Store<Policy>::perform(Worker&, Operation&, Rec*) noexcept;
UPOUT_INSTANTIATE(Shared)
UPOUT_INSTANTIATE(Exclusive)
#undef UPOUT_INSTANTIATE

}  // namespace upout::kernel
