#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace upout::workloads {

/// x^n by repeated squaring: eight multiplications for n = 100.
constexpr double integer_power(double x, unsigned n) noexcept {
  double power = 1;
  for (; n != 0; n >>= 1, x *= x) {
    if ((n & 1) != 0) power *= x;
  }
  return power;
}

/// What logarithms and powers to base 2 are looked up in (Tang, "Table-driven implementation of the
/// exponential function", ACM TOMS 1989, and of the logarithm, 1990); 768 bytes, so that they leave the cache
/// to others.
struct PowerTables {
  static constexpr std::size_t steps = 32;

  struct Centre {
    double reciprocal;
    double logarithm;
  };

  PowerTables();

  std::array<Centre, steps> centres;          ///< of the steps of [1, 2)
  std::array<std::uint64_t, steps> fraction;  ///< 2^(i/steps), as bits
};
extern const PowerTables power_tables;  ///< not for what runs before main()

/// Logarithm to base 2 of a normal, positive number; absolute error below 1e-14 while it lies between -64 and
/// 64. A third of what std::log2 and std::exp2 take: neither special cases nor the last bits.
inline double quick_log2(double x) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const auto exponent = static_cast<std::int64_t>(bits >> 52) - 1023;
  const double mantissa = std::bit_cast<double>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  const PowerTables::Centre centre = power_tables.centres[bits >> 47 & (PowerTables::steps - 1)];
  const double r = mantissa * centre.reciprocal - 1;  // at most 1/64 in size
  // The series of ln(1 + r), up to r^7.
  const double square = r * r;
  const double low = 1 - r * (1.0 / 2);  // no divisions: the compiler does not turn r / 3 into a product
  const double middle = 1.0 / 3 - r * (1.0 / 4);
  const double high = 1.0 / 5 - r * (1.0 / 6) + square * (1.0 / 7);
  const double series = r * (low + square * (middle + square * high));
  constexpr double one_in_ln2 = 1.44269504088896340736;
  return static_cast<double>(exponent) + centre.logarithm + series * one_in_ln2;
}

/// 2^y for y between -1000 and 1000; relative error below 1e-13.
inline double quick_exp2(double y) noexcept {
  constexpr double steps = PowerTables::steps;
  // Adding and taking away 1.5 * 2^52 rounds to a whole number, which is left in the lowest bits meanwhile.
  constexpr double rounder = 0x1.8p52;
  const double shifted = y * steps + rounder;
  const auto whole = std::bit_cast<std::uint64_t>(shifted);
  constexpr double ln2 = 0.693147180559945309417;
  const double r = (y - (shifted - rounder) / steps) * ln2;  // at most ln2/64 in size
  // The series of e^r, up to r^6.
  const double square = r * r;
  const double series =
      1 + r +
      square * (1.0 / 2 + r * (1.0 / 6) + square * (1.0 / 24 + r * (1.0 / 120) + square * (1.0 / 720)));
  const std::uint64_t fraction = power_tables.fraction[whole & (PowerTables::steps - 1)];
  const std::uint64_t exponent = whole / PowerTables::steps << 52;
  return std::bit_cast<double>(fraction + exponent) * series;
}

}  // namespace upout::workloads
