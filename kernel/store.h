#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernel/concurrency_control.h"
#include "kernel/hash_index.h"
#include "kernel/heap.h"
#include "kernel/log/log_writer.h"
#include "kernel/operation.h"
#include "kernel/ordered_index.h"
#include "kernel/policy.h"
#include "kernel/removed_versions.h"
#include "kernel/worker.h"
#include "platform/error.h"

namespace upout::kernel {

/// How often to look at what a transaction holds before one gives up: those that wait for nobody hold locks
/// for less than a microsecond.
inline constexpr unsigned most_looks = 200;

enum class IndexKind : std::uint8_t {
  hash,     ///< fastest for single keys; cannot scan
  ordered,  ///< a B+-tree
};

struct StoreOptions {
  std::size_t expected_records = 0;  ///< sizes a hash index; it grows on its own beyond that
  IndexKind index = IndexKind::hash;
  ConcurrencyControl concurrency_control = ConcurrencyControl::occ;
  /// Transactions may stay prepared while messages travel. See `Store`.
  bool distributed_transactions = false;
  platform::Region::Options memory = {};  ///< how records and index are mapped
};

/// One partition of the database: records of 64-bit keys and values of 0 to 1 MiB in a heap, found through an
/// index.
///
/// Single-key operations are linearizable. A scan reads each record whole, and every record that is there all
/// the time, but not all at one moment; transactions (transaction.h) do. With `Shared` any number of
/// registered threads may call it at the same time, each with its own Worker. With `Exclusive` one thread may
/// call it; nothing is latched, no atomic is used.
///
/// An operation that meets a record which a transaction has locked, or a partition that a serial one has,
/// waits for its end, except where that could be for ever: the transaction may wait for a message that this
/// very thread has to bring. So with `Exclusive` it comes back with `conflict` at once; with `Shared` it does
/// so after a while if the store has `distributed_transactions`. (If it has none, it waits as long as it
/// takes, because a holder whose processor was taken away is no conflict: and so must not be called on a
/// thread that has such a transaction prepared.)
///
/// Beside serial transactions, operations go through `execute` alone. Serial transactions lock no records,
/// and whoever looks at one without the partition's lock may see a half of what is being written.
///
/// Who writes a record locks it first, then latches its position in the index; nobody waits for a record's
/// lock while holding a latch.
template <class Policy>
class Store {
 public:
  using Rec = Record<Policy>;
  using Hash = HashIndex<Policy>;
  using Ordered = OrderedIndex<Policy>;

  static platform::Expected<std::unique_ptr<Store>> create(const StoreOptions& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Heap& heap() noexcept { return heap_; }
  IndexKind index_kind() const noexcept { return ordered_ ? IndexKind::ordered : IndexKind::hash; }
  ConcurrencyControl concurrency_control() const noexcept { return concurrency_control_; }

  // Operations
  // -------------------------------------------------------------------------------------------------------

  /// Does the operations and fills in each one's results, overlapping their cache misses: the lines of all
  /// are asked for stage by stage before the first is done. The operations of one call are concurrent with
  /// each other: they take effect in any order. The calling thread is announced quiescent afterwards, so none
  /// of its coroutines may be within an access of a store.
  void execute(Worker& worker, std::span<Operation* const> operations) noexcept;

  /// Copies up to `output.size()` bytes of the value, beginning at `offset`.
  Status get(Key key, std::size_t offset, std::span<std::byte> output, std::uint32_t& copied) const noexcept;
  /// Inserts, or replaces the whole value.
  Status put(Worker& worker, Key key, std::span<const std::byte> value) noexcept;
  Status insert(Worker& worker, Key key, std::span<const std::byte> value) noexcept;
  Status remove(Worker& worker, Key key) noexcept;
  /// Overwrites the range of the value that begins at `offset`, all at once; `out_of_range` if it does not
  /// lie within.
  Status update(Worker& worker, Key key, std::size_t offset, std::span<const std::byte> input) noexcept;

  /// Calls `change` with the value's bytes, which it may overwrite, while nobody else sees or changes the
  /// record.
  template <class Change>
  Status read_modify_write(Worker& worker, Key key, Change&& change) {
    const LogScope scope(worker.log());
    return with_locked(key, nullptr, [&](Rec& record, Header before, Status&) {
      std::vector<std::byte>& copy = worker.scratch();
      copy.resize(before.size());
      record.copy_out(0, copy);
      change(std::span<std::byte>(copy));
      record.write(0, copy);
      return logged(worker, RedoKind::put, record, before.next(before.size()), 0, copy);
    });
  }

  /// Does again what was logged, here or elsewhere: each change for which the record is not newer already.
  /// The changes of one key come in the order of their versions, over all calls; two of one call are not of
  /// the same key. Nothing of it is logged. The first status that is not `ok` is given back, and of a whole
  /// log there is none but `out_of_memory`.
  Status redo(Worker& worker, std::span<const Redo> changes) noexcept;

  /// `get` for a coroutine (`co_await` gives the status): gives way to the worker's other coroutines while
  /// lines are on their way. The thread must not announce itself quiescent while one is suspended.
  auto get_interleaved(Worker& worker, Key key, std::size_t offset, std::span<std::byte> output,
                       std::uint32_t& copied) const noexcept;

  /// The number of records; exact while no operation is under way.
  std::size_t size() const;
  /// Bytes in use for records and index. Exact while no operation is under way.
  std::size_t used_bytes() const;
  /// The memory that holds records and index. Exact while no operation is under way.
  std::vector<std::span<const std::byte>> memory() const;

  // Steps of which operations and transactions are made
  // -------------------------------------------------------------------------------------------------------

  const Hash* hash() const noexcept { return hash_.get(); }
  const Ordered* ordered() const noexcept { return ordered_.get(); }

  /// The record with this key, perhaps absent by now, or null. `hint` is null, or a record that may have this
  /// key.
  Rec* find(Key key, Rec* hint = nullptr) const noexcept {
    if (hint != nullptr && hint->key() == key) return hint;
    return ordered_ ? ordered_->find(key) : hash_->find(key);
  }
  /// The header of a new record in the worker's memory. Its version is greater than that of every record that
  /// had the same memory before, so that who remembers an address and a header is never deceived, for however
  /// long he does, and whatever is in that memory by now.
  static Header first_header(Worker& worker, std::size_t value_size) noexcept {
    return Header::present(worker.cache().first_version, value_size);
  }
  /// The same for a record that takes another one's place: greater than that one's version, too.
  static Header replacing_header(Worker& worker, Header replaced, std::size_t value_size) noexcept {
    return Header::present(std::max(replaced.version() + 1, worker.cache().first_version), value_size);
  }
  /// A record that nobody else can reach yet. Null: no memory.
  Rec* make_record(Worker& worker, Key key, Header header, std::span<const std::byte> value) noexcept;
  /// Frees a record that nobody else has ever reached.
  void free_record(Worker& worker, Rec* record, std::size_t value_size) noexcept;
  /// Publishes a record, with a version that its key has not had yet, unless it is to keep its own. What is
  /// to be logged is to be locked. `exists`: there is one with its key, which `other` is then.
  /// `out_of_memory`: the index is as it was.
  enum class Version : std::uint8_t { next_of_key, own };
  Status link(Worker& worker, Rec* record, Rec*& other, LeafChange* change = nullptr,
              Version version = Version::next_of_key) noexcept;
  /// Puts `replacement` into the place of a record that the caller has locked.
  void relink(Rec* record, Rec* replacement) noexcept;
  /// Takes a record out of the index that the caller has locked.
  void unlink(Worker& worker, Rec* record) noexcept;
  /// Frees a record that has been taken out, when nobody looks at it any more. Its header may still be
  /// written once, before anything else is done with the store.
  void retire(Worker& worker, Rec* record, std::size_t value_size) noexcept;
  /// Counts a record that has become visible, and lets the index grow if it is time.
  void count_insert(Worker& worker) noexcept;
  void count_remove(Worker& worker) noexcept;
  /// Logs a change of a record that is locked, or that nobody else can reach, if changes are logged at all.
  /// `after`: the header that it is going to have; it is given back.
  static Header logged(Worker& worker, RedoKind kind, const Rec& record, Header after, std::size_t offset,
                       std::span<const std::byte> bytes) noexcept {
    if (LogWriter* log = worker.log(); log != nullptr) [[unlikely]]
      log->append(
          {kind, record.key(), after.version(), log->epoch(), static_cast<std::uint32_t>(offset), bytes});
    return after;
  }
  /// Tells whether a key has been taken out between two looks.
  const RemovedVersions<Policy>& removals() const noexcept { return removals_; }
  /// The partition's lock; taken by serial transactions only, and by operations beside them.
  PartitionLock<Policy>& partition_lock() noexcept { return partition_lock_; }
  /// How often an operation looks again whether a transaction has ended.
  unsigned looks() const noexcept { return Policy::is_shared ? looks_ : 0; }

 private:
  explicit Store(const StoreOptions& options) noexcept
      : heap_(options.memory),
        concurrency_control_(options.concurrency_control),
        looks_(options.distributed_transactions ? most_looks : Patience::endless) {}
  bool make_index(const StoreOptions& options) noexcept;
  bool wait_for_partition() noexcept;
  static void forget_version(Worker& worker, const Rec& record) noexcept;

  void execute_hash(Worker& worker, std::span<Operation* const> operations) noexcept;
  void execute_ordered(Worker& worker, std::span<Operation* const> operations) noexcept;
  void execute_ordered_stage(Worker& worker, std::span<Operation* const> operations) noexcept;
  void execute_scans(std::span<Operation* const> scans) noexcept;
  void perform(Worker& worker, Operation& operation, Rec* hint) noexcept;

  template <class Use>
  Status with_locked(Key key, Rec* hint, Use&& use) noexcept;
  template <class Use>
  auto with_position(Key key, Use&& use) noexcept;
  Status get_at(Rec* hint, Key key, std::size_t offset, std::span<std::byte> output,
                std::uint32_t& copied) const noexcept;
  Status update_at(Worker& worker, Rec* hint, Key key, std::size_t offset,
                   std::span<const std::byte> input) noexcept;
  Status exchange_at(Worker& worker, Rec* hint, Operation& operation) noexcept;
  Status insert_new(Worker& worker, Key key, std::span<const std::byte> value) noexcept;
  Status put_at(Worker& worker, Rec* hint, Key key, std::span<const std::byte> value) noexcept;
  Status redo_at(Worker& worker, Rec* hint, const Redo& change) noexcept;
  Status redo_put(Worker& worker, Rec* hint, const Redo& change) noexcept;
  Status redo_update(Rec* hint, const Redo& change) noexcept;
  Status redo_remove(Worker& worker, Rec* hint, const Redo& change) noexcept;
  Status remove_at(Worker& worker, Rec* hint, Key key) noexcept;

  Heap heap_;
  std::unique_ptr<Hash> hash_;        // one of the two
  std::unique_ptr<Ordered> ordered_;  //
  ConcurrencyControl concurrency_control_;
  unsigned looks_;
  PartitionLock<Policy> partition_lock_;
  RemovedVersions<Policy> removals_;
};

/// Locks the record with this key, calls `use(record, header, status)`, which returns the header to unlock it
/// with, and unlocks it.
template <class Policy>
template <class Use>
Status Store<Policy>::with_locked(Key key, Rec* hint, Use&& use) noexcept {
  Rec* gone = nullptr;
  for (Rec* record = find(key, hint);; record = find(key)) {
    // Found again: a serial transaction that has removed it is under way.
    if (record == nullptr || record == gone) return Status::not_found;
    Header before(0);
    Status status = record->lock(before, looks());
    if (status == Status::not_found) {
      gone = record;  // removed or replaced in between: look again
      continue;
    }
    if (status == Status::ok) record->unlock(use(*record, before, status));
    return status;
  }
}

extern template class Store<Shared>;
extern template class Store<Exclusive>;

}  // namespace upout::kernel

#include "kernel/search.h"  // IWYU pragma: export: get_interleaved
