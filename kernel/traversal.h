#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "kernel/part.h"
#include "kernel/prefetch.h"
#include "kernel/read_value.h"
#include "kernel/store.h"

namespace upout::kernel {

/// Goes through a part of a store's records: of a hash index in the order of its buckets, of an ordered one
/// in the order of keys. For aggregates and checks, which want all records and no particular one. The parts
/// of a division hold each record once if nobody writes, and no transaction is prepared, from the beginning
/// of the first one to the end of the last. Used by one thread, which is registered if the store is `Shared`.
template <class Policy>
class Traversal {
 public:
  Traversal(const Store<Policy>& store, Worker& worker) noexcept
      : store_(&store), value_(&worker.scratch()) {}

  /// Calls `visit(key, value)` for each record. May throw std::bad_alloc.
  template <class Visit>
  void run(Part part, Visit&& visit) {
    const auto arrive = [&](const Rec& record) { this->visit(record, visit); };
    if (store_->hash() != nullptr) {
      store_->hash()->for_each(part, [&](const Rec& record) { approach(record, arrive); });
    } else {
      go_through_range(part, [&](const Rec& record) { approach(record, arrive); });
    }
    while (arrived_ != asked_for_) arrive(*on_their_way_[arrived_++ % ahead]);
  }

 private:
  using Rec = Record<Policy>;
  using Index = OrderedIndex<Policy>;

  /// So many records are on their way while others are looked at.
  static constexpr std::size_t ahead = 32;

  /// Asks for a record's lines; in its place, one that has been asked for long ago is looked at.
  template <class Arrive>
  [[gnu::always_inline]] void approach(const Rec& record, Arrive&& arrive) {
    if (asked_for_ - arrived_ == ahead) arrive(*on_their_way_[arrived_++ % ahead]);
    prefetch(&record, Rec::overhead_bytes + expected_size_);
    on_their_way_[asked_for_++ % ahead] = &record;
  }

  template <class Visit>
  void visit(const Rec& record, Visit& visit) {
    std::span<const std::byte> value;
    Header seen(0);
    if (read_value(record, store_->looks(), *value_, value, seen) != Status::ok) return;
    expected_size_ = std::min(value.size(), most_prefetched_bytes);
    visit(record.key(), value);
  }

  /// The key at which a scan from the other end of the index begins; false: the index is empty.
  bool outermost(Direction direction, Key& key) const {
    typename Index::Scan scan(*store_->ordered(), direction == Direction::ascending ? 0 : largest_key,
                              direction, 1);
    std::array<typename Index::Entry, 1> entry;
    while (!scan.is_over()) {
      if (!scan.step() || scan.read(entry) == 0) continue;
      key = entry[0].key;
      return true;
    }
    return false;
  }

  /// Parts are equal stretches between the least and the greatest key.
  template <class Use>
  void go_through_range(Part part, Use&& use) {
    Key least = 0;
    Key greatest = 0;
    if (!outermost(Direction::ascending, least) || !outermost(Direction::descending, greatest)) return;
    const Key stretch = greatest - least;
    const bool is_last = part.index + 1 == part.count;
    if (!is_last && part.begin(stretch) == part.end(stretch)) return;
    const Key first = least + part.begin(stretch);
    const Key last = is_last ? greatest : least + part.end(stretch) - 1;
    typename Index::Scan scan(*store_->ordered(), first, Direction::ascending,
                              std::numeric_limits<std::size_t>::max());
    std::array<typename Index::Entry, 64> entries;
    while (!scan.is_over()) {
      if (!scan.step()) continue;
      const std::size_t count = scan.read(entries);
      for (const auto& entry : std::span(entries).first(count)) {
        if (entry.key > last) return;
        use(*entry.record);
      }
    }
  }

  const Store<Policy>* store_;
  std::vector<std::byte>* value_;
  std::array<const Rec*, ahead> on_their_way_{};
  std::size_t asked_for_ = 0;
  std::size_t arrived_ = 0;
  std::size_t expected_size_ = 8;  ///< of the next value: that of the last one
};

}  // namespace upout::kernel
