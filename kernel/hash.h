#pragma once

#include <cstdint>

#include "kernel/operation.h"

namespace upout::kernel {

/// The one hash of a key. Its bits are dealt out so that the uses are independent of each other: the low 32
/// choose the bucket, the next 15 are the tag in the bucket, the top 16 choose the partition.
class KeyHash {
 public:
  KeyHash() = default;  ///< of no key: to be assigned before it is used
  /// The two halves of a 128-bit product, folded together (as in Wang Yi's wyhash, 2019): two instructions
  /// after which each bit depends on every bit of the key.
  explicit constexpr KeyHash(Key key) noexcept {
    __extension__ using Product = unsigned __int128;
    const Product product = static_cast<Product>(key ^ offset) * multiplier;
    bits_ = static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

  constexpr std::uint64_t bucket_bits() const noexcept { return bits_ & 0xffffffffULL; }
  /// 16 bits, the first of them set: never 0, which is the tag of an empty slot.
  constexpr std::uint64_t tag() const noexcept { return (bits_ >> 32 & 0xffffULL) | 0x8000ULL; }
  /// The partition of `partitions` that the key belongs to; `partitions` is at most 65,536.
  constexpr std::uint32_t partition(std::uint32_t partitions) const noexcept {
    return static_cast<std::uint32_t>(((bits_ >> 48) * partitions) >> 16);
  }

 private:
  static constexpr std::uint64_t offset = 0x9e3779b97f4a7c15ULL;      // 2^64 / golden ratio
  static constexpr std::uint64_t multiplier = 0xd6e8feb86659fd93ULL;  // odd, its bits in no pattern

  std::uint64_t bits_;
};

}  // namespace upout::kernel
