#include "kernel/serial_transaction.h"

#include <algorithm>
#include <cassert>

#include "kernel/make_room.h"

namespace upout::kernel {

template <class Policy>
Status SerialTransaction<Policy>::read(Rec* found, std::size_t offset, std::span<std::byte> output,
                                       std::uint32_t& copied) const {
  copied = 0;
  if (found == nullptr || !found->try_read(offset, output, copied)) return Status::not_found;
  return Status::ok;
}

template <class Policy>
Status SerialTransaction<Policy>::update(Rec* found, std::size_t offset, std::span<const std::byte> input) {
  if (found == nullptr || found->header().is_absent()) return Status::not_found;
  const Header before = found->header();
  if (offset + input.size() > before.size()) return Status::out_of_range;
  make_room(changes_);
  data_.resize(data_.size() + input.size());
  changes_.push_back(
      {ChangeKind::update, found, nullptr, before, offset, input.size(), data_.size() - input.size(), false});
  found->copy_out(offset, std::span(data_).last(input.size()));
  found->write(offset, input);
  found->unlock(before.next(before.size()));
  return Status::ok;
}

template <class Policy>
Status SerialTransaction<Policy>::insert(Rec* found, Key key, std::span<const std::byte> value) {
  if (value.size() > max_value_bytes) return Status::too_large;
  if (found != nullptr && !found->header().is_absent()) return Status::exists;
  make_room(changes_);
  const Header header = found == nullptr ? store_->first_header(*worker_, value.size())
                                         : store_->replacing_header(*worker_, found->header(), value.size());
  Rec* fresh = store_->make_record(*worker_, key, header, value);
  if (fresh == nullptr) return Status::out_of_memory;
  if (found != nullptr) {
    // Removed by this transaction; it keeps its place until the end, so that taking it back cannot fail.
    const auto removed = std::ranges::find_if(changes_, [found](const Change& change) {
      return change.kind == ChangeKind::remove && change.record == found;
    });
    assert(removed != changes_.end());
    removed->is_replaced = true;
    store_->relink(found, fresh);
    changes_.push_back({ChangeKind::replace, fresh, found, header, 0, value.size(), 0, false});
    return Status::ok;
  }
  Rec* other = nullptr;
  if (store_->link(*worker_, fresh, other) != Status::ok) {
    store_->free_record(*worker_, fresh, value.size());
    return Status::out_of_memory;
  }
  changes_.push_back({ChangeKind::insert, fresh, nullptr, fresh->header(), 0, value.size(), 0, false});
  return Status::ok;
}

template <class Policy>
Status SerialTransaction<Policy>::remove(Rec* found) {
  if (found == nullptr || found->header().is_absent()) return Status::not_found;
  const Header before = found->header();
  changes_.push_back({ChangeKind::remove, found, nullptr, before, 0, 0, 0, false});
  found->unlock(before.gone());
  return Status::ok;
}

/// What a change is in the log: with bytes as they have become, perhaps through later changes, which follow.
template <class Policy>
Redo SerialTransaction<Policy>::redo(const Change& change) noexcept {
  const Rec& record = *change.record;
  const std::uint64_t next = change.before.version() + 1;
  switch (change.kind) {
    case ChangeKind::insert:
    case ChangeKind::replace:
      return {.key = record.key(), .version = change.before.version(), .bytes = record.bytes(change.size)};
    case ChangeKind::update:
      return {.kind = RedoKind::update,
              .key = record.key(),
              .version = next,
              .offset = static_cast<std::uint32_t>(change.offset),
              .bytes = record.bytes(change.offset + change.size).subspan(change.offset)};
    case ChangeKind::remove:
      break;
  }
  return {.kind = RedoKind::remove, .key = record.key(), .version = next, .bytes = record.bytes(0)};
}

/// All of it in one epoch, while no other transaction is there.
template <class Policy>
void SerialTransaction<Policy>::log(LogWriter& log) noexcept {
  const Epoch epoch = log.epoch();
  for (const Change& change : changes_) {
    Redo logged = redo(change);
    logged.epoch = epoch;
    log.append(logged);
  }
}

template <class Policy>
void SerialTransaction<Policy>::install() noexcept {
  if (LogWriter* log = worker_->log(); log != nullptr) this->log(*log);
  for (const Change& change : changes_) {
    if (change.kind == ChangeKind::insert || change.kind == ChangeKind::replace) {
      store_->count_insert(*worker_);
    } else if (change.kind == ChangeKind::remove) {
      if (!change.is_replaced) store_->unlink(*worker_, change.record);
      store_->count_remove(*worker_);
      store_->retire(*worker_, change.record, change.before.size());
    }
  }
  changes_.clear();
  data_.clear();
}

template <class Policy>
void SerialTransaction<Policy>::abort() noexcept {
  for (; !changes_.empty(); changes_.pop_back()) undo(changes_.back());
  data_.clear();
}

template <class Policy>
void SerialTransaction<Policy>::undo(const Change& change) noexcept {
  switch (change.kind) {
    case ChangeKind::update:
      change.record->write(change.offset, std::span(data_).subspan(change.data, change.size));
      change.record->unlock(change.before);
      break;
    case ChangeKind::insert:
      store_->unlink(*worker_, change.record);
      change.record->unlock(change.record->header().gone());
      store_->retire(*worker_, change.record, change.size);
      break;
    case ChangeKind::remove:
      change.record->unlock(change.before);
      break;
    case ChangeKind::replace:
      store_->relink(change.record, change.other);
      change.record->unlock(change.record->header().gone());
      store_->retire(*worker_, change.record, change.size);
      break;
  }
}

template class SerialTransaction<Shared>;
template class SerialTransaction<Exclusive>;

}  // namespace upout::kernel
