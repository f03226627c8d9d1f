#pragma once

#include <cstddef>
#include <cstdint>

/// The keys that all benchmarks of lookups hold, and the order in which all of them read: what differs
/// between two figures is the structure alone.
namespace upout::micro {

inline constexpr std::uint64_t record_count = 10'000'000;

/// How many reads are in flight at once in the prefetched forms. The plain forms too do so many between two
/// looks at the benchmark's loop, so that the loop costs all of them the same.
inline constexpr std::size_t batch_size = 16;

/// How many records a scan reads.
inline constexpr std::size_t scan_length = 100;

/// The key of record `number`: MurmurHash3's 64-bit finalizer (Appleby, 2011), a bijection, so that keys are
/// distinct and spread over all 64 bits.
constexpr std::uint64_t key_of(std::uint64_t number) noexcept {
  std::uint64_t bits = number;
  bits ^= bits >> 33;
  bits *= 0xff51afd7ed558ccdULL;
  bits ^= bits >> 33;
  bits *= 0xc4ceb9fe1a85ec53ULL;
  bits ^= bits >> 33;
  return bits;
}

/// Uniform random numbers in [0, bound), in two multiplications each, so that making them does not limit what
/// reads by them. A linear congruential generator modulo 2^64 with the multiplier of MMIX (Knuth, TAOCP vol.
/// 2, 3.3.4), whose upper half is scaled to the bound.
class UniformNumbers {
 public:
  /// `bound` is at most 2^32. The sequence is a function of the seed.
  explicit constexpr UniformNumbers(std::uint64_t bound, std::uint64_t seed = 1) noexcept
      : bound_(bound), state_(key_of(seed)) {}

  constexpr std::uint64_t next() noexcept {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return ((state_ >> 32) * bound_) >> 32;
  }

 private:
  std::uint64_t bound_;
  std::uint64_t state_;
};

}  // namespace upout::micro
