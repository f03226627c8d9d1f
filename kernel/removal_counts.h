#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernel/hash.h"
#include "kernel/operation.h"
#include "kernel/policy.h"

namespace upout::kernel {

/// How often keys have been taken out of an index, counted by groups of keys that share a counter. A key that
/// is missing has no version; but who finds it missing twice, and between that the same count, knows that it
/// has been missing all the time. (Another key of its group gives a false alarm.)
template <class Policy>
class RemovalCounts {
 public:
  /// To be called before the key is taken out.
  void add(Key key) noexcept { counts_[group_of(key)].fetch_add(1); }
  std::uint64_t of(Key key) const noexcept { return counts_[group_of(key)].load(); }

 private:
  static constexpr std::size_t groups = 1024;
  static std::size_t group_of(Key key) noexcept { return KeyHash(key).bucket_bits() % groups; }

  std::array<typename Policy::template Cell<std::uint64_t>, groups> counts_;
};

}  // namespace upout::kernel
