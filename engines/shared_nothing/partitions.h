#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engines/aggregate.h"
#include "engines/shared_nothing/replication/recent_writes.h"
#include "kernel/log/log_writer.h"
#include "kernel/operation_list.h"
#include "kernel/search.h"
#include "kernel/store.h"
#include "kernel/transaction.h"
#include "kernel/worker.h"
#include "platform/error.h"

namespace upout::engines::shared_nothing {

template <class Policy>
class Participant;

/// What is changed in a partition, on its way to its copies.
struct Shipping {
  kernel::LogState state;
  kernel::ShippedChanges changes;
  kernel::LogWriter writer{state, changes};
  RecentWrites recent;
};

/// A partition that this rank owns, or is going to own: its records, and what is about to be done to them. If
/// the rank has several workers, each has one, and only the store is the same.
template <class Policy = kernel::Exclusive>
struct Partition {
  using Store = kernel::Store<Policy>;

  /// `has_copies`: its changes are shipped. `log`: they go to disk, for it has none; null: they do not.
  Partition(std::uint32_t which, std::shared_ptr<Store> records, bool has_copies = false,
            kernel::LogWriter* log = nullptr)
      : number(which),
        store(std::move(records)),
        shipping(has_copies ? std::make_unique<Shipping>() : nullptr),
        worker(store->heap(), shipping == nullptr ? log : &shipping->writer) {}

  std::uint32_t number;
  std::shared_ptr<Store> store;
  std::unique_ptr<Shipping> shipping;  ///< null: it has no copies
  kernel::Worker worker;
  bool is_copied = false;        ///< to another rank: what is written meanwhile is to be noted
  bool is_frozen = false;        ///< about to be another rank's: nothing is to be done here any more
  kernel::OperationList local;   ///< the client's own operations
  kernel::OperationList served;  ///< other clients'

  // Transactions; see participant.h
  bool is_closing = false;                 ///< none may begin, because it is going to be frozen
  std::size_t transactions = 0;            ///< that have begun and not ended
  std::deque<Participant<Policy>*> queue;  ///< serial: those that wait until it is free, the first first
  std::vector<kernel::Key> written_by_transactions;  ///< while it is copied, by those that have ended
  std::vector<std::unique_ptr<kernel::Transaction<Policy>>> idle_transactions;

  /// They have been done. What is read depends on copies only where these may lack a change of that record.
  void note_writes(std::span<kernel::Operation* const> operations) {
    for (const kernel::Operation* operation : operations) {
      if (kernel::is_write(operation->kind)) shipping->recent.note(operation->key);
    }
  }
  bool depends_on_copies(std::span<kernel::Operation* const> operations) const noexcept {
    return std::ranges::any_of(operations,
                               [this](const auto* operation) { return depends_on_copies(*operation); });
  }
  bool depends_on_copies(const kernel::Operation& operation) const noexcept {
    return operation.kind != kernel::OperationKind::get || shipping->recent.may_be_uncommitted(operation.key);
  }

  /// Of this worker or another one.
  bool may_have_transactions() const noexcept { return Policy::is_shared || transactions != 0; }
};

/// The partitions that a rank owns. Used by one thread at a time.
template <class Policy = kernel::Exclusive>
class Partitions {
 public:
  using Partition = shared_nothing::Partition<Policy>;

  /// `count`: of the deployment. `options`: of each partition's store. `log`: of those without copies, which
  /// it outlives; null: there is none.
  Partitions(std::uint32_t count, const kernel::StoreOptions& options, bool have_copies = false,
             kernel::LogWriter* log = nullptr)
      : options_(options), have_copies_(have_copies), log_(log), by_number_(count) {}

  /// An empty one like the others, which nobody owns yet.
  platform::Expected<std::unique_ptr<Partition>> make(std::uint32_t number,
                                                      std::size_t expected_records) const {
    kernel::StoreOptions options = options_;
    options.expected_records = expected_records;
    return Partition::Store::create(options).map(
        [number, this](std::unique_ptr<typename Partition::Store>&& store) {
          return std::make_unique<Partition>(number, std::move(store), have_copies_, log_);
        });
  }

  /// The same records for another worker of the rank, made and used on its thread.
  Partitions for_another_worker() const requires(Policy::is_shared) {
    Partitions others(static_cast<std::uint32_t>(by_number_.size()), options_);
    for (const Partition* partition : owned_)
      others.add(std::make_unique<Partition>(partition->number, partition->store));
    return others;
  }

  kernel::ConcurrencyControl concurrency_control() const noexcept { return options_.concurrency_control; }

  /// Null: another rank owns it.
  Partition* find(std::uint32_t number) noexcept { return by_number_[number].get(); }
  Partition& operator[](std::uint32_t number) noexcept { return *by_number_[number]; }

  /// A record of that partition, if this rank owns it, is about to be looked at by a transaction.
  void expect(std::uint32_t number, kernel::Key key) {
    if (const Partition* partition = find(number))
      expected_.emplace_back(*partition->store, key, usual_bytes);
  }
  /// Asks memory for all that has been expected, at once.
  void bring_near() noexcept { kernel::bring_near(expected_); }

  void add(std::unique_ptr<Partition> partition) {
    owned_.push_back(partition.get());
    by_number_[partition->number] = std::move(partition);
  }
  void remove(std::uint32_t number) { take_out(number); }
  std::unique_ptr<Partition> take_out(std::uint32_t number) {
    std::erase(owned_, by_number_[number].get());
    return std::move(by_number_[number]);
  }

  auto begin() const noexcept { return owned_.begin(); }
  auto end() const noexcept { return owned_.end(); }

  std::size_t record_count() const {
    std::size_t count = 0;
    for (const Partition* partition : owned_) count += partition->store->size();
    return count;
  }

 private:
  /// Of a value, of which nobody has said yet how much will be looked at.
  static constexpr std::size_t usual_bytes = 64;

  kernel::StoreOptions options_;
  bool have_copies_;
  kernel::LogWriter* log_;
  std::vector<std::unique_ptr<Partition>> by_number_;
  std::vector<Partition*> owned_;
  std::vector<kernel::Search<Policy>> expected_;
};

/// Takes in a part of the records of each of them.
template <Aggregate A, class Policy>
void gather(A& into, const Partitions<Policy>& partitions, kernel::Part part = {}) {
  for (Partition<Policy>* partition : partitions) engines::gather(into, *partition->store, part);
}

}  // namespace upout::engines::shared_nothing
