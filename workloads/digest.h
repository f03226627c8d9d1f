#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/operation.h"

namespace upout::workloads {

/// A hash of one record, key and value.
std::uint64_t digest_of(kernel::Key key, std::span<const std::byte> value) noexcept;

/// What a set of records comes to, whatever their order and partitioning. An `engines::Aggregate`.
struct Digest {
  std::uint64_t records = 0;
  std::uint64_t sum = 0;  ///< of `digest_of` each, mod 2^64

  void visit(kernel::Key key, std::span<const std::byte> value) noexcept {
    ++records;
    sum += digest_of(key, value);
  }
  void merge(const Digest& other) noexcept {
    records += other.records;
    sum += other.sum;
  }
};

}  // namespace upout::workloads
