#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engines/aggregate.h"
#include "kernel/operation.h"
#include "kernel/store.h"
#include "kernel/transaction.h"
#include "kernel/worker.h"
#include "platform/error.h"

namespace upout::engines::shared_nothing {

template <class Policy>
class Participant;

/// A partition that this rank owns, or is going to own: its records, and what is about to be done to them.
template <class Policy = kernel::Exclusive>
struct Partition {
  using Store = kernel::Store<Policy>;

  Partition(std::uint32_t which, std::unique_ptr<Store> records)
      : number(which), store(std::move(records)), worker(store->heap()) {}

  std::uint32_t number;
  std::unique_ptr<Store> store;
  kernel::Worker worker;
  bool is_copied = false;                 ///< to another rank: what is written meanwhile is to be noted
  bool is_frozen = false;                 ///< about to be another rank's: nothing is to be done here any more
  std::vector<kernel::Operation*> local;  ///< the client's own operations
  std::vector<kernel::Operation*> served;  ///< other clients'

  // Transactions; see participant.h
  bool is_closing = false;                 ///< none may begin, because it is going to be frozen
  std::size_t transactions = 0;            ///< that have begun and not ended
  std::deque<Participant<Policy>*> queue;  ///< serial: those that wait until it is free, the first first
  std::vector<kernel::Key> written_by_transactions;  ///< while it is copied, by those that have ended
  std::vector<std::unique_ptr<kernel::Transaction<Policy>>> idle_transactions;
};

/// The partitions that a rank owns. Used by one thread at a time.
template <class Policy = kernel::Exclusive>
class Partitions {
 public:
  using Partition = shared_nothing::Partition<Policy>;

  /// `count`: of the deployment. `options`: of each partition's store.
  Partitions(std::uint32_t count, const kernel::StoreOptions& options)
      : options_(options), by_number_(count) {}

  /// An empty one like the others, which nobody owns yet.
  platform::Expected<std::unique_ptr<Partition>> make(std::uint32_t number,
                                                      std::size_t expected_records) const {
    kernel::StoreOptions options = options_;
    options.expected_records = expected_records;
    return Partition::Store::create(options).map(
        [number](std::unique_ptr<typename Partition::Store>&& store) {
          return std::make_unique<Partition>(number, std::move(store));
        });
  }

  kernel::ConcurrencyControl concurrency_control() const noexcept { return options_.concurrency_control; }

  /// Null: another rank owns it.
  Partition* find(std::uint32_t number) noexcept { return by_number_[number].get(); }
  Partition& operator[](std::uint32_t number) noexcept { return *by_number_[number]; }

  void add(std::unique_ptr<Partition> partition) {
    owned_.push_back(partition.get());
    by_number_[partition->number] = std::move(partition);
  }
  void remove(std::uint32_t number) {
    std::erase(owned_, by_number_[number].get());
    by_number_[number].reset();
  }

  auto begin() const noexcept { return owned_.begin(); }
  auto end() const noexcept { return owned_.end(); }

  std::size_t record_count() const {
    std::size_t count = 0;
    for (const Partition* partition : owned_) count += partition->store->size();
    return count;
  }

 private:
  kernel::StoreOptions options_;
  std::vector<std::unique_ptr<Partition>> by_number_;
  std::vector<Partition*> owned_;
};

/// What the records of all of them come to.
template <Aggregate A, class Policy>
A gather(const Partitions<Policy>& partitions, const A& empty) {
  A whole = empty;
  for (Partition<Policy>* partition : partitions) whole.merge(engines::gather(*partition->store, empty));
  return whole;
}

}  // namespace upout::engines::shared_nothing
