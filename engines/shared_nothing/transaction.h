#pragma once

#include <algorithm>
#include <cassert>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "engines/shared_nothing/transaction_client.h"
#include "kernel/task.h"

namespace upout::engines::shared_nothing {

/// A serializable transaction over the partitions of all ranks, for a coroutine of an Executor over a
/// shared-nothing session. The text is the same wherever the partitions are. One object serves one
/// transaction after the other.
///
///     Transaction tx(executor);
///     co_await tx.begin(keys);
///     co_await tx.read(keys[0], 0, bytes, copied);
///     co_await tx.update(keys[1], 0, changed);
///     if (!co_await tx.commit()) ...  // tx.cause() says why; begin again, or let `engines::run_to_commit`
///     do so
///
/// This rank coordinates it. Each partition that it touches has a participant (participant.h), which is the
/// kernel's transaction there: what it does on an own partition is done at once, for the others messages
/// travel (transaction_client.h, transaction_server.h). With `occ` the commit is a two-phase commit (Gray,
/// "Notes on Data Base Operating Systems", 1978; Mohan, Lindsay and Obermarck, "Transaction Management in the
/// R* Distributed Database Management System", TODS 1986) over the steps of Silo's (Tu et al., SOSP 2013):
/// all lock, then all validate, which is the promise, then it is decided. kernel/transaction.h says why that
/// is serializable, and what may be left out: the only one that has to lock remotely validates at once, and
/// those that have only read, and missed nothing, need not lock. With `serial` (Kallman et al., "H-Store",
/// VLDB 2008) it holds all its partitions from `begin` on, which takes them in their order, so that no two
/// transactions wait for each other; then all promise at once.
///
/// - The decision is made here and nowhere else. `commit` comes back with it, while participants are still
///   being told; none of them lets anybody see what it has until it knows.
/// - A step that is not answered before the session's deadline aborts it; so does a participant that has
///   given up, or has moved. The end of a transaction is always known here.
/// - If this rank goes, participants that have promised wait for ever: there are no copies of what it knew.
///
/// Used by the session's thread; the executor outlives it. No access costs an allocation.
template <class E>
class Transaction {
  using Client = std::remove_reference_t<decltype(std::declval<E&>().session().transactions())>;
  using Part = typename Client::Part;
  class Access;
  struct Wake;

 public:
  explicit Transaction(E& executor) : executor_(&executor), client_(&executor.session().transactions()) {
    client_->enroll(coordination_);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (is_active_) abort();
    client_->dismiss(coordination_);
  }

  kernel::FramePool& frame_pool() noexcept { return executor_->frame_pool(); }

  /// `keys`: what it is going to touch, so that its accesses need not wait for memory one by one. For
  /// `serial`, all of it, or some of the same partitions, for an access to another one dooms it, as if it had
  /// been asked to abort; they have to last until it has begun. False: it is doomed already.
  kernel::Task<bool> begin(std::span<const kernel::Key> keys);
  /// Awaitables: `co_await` gives a Status; spans and references have to last until then. Their meaning is
  /// that of the kernel's transactions. `too_large`: what does not fit into a message.
  Access read(kernel::Key key, std::uint32_t offset, std::span<std::byte> output, std::uint32_t& copied) {
    return {this, {StepKind::read, key, offset, {}, output}, &copied};
  }
  Access update(kernel::Key key, std::uint32_t offset, std::span<const std::byte> input) {
    return {this, {StepKind::update, key, offset, input, {}}};
  }
  Access insert(kernel::Key key, std::span<const std::byte> value) {
    return {this, {StepKind::insert, key, 0, value, {}}};
  }
  Access remove(kernel::Key key) { return {this, {StepKind::remove, key, 0, {}, {}}}; }

  /// True: it is committed. False: aborted, and `cause` says why.
  kernel::Task<bool> commit();
  /// At any time from `begin` on, before `commit`. Waits for nobody.
  void abort() {
    assert(is_active_);
    end(StepKind::abort);
    cause_ = kernel::AbortCause::requested;
  }

  kernel::AbortCause cause() const noexcept { return cause_; }
  /// An access met a conflict: it cannot commit.
  bool is_doomed() const noexcept { return is_doomed_; }

  /// Awaitable: others have their turns, for a random number of the session's polls, of at most so many.
  Wake pause(std::uint64_t most_polls) {
    client_->sleep(coordination_, most_polls);
    return {this, false};
  }

 private:
  class Access {
   public:
    Access(Transaction* of, const Step& step, std::uint32_t* copied = nullptr) noexcept
        : transaction_(of), step_(step), copied_(copied) {}
    bool await_ready() {
      Part* part = transaction_->part_of(step_.key);
      if (part == nullptr) return true;
      return !transaction_->start(*part, step_);
    }
    void await_suspend(std::coroutine_handle<> self) const noexcept {
      transaction_->executor_->park(transaction_->coordination_.wake, self);
    }
    kernel::Status await_resume() noexcept {
      const StepAnswer answer = transaction_->note_access(step_);
      if (copied_ != nullptr) *copied_ = answer.copied;
      return answer.status;
    }

   private:
    Transaction* transaction_;
    Step step_;
    std::uint32_t* copied_;
  };

  struct Wake {
    Transaction* transaction;
    bool is_ready;
    bool await_ready() const noexcept { return is_ready; }
    void await_suspend(std::coroutine_handle<> self) const noexcept {
      transaction->executor_->park(transaction->coordination_.wake, self);
    }
    void await_resume() const noexcept {}
  };
  /// Awaitable: the answers of all that have been asked.
  Wake answers() noexcept { return {this, coordination_.waiting_for == 0}; }

  /// The participant that an access is for. Null: the transaction is doomed.
  Part* part_of(kernel::Key key);
  /// Takes the step, or asks for it: true, if it has to be waited for.
  bool start(Part& part, const Step& step);
  StepAnswer note_access(const Step& step) noexcept;
  void doom(kernel::AbortCause cause) noexcept {
    if (!is_doomed_) cause_ = cause;
    is_doomed_ = true;
  }

  template <class Use>
  void for_each_part(Use&& use) {
    for (std::size_t i = 0; i < coordination_.parts_in_use; ++i) use(coordination_.parts[i]);
  }
  /// All own participants take the step. False: it is doomed.
  bool step_locally(StepKind kind);
  /// Whether each participant has done what it was asked for.
  bool all_agree() noexcept;
  /// Those that have to lock. Serial ones hold their partitions: for them the promise is the first step.
  bool has_to_lock(const Part& part) const noexcept {
    return !part.is_local && !client_->is_serial() && (part.writes || part.misses);
  }
  void ask_to_lock();
  void ask_to_promise();
  bool fail();
  void end(StepKind decision);

  /// Of one participant: their numbers end there.
  static constexpr std::uint16_t most_steps = std::numeric_limits<std::uint16_t>::max() - 2;

  E* executor_;
  Client* client_;
  typename Client::Coordination coordination_;
  std::vector<std::uint32_t> partitions_;  ///< serial: those that it begins on
  Part* part_ = nullptr;                   ///< of the access that is under way
  kernel::AbortCause cause_ = kernel::AbortCause::requested;
  bool is_active_ = false;
  bool is_doomed_ = false;
};

template <class E>
kernel::Task<bool> Transaction<E>::begin(std::span<const kernel::Key> keys) {
  assert(!is_active_);
  client_->begin(coordination_);
  is_active_ = true;
  is_doomed_ = false;
  client_->expect(keys);
  if (!client_->is_serial()) co_return true;
  partitions_.clear();
  for (const kernel::Key key : keys) partitions_.push_back(client_->partition_of(key));
  std::ranges::sort(partitions_);
  partitions_.erase(std::ranges::unique(partitions_).begin(), partitions_.end());
  for (const std::uint32_t partition : partitions_) {
    Part& part = client_->add(coordination_, partition);
    if (!part.is_local && part.answer.status == kernel::Status::ok) client_->ask(part, {StepKind::begin});
    co_await answers();
    if (part.answer.status != kernel::Status::ok) {
      doom(part.answer.cause);
      co_return false;
    }
  }
  co_return true;
}

template <class E>
typename Transaction<E>::Part* Transaction<E>::part_of(kernel::Key key) {
  assert(is_active_);
  part_ = nullptr;
  if (is_doomed_) return nullptr;
  const std::uint32_t partition = client_->partition_of(key);
  Part* part = client_->find(coordination_, partition);
  if (part == nullptr && client_->is_serial()) {
    doom(kernel::AbortCause::requested);
    return nullptr;
  }
  if (part == nullptr) part = &client_->add(coordination_, partition);
  if (part->answer.status == kernel::Status::conflict) {
    doom(part->answer.cause);
    return nullptr;
  }
  return part_ = part;
}

template <class E>
bool Transaction<E>::start(Part& part, const Step& step) {
  if (part.is_local) {
    part.answer = part.perform(step);
    return false;
  }
  if (!client_->can_ask(step)) {
    part.answer = {kernel::Status::too_large};
    return false;
  }
  if (part.steps >= most_steps) {
    part.answer = StepAnswer::aborted(kernel::AbortCause::out_of_memory);
    return false;
  }
  client_->ask(part, step);
  return true;
}

template <class E>
StepAnswer Transaction<E>::note_access(const Step& step) noexcept {
  if (part_ == nullptr) return StepAnswer::aborted(cause_);
  const StepAnswer answer = part_->answer;
  if (answer.status == kernel::Status::conflict || answer.status == kernel::Status::out_of_memory) {
    doom(answer.cause);
  } else {
    part_->misses |= answer.status == kernel::Status::not_found;
    part_->writes |= answer.status == kernel::Status::ok && is_write(step.kind);
  }
  return answer;
}

// The commit
// ------------------------------------------------------------------------------------------------------------

/// The own participants lock first and validate last: they cost no message, so that whatever a remote one
/// does in one step comes after all others have locked.
template <class E>
kernel::Task<bool> Transaction<E>::commit() {
  assert(is_active_);
  if (is_doomed_ || !step_locally(StepKind::lock)) co_return fail();
  ask_to_lock();
  co_await answers();
  if (!all_agree()) co_return fail();
  ask_to_promise();
  co_await answers();
  if (!all_agree() || !step_locally(StepKind::validate)) co_return fail();
  end(StepKind::install);
  co_return true;
}

template <class E>
bool Transaction<E>::step_locally(StepKind kind) {
  for_each_part([&](Part& part) {
    if (!part.is_local || is_doomed_) return;
    part.answer = part.perform({kind});
    if (part.answer.status != kernel::Status::ok) doom(part.answer.cause);
  });
  return !is_doomed_;
}

template <class E>
bool Transaction<E>::all_agree() noexcept {
  for_each_part([&](const Part& part) {
    if (part.answer.status == kernel::Status::conflict) doom(part.answer.cause);
  });
  return !is_doomed_;
}

/// If there is one only, it may promise at once.
template <class E>
void Transaction<E>::ask_to_lock() {
  std::size_t lockers = 0;
  for_each_part([&](const Part& part) { lockers += has_to_lock(part) ? 1 : 0; });
  for_each_part([&](Part& part) {
    if (has_to_lock(part)) client_->ask(part, {lockers == 1 ? StepKind::prepare : StepKind::lock});
  });
}

template <class E>
void Transaction<E>::ask_to_promise() {
  for_each_part([&](Part& part) {
    if (part.is_local || part.step.kind == StepKind::prepare) return;
    client_->ask(part, {part.step.kind == StepKind::lock ? StepKind::validate : StepKind::prepare});
  });
}

/// Always false.
template <class E>
bool Transaction<E>::fail() {
  end(StepKind::abort);
  return false;
}

template <class E>
void Transaction<E>::end(StepKind decision) {
  for_each_part([&](Part& part) {
    if (!part.is_local) return;
    decision == StepKind::install ? part.install() : part.abort();
  });
  client_->decide(coordination_, decision);
  is_active_ = false;
}

}  // namespace upout::engines::shared_nothing
