#pragma once

#include <cstdint>

#include "kernel/operation.h"

namespace upout::kernel {

/// The one hash of a key. Its bits are dealt out so that the uses are independent of each other: the low 32
/// choose the bucket, the next 16 are the tag in the bucket, the top 16 choose the partition.
class KeyHash {
 public:
  /// MurmurHash3's 64-bit finalizer (Appleby, 2011): a bijection that mixes every bit into every other.
  KeyHash() = default;  ///< of no key: to be assigned before it is used
  explicit constexpr KeyHash(Key key) noexcept : bits_(key) {
    bits_ ^= bits_ >> 33;
    bits_ *= 0xff51afd7ed558ccdULL;
    bits_ ^= bits_ >> 33;
    bits_ *= 0xc4ceb9fe1a85ec53ULL;
    bits_ ^= bits_ >> 33;
  }

  constexpr std::uint64_t bucket_bits() const noexcept { return bits_ & 0xffffffffULL; }
  /// Never 0, which is the tag of an empty slot.
  constexpr std::uint64_t tag() const noexcept {
    const std::uint64_t bits = (bits_ >> 32) & 0xffffULL;
    return bits + (bits == 0 ? 1 : 0);
  }
  /// The partition of `partitions` that the key belongs to; `partitions` is at most 65,536.
  constexpr std::uint32_t partition(std::uint32_t partitions) const noexcept {
    return static_cast<std::uint32_t>(((bits_ >> 48) * partitions) >> 16);
  }

 private:
  std::uint64_t bits_;
};

}  // namespace upout::kernel
