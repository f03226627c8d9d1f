#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernel/prefetch.h"
#include "kernel/read_value.h"
#include "kernel/store.h"

namespace upout::kernel {

/// Goes through a store's records a few at a time, while others write in between: a record that is there all
/// the time is visited, once; one that comes, goes or changes meanwhile may be visited or not. For copies
/// that are made beside the work. Used by one thread, which is registered if the store is `Shared`.
template <class Policy>
class Cursor {
 public:
  explicit Cursor(const Store<Policy>& store) noexcept
      : store_(&store), stride_(store.hash() != nullptr ? store.hash()->bucket_count() : 0) {}

  bool is_over() const noexcept { return is_over_; }

  /// Calls `visit(put)` for the next few records, perhaps none, with the change that would make each of them.
  /// Keeps their values in the worker's scratch memory meanwhile. May throw std::bad_alloc.
  template <class Visit>
  void step(Worker& worker, Visit&& visit) {
    records_.clear();
    const auto note = [this](const Rec& record) {
      prefetch(&record, Rec::overhead_bytes + 8);
      records_.push_back(&record);
    };
    if (store_->hash() != nullptr) {
      step_hash(note);
    } else {
      step_ordered(note);
    }
    for (const Rec* record : records_) {
      std::span<const std::byte> value;
      Header seen(0);
      if (read_value(*record, store_->looks(), worker.scratch(), value, seen) == Status::ok)
        visit(Redo{.key = record->key(), .version = seen.version(), .bytes = value});
    }
  }

 private:
  using Rec = Record<Policy>;
  using Index = OrderedIndex<Policy>;

  /// A table that grows doubles: what was in a bucket of the first one is in those whose number leaves the
  /// same remainder.
  template <class Note>
  void step_hash(Note& note) {
    for (std::size_t i = 0; i < buckets_a_step && next_ < stride_; ++i) {
      store_->hash()->for_each_congruent(next_++, stride_, note);
    }
    is_over_ = next_ == stride_;
  }

  template <class Note>
  void step_ordered(Note& note) {
    typename Index::Scan scan(*store_->ordered(), next_, Direction::ascending, records_a_step);
    std::array<typename Index::Entry, records_a_step> entries;
    std::size_t left = records_a_step;
    while (!scan.is_over() && left != 0) {
      if (!scan.step()) continue;
      const std::size_t count = scan.read(std::span(entries).first(left));
      for (const auto& entry : std::span(entries).first(count)) {
        note(*entry.record);
        is_over_ = entry.key == largest_key;
        next_ = entry.key + 1;
      }
      left -= count;
    }
    is_over_ |= left != 0;
  }

  static constexpr std::size_t buckets_a_step = 8;
  static constexpr std::size_t records_a_step = 32;

  const Store<Policy>* store_;
  std::size_t stride_;      ///< buckets of the hash index when it began
  std::uint64_t next_ = 0;  ///< bucket or key
  bool is_over_ = false;
  std::vector<const Rec*> records_;
};

}  // namespace upout::kernel
