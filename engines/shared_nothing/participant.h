#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engines/shared_nothing/message.h"
#include "engines/shared_nothing/partitions.h"
#include "kernel/transaction.h"

namespace upout::engines::shared_nothing {

/// What a transaction asks of one participant. The spans last until it is answered.
struct Step {
  StepKind kind = StepKind::read;
  kernel::Key key = 0;       ///< of an access
  std::uint32_t offset = 0;  ///< in the value
  std::span<const std::byte> input = {};
  std::span<std::byte> output = {};
};

constexpr bool is_access(StepKind kind) noexcept {
  return kind <= StepKind::remove;
}
constexpr bool is_write(StepKind kind) noexcept {
  return is_access(kind) && kind != StepKind::read;
}
constexpr bool is_decision(StepKind kind) noexcept {
  return kind >= StepKind::install;
}

/// `conflict` and `out_of_memory`: the transaction cannot commit, for this cause.
struct StepAnswer {
  kernel::Status status = kernel::Status::ok;
  kernel::AbortCause cause = kernel::AbortCause::requested;
  std::uint32_t copied = 0;

  static StepAnswer aborted(kernel::AbortCause cause) noexcept { return {kernel::Status::conflict, cause}; }
};

/// What an answer says beside its status, in one word.
struct CauseAndLife {
  static constexpr std::uint32_t lives = 1U << 24;  ///< they are counted modulo that
  std::uint32_t cause;
  std::uint32_t life;
  constexpr std::uint32_t as_word() const noexcept { return life << 8 | cause; }
  static constexpr CauseAndLife of_word(std::uint32_t word) noexcept { return {word & 0xff, word >> 8}; }
};

/// One transaction's part in one partition of this rank, whichever rank's transaction it is. Used by the
/// rank's thread.
///
///     closed → (queued →) reading → (locked →) promised → closed
///
/// It may be aborted at any time: by its rank alone until it has promised, and from then on only because the
/// coordinator says so. Who has only read has nothing to keep: it is closed with its promise. The partition
/// stays as long as one on it is open.
///
/// Serial: one that finds the partition taken queues, and is told when its turn has come.
template <class Policy>
class Participant {
 public:
  using Partition = shared_nothing::Partition<Policy>;

  Participant() = default;
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;
  virtual ~Participant() { abort(); }

  /// It was queued and has begun, or could not: the step that opened it is answered.
  virtual void take_turn(const StepAnswer& answer) = 0;

  bool is_open() const noexcept { return partition_ != nullptr; }
  bool is_queued() const noexcept { return phase_ == Phase::queued; }
  bool has_promised() const noexcept { return phase_ == Phase::promised; }

  /// Begins, or queues.
  StepAnswer open(Partition& partition) {
    assert(!is_open());
    phase_ = Phase::closed;
    if (partition.is_closing || partition.is_frozen)
      return StepAnswer::aborted(kernel::AbortCause::partition_moved);
    partition_ = &partition;
    if (partition.idle_transactions.empty()) {
      transaction_ = std::make_unique<Kernel>(*partition.store, partition.worker);
    } else {
      transaction_ = std::move(partition.idle_transactions.back());
      partition.idle_transactions.pop_back();
    }
    if (!partition.queue.empty() || !try_begin()) {
      phase_ = Phase::queued;
      partition.queue.push_back(this);
    }
    return {};
  }
  /// Lets the first of a partition's queue begin if it is free, and refuses all if it is closing.
  static void serve_queue(Partition& partition) {
    while (!partition.queue.empty()) {
      Participant& first = *partition.queue.front();
      StepAnswer answer;
      if (partition.is_closing) {
        first.abort();
        answer = StepAnswer::aborted(kernel::AbortCause::partition_moved);
      } else if (first.try_begin()) {
        partition.queue.pop_front();
      } else {
        return;
      }
      first.take_turn(answer);
    }
  }

  /// Whether a step may come now.
  bool allows(StepKind kind) const noexcept {
    if (kind == StepKind::abort) return true;
    if (kind == StepKind::install) return phase_ == Phase::promised;
    if (kind == StepKind::validate) return phase_ == Phase::locked;
    return phase_ == Phase::reading;
  }
  StepAnswer perform(const Step& step) {
    assert(allows(step.kind));
    if (is_access(step.kind)) return access(step);
    switch (step.kind) {
      case StepKind::lock:
        return transaction_->lock() ? reach(Phase::locked) : fail();
      case StepKind::validate:
        return transaction_->validate() ? promise() : fail();
      case StepKind::prepare:
        return transaction_->prepare() ? promise() : fail();
      case StepKind::install:
        install();
        return {};
      case StepKind::abort:
        abort();
        return {};
      default:
        return {};
    }
  }

  void install() {
    assert(phase_ == Phase::promised);
    if (!is_open()) return;
    transaction_->install();
    close();
  }
  void abort() {
    if (!is_open()) return;
    if (is_queued()) {
      std::erase(partition_->queue, this);
      leave();
    } else {
      transaction_->abort();
      close();
    }
    phase_ = Phase::closed;
  }

 private:
  using Kernel = kernel::Transaction<Policy>;
  enum class Phase : std::uint8_t { closed, queued, reading, locked, promised };

  /// False: the partition is taken.
  bool try_begin() {
    if (!transaction_->try_begin()) return false;
    phase_ = Phase::reading;
    ++partition_->transactions;
    return true;
  }

  StepAnswer access(const Step& step) {
    StepAnswer answer;
    switch (step.kind) {
      case StepKind::read:
        answer.status = transaction_->read(step.key, step.offset, step.output, answer.copied).now();
        break;
      case StepKind::update:
        answer.status = transaction_->update(step.key, step.offset, step.input).now();
        break;
      case StepKind::insert:
        answer.status = transaction_->insert(step.key, step.input).now();
        break;
      default:
        answer.status = transaction_->remove(step.key).now();
    }
    if (transaction_->is_doomed()) answer.cause = transaction_->cause();
    if (is_write(step.kind)) written_.push_back(step.key);
    return answer;
  }

  StepAnswer reach(Phase phase) noexcept {
    phase_ = phase;
    return {};
  }
  StepAnswer promise() {
    phase_ = Phase::promised;
    if (written_.empty()) install();
    return {};
  }
  /// The kernel's transaction has aborted itself.
  StepAnswer fail() {
    const kernel::AbortCause cause = transaction_->cause();
    close();
    phase_ = Phase::closed;
    return StepAnswer::aborted(cause);
  }

  void close() {
    --partition_->transactions;
    // Who copies the partition may have come upon a record while it was locked, or written and not committed.
    if (partition_->is_copied) {
      auto& written = partition_->written_by_transactions;
      written.insert(written.end(), written_.begin(), written_.end());
    }
    leave();
  }
  void leave() {
    written_.clear();
    partition_->idle_transactions.push_back(std::move(transaction_));
    partition_ = nullptr;
  }

  Partition* partition_ = nullptr;
  std::unique_ptr<Kernel> transaction_;  ///< lent by the partition
  std::vector<kernel::Key> written_;     ///< or tried to
  Phase phase_ = Phase::closed;
};

}  // namespace upout::engines::shared_nothing
