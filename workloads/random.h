#pragma once

#include <cstdint>

namespace upout::workloads {

__extension__ typedef unsigned __int128 Product;  // NOLINT(modernize-use-using): __extension__ needs typedef

/// The upper 64 bits of a * b.
constexpr std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) noexcept {
  return static_cast<std::uint64_t>((Product{a} * b) >> 64);
}

/// Both halves of a * b, xored: mixes two words into one with a single multiplication.
constexpr std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) noexcept {
  const Product product = Product{a} * b;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

/// A bijection of 64-bit words that changes about half of the bits for each bit of its input: the output
/// function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, with Stafford's constants "mix 13").
constexpr std::uint64_t mix64(std::uint64_t word) noexcept {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

/// Random numbers for one thread: wyrand (Wang Yi, public domain). Its state advances by one addition, so
/// that the processor computes the numbers of a batch side by side. Not for secrets.
class Random {
 public:
  /// Streams of one seed differ from each other as those of different seeds do.
  constexpr Random(std::uint64_t seed, std::uint64_t stream) noexcept
      : state_(mix64(mix64(seed + golden_ratio) ^ mix64(stream * golden_ratio + 1))) {}

  constexpr std::uint64_t next() noexcept {
    state_ += 0xa0761d6478bd642f;
    return fold_multiply(state_, state_ ^ 0xe7037ed1a0b428db);
  }

  /// Uniform in 0 .. bound-1, without a division; the bias is at most bound / 2^64 (Lemire, TOMACS 2019).
  constexpr std::uint64_t below(std::uint64_t bound) noexcept { return multiply_high(next(), bound); }

  /// Uniform in [0, 1), a multiple of 2^-53.
  constexpr double unit() noexcept {
    return static_cast<double>(static_cast<std::int64_t>(next() >> 11)) * 0x1p-53;
  }

 private:
  static constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;
  std::uint64_t state_;
};

}  // namespace upout::workloads
