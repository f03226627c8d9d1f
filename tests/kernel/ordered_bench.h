#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "kernel/heap.h"
#include "kernel/ordered_index.h"
#include "kernel/reclamation.h"

namespace upout::kernel::testing {

/// An ordered index with its memory, used by this thread. Each record's value is its key.
template <class Policy>
struct OrderedBench {
  using Index = OrderedIndex<Policy>;
  using Rec = Record<Policy>;
  static constexpr std::size_t record_bytes = Rec::bytes_for(sizeof(Key));

  ~OrderedBench() {
    if constexpr (Policy::is_shared) drain_deferred_actions();
  }

  Rec* make_record(Key key) {
    auto* record = static_cast<Rec*>(records.allocate(SizeClass::of(record_bytes)));
    record->construct(key, Header::present(1, sizeof(Key)), std::as_bytes(std::span(&key, 1)));
    return record;
  }
  void free_record(Rec* record) { records.free(record, SizeClass::of(record_bytes)); }

  /// False if the key is there.
  bool insert(Key key, LeafChange* change = nullptr) {
    typename Index::Position position(*index, key);
    return position.find() == nullptr && position.add(make_record(key), cache, change);
  }
  /// False if the key is not there.
  bool erase(Key key) {
    typename Index::Position position(*index, key);
    Rec* record = position.find();
    if (record == nullptr) return false;
    position.erase(cache);
    free_record(record);
    return true;
  }
  bool has(Key key) const { return index->find(key) != nullptr; }

  /// At most `limit` keys from `start` on; the versions of the leaves that they were read from, if wanted.
  std::vector<Key> scan(Key start, Direction direction, std::size_t limit,
                        std::vector<LeafVersion>* seen = nullptr) const {
    typename Index::Scan scan(*index, start, direction, limit);
    std::vector<Key> keys;
    while (!scan.is_over()) {
      if (!scan.step()) continue;
      std::array<typename Index::Entry, 50> entries;
      const std::size_t count = scan.read(entries);
      for (std::size_t i = 0; i < count; ++i)
        keys.push_back(entries[i].record->key() == entries[i].key ? entries[i].key : Key{0xbad});
      if (seen != nullptr && (seen->empty() || seen->back() != scan.leaf_version()))
        seen->push_back(scan.leaf_version());
    }
    return keys;
  }
  std::vector<Key> all(std::vector<LeafVersion>* seen = nullptr) const {
    return scan(0, Direction::ascending, ~std::size_t{0}, seen);
  }
  std::size_t nodes() const { return index->node_bytes() / sizeof(OrderedNode<Policy>); }

  ReaderRegistration registration;
  Heap heap;
  Heap::Cache& cache = heap.acquire_cache();    ///< for the index
  Heap::Cache& records = heap.acquire_cache();  ///< for the records
  std::unique_ptr<Index> index = Index::create(cache);
};

}  // namespace upout::kernel::testing
