#pragma once

#include <array>
#include <cassert>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "kernel/concurrency_control.h"
#include "kernel/occ_transaction.h"
#include "kernel/search.h"
#include "kernel/serial_transaction.h"
#include "kernel/store.h"
#include "kernel/task.h"

namespace upout::kernel {

/// A serializable transaction on one store, or what a transaction over several stores does in one of them: a
/// participant. Every access can be awaited, and the worker's other coroutines run while its lines are on
/// their way. One object serves one transaction after the other. Used by one thread.
///
///     co_await tx.begin();
///     co_await tx.read_for_update(key, 0, bytes, copied);
///     co_await tx.update(key, 0, changed);
///     if (!tx.commit()) ...  // tx.cause() says why; begin again
///
/// Who serves others, and has no coroutine, does the same at once:
///
///     if (!tx.try_begin()) ...  // serial, and another one has the partition
///     Status status = tx.read(key, 0, bytes, copied).now();
///
/// An access that gives `conflict` or `out_of_memory` has doomed the transaction: `commit` will fail.
///
/// **Over several stores** a commit takes three steps, which may be far from each other in time: all
/// participants, each on its own thread, `lock`; when all have, all `validate`; when all have, all `install`.
/// If one fails, which aborts it, the others are told to `abort`. So there is one moment, after the last
/// `lock` and before the first `validate`, at which the whole transaction takes place:
///
/// - What it writes is locked from before that moment to the end: nobody else has written it, and nobody sees
///   the old value once somebody can have seen another of the new ones.
/// - What it has read was read before the moment and is found unchanged after it; so are the leaves that it
///   has scanned. (Versions never repeat.)
/// - Keys that it has found missing are looked for in `lock` and again in `validate`, and none of their group
///   has been taken out in between: so they have been missing at the moment, too.
/// - Of two transactions that each read what the other writes, or look for what it inserts, the later one to
///   lock finds the lock or the insert of the other when it validates: wherever each of them has locked
///   first.
///
/// If one store validated before another has locked, each of two transactions could have its moment before
/// the other's. But the last participant to lock may validate at once (`prepare`); so may, when all others
/// have locked, one that has only read, and has found all that it looked for. And one that has only read
/// holds nothing, so it may be installed as soon as it has validated.
///
/// Between two calls the thread may do whatever it likes, announce itself quiescent and use the same store:
/// what a transaction remembers of records and leaves is only ever compared, and no version comes twice.
/// While an access is under way, which a coroutine awaits, it must not announce itself quiescent. Operations
/// that meet a lock give `conflict` or wait: see `Store`.
template <class Policy>
class Transaction {
 public:
  using Rec = Record<Policy>;

  /// Keeps references to both.
  Transaction(Store<Policy>& store, Worker& worker) noexcept
      : store_(&store), worker_(&worker), occ_(store, worker), serial_(store, worker) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { assert(phase_ == Phase::ended); }

  /// For coroutines that take a transaction: where their frames come from.
  FramePool& frame_pool() noexcept { return worker_->frame_pool(); }
  Interleaver& interleaver() noexcept { return worker_->interleaver(); }

  /// Awaitable. Serial: waits until the partition is free; so not on a thread that has to bring what the one
  /// that has it is waiting for.
  auto begin() noexcept;
  /// The same without waiting. False: serial, and another transaction has the partition.
  bool try_begin() noexcept;
  /// Awaitables: `co_await` gives a Status, and so does `.now()`, which does it at once; spans and references
  /// have to last until then. Copies up to `output.size()` bytes of the value from `offset` on.
  auto read(Key key, std::size_t offset, std::span<std::byte> output, std::uint32_t& copied) noexcept;
  /// A read of what is going to be updated or removed.
  auto read_for_update(Key key, std::size_t offset, std::span<std::byte> output,
                       std::uint32_t& copied) noexcept {
    return read(key, offset, output, copied);
  }
  /// Overwrites a range of a value. `input` is copied.
  auto update(Key key, std::size_t offset, std::span<const std::byte> input) noexcept;
  auto insert(Key key, std::span<const std::byte> value) noexcept;
  auto remove(Key key) noexcept;
  /// Calls `visit(key, value)` for up to `limit` records from `from` on, in order, as they are together at
  /// the transaction's one moment. Needs an ordered store. `.now()` is only for who is not himself within the
  /// interleaver's `run`.
  template <class Visit>
  Task<Status> scan(Key from, Direction direction, std::size_t limit, Visit visit);

  /// The steps of a commit, in this order. False: it has been aborted, and `cause` says why; nothing must
  /// follow. True from `validate`: it can commit whatever others do, and `install` or `abort` must follow.
  bool lock() noexcept;
  bool validate() noexcept;
  void install() noexcept;
  /// At any time from `begin` on, before `install`.
  void abort() noexcept;
  /// On one store: what comes before `install`, in one step.
  bool prepare() noexcept { return lock() && validate(); }
  bool commit() noexcept {
    if (!prepare()) return false;
    install();
    return true;
  }
  /// Why the last transaction did not commit.
  AbortCause cause() const noexcept { return cause_; }
  /// An access met a conflict, or found no memory.
  bool is_doomed() const noexcept { return is_doomed_; }
  /// It has begun, and neither been installed nor aborted.
  bool is_active() const noexcept { return phase_ != Phase::ended; }

 private:
  enum class Phase : std::uint8_t { ended, reading, locking, locked, validated };

  template <class Use>
  class Access;
  template <class Use>
  Access<Use> access(Key key, std::size_t bytes, Use use) noexcept {
    return Access<Use>(*this, key, bytes, std::move(use));
  }

  bool is_serial() const noexcept { return store_->concurrency_control() == ConcurrencyControl::serial; }
  Status noted(Status status) noexcept;
  /// An access that may find no room for what it has to remember.
  template <class Use>
  Status attempt(Use&& use) noexcept try {
    return noted(use());
  } catch (const std::bad_alloc&) {
    return noted(Status::out_of_memory);
  }
  bool give_up(AbortCause cause) noexcept;
  void end() noexcept;
  Status read_at(Rec* found, Key key, std::size_t offset, std::span<std::byte> output,
                 std::uint32_t& copied) {
    return is_serial() ? serial_.read(found, offset, output, copied)
                       : occ_.read(found, key, offset, output, copied);
  }
  template <class Visit>
  Status visit_record(Rec* found, Key key, Visit& visit);
  bool next_insert(Key from, Direction direction, Key& key) const noexcept {
    return !is_serial() && occ_.next_insert(from, direction, key);
  }

  Store<Policy>* store_;
  Worker* worker_;
  OccTransaction<Policy> occ_;
  SerialTransaction<Policy> serial_;
  AbortCause cause_ = AbortCause::requested;
  Phase phase_ = Phase::ended;
  bool is_doomed_ = false;
};

/// Finds a record and uses it in the transaction.
template <class Policy>
template <class Use>
class Transaction<Policy>::Access : public Located<Policy> {
 public:
  Access(Transaction& transaction, Key key, std::size_t bytes, Use use) noexcept
      : Located<Policy>(*transaction.store_, *transaction.worker_, key, bytes),
        transaction_(&transaction),
        use_(std::move(use)) {
    assert(transaction.phase_ == Phase::reading);
  }
  /// Finds and uses it without giving way to anybody.
  Status now() noexcept {
    this->search();
    return await_resume();
  }
  Status await_resume() noexcept {
    return transaction_->attempt([this] { return use_(this->record()); });
  }

 private:
  Transaction* transaction_;
  Use use_;
};

template <class Policy>
bool Transaction<Policy>::try_begin() noexcept {
  assert(phase_ == Phase::ended);
  if (is_serial() && !store_->partition_lock().try_lock()) return false;
  phase_ = Phase::reading;
  is_doomed_ = false;
  return true;
}

template <class Policy>
auto Transaction<Policy>::begin() noexcept {
  struct Begin : Interleaver::Waiting {
    explicit Begin(Transaction& owner) noexcept : transaction(&owner) {
      step = [](Interleaver::Waiting& waiting) noexcept {
        return static_cast<Begin&>(waiting).transaction->try_begin();
      };
    }
    bool await_ready() noexcept {
      if (step(*this)) return true;
      if (transaction->worker_->interleaver().is_running()) return false;
      for (Backoff backoff; !step(*this);) backoff.wait();
      return true;
    }
    void await_suspend(std::coroutine_handle<> self) noexcept {
      transaction->worker_->interleaver().wait(*this, self);
    }
    void await_resume() const noexcept {}
    Transaction* transaction;
  };
  return Begin(*this);
}

template <class Policy>
auto Transaction<Policy>::read(Key key, std::size_t offset, std::span<std::byte> output,
                               std::uint32_t& copied) noexcept {
  return access(key, offset + output.size(), [this, key, offset, output, &copied](Rec* found) {
    return read_at(found, key, offset, output, copied);
  });
}

template <class Policy>
auto Transaction<Policy>::update(Key key, std::size_t offset, std::span<const std::byte> input) noexcept {
  return access(key, offset + input.size(), [this, key, offset, input](Rec* found) {
    return is_serial() ? serial_.update(found, offset, input) : occ_.update(found, key, offset, input);
  });
}

template <class Policy>
auto Transaction<Policy>::insert(Key key, std::span<const std::byte> value) noexcept {
  return access(key, 0, [this, key, value](Rec* found) {
    return is_serial() ? serial_.insert(found, key, value) : occ_.insert(found, key, value);
  });
}

template <class Policy>
auto Transaction<Policy>::remove(Key key) noexcept {
  return access(key, 0, [this, key](Rec* found) {
    return is_serial() ? serial_.remove(found) : occ_.remove(found, key);
  });
}

template <class Policy>
Status Transaction<Policy>::noted(Status status) noexcept {
  if (status == Status::conflict || status == Status::out_of_memory) {
    is_doomed_ = true;
    cause_ = status == Status::out_of_memory ? AbortCause::out_of_memory : occ_.cause();
  }
  return status;
}

template <class Policy>
bool Transaction<Policy>::lock() noexcept {
  assert(phase_ == Phase::reading);
  if (LogWriter* log = worker_->log(); log != nullptr) log->enter();
  phase_ = Phase::locking;
  if (is_doomed_) return give_up(cause_);
  if (!is_serial() && !occ_.lock()) return give_up(occ_.cause());
  phase_ = Phase::locked;
  return true;
}

template <class Policy>
bool Transaction<Policy>::validate() noexcept {
  assert(phase_ == Phase::locked);
  if (!is_serial() && !occ_.validate()) return give_up(occ_.cause());
  phase_ = Phase::validated;
  return true;
}

template <class Policy>
void Transaction<Policy>::install() noexcept {
  assert(phase_ == Phase::validated);
  if (is_serial()) {
    serial_.install();
  } else {
    occ_.install();
  }
  end();
}

template <class Policy>
void Transaction<Policy>::abort() noexcept {
  assert(is_active());
  if (is_serial()) {
    serial_.abort();
  } else {
    occ_.abort();
  }
  cause_ = AbortCause::requested;
  end();
}

template <class Policy>
bool Transaction<Policy>::give_up(AbortCause cause) noexcept {
  abort();
  cause_ = cause;
  return false;
}

template <class Policy>
void Transaction<Policy>::end() noexcept {
  if (is_serial()) store_->partition_lock().unlock();
  if (LogWriter* log = worker_->log(); log != nullptr && phase_ != Phase::reading) log->leave();
  phase_ = Phase::ended;
}

// Scans
// ---------------------------------------------------------------------------------------------------------

template <class Policy>
template <class Visit>
Status Transaction<Policy>::visit_record(Rec* found, Key key, Visit& visit) {
  std::vector<std::byte>& value = worker_->scratch();
  std::uint32_t copied = 0;
  const Status status = attempt([&] {
    if (value.size() < 4096) value.resize(4096);
    const Status read = read_at(found, key, 0, value, copied);
    if (read != Status::ok || copied < value.size()) return read;
    value.resize(max_value_bytes);  // there may be more
    return read_at(found, key, 0, value, copied);
  });
  if (status == Status::ok) visit(key, std::span<const std::byte>(value).first(copied));
  return status;
}

template <class Policy>
template <class Visit>
Task<Status> Transaction<Policy>::scan(Key from, Direction direction, std::size_t limit, Visit visit) {
  if (store_->ordered() == nullptr) co_return Status::unordered;
  const bool up = direction == Direction::ascending;
  // Own inserts are in no leaf yet, and records may have gone: how many entries it takes is not known.
  typename OrderedIndex<Policy>::Scan scan(*store_->ordered(), from, direction,
                                           std::numeric_limits<std::size_t>::max());
  std::array<typename OrderedIndex<Policy>::Entry, 64> entries;
  std::size_t left = limit;
  Key own = 0;
  bool has_own = next_insert(from, direction, own);
  const auto visit_own = [&] {
    const Status status = visit_record(nullptr, own, visit);
    if (status == Status::ok) --left;
    has_own = own != (up ? largest_key : 0) && next_insert(up ? own + 1 : own - 1, direction, own);
    return status;
  };
  while (left != 0 && !scan.is_over()) {
    while (!scan.step()) co_await interleaver().yield();
    const std::size_t count = scan.read(std::span(entries).first(std::min(left, entries.size())));
    if (!is_serial() && scan.leaf_version().leaf != nullptr) {
      const Status status = attempt([&] { return occ_.note_leaf(scan.leaf_version()); });
      if (status != Status::ok) co_return status;
    }
    if (count == 0) continue;
    for (std::size_t i = 0; i < count; ++i) prefetch(entries[i].record, Rec::overhead_bytes + 8);
    co_await interleaver().yield();
    for (std::size_t i = 0; i < count && left != 0; ++i) {
      while (has_own && left != 0 && (up ? own < entries[i].key : own > entries[i].key)) {
        if (const Status status = visit_own(); is_doomed()) co_return status;
      }
      if (left == 0) break;
      const Status status =
          visit_record(store_->find(entries[i].key, entries[i].record), entries[i].key, visit);
      if (is_doomed()) co_return status;
      if (status == Status::ok) --left;
    }
  }
  while (has_own && left != 0) {  // NOLINT(bugprone-infinite-loop): visit_own changes both
    if (const Status status = visit_own(); is_doomed()) co_return status;
  }
  co_return Status::ok;
}

}  // namespace upout::kernel
