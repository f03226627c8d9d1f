#include "kernel/occ_transaction.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <new>

#include "kernel/make_room.h"

namespace upout::kernel {

namespace {

/// Between locking and validating: a store before, a load after, of different words, which processors
/// reorder. Without it two transactions that each read what the other writes could both commit.
template <class Policy>
void separate_locks_from_validation() noexcept {
  if constexpr (Policy::is_shared) {
#if defined(__SANITIZE_THREAD__)
    static std::atomic<int> fence;  // ThreadSanitizer knows no fences
    fence.fetch_add(1);
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
  }
}

}  // namespace

// Execution
// -----------------------------------------------------------------------------------------------------

template <class Policy>
auto OccTransaction<Policy>::own_write(Key key) noexcept -> Write* {
  for (Write& write : writes_) {
    if (write.key == key && write.kind != WriteKind::nothing) return &write;
  }
  return nullptr;
}

/// One whole version of a record that others may be writing.
template <class Policy>
Status OccTransaction<Policy>::read_record(Rec* found, Key key, std::size_t offset,
                                           std::span<std::byte> output, std::uint32_t& copied, Header& seen) {
  Patience patience(Policy::is_shared ? most_looks : 0);
  do {
    while (found != nullptr && found->header().is_gone()) found = store_->find(key);
    if (found == nullptr) {
      copied = 0;
      missing_.push_back({key, 0});
      return Status::not_found;
    }
    seen = found->header();
    if (seen.is_settled() && found->try_read(offset, output, copied) &&
        found->header().word() == seen.word()) {
      reads_.push_back({found, seen.word()});
      return Status::ok;
    }
  } while (patience.wait());
  return conflict(copied, AbortCause::record_locked);
}

template <class Policy>
Status OccTransaction<Policy>::conflict(std::uint32_t& copied, AbortCause cause) noexcept {
  copied = 0;
  fail(cause);
  return Status::conflict;
}

template <class Policy>
Status OccTransaction<Policy>::read_own(const Write& write, std::size_t offset, std::span<std::byte> output,
                                        std::uint32_t& copied) {
  copied = 0;
  if (write.kind == WriteKind::remove) return Status::not_found;
  if (write.fresh != nullptr) {
    const std::size_t length = offset < write.size ? std::min(output.size(), write.size - offset) : 0;
    write.fresh->copy_out(offset, output.first(length));
    copied = static_cast<std::uint32_t>(length);
    return Status::ok;
  }
  Header seen(0);
  const Status status = read_record(write.record, write.key, offset, output, copied, seen);
  if (status == Status::conflict) return status;
  // Another version, or another record in the same memory.
  if (status != Status::ok || seen.word() != write.before.word())
    return conflict(copied, AbortCause::read_changed);
  const auto index = static_cast<std::size_t>(&write - writes_.data());
  for (const Patch& patch : patches_) {
    if (patch.write != index) continue;
    const std::size_t begin = std::max(patch.offset, offset);
    const std::size_t end = std::min(patch.offset + patch.size, offset + copied);
    if (begin < end)
      std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(patch.data + begin - patch.offset), end - begin,
                  output.begin() + static_cast<std::ptrdiff_t>(begin - offset));
  }
  return status;
}

template <class Policy>
Status OccTransaction<Policy>::read(Rec* found, Key key, std::size_t offset, std::span<std::byte> output,
                                    std::uint32_t& copied) {
  if (const Write* write = own_write(key); write != nullptr) return read_own(*write, offset, output, copied);
  Header seen(0);
  return read_record(found, key, offset, output, copied, seen);
}

template <class Policy>
void OccTransaction<Policy>::add_patch(std::size_t write, std::size_t offset,
                                       std::span<const std::byte> input) {
  make_room(patches_);
  const std::size_t at = data_.size();
  data_.insert(data_.end(), input.begin(), input.end());
  patches_.push_back({write, offset, input.size(), at});
}

template <class Policy>
Status OccTransaction<Policy>::update(Rec* found, Key key, std::size_t offset,
                                      std::span<const std::byte> input) {
  if (Write* write = own_write(key); write != nullptr) {
    if (write->kind == WriteKind::remove) return Status::not_found;
    const bool is_fresh = write->fresh != nullptr;
    const std::size_t size = is_fresh ? write->size : write->before.size();
    if (offset + input.size() > size) return Status::out_of_range;
    if (is_fresh) {
      write->fresh->write(offset, input);
    } else {
      add_patch(static_cast<std::size_t>(write - writes_.data()), offset, input);
    }
    return Status::ok;
  }
  // The size is a part of what is read: an update beyond the end is refused.
  Header seen(0);
  std::uint32_t copied = 0;
  const Status status = read_record(found, key, 0, {}, copied, seen);
  if (status != Status::ok) return status;
  if (offset + input.size() > seen.size()) return Status::out_of_range;
  writes_.push_back({key, reads_.back().record, nullptr, 0, seen, WriteKind::update, false});
  add_patch(writes_.size() - 1, offset, input);
  return Status::ok;
}

template <class Policy>
auto OccTransaction<Policy>::make_fresh(Key key, std::span<const std::byte> value) noexcept -> Rec* {
  return store_->make_record(*worker_, key, store_->first_header(*worker_, value.size()).locked().absent(),
                             value);
}

template <class Policy>
Status OccTransaction<Policy>::insert(Rec* found, Key key, std::span<const std::byte> value) {
  if (value.size() > max_value_bytes) return Status::too_large;
  Write* write = own_write(key);
  if (write != nullptr && write->kind != WriteKind::remove) return Status::exists;
  Header seen(0);
  std::uint32_t copied = 0;
  if (write == nullptr) {
    const Status status = read_record(found, key, 0, {}, copied, seen);
    if (status == Status::ok) return Status::exists;
    if (status != Status::not_found) return status;
    make_room(writes_);
  }
  Rec* fresh = make_fresh(key, value);
  if (fresh == nullptr) {
    fail(AbortCause::out_of_memory);
    return Status::out_of_memory;
  }
  if (write != nullptr) {
    write->kind = WriteKind::replace;
    write->fresh = fresh;
    write->size = value.size();
  } else {
    missing_.pop_back();  // that it is missing still is seen when it is put in
    writes_.push_back({key, nullptr, fresh, value.size(), seen, WriteKind::insert, false});
  }
  return Status::ok;
}

template <class Policy>
Status OccTransaction<Policy>::remove(Rec* found, Key key) {
  if (Write* write = own_write(key); write != nullptr) {
    if (write->kind == WriteKind::remove) return Status::not_found;
    make_room(missing_);
    if (write->fresh != nullptr) store_->free_record(*worker_, write->fresh, write->size);
    write->fresh = nullptr;
    if (write->kind == WriteKind::insert) missing_.push_back({key, 0});
    write->kind = write->kind == WriteKind::insert ? WriteKind::nothing : WriteKind::remove;
    return Status::ok;
  }
  Header seen(0);
  std::uint32_t copied = 0;
  const Status status = read_record(found, key, 0, {}, copied, seen);
  if (status != Status::ok) return status;
  writes_.push_back({key, reads_.back().record, nullptr, 0, seen, WriteKind::remove, false});
  return Status::ok;
}

template <class Policy>
bool OccTransaction<Policy>::next_insert(Key from, Direction direction, Key& key) const noexcept {
  const bool up = direction == Direction::ascending;
  bool found = false;
  for (const Write& write : writes_) {
    if (write.kind != WriteKind::insert || (up ? write.key < from : write.key > from)) continue;
    if (!found || (up ? write.key < key : write.key > key)) key = write.key;
    found = true;
  }
  return found;
}

// Commit
// --------------------------------------------------------------------------------------------------------

/// The first look for missing keys belongs to this step: see `Transaction` for the moment that must come
/// after it.
template <class Policy>
bool OccTransaction<Policy>::lock() noexcept {
  if (!lock_writes() || !find_missing()) return false;
  separate_locks_from_validation<Policy>();
  if (const LogWriter* log = worker_->log(); log != nullptr) epoch_ = log->epoch();
  return true;
}

/// Nobody waits while holding a lock, so there are no deadlocks to detect or to order away.
template <class Policy>
bool OccTransaction<Policy>::lock_writes() noexcept try {
  return std::ranges::all_of(writes_, [this](Write& write) { return hold(write); });
} catch (const std::bad_alloc&) {
  return fail(AbortCause::out_of_memory);
}

template <class Policy>
bool OccTransaction<Policy>::hold(Write& write) {
  if (write.kind == WriteKind::nothing) return true;
  if (write.kind != WriteKind::insert) {
    write.is_held = write.record->try_lock(write.before);
    if (write.is_held) return true;
    const bool is_locked = write.record->header().word() == write.before.locked().word();
    return fail(is_locked ? AbortCause::record_locked : AbortCause::read_changed);
  }
  make_room(leaves_);
  Rec* other = nullptr;
  LeafChange change;
  const Status status = store_->link(*worker_, write.fresh, other, &change);
  if (status == Status::exists) return fail(AbortCause::insert_conflict);
  if (status == Status::out_of_memory) return fail(AbortCause::out_of_memory);
  write.is_held = true;
  follow(change);
  return true;
}

/// Our own insert has changed leaves that we may have read.
template <class Policy>
void OccTransaction<Policy>::follow(const LeafChange& change) noexcept {
  const auto step_on = [](LeafVersion& seen, const LeafChange::Step& step) {
    if (seen.leaf != step.leaf || seen.version != step.before) return false;
    seen.version = step.after;
    return true;
  };
  bool knows_own = false;
  for (LeafVersion& seen : leaves_) {
    knows_own |= step_on(seen, change.own);
    if (change.neighbour.leaf != nullptr) step_on(seen, change.neighbour);
  }
  if (knows_own && change.neighbour.leaf != nullptr)
    leaves_.push_back({change.neighbour.leaf, change.neighbour.after});
}

template <class Policy>
bool OccTransaction<Policy>::holds(const Rec* record) const noexcept {
  return std::ranges::any_of(writes_, [record](const Write& write) {
    return write.is_held && (write.record == record || write.fresh == record);
  });
}

template <class Policy>
bool OccTransaction<Policy>::inserts(const Rec* record) const noexcept {
  return std::ranges::any_of(writes_,
                             [record](const Write& write) { return write.is_held && write.fresh == record; });
}

/// Nobody else has put in what was found missing.
/// Its own inserts do not count.
template <class Policy>
bool OccTransaction<Policy>::is_missing(Key key) noexcept {
  const Rec* found = store_->find(key);
  return found == nullptr || inserts(found) || fail(AbortCause::insert_conflict);
}

template <class Policy>
bool OccTransaction<Policy>::find_missing() noexcept {
  return std::ranges::all_of(missing_, [this](Missing& missing) {
    missing.removals = store_->removals().of(missing.key);
    return is_missing(missing.key);
  });
}

template <class Policy>
bool OccTransaction<Policy>::find_missing_still() noexcept {
  return std::ranges::all_of(missing_, [this](const Missing& missing) {
    return is_missing(missing.key) &&
           (store_->removals().of(missing.key) == missing.removals || fail(AbortCause::insert_conflict));
  });
}

/// (Were missing keys looked for only here, one could have been put in before a first check and taken out
/// after it.)
template <class Policy>
bool OccTransaction<Policy>::validate() noexcept {
  for (const Read& read : reads_) {
    const Header now = read.record->header();
    if (now.word() == read.header) continue;
    if (now.word() != Header(read.header).locked().word()) return fail(AbortCause::read_changed);
    if (!holds(read.record)) return fail(AbortCause::record_locked);
  }
  for (const LeafVersion& seen : leaves_) {
    if (!OrderedIndex<Policy>::is_current(seen)) return fail(AbortCause::phantom);
  }
  return find_missing_still();
}

/// Each change is logged before it is seen: then it has its version, which orders it, and the epoch of the
/// transaction's moment.
template <class Policy>
void OccTransaction<Policy>::log(RedoKind kind, Key key, Header after, std::size_t offset,
                                 std::span<const std::byte> bytes) noexcept {
  if (LogWriter* log = worker_->log(); log != nullptr)
    log->append({kind, key, after.version(), epoch_, static_cast<std::uint32_t>(offset), bytes});
}

template <class Policy>
void OccTransaction<Policy>::install() noexcept {
  for (const Patch& patch : patches_) {
    const Write& write = writes_[patch.write];
    if (write.kind != WriteKind::update) continue;
    const auto bytes = std::span(data_).subspan(patch.data, patch.size);
    write.record->write(patch.offset, bytes);
    log(RedoKind::update, write.key, write.before.next(write.before.size()), patch.offset,
        write.record->bytes(patch.offset + patch.size).subspan(patch.offset));
  }
  for (Write& write : writes_) install(write);
  forget();
}

template <class Policy>
void OccTransaction<Policy>::reveal(const Write& write, Header after) noexcept {
  log(RedoKind::put, write.key, after, 0, write.fresh->bytes(write.size));
  write.fresh->unlock(after);
}

template <class Policy>
void OccTransaction<Policy>::install(Write& write) noexcept {
  switch (write.kind) {
    case WriteKind::update:
      write.record->unlock(write.before.next(write.before.size()));
      break;
    case WriteKind::insert:
      reveal(write, write.fresh->header().revealed());
      store_->count_insert(*worker_);
      break;
    case WriteKind::remove:
      log(RedoKind::remove, write.key, write.before.gone(), 0,
          write.record->bytes(0));  // before anybody can miss it
      store_->unlink(*worker_, write.record);
      write.record->unlock(write.before.gone());
      store_->count_remove(*worker_);
      store_->retire(*worker_, write.record, write.before.size());
      break;
    case WriteKind::replace:
      reveal(write, store_->replacing_header(*worker_, write.before, write.size));
      store_->relink(write.record, write.fresh);
      write.record->unlock(write.before.gone());
      store_->retire(*worker_, write.record, write.before.size());
      break;
    case WriteKind::nothing:
      break;
  }
}

template <class Policy>
void OccTransaction<Policy>::abort() noexcept {
  for (Write& write : writes_) release(write);
  forget();
}

template <class Policy>
void OccTransaction<Policy>::release(Write& write) noexcept {
  if (write.kind == WriteKind::nothing) return;
  if (write.record != nullptr && write.is_held) write.record->unlock(write.before);
  if (write.fresh == nullptr) return;
  if (write.kind == WriteKind::insert && write.is_held) {
    store_->unlink(*worker_, write.fresh);
    write.fresh->unlock(write.fresh->header().revealed().gone());
    store_->retire(*worker_, write.fresh, write.size);
  } else {
    store_->free_record(*worker_, write.fresh, write.size);
  }
}

template <class Policy>
void OccTransaction<Policy>::forget() noexcept {
  reads_.clear();
  missing_.clear();
  leaves_.clear();
  writes_.clear();
  patches_.clear();
  data_.clear();
}

template class OccTransaction<Shared>;
template class OccTransaction<Exclusive>;

}  // namespace upout::kernel
