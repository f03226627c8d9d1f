#include "kernel/store.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "kernel/reclamation.h"

namespace upout::kernel {

template <class Policy>
platform::Expected<std::unique_ptr<Store<Policy>>> Store<Policy>::create(const StoreOptions& options) {
  std::unique_ptr<Store> store(new Store(options));
  if (store->make_index(options)) return store;
  return platform::unexpected("the index",
                              "no memory for " + std::to_string(options.expected_records) + " records",
                              "fewer records or more memory");
}

template <class Policy>
bool Store<Policy>::make_index(const StoreOptions& options) noexcept {
  if (options.index == IndexKind::hash) {
    hash_ = Hash::create(options.expected_records, heap_.memory());
    return hash_ != nullptr;
  }
  Heap::Cache& cache = heap_.acquire_cache();
  ordered_ = Ordered::create(cache);
  heap_.release_cache(cache);
  return ordered_ != nullptr;
}

template <class Policy>
Store<Policy>::~Store() {
  // What has been retired refers to the heap's caches.
  if constexpr (Policy::is_shared) drain_deferred_actions();
}

template <class Policy>
std::size_t Store<Policy>::size() const {
  return static_cast<std::size_t>(heap_.record_balance());
}

template <class Policy>
std::size_t Store<Policy>::used_bytes() const {
  return heap_.used_bytes() + (hash_ ? hash_->table().size() : 0);
}

template <class Policy>
std::vector<std::span<const std::byte>> Store<Policy>::memory() const {
  std::vector<std::span<const std::byte>> ranges = heap_.regions();
  if (hash_) ranges.push_back(hash_->table());
  return ranges;
}

namespace {

/// What has just been written, where it stands now: an empty span of the caller's may point nowhere, which
/// the log's copying does not take.
template <class Rec>
std::span<const std::byte> written(const Rec& record, std::size_t offset, std::size_t size) noexcept {
  return record.bytes(offset + size).subspan(offset);
}

}  // namespace

/// Calls `use` with the key's latched position in the index, whichever it is.
template <class Policy>
template <class Use>
auto Store<Policy>::with_position(Key key, Use&& use) noexcept {
  if (ordered_) {
    typename Ordered::Position position(*ordered_, key);
    return use(position);
  }
  typename Hash::Position position(*hash_, key);
  return use(position);
}

// One at a time
// -------------------------------------------------------------------------------------------------

template <class Policy>
Status Store<Policy>::get(Key key, std::size_t offset, std::span<std::byte> output,
                          std::uint32_t& copied) const noexcept {
  return get_at(nullptr, key, offset, output, copied);
}

template <class Policy>
Status Store<Policy>::put(Worker& worker, Key key, std::span<const std::byte> value) noexcept {
  const LogScope scope(worker.log());
  return put_at(worker, nullptr, key, value);
}

template <class Policy>
Status Store<Policy>::remove(Worker& worker, Key key) noexcept {
  const LogScope scope(worker.log());
  return remove_at(worker, nullptr, key);
}

template <class Policy>
Status Store<Policy>::update(Worker& worker, Key key, std::size_t offset,
                             std::span<const std::byte> input) noexcept {
  const LogScope scope(worker.log());
  return update_at(worker, nullptr, key, offset, input);
}

template <class Policy>
Status Store<Policy>::insert(Worker& worker, Key key, std::span<const std::byte> value) noexcept {
  const LogScope scope(worker.log());
  return insert_new(worker, key, value);
}

template <class Policy>
Status Store<Policy>::insert_new(Worker& worker, Key key, std::span<const std::byte> value) noexcept {
  if (value.size() > max_value_bytes) return Status::too_large;
  // Made before a latch is taken, so that nobody waits for memory. Locked: it is logged before others see it.
  Rec* fresh = make_record(worker, key, first_header(worker, value.size()).locked(), value);
  if (fresh == nullptr) return Status::out_of_memory;
  for (Patience patience(looks());;) {
    Rec* other = nullptr;
    const Status status = link(worker, fresh, other);
    if (status == Status::ok) {
      fresh->unlock(
          logged(worker, RedoKind::put, *fresh, fresh->header().revealed(), 0, fresh->bytes(value.size())));
      count_insert(worker);
      return status;
    }
    // A transaction may be about to insert the one that is there, or to take it out, and may have its place
    // before others that have ended already.
    const bool is_held = status == Status::exists && !other->header().is_settled();
    if (is_held && patience.wait()) continue;
    free_record(worker, fresh, value.size());
    return is_held ? Status::conflict : status;
  }
}

// Perhaps with a record to try first
// ----------------------------------------------------------------------------

template <class Policy>
Status Store<Policy>::get_at(Rec* hint, Key key, std::size_t offset, std::span<std::byte> output,
                             std::uint32_t& copied) const noexcept {
  const Rec* gone = nullptr;
  for (const Rec* record = find(key, hint);; record = find(key)) {
    // Found again: a serial transaction that has removed it is under way.
    if (record == nullptr || record == gone) {
      copied = 0;
      return Status::not_found;
    }
    const Status status = record->wait_for(looks(), [&] { return record->try_read(offset, output, copied); });
    if (status == Status::ok) [[likely]]
      return status;
    if (status == Status::conflict) {
      copied = 0;
      return status;
    }
    gone = record;  // removed or replaced in between, so the index knows better by now
  }
}

template <class Policy>
Status Store<Policy>::update_at(Worker& worker, Rec* hint, Key key, std::size_t offset,
                                std::span<const std::byte> input) noexcept {
  return with_locked(key, hint, [&](Rec& record, Header before, Status& status) {
    if (offset + input.size() > before.size()) {
      status = Status::out_of_range;
      return before;
    }
    record.write(offset, input);
    return logged(worker, RedoKind::update, record, before.next(before.size()), offset,
                  written(record, offset, input.size()));
  });
}

template <class Policy>
Status Store<Policy>::exchange_at(Worker& worker, Rec* hint, Operation& operation) noexcept {
  return with_locked(operation.key, hint, [&](Rec& record, Header before, Status& status) {
    if (operation.input_offset + operation.input.size() > before.size()) {
      status = Status::out_of_range;
      return before;
    }
    const std::size_t offset = std::min<std::size_t>(operation.output_offset, before.size());
    const std::size_t length = std::min(operation.output.size(), before.size() - offset);
    record.copy_out(offset, operation.output.first(length));
    operation.output_size = static_cast<std::uint32_t>(length);
    record.write(operation.input_offset, operation.input);
    return logged(worker, RedoKind::update, record, before.next(before.size()), operation.input_offset,
                  written(record, operation.input_offset, operation.input.size()));
  });
}

template <class Policy>
Status Store<Policy>::put_at(Worker& worker, Rec* hint, Key key, std::span<const std::byte> value) noexcept {
  if (value.size() > max_value_bytes) return Status::too_large;
  for (;;) {
    const Status status = with_locked(key, hint, [&](Rec& record, Header before, Status& result) {
      if (SizeClass::of(Rec::bytes_for(value.size())) == SizeClass::of(Rec::bytes_for(before.size()))) {
        record.write(0, value);
        return logged(worker, RedoKind::put, record, before.next(value.size()), 0,
                      record.bytes(value.size()));
      }
      Rec* replacement = make_record(worker, key, replacing_header(worker, before, value.size()), value);
      if (replacement == nullptr) {
        result = Status::out_of_memory;
        return before;
      }
      logged(worker, RedoKind::put, *replacement, replacement->header(), 0, replacement->bytes(value.size()));
      relink(&record, replacement);
      retire(worker, &record, before.size());
      return before.gone();
    });
    if (status != Status::not_found) return status;
    if (const Status inserted = insert_new(worker, key, value); inserted != Status::exists) return inserted;
    hint = nullptr;
  }
}

template <class Policy>
Status Store<Policy>::remove_at(Worker& worker, Rec* hint, Key key) noexcept {
  return with_locked(key, hint, [&](Rec& record, Header before, Status&) {
    const Header after = logged(worker, RedoKind::remove, record, before.gone(), 0, record.bytes(0));
    unlink(worker, &record);
    count_remove(worker);
    retire(worker, &record, before.size());
    return after;
  });
}

// Steps
// ---------------------------------------------------------------------------------------------------------

/// No record that comes after this one, in whatever memory of the worker's, has its version or the next one.
template <class Policy>
void Store<Policy>::forget_version(Worker& worker, const Rec& record) noexcept {
  std::uint64_t& first = worker.cache().first_version;
  first = std::max(first, record.header().version() + 2);
}

template <class Policy>
auto Store<Policy>::make_record(Worker& worker, Key key, Header header,
                                std::span<const std::byte> value) noexcept -> Rec* {
  void* memory = worker.cache().allocate(SizeClass::of(Rec::bytes_for(value.size())));
  if (memory == nullptr) return nullptr;
  auto* record = static_cast<Rec*>(memory);
  record->construct(key, header, value);
  return record;
}

template <class Policy>
void Store<Policy>::free_record(Worker& worker, Rec* record, std::size_t value_size) noexcept {
  // A search that rests (with `Exclusive`), or a reader in another process, may still have the address of
  // what was here before.
  forget_version(worker, *record);
  record->unlock(record->header().gone());
  worker.cache().free(record, SizeClass::of(Rec::bytes_for(value_size)));
}

template <class Policy>
Status Store<Policy>::link(Worker& worker, Rec* record, Rec*& other, LeafChange* change,
                           Version version) noexcept {
  if (hash_ && hash_->is_growing()) hash_->help_growth(worker.cache());
  return with_position(record->key(), [&](auto& position) {
    other = position.find();
    if (other != nullptr) return Status::exists;
    // Nobody takes the key out meanwhile, for it is not there.
    const Header header = record->header();
    const std::uint64_t last = removals_.of(record->key());
    if (header.version() <= last && version == Version::next_of_key) [[unlikely]]
      record->unlock(header.with_version(last + 1));
    bool is_added = false;
    if constexpr (requires { position.add(record, worker.cache(), change); }) {
      is_added = position.add(record, worker.cache(), change);
    } else {
      is_added = position.add(record, worker.cache());
    }
    return is_added ? Status::ok : Status::out_of_memory;
  });
}

template <class Policy>
void Store<Policy>::relink(Rec* record, Rec* replacement) noexcept {
  with_position(record->key(), [&](auto& position) {
    // Nobody takes a record out whose lock we hold, so it is there.
    [[maybe_unused]] const Rec* found = position.find();
    assert(found == record);
    position.replace(replacement);
  });
}

template <class Policy>
void Store<Policy>::unlink(Worker& worker, Rec* record) noexcept {
  removals_.add(record->key(), record->header().version() + 1);
  with_position(record->key(), [&](auto& position) {
    [[maybe_unused]] const Rec* found = position.find();
    assert(found == record);
    if constexpr (requires { position.erase(worker.cache()); }) {
      position.erase(worker.cache());
    } else {
      position.erase();
    }
  });
}

template <class Policy>
void Store<Policy>::retire(Worker& worker, Rec* record, std::size_t value_size) noexcept {
  const SizeClass size = SizeClass::of(Rec::bytes_for(value_size));
  Heap::Cache& cache = worker.cache();
  forget_version(worker, *record);
  // The header is not the word through which free blocks are linked.
  if constexpr (Policy::is_shared) {
    cache.retire(record, size);
  } else {
    cache.free(record, size);
  }
}

template <class Policy>
void Store<Policy>::count_insert(Worker& worker) noexcept {
  constexpr std::int64_t inserts_between_looks = 64;
  auto& balance = worker.cache().record_balance;
  const std::int64_t records = balance.load(std::memory_order_relaxed) + 1;
  balance.store(records, std::memory_order_relaxed);
  if (hash_ && records % inserts_between_looks == 0) hash_->grow_if_needed(size());
}

template <class Policy>
void Store<Policy>::count_remove(Worker& worker) noexcept {
  auto& balance = worker.cache().record_balance;
  balance.store(balance.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

template class Store<Shared>;
template class Store<Exclusive>;

}  // namespace upout::kernel
