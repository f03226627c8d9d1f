#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "kernel/operation.h"
#include "workloads/field_length_histogram.h"
#include "workloads/random.h"
#include "workloads/zipfian.h"

namespace upout::workloads {

/// How the lengths of fields are spread, in YCSB's words; zipfian: short ones most often; histogram: as a
/// file says.
enum class FieldLengthDistribution : std::uint8_t { constant, uniform, zipfian, histogram };

/// How long each field of each record is: from `least` to `greatest` bytes, as its key and its number
/// determine, so that a field keeps its length and its place for good, and all who know the key know both. A
/// value; any thread may use it.
class FieldLengths {
 public:
  FieldLengths(FieldLengthDistribution distribution, std::size_t least, std::size_t greatest)
      : distribution_(distribution),
        least_(distribution == FieldLengthDistribution::constant ? greatest : least),
        lengths_(greatest - least_ + 1),
        ranks_(lengths_, ZipfianRanks::default_theta,
               distribution == FieldLengthDistribution::zipfian
                   ? ZetaSums(ZipfianRanks::default_theta)(lengths_)
                   : 1) {}

  explicit FieldLengths(std::shared_ptr<const FieldLengthHistogram> histogram)
      : distribution_(FieldLengthDistribution::histogram),
        least_(histogram->least()),
        lengths_(histogram->greatest() - least_ + 1),
        ranks_(1, ZipfianRanks::default_theta, 1),
        histogram_(std::move(histogram)) {}

  // NOLINTNEXTLINE(google-explicit-constructor): a length is what most have instead of a distribution.
  FieldLengths(std::size_t length) : FieldLengths(FieldLengthDistribution::constant, length, length) {}

  bool are_constant() const noexcept { return lengths_ == 1; }
  std::size_t least() const noexcept { return least_; }
  std::size_t greatest() const noexcept { return least_ + lengths_ - 1; }
  /// Of many fields, as far as the generator of zipfian numbers comes close to its distribution.
  double mean() const noexcept {
    if (histogram_ != nullptr) return histogram_->mean();
    if (distribution_ != FieldLengthDistribution::zipfian)
      return static_cast<double>(least_ + greatest()) / 2;
    double weights = 0;
    double weighted_ranks = 0;
    for (std::size_t rank = 0; rank < lengths_; ++rank) {
      const double weight = std::pow(static_cast<double>(rank + 1), -ZipfianRanks::default_theta);
      weights += weight;
      weighted_ranks += weight * static_cast<double>(rank);
    }
    return static_cast<double>(least_) + weighted_ranks / weights;
  }

  std::size_t of(kernel::Key key, std::size_t field) const noexcept {
    if (are_constant()) return least_;
    Random random(key, field);
    if (histogram_ != nullptr) return histogram_->draw(random);
    const bool is_zipfian = distribution_ == FieldLengthDistribution::zipfian;
    return least_ + (is_zipfian ? ranks_.next(random) : random.below(lengths_));
  }

 private:
  FieldLengthDistribution distribution_;
  std::size_t least_;
  std::size_t lengths_;  ///< how many there are from the shortest to the longest
  ZipfianRanks ranks_;
  std::shared_ptr<const FieldLengthHistogram> histogram_;  ///< null: another distribution
};

}  // namespace upout::workloads
