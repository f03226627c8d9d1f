#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernel/frame_pool.h"
#include "kernel/hash_index.h"
#include "kernel/heap.h"
#include "kernel/interleaver.h"
#include "kernel/operation.h"
#include "kernel/policy.h"
#include "kernel/task.h"
#include "platform/error.h"

namespace upout::kernel {

/// What one thread needs to use one store: its part of the heap, its coroutine frames and their turns. Made
/// on the thread that uses it (for `Store<Shared>` while that thread holds a `ReaderRegistration`); must not
/// outlive the store.
class Worker {
 public:
  explicit Worker(Heap& heap) : heap_(&heap), cache_(&heap.acquire_cache()) {}
  ~Worker() { heap_->release_cache(*cache_); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Heap::Cache& cache() noexcept { return *cache_; }
  FramePool& frame_pool() noexcept { return frames_; }
  Interleaver& interleaver() noexcept { return interleaver_; }
  std::vector<std::byte>& scratch() noexcept { return scratch_; }

 private:
  Heap* heap_;
  Heap::Cache* cache_;
  FramePool frames_;
  Interleaver interleaver_;
  std::vector<std::byte> scratch_;
};

/// One partition of the database: records of 64-bit keys and values of 0 to 1 MiB in a heap, found through a
/// hash index.
///
/// Single-key operations are linearizable. With `Shared` any number of registered threads may call it at the
/// same time, each with its own Worker. With `Exclusive` one thread may call it; nothing is latched, no
/// atomic is used.
template <class Policy>
class Store {
 public:
  /// A store that takes `expected_records` without growing its index; it grows on its own beyond that.
  static platform::Expected<std::unique_ptr<Store>> create(std::size_t expected_records);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Heap& heap() noexcept { return heap_; }

  /// Does the operations and fills in each one's results, overlapping their cache misses: the lines of all
  /// are asked for stage by stage before the first is done. The operations of one call are concurrent with
  /// each other: they take effect in any order. The calling thread holds no reference into the store
  /// afterwards (it is announced quiescent).
  void execute(Worker& worker, std::span<Operation* const> operations) noexcept;

  /// Copies up to `output.size()` bytes of the value, beginning at `offset`.
  Status get(Key key, std::size_t offset, std::span<std::byte> output, std::uint32_t& copied) const noexcept;
  /// Inserts, or replaces the whole value.
  Status put(Worker& worker, Key key, std::span<const std::byte> value) noexcept;
  Status insert(Worker& worker, Key key, std::span<const std::byte> value) noexcept;
  Status remove(Worker& worker, Key key) noexcept;
  /// Overwrites the range of the value that begins at `offset`, all at once; `out_of_range` if it does not
  /// lie within.
  Status update(Key key, std::size_t offset, std::span<const std::byte> input) noexcept;
  /// Calls `change` with the value's bytes, which it may overwrite, while nobody else sees or changes the
  /// record.
  template <class Change>
  Status read_modify_write(Worker& worker, Key key, Change&& change);

  /// `get` for a coroutine: gives way to the worker's other coroutines while a line is on its way. The thread
  /// must not announce itself quiescent while one is suspended.
  Task<Status> get_interleaved(Worker& worker, Key key, std::size_t offset, std::span<std::byte> output,
                               std::uint32_t& copied) const;

  /// The number of records; exact while no operation is under way.
  std::size_t size() const;
  /// Bytes mapped for records and index.
  std::size_t mapped_bytes() const;

 private:
  using Rec = Record<Policy>;
  using Index = HashIndex<Policy>;

  explicit Store(std::unique_ptr<Index> index) noexcept : index_(std::move(index)) {}

  void execute_staged(Worker& worker, std::span<Operation* const> operations) noexcept;
  void perform(Worker& worker, Operation& operation, KeyHash hash, Rec* hint) noexcept;

  template <class Use>
  Status with_locked(KeyHash hash, Key key, Rec* hint, Use&& use) noexcept;
  Status get_at(KeyHash hash, Rec* hint, Key key, std::size_t offset, std::span<std::byte> output,
                std::uint32_t& copied) const noexcept;
  Status update_at(KeyHash hash, Rec* hint, Key key, std::size_t offset,
                   std::span<const std::byte> input) noexcept;
  Status exchange_at(KeyHash hash, Rec* hint, Operation& operation) noexcept;
  Status put_at(Worker& worker, KeyHash hash, Rec* hint, Key key, std::span<const std::byte> value) noexcept;
  Status place(Worker& worker, KeyHash hash, Key key, std::span<const std::byte> value,
               bool may_replace) noexcept;
  Status replace_in_chain(Worker& worker, typename Index::Chain& chain, Rec* old, Rec* replacement,
                          std::span<const std::byte> value) noexcept;
  Status remove_at(Worker& worker, KeyHash hash, Key key) noexcept;

  Rec* make_record(Worker& worker, Key key, std::span<const std::byte> value) noexcept;
  void free_now(Worker& worker, Rec* record, std::size_t value_size) noexcept;
  void retire(Worker& worker, Rec* record, std::size_t value_size) noexcept;
  void count_insert(Worker& worker) noexcept;

  Heap heap_;
  std::unique_ptr<Index> index_;
};

/// Locks the record with this key, calls `use(record, header)`, which returns the header to unlock it with,
/// and unlocks it.
template <class Policy>
template <class Use>
Status Store<Policy>::with_locked(KeyHash hash, Key key, Rec* hint, Use&& use) noexcept {
  for (Rec* record = hint;; record = nullptr) {
    if (record == nullptr || record->key() != key) record = index_->find(hash, key);
    if (record == nullptr) return Status::not_found;
    Header before(0);
    if (!record->lock(before)) continue;  // removed or replaced in between: look again
    Status status = Status::ok;
    record->unlock(use(*record, before, status));
    return status;
  }
}

template <class Policy>
template <class Change>
Status Store<Policy>::read_modify_write(Worker& worker, Key key, Change&& change) {
  return with_locked(KeyHash(key), key, nullptr, [&](Rec& record, Header before, Status&) {
    std::vector<std::byte>& copy = worker.scratch();
    copy.resize(before.size());
    record.copy_out(0, copy);
    change(std::span<std::byte>(copy));
    record.write(0, copy);
    return before.next(before.size());
  });
}

extern template class Store<Shared>;
extern template class Store<Exclusive>;

}  // namespace upout::kernel
