#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "kernel/operation.h"

namespace upout::workloads {

/// A column of numbers in the values of a table: eight bytes of each, little-endian as the machine is. What a
/// shorter value lacks counts as zero.
struct Column {
  std::size_t offset = 0;

  std::uint64_t of(std::span<const std::byte> value) const noexcept {
    std::uint64_t number = 0;
    if (offset < value.size())
      std::memcpy(&number, value.data() + offset, std::min(sizeof(number), value.size() - offset));
    return number;
  }
};

/// The records of one table: those with keys from `begin` up to and without `end`.
struct Table {
  kernel::Key begin = 0;
  kernel::Key end = ~kernel::Key{0};

  bool holds(kernel::Key key) const noexcept { return begin <= key && key < end; }
};

/// How many numbers there are, and what they come to (mod 2^64).
struct Sum {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;

  void add(std::uint64_t number) noexcept {
    ++count;
    sum += number;
  }
  void add(const Sum& other) noexcept {
    count += other.count;
    sum += other.sum;
  }
  friend bool operator==(const Sum&, const Sum&) = default;
};

/// Adds each group's.
inline void merge_sums(std::span<Sum> into, std::span<const Sum> from) noexcept {
  assert(into.size() == from.size());
  for (std::size_t group = 0; group < into.size(); ++group) into[group].add(from[group]);
}

/// select count(*), sum(summed) where least <= filtered and filtered <= greatest. An `engines::Aggregate`.
struct FilteredSum {
  Column filtered;
  std::uint64_t least = 0;
  std::uint64_t greatest = 0;
  Column summed;
  Table table = {};
  Sum result = {};

  void visit(kernel::Key key, std::span<const std::byte> value) noexcept {
    if (!table.holds(key)) return;
    const std::uint64_t number = filtered.of(value);
    if (least <= number && number <= greatest) result.add(summed.of(value));
  }
  void merge(const FilteredSum& other) noexcept { result.add(other.result); }
};

/// select grouped % groups, count(*), sum(summed) group by grouped % groups. An `engines::Aggregate`.
class GroupedSum {
 public:
  GroupedSum(Column grouped, std::size_t groups, Column summed, Table table = {})
      : table_(table), grouped_(grouped), summed_(summed), results_(groups) {
    assert(groups != 0);
  }

  void visit(kernel::Key key, std::span<const std::byte> value) noexcept {
    if (!table_.holds(key)) return;
    results_[grouped_.of(value) % results_.size()].add(summed_.of(value));
  }
  void merge(const GroupedSum& other) noexcept { merge_sums(results_, other.results_); }
  std::span<const Sum> results() const noexcept { return results_; }

 private:
  Table table_;
  Column grouped_;
  Column summed_;
  std::vector<Sum> results_;
};

}  // namespace upout::workloads
