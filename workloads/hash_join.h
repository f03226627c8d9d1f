#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "workloads/queries.h"
#include "workloads/random.h"

/// A hash join of two tables in three steps: rows of the smaller one are gathered (`MatchingRows`), put into
/// one hash table that all have (`JoinTable`), and looked up for each row of the larger one (`JoinedSum`).
/// Where tables are divided among processes, what is gathered is what they have to exchange: every process
/// gets all of it (a broadcast join), and rows of the larger table stay where they are.
namespace upout::workloads {

/// select key, kept where filtered = wanted. An `engines::Aggregate`.
struct MatchingRows {
  Table table;
  Column filtered;
  std::uint64_t wanted = 0;
  Column kept;
  std::vector<std::uint64_t> result = {};  ///< key and number in turn

  void visit(kernel::Key key, std::span<const std::byte> value) {
    if (!table.holds(key) || filtered.of(value) != wanted) return;
    result.push_back(key);
    result.push_back(kept.of(value));
  }
  void merge(const MatchingRows& other) {
    result.insert(result.end(), other.result.begin(), other.result.end());
  }
};

/// A number for each of some keys. Does not change once it is made, and may be read by any thread.
class JoinTable {
 public:
  /// `pairs`: key and number in turn, each key once; no key is the greatest that there is.
  explicit JoinTable(std::span<const std::uint64_t> pairs)
      : slots_(std::bit_ceil(pairs.size() + 1), Slot{none, 0}), mask_(slots_.size() - 1) {
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
      assert(pairs[i] != none);
      std::size_t at = mix64(pairs[i]) & mask_;
      while (slots_[at].key != none) at = (at + 1) & mask_;
      slots_[at] = {pairs[i], pairs[i + 1]};
    }
  }

  /// Null: it has no such key.
  const std::uint64_t* find(kernel::Key key) const noexcept {
    for (std::size_t at = mix64(key) & mask_; slots_[at].key != none; at = (at + 1) & mask_) {
      if (slots_[at].key == key) return &slots_[at].number;
    }
    return nullptr;
  }

 private:
  static constexpr kernel::Key none = ~kernel::Key{0};
  struct Slot {
    kernel::Key key;
    std::uint64_t number;
  };

  std::vector<Slot> slots_;  ///< at most half of them are taken
  std::size_t mask_;
};

/// select number, count(*), sum(summed) join build on foreign_key = key group by number: an
/// `engines::Aggregate` over the larger table. Numbers in the hash table, which outlives it, are below
/// `groups`; a row of which that is not so is damaged, and counts for nothing.
class JoinedSum {
 public:
  JoinedSum(Table table, Column foreign_key, const JoinTable& build, std::size_t groups, Column summed)
      : table_(table), foreign_key_(foreign_key), build_(&build), summed_(summed), results_(groups) {}

  void visit(kernel::Key key, std::span<const std::byte> value) noexcept {
    if (!table_.holds(key)) return;
    const std::uint64_t* const group = build_->find(foreign_key_.of(value));
    if (group == nullptr || *group >= results_.size()) return;
    results_[*group].add(summed_.of(value));
  }
  void merge(const JoinedSum& other) noexcept { merge_sums(results_, other.results_); }
  std::span<const Sum> results() const noexcept { return results_; }

 private:
  Table table_;
  Column foreign_key_;
  const JoinTable* build_;
  Column summed_;
  std::vector<Sum> results_;
};

}  // namespace upout::workloads
