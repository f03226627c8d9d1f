#pragma once

#include <absl/container/btree_map.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

#include "benchmarks/baseline/records.h"
#include "kernel/operation.h"
#include "kernel/prefetch.h"

namespace upout::baseline {

/// From keys to records, in order: Abseil's B-tree, for workloads that scan. Owns its records. Used by one
/// thread.
class OrderedTable {
 public:
  static constexpr bool is_ordered = true;

  bool make(std::uint64_t, std::size_t) { return true; }
  std::size_t size() const noexcept { return map_.size(); }

  void approach(kernel::Key) const noexcept {}  // where a search goes, its first nodes have to say
  /// These as HashTable has them.
  Record* find(kernel::Key key) const {
    const auto found = map_.find(key);
    return found == map_.end() ? nullptr : found->second;
  }
  bool insert(kernel::Key key, std::span<const std::byte> value) {
    Record* record = records_.make(value);
    if (record != nullptr) map_.emplace(key, record);
    return record != nullptr;
  }
  bool replace(kernel::Key key, std::span<const std::byte> value) {
    Record* replacement = records_.make(value);
    if (replacement == nullptr) return false;
    const auto found = map_.find(key);
    records_.free(found->second);
    found->second = replacement;
    return true;
  }
  void erase(kernel::Key key) {
    const auto found = map_.find(key);
    records_.free(found->second);
    map_.erase(found);
  }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [key, record] : map_) visit(key, *record);
  }
  /// Calls `take(key, record)` for up to `limit` records from `key` upwards, or downwards, until it says no;
  /// those ahead are on their way meanwhile.
  template <class Take>
  void scan_up(kernel::Key key, std::size_t limit, Take&& take) const {
    scan(map_.lower_bound(key), map_.end(), limit, take);
  }
  template <class Take>
  void scan_down(kernel::Key key, std::size_t limit, Take&& take) const {
    scan(std::make_reverse_iterator(map_.upper_bound(key)), map_.rend(), limit, take);
  }

 private:
  /// So many records are asked for before they are copied.
  static constexpr int ahead = 8;

  template <class Iterator, class Take>
  static void scan(Iterator from, Iterator end, std::size_t limit, Take&& take) {
    Iterator asked = from;
    std::size_t to_ask_for = limit;
    const auto ask_for_one = [&] {
      if (to_ask_for == 0 || asked == end) return;
      kernel::prefetch(asked->second, kernel::most_prefetched_bytes);
      ++asked;
      --to_ask_for;
    };
    for (int i = 0; i < ahead; ++i) ask_for_one();
    for (; limit != 0 && from != end && take(from->first, *from->second); ++from, --limit) ask_for_one();
  }

  absl::btree_map<kernel::Key, Record*> map_;
  Records records_;
};

}  // namespace upout::baseline
