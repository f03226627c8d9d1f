#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "workloads/power.h"
#include "workloads/random.h"

namespace upout::workloads {

/// Theta, for formulas that divide by 1 - theta: 1 itself is taken as one millionth less, which moves no
/// probability by more than 3 in 100,000.
constexpr double off_one(double theta) noexcept {
  constexpr double least = 1e-6;
  return theta > 1 - least && theta < 1 + least ? 1 - least : theta;
}

/// The sums 1 + 1/2^theta + ... + 1/n^theta for 0 <= theta <= 10, at the cost of one pow each however great n
/// is: summed up to a few terms, by the Euler-Maclaurin formula from there on (relative error below 1e-13;
/// near theta 1 below 1e-9).
class ZetaSums {
 public:
  explicit ZetaSums(double theta);
  double operator()(std::uint64_t n) const;

 private:
  double beyond_summed(double n) const;

  double theta_;
  double constant_ = 0;         ///< what the formula lacks: Riemann's zeta(theta)
  std::vector<double> summed_;  ///< the sums for the first few n
};

/// Ranks 0, 1, 2 ... with probabilities close to 1/(rank+1)^theta, 0 <= theta <= 10: the generator of Gray et
/// al., "Quickly Generating Billion-Record Synthetic Databases", SIGMOD 1994, as YCSB has it. Ranks 0 and 1
/// are exact, the others follow a continuous approximation, which is as good on both sides of theta 1 (there
/// alpha and eta are negative).
class ZipfianRanks {
 public:
  static constexpr double default_theta = 0.99;
  static constexpr double greatest_theta = 10;

  /// `zeta` is the sum of 1/i^theta over 1 .. items.
  ZipfianRanks(std::uint64_t items, double theta, double zeta);

  /// More items than before. As in YCSB, the shape (eta) goes on using the number of items at the start.
  void grow(std::uint64_t items, double zeta);

  std::uint64_t next(Random& random) const noexcept { return rank_of(random.unit()); }

  void fill(Random& random, std::span<std::uint64_t> ranks) const noexcept {
    if (exponent_ == 0) {
      fill_by_logarithms(random, ranks);
    } else {
      for (std::uint64_t& rank : ranks) rank = next(random);
    }
  }

  /// The rank that a uniform number from [0, 1) stands for.
  std::uint64_t rank_of(double unit) const noexcept {
    if (exponent_ == 0) return rank_of_logarithm(logarithm_of(unit));
    const double scaled = unit * zeta_;
    if (scaled < 1) return 0;
    if (scaled < zeta_two_) return 1;
    const double base = eta_ * unit - eta_ + 1;
    return whole_rank(items_ *
                      (exponent_ == 100 ? integer_power(base, 100) : integer_power(base, exponent_)));
  }

 private:
  /// Rounding may give one rank too many: the last one then. The way by a signed integer is one instruction.
  std::uint64_t whole_rank(double rank) const noexcept {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(rank < last_ ? rank : last_));
  }

  /// To base 2, of the rank that a uniform number stands for (and of what is dropped behind its point).
  /// Without a branch: above theta 1 nobody could predict it.
  double logarithm_of(double unit) const noexcept {
    const double scaled = unit * zeta_;
    const double beyond = alpha_ * quick_log2(eta_ * unit - eta_ + 1) + log_items_;
    const std::array<double, 3> logarithms{beyond, 0.5, -1};
    return logarithms[(scaled < zeta_two_ ? 1U : 0U) + (scaled < 1 ? 1U : 0U)];
  }
  std::uint64_t rank_of_logarithm(double logarithm) const noexcept {
    return whole_rank(quick_exp2(logarithm));
  }

  // Two loops are faster than one: more numbers are in the making at a time.
  void fill_by_logarithms(Random& random, std::span<std::uint64_t> ranks) const noexcept {
    for (std::uint64_t& rank : ranks) rank = std::bit_cast<std::uint64_t>(logarithm_of(random.unit()));
    for (std::uint64_t& rank : ranks) rank = rank_of_logarithm(std::bit_cast<double>(rank));
  }

  double alpha_;        ///< 1 / (1 - theta)
  unsigned exponent_;   ///< alpha, if that is a whole number but for rounding; else 0
  double zeta_two_;     ///< the sum over two items: up to there scaled numbers stand for rank 0 or 1
  double start_share_;  ///< (2 / items at the start)^(1 - theta)
  double items_ = 0;
  double log_items_ = 0;  ///< to base 2
  double last_ = 0;       ///< the greatest rank
  double zeta_ = 0;
  double eta_ = 0;
};

}  // namespace upout::workloads
