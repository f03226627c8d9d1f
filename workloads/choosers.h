#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "workloads/divisor.h"
#include "workloads/random.h"
#include "workloads/recent_choosers.h"
#include "workloads/zipfian.h"

namespace upout::workloads {

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

/// YCSB's scrambled zipfian: a rank among 10^10 + 1 items, hashed by FNV-64, modulo the number of records.
/// For theta 0.99 with YCSB's precomputed zeta. The popular records are scattered, and which they are depends
/// on nothing but the number of records; some share a record, as there are more items than records.
class ScrambledZipfianChooser {
 public:
  static constexpr std::uint64_t items = 10'000'000'001;
  static constexpr double zeta = 26.46902820178302;

  explicit ScrambledZipfianChooser(std::uint64_t records, double theta = ZipfianRanks::default_theta)
      : ranks_(items, theta, theta == ZipfianRanks::default_theta ? zeta : ZetaSums(theta)(items)),
        records_(records) {}

  // Two loops are faster than one: the second has no branch that is hard to predict.
  void choose(Random& random, std::span<std::uint64_t> records) const noexcept {
    ranks_.fill(random, records);
    for (std::uint64_t& record : records) record = records_.divide(fnv_hash(record)).remainder;
  }

 private:
  ZipfianRanks ranks_;
  Divisor records_;
};

/// YCSB's hotspot: the first records, a share `data` of all, are the hot ones, and get the share `operations`
/// of the operations; within the hot ones, and within the others, each is as likely as any other. If one of
/// the two sets is empty, the other one gets all.
class HotspotChooser {
 public:
  static constexpr double default_data = 0.2;
  static constexpr double default_operations = 0.8;

  HotspotChooser(std::uint64_t records, double data, double operations);

  /// Without a branch, as it could not be predicted.
  void choose(Random& random, std::span<std::uint64_t> records) const noexcept {
    for (std::uint64_t& record : records) {
      const std::uint64_t all_ones_if_cold = std::uint64_t{0} - (random.next() >> 1 < hot_limit_ ? 0 : 1);
      const std::uint64_t within = random.below(hot_ + (cold_minus_hot_ & all_ones_if_cold));
      record = within + (hot_ & all_ones_if_cold);
    }
  }

 private:
  std::uint64_t hot_;             ///< how many records are hot
  std::uint64_t cold_minus_hot_;  ///< modulo 2^64
  std::uint64_t hot_limit_;       ///< numbers of 63 bits below this one stand for a hot record
};

/// Each record in turn, and after the last one the first again. Of `workers`, each takes the turns that a
/// counter which all of them share would give it if they came to it in the order of their numbers, one after
/// the other; so they need none.
class SequentialChooser {
 public:
  SequentialChooser(std::uint64_t records, std::uint32_t worker, std::uint32_t workers)
      : records_(records), step_(workers % records), next_(worker % records) {}

  void choose(Random&, std::span<std::uint64_t> records) noexcept {
    for (std::uint64_t& record : records) {
      record = next_;
      next_ += step_;
      next_ -= next_ >= records_ ? records_ : 0;
    }
  }

 private:
  std::uint64_t records_;
  std::uint64_t step_;
  std::uint64_t next_;
};

/// Which record an operation is about. For one thread.
using Chooser = std::variant<UniformChooser, ScrambledZipfianChooser, LatestChooser, HotspotChooser,
                             ExponentialChooser, SequentialChooser>;

/// Fills a batch with record numbers.
void choose(Chooser& chooser, Random& random, std::span<std::uint64_t> records);

}  // namespace upout::workloads
