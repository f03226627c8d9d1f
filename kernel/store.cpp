#include "kernel/store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kernel/prefetch.h"
#include "kernel/reclamation.h"

namespace upout::kernel {

namespace {

constexpr std::size_t largest_stage = 64;           ///< operations whose misses overlap
constexpr std::size_t most_prefetched_bytes = 512;  ///< of one value: more would crowd out the others' lines

/// The bytes of its record that an operation will touch, as far as they are worth prefetching. The record's
/// own size is not asked: it stands in the record, which is not here yet.
std::size_t bytes_touched(const Operation& operation) noexcept {
  const std::size_t reading = operation.output_offset + operation.output.size();
  const std::size_t writing = operation.input_offset + operation.input.size();
  return std::min(std::max(reading, writing), most_prefetched_bytes) + 2 * sizeof(std::uint64_t);
}

/// Places in a batch, in a fixed space.
class Places {
 public:
  void push_back(std::size_t place) noexcept { places_[size_++] = static_cast<std::uint8_t>(place); }
  std::span<const std::uint8_t> places() const noexcept { return std::span(places_).first(size_); }

 private:
  std::array<std::uint8_t, largest_stage> places_;
  std::size_t size_ = 0;
};

}  // namespace

template <class Policy>
platform::Expected<std::unique_ptr<Store<Policy>>> Store<Policy>::create(std::size_t expected_records) {
  std::unique_ptr<Index> index = Index::create(expected_records);
  if (index == nullptr) {
    return platform::unexpected("the hash index",
                                "no memory for " + std::to_string(expected_records) + " records",
                                "fewer records or more memory");
  }
  return std::unique_ptr<Store>(new Store(std::move(index)));
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
std::size_t Store<Policy>::mapped_bytes() const {
  return heap_.mapped_bytes() + index_->table_bytes();
}

// By the batch
// --------------------------------------------------------------------------------------------------

template <class Policy>
void Store<Policy>::execute(Worker& worker, std::span<Operation* const> operations) noexcept {
  while (!operations.empty()) {
    const auto stage = operations.first(std::min(operations.size(), largest_stage));
    if (stage.size() == 1) {
      perform(worker, *stage[0], KeyHash(stage[0]->key), nullptr);
    } else {
      execute_staged(worker, stage);
    }
    operations = operations.subspan(stage.size());
  }
  if (index_->is_growing()) index_->help_growth(worker.cache());
  if constexpr (Policy::is_shared) announce_quiescent();
}

template <class Policy>
void Store<Policy>::execute_staged(Worker& worker, std::span<Operation* const> operations) noexcept {
  // Not initialised: only what is written below is read.
  std::array<KeyHash, largest_stage> hashes;
  std::array<typename Index::Probe, largest_stage> probes;
  Places ready;        // the record is on its way, or there is none
  Places overflowing;  // the search goes on in an overflow bucket, which is on its way

  bool inserts = false;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const OperationKind kind = operations[i]->kind;
    inserts |= kind == OperationKind::insert || kind == OperationKind::put;
    hashes[i] = KeyHash(operations[i]->key);
    probes[i].bucket = index_->first_bucket(hashes[i]);
    prefetch(probes[i].bucket);
  }
  for (std::size_t i = 0; i < operations.size(); ++i) {
    probes[i] = index_->first_probe(probes[i].bucket, hashes[i]);
    if (probes[i].candidate == nullptr && probes[i].bucket != nullptr) [[unlikely]] {
      prefetch(probes[i].bucket);
      overflowing.push_back(i);
    } else {
      prefetch(probes[i].candidate, bytes_touched(*operations[i]));
      ready.push_back(i);
    }
  }
  const auto perform_all = [&](std::span<const std::uint8_t> places) {
    for (const std::size_t i : places) perform(worker, *operations[i], hashes[i], probes[i].candidate);
  };
  // The few that overflow take their next step in the middle, so that both of their lines come in while
  // others are served. In an exclusive store nothing defers the end of an overflow bucket, and an insert in
  // the first half may have moved it to a larger table: then they search anew.
  const std::size_t half = ready.places().size() / 2;
  perform_all(ready.places().first(half));
  if (Policy::is_shared || !inserts) {
    for (const std::size_t i : overflowing.places()) {
      probes[i] = index_->next_probe(probes[i], hashes[i]);
      prefetch(probes[i].candidate, bytes_touched(*operations[i]));
    }
  }
  perform_all(ready.places().subspan(half));
  perform_all(overflowing.places());
}

template <class Policy>
inline void Store<Policy>::perform(Worker& worker, Operation& operation, KeyHash hash, Rec* hint) noexcept {
  switch (operation.kind) {
    case OperationKind::get:
      // Almost always the record is the right one and nobody writes it.
      if (hint != nullptr && hint->key() == operation.key &&
          hint->try_read(operation.output_offset, operation.output, operation.output_size)) [[likely]] {
        operation.status = Status::ok;
        break;
      }
      operation.status =
          get_at(hash, hint, operation.key, operation.output_offset, operation.output, operation.output_size);
      break;
    case OperationKind::put:
      operation.status = put_at(worker, hash, hint, operation.key, operation.input);
      break;
    case OperationKind::insert:
      operation.status = place(worker, hash, operation.key, operation.input, false);
      break;
    case OperationKind::update:
      operation.status = update_at(hash, hint, operation.key, operation.input_offset, operation.input);
      break;
    case OperationKind::remove:
      operation.status = remove_at(worker, hash, operation.key);
      break;
    case OperationKind::read_modify_write:
      operation.status = exchange_at(hash, hint, operation);
      break;
  }
}

// One at a time
// -------------------------------------------------------------------------------------------------

template <class Policy>
Status Store<Policy>::get(Key key, std::size_t offset, std::span<std::byte> output,
                          std::uint32_t& copied) const noexcept {
  return get_at(KeyHash(key), nullptr, key, offset, output, copied);
}

template <class Policy>
Status Store<Policy>::put(Worker& worker, Key key, std::span<const std::byte> value) noexcept {
  return put_at(worker, KeyHash(key), nullptr, key, value);
}

template <class Policy>
Status Store<Policy>::insert(Worker& worker, Key key, std::span<const std::byte> value) noexcept {
  return place(worker, KeyHash(key), key, value, false);
}

template <class Policy>
Status Store<Policy>::remove(Worker& worker, Key key) noexcept {
  return remove_at(worker, KeyHash(key), key);
}

template <class Policy>
Status Store<Policy>::update(Key key, std::size_t offset, std::span<const std::byte> input) noexcept {
  return update_at(KeyHash(key), nullptr, key, offset, input);
}

template <class Policy>
Task<Status> Store<Policy>::get_interleaved(Worker& worker, Key key, std::size_t offset,
                                            std::span<std::byte> output, std::uint32_t& copied) const {
  const KeyHash hash(key);
  co_await worker.interleaver().prefetched(index_->first_bucket(hash));
  // Asked again rather than kept: another coroutine may have made the table grow.
  const typename Index::Probe probe = index_->first_probe(index_->first_bucket(hash), hash);
  if (probe.candidate != nullptr) {
    co_await worker.interleaver().prefetched(probe.candidate);
  } else if (probe.bucket != nullptr) {
    co_await worker.interleaver().prefetched(probe.bucket);
  }
  co_return get_at(hash, probe.candidate, key, offset, output, copied);
}

// With the hash known, and perhaps a record to try first
// ----------------------------------------------------------

template <class Policy>
Status Store<Policy>::get_at(KeyHash hash, Rec* hint, Key key, std::size_t offset,
                             std::span<std::byte> output, std::uint32_t& copied) const noexcept {
  for (const Rec* record = hint;; record = nullptr) {
    if (record == nullptr || record->key() != key) record = index_->find(hash, key);
    if (record == nullptr) {
      copied = 0;
      return Status::not_found;
    }
    if (record->read(offset, output, copied)) return Status::ok;
    // Absent: removed or replaced in between, so the index knows better by now.
  }
}

template <class Policy>
Status Store<Policy>::update_at(KeyHash hash, Rec* hint, Key key, std::size_t offset,
                                std::span<const std::byte> input) noexcept {
  return with_locked(hash, key, hint, [&](Rec& record, Header before, Status& status) {
    if (offset + input.size() > before.size()) {
      status = Status::out_of_range;
      return before;
    }
    record.write(offset, input);
    return before.next(before.size());
  });
}

template <class Policy>
Status Store<Policy>::exchange_at(KeyHash hash, Rec* hint, Operation& operation) noexcept {
  return with_locked(hash, operation.key, hint, [&](Rec& record, Header before, Status& status) {
    if (operation.input_offset + operation.input.size() > before.size()) {
      status = Status::out_of_range;
      return before;
    }
    const std::size_t offset = std::min<std::size_t>(operation.output_offset, before.size());
    const std::size_t length = std::min(operation.output.size(), before.size() - offset);
    record.copy_out(offset, operation.output.first(length));
    operation.output_size = static_cast<std::uint32_t>(length);
    record.write(operation.input_offset, operation.input);
    return before.next(before.size());
  });
}

template <class Policy>
Status Store<Policy>::put_at(Worker& worker, KeyHash hash, Rec* hint, Key key,
                             std::span<const std::byte> value) noexcept {
  if (value.size() > max_value_bytes) return Status::too_large;
  bool fits = true;
  const Status status = with_locked(hash, key, hint, [&](Rec& record, Header before, Status&) {
    fits = SizeClass::of(Rec::bytes_for(value.size())) == SizeClass::of(Rec::bytes_for(before.size()));
    if (!fits) return before;
    record.write(0, value);
    return before.next(value.size());
  });
  if (status == Status::ok && fits) return status;
  return place(worker, hash, key, value, true);
}

template <class Policy>
Status Store<Policy>::place(Worker& worker, KeyHash hash, Key key, std::span<const std::byte> value,
                            bool may_replace) noexcept {
  if (value.size() > max_value_bytes) return Status::too_large;
  if (index_->is_growing()) index_->help_growth(worker.cache());
  // Made before the latch is taken, so that nobody waits for memory.
  Rec* fresh = make_record(worker, key, value);
  if (fresh == nullptr) return Status::out_of_memory;
  {
    typename Index::Chain chain(*index_, hash);
    if (Rec* old = chain.find(key); old != nullptr) {
      if (may_replace) return replace_in_chain(worker, chain, old, fresh, value);
      free_now(worker, fresh, value.size());
      return Status::exists;
    }
    if (!chain.add(fresh, worker.cache())) {
      free_now(worker, fresh, value.size());
      return Status::out_of_memory;
    }
  }
  count_insert(worker);
  return Status::ok;
}

template <class Policy>
Status Store<Policy>::replace_in_chain(Worker& worker, typename Index::Chain& chain, Rec* old,
                                       Rec* replacement, std::span<const std::byte> value) noexcept {
  // Nobody takes a record out without the latch that we hold, so this cannot fail.
  Header before(0);
  [[maybe_unused]] const bool locked = old->lock(before);
  assert(locked);
  replacement->construct(old->key(), before.next(value.size()), value);
  chain.replace(replacement);
  old->unlock(before.gone());
  retire(worker, old, before.size());
  return Status::ok;
}

template <class Policy>
Status Store<Policy>::remove_at(Worker& worker, KeyHash hash, Key key) noexcept {
  typename Index::Chain chain(*index_, hash);
  Rec* record = chain.find(key);
  if (record == nullptr) return Status::not_found;
  Header before(0);
  [[maybe_unused]] const bool locked = record->lock(before);
  assert(locked);
  chain.erase();
  record->unlock(before.gone());
  auto& balance = worker.cache().record_balance;
  balance.store(balance.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  retire(worker, record, before.size());
  return Status::ok;
}

// Memory
// --------------------------------------------------------------------------------------------------------

template <class Policy>
auto Store<Policy>::make_record(Worker& worker, Key key, std::span<const std::byte> value) noexcept -> Rec* {
  void* memory = worker.cache().allocate(SizeClass::of(Rec::bytes_for(value.size())));
  if (memory == nullptr) return nullptr;
  auto* record = static_cast<Rec*>(memory);
  record->construct(key, Header::present(1, value.size()), value);
  return record;
}

template <class Policy>
void Store<Policy>::free_now(Worker& worker, Rec* record, std::size_t value_size) noexcept {
  worker.cache().free(record, SizeClass::of(Rec::bytes_for(value_size)));
}

template <class Policy>
void Store<Policy>::retire(Worker& worker, Rec* record, std::size_t value_size) noexcept {
  if constexpr (!Policy::is_shared) {
    free_now(worker, record, value_size);
  } else {
    Heap::Cache& cache = worker.cache();
    after_grace_period([record, &cache, size = SizeClass::of(Rec::bytes_for(value_size))] {
      auto* block = reinterpret_cast<FreeBlock*>(record);
      cache.free_remotely(block, block, size);
    });
  }
}

template <class Policy>
void Store<Policy>::count_insert(Worker& worker) noexcept {
  constexpr std::int64_t inserts_between_looks = 64;
  auto& balance = worker.cache().record_balance;
  const std::int64_t records = balance.load(std::memory_order_relaxed) + 1;
  balance.store(records, std::memory_order_relaxed);
  if (records % inserts_between_looks == 0) index_->grow_if_needed(size());
}

template class Store<Shared>;
template class Store<Exclusive>;

}  // namespace upout::kernel
