#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "kernel/hash.h"
#include "kernel/operation.h"
#include "kernel/policy.h"

namespace upout::kernel {

/// What is left of keys that have been taken out of an index, by groups of keys that share a word: a version
/// that grows with each removal, and is at least that of every record that has been taken out. So who finds a
/// key missing twice, and between that the same version, knows that it has been missing all the time (another
/// key of its group gives a false alarm); and a key that comes back goes on with greater versions, so that
/// the versions of a key say in which order it was changed, whatever has become of it in between.
template <class Policy>
class RemovedVersions {
 public:
  /// To be called before the key is taken out; `version` is the one with which it goes.
  void add(Key key, std::uint64_t version) noexcept {
    auto& last = versions_[group_of(key)];
    std::uint64_t seen = last.load();
    while (!last.compare_exchange(seen, std::max(seen + 1, version))) {
    }
  }
  std::uint64_t of(Key key) const noexcept { return versions_[group_of(key)].load(); }

 private:
  static constexpr std::size_t groups = 1024;
  static std::size_t group_of(Key key) noexcept { return KeyHash(key).bucket_bits() % groups; }

  std::array<typename Policy::template Cell<std::uint64_t>, groups> versions_;
};

}  // namespace upout::kernel
