#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "workloads/divisor.h"
#include "workloads/insert_frontier.h"
#include "workloads/random.h"

namespace upout::workloads {

/// x^n by repeated squaring: eight multiplications for n = 100.
constexpr double integer_power(double x, unsigned n) noexcept {
  double power = 1;
  for (; n != 0; n >>= 1, x *= x) {
    if ((n & 1) != 0) power *= x;
  }
  return power;
}

/// The sums 1 + 1/2^theta + ... + 1/n^theta for 0 < theta < 1, at the cost of one pow each however great n
/// is: summed up to a few terms, by the Euler-Maclaurin formula from there on (relative error below 1e-14).
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

/// FNV-1a over the eight bytes of a number, lowest first, as a non-negative signed word: how YCSB scatters
/// ranks.
constexpr std::uint64_t fnv_hash(std::uint64_t number) noexcept {
  constexpr std::uint64_t prime = 1099511628211;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (int byte = 0; byte < 5; ++byte) hash = (hash ^ (number >> (8 * byte) & 0xff)) * prime;
  if ((number >> 40) == 0) {
    hash *= prime * prime * prime;  // three bytes of zeros change nothing but for the multiplications
  } else {
    for (int byte = 5; byte < 8; ++byte) hash = (hash ^ (number >> (8 * byte) & 0xff)) * prime;
  }
  const std::uint64_t sign = std::uint64_t{0} - (hash >> 63);
  return (hash ^ sign) - sign;  // the absolute value; a branch would be mispredicted every second time
}

/// Ranks 0, 1, 2 ... with probabilities close to 1/(rank+1)^theta: the generator of Gray et al., "Quickly
/// Generating Billion-Record Synthetic Databases", SIGMOD 1994, as YCSB has it. Ranks 0 and 1 are exact, the
/// others follow a continuous approximation.
class ZipfianRanks {
 public:
  static constexpr double default_theta = 0.99;

  /// `zeta` is the sum of 1/i^theta over 1 .. items.
  ZipfianRanks(std::uint64_t items, double theta, double zeta);

  /// More items than before. As in YCSB, the shape (eta) goes on using the number of items at the start.
  void grow(std::uint64_t items, double zeta);

  std::uint64_t next(Random& random) const noexcept { return rank_of(random.unit()); }

  /// The rank that a uniform number from [0, 1) stands for.
  std::uint64_t rank_of(double unit) const noexcept {
    const double scaled = unit * zeta_;
    if (scaled < 1) return 0;
    if (scaled < second_) return 1;
    const double base = eta_ * unit - eta_ + 1;
    const double rank = items_ * (exponent_ == 100 ? integer_power(base, 100) : power(base));
    // Rounding may give one rank too many, and two items have no eta (0/0): the last rank for both. The way
    // by a signed integer is one instruction.
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(rank < last_ ? rank : last_));
  }

 private:
  double power(double base) const noexcept {
    return exponent_ != 0 ? integer_power(base, exponent_) : std::pow(base, alpha_);
  }

  double alpha_;        ///< 1 / (1 - theta)
  unsigned exponent_;   ///< alpha, if that is a whole number but for rounding; else 0
  double zeta_two_;     ///< the sum over two items
  double second_;       ///< up to where scaled numbers stand for rank 1
  double start_share_;  ///< (2 / items at the start)^(1 - theta)
  double items_ = 0;
  double last_ = 0;  ///< the greatest rank
  double zeta_ = 0;
  double eta_ = 0;
};

/// Each of `records` record numbers is as likely as any other.
class UniformChooser {
 public:
  explicit UniformChooser(std::uint64_t records) : records_(records) {}

  void choose(Random& random, std::span<std::uint64_t> records) const noexcept {
    for (std::uint64_t& record : records) record = random.below(records_);
  }

 private:
  std::uint64_t records_;
};

/// YCSB's scrambled zipfian: a rank among 10^10 + 1 items (theta 0.99, with YCSB's precomputed zeta), hashed
/// by FNV-64, modulo the number of records. The popular records are scattered, and which they are depends on
/// nothing but the number of records; some share a record, as there are more items than records.
class ScrambledZipfianChooser {
 public:
  static constexpr std::uint64_t items = 10'000'000'001;
  static constexpr double zeta = 26.46902820178302;

  explicit ScrambledZipfianChooser(std::uint64_t records)
      : ranks_(items, ZipfianRanks::default_theta, zeta), records_(records) {}

  // Two loops are faster than one: the second has no branch that is hard to predict.
  void choose(Random& random, std::span<std::uint64_t> records) const noexcept {
    for (std::uint64_t& record : records) record = ranks_.next(random);
    for (std::uint64_t& record : records) record = records_.divide(fnv_hash(record)).remainder;
  }

 private:
  ZipfianRanks ranks_;
  Divisor records_;
};

/// YCSB's skewed latest: the distance from the newest record is zipfian (theta 0.99), over the records that
/// were loaded and those that the workers of this process have added and had acknowledged. Workers add side
/// by side, so "newest" interleaves their streams: distances are dealt to the workers in turn, and each hands
/// out its own records from the newest to the oldest, then its share of the loaded ones.
class LatestChooser {
 public:
  LatestChooser(std::uint64_t loaded, std::shared_ptr<const InsertFrontier> frontier);

  /// Takes notice of what was added meanwhile, looking at no more than `budget` workers (in turn).
  void refresh(std::size_t budget);

  void choose(Random& random, std::span<std::uint64_t> records) const noexcept {
    for (std::uint64_t& record : records) record = distance_.next(random);
    for (std::uint64_t& record : records) record = record_at(record);
  }

  /// The record at a distance from the newest.
  std::uint64_t record_at(std::uint64_t distance) const noexcept {
    const auto [row, column] = columns_.divide(distance);
    const Column& worker = visible_[column];
    if (row < worker.inserts) return worker.first_record + (worker.inserts - 1 - row) * stride_;
    const std::uint64_t age = (row - worker.inserts) * columns_.value() + column;
    return loaded_ - 1 - (age < loaded_ ? age : age % loaded_);
  }

 private:
  struct Column {
    std::uint64_t inserts = 0;
    std::uint64_t first_record = 0;  ///< the number of the first record that this worker adds
  };

  void add_new_members();

  std::uint64_t loaded_;
  std::uint64_t stride_;  ///< between the numbers of two records that one worker adds
  std::shared_ptr<const InsertFrontier> frontier_;
  ZetaSums zeta_sums_;
  ZipfianRanks distance_;
  std::vector<Column> visible_;  ///< by place in the frontier; one of nobody's before anybody joined
  Divisor columns_;
  std::uint64_t visible_inserts_ = 0;
  std::size_t members_ = 0;
  std::size_t next_look_ = 0;
};

/// Which record an operation is about. For one thread.
using Chooser = std::variant<UniformChooser, ScrambledZipfianChooser, LatestChooser>;

/// Fills a batch with record numbers.
void choose(Chooser& chooser, Random& random, std::span<std::uint64_t> records);

}  // namespace upout::workloads
