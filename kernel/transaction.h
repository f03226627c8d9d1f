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

/// A serializable transaction on one store, for a coroutine: every access is awaited, and the worker's other
/// coroutines run while its lines are on their way. One object serves one transaction after the other. Used
/// by one thread, which must not announce itself quiescent between `begin` and the end.
///
///     co_await tx.begin();
///     co_await tx.read_for_update(key, 0, bytes, copied);
///     co_await tx.update(key, 0, changed);
///     if (!tx.commit()) ...  // tx.cause() says why; begin again
///
/// `commit` is `prepare` and `install`, which are separate steps for those who have to ask others in between.
/// An access that gives `conflict` or `out_of_memory` has doomed the transaction: `commit` will fail.
template <class Policy>
class Transaction {
 public:
  using Rec = Record<Policy>;

  /// Keeps references to both.
  Transaction(Store<Policy>& store, Worker& worker) noexcept
      : store_(&store), worker_(&worker), occ_(store, worker), serial_(store, worker) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { assert(!is_active_); }

  /// For coroutines that take a transaction: where their frames come from.
  FramePool& frame_pool() noexcept { return worker_->frame_pool(); }
  Interleaver& interleaver() noexcept { return worker_->interleaver(); }

  /// Awaitable. Serial: waits until the partition is free.
  auto begin() noexcept;
  /// Awaitables; `co_await` gives a Status. Copies up to `output.size()` bytes of the value from `offset` on.
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
  /// the transaction's one moment. Needs an ordered store.
  template <class Visit>
  Task<Status> scan(Key from, Direction direction, std::size_t limit, Visit visit);

  /// True: the transaction can commit whatever others do, and `install` or `abort` must follow. False: it has
  /// been aborted. Until then, transactions that need one of its records give up, but single operations of
  /// the store wait; so the same thread must do none in between.
  bool prepare() noexcept;
  void install() noexcept;
  void abort() noexcept;
  bool commit() noexcept {
    if (!prepare()) return false;
    install();
    return true;
  }
  /// Why the last transaction did not commit.
  AbortCause cause() const noexcept { return cause_; }
  /// An access met a conflict, or found no memory.
  bool is_doomed() const noexcept { return is_doomed_; }

 private:
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
  bool is_active_ = false;
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
    assert(transaction.is_active_);
  }
  Status await_resume() noexcept {
    return transaction_->attempt([this] { return use_(this->record()); });
  }

 private:
  Transaction* transaction_;
  Use use_;
};

template <class Policy>
auto Transaction<Policy>::begin() noexcept {
  assert(!is_active_);
  struct Begin : Interleaver::Waiting {
    explicit Begin(Transaction& owner) noexcept : transaction(&owner) {
      step = [](Interleaver::Waiting& waiting) noexcept {
        return static_cast<Begin&>(waiting).transaction->store_->partition_lock().try_lock();
      };
    }
    bool await_ready() noexcept {
      if (!transaction->is_serial() || step(*this)) return true;
      if (transaction->worker_->interleaver().is_running()) return false;
      for (Backoff backoff; !step(*this);) backoff.wait();
      return true;
    }
    void await_suspend(std::coroutine_handle<> self) noexcept {
      transaction->worker_->interleaver().wait(*this, self);
    }
    void await_resume() noexcept {
      transaction->is_active_ = true;
      transaction->is_doomed_ = false;
    }
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
bool Transaction<Policy>::prepare() noexcept {
  assert(is_active_);
  if (is_doomed_) {
    const AbortCause cause = cause_;
    abort();
    cause_ = cause;
    return false;
  }
  if (is_serial() || occ_.prepare()) return true;
  cause_ = occ_.cause();
  is_active_ = false;
  return false;
}

template <class Policy>
void Transaction<Policy>::install() noexcept {
  if (is_serial()) {
    serial_.install();
  } else {
    occ_.install();
  }
  end();
}

template <class Policy>
void Transaction<Policy>::abort() noexcept {
  if (is_serial()) {
    serial_.abort();
  } else {
    occ_.abort();
  }
  cause_ = AbortCause::requested;
  end();
}

template <class Policy>
void Transaction<Policy>::end() noexcept {
  if (is_serial()) store_->partition_lock().unlock();
  is_active_ = false;
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
