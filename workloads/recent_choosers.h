#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "workloads/divisor.h"
#include "workloads/insert_frontier.h"
#include "workloads/random.h"
#include "workloads/zipfian.h"

namespace upout::workloads {

/// The records that were loaded, and those that the workers of this process have added and had acknowledged,
/// by how new they are. Workers add side by side, so "newest" interleaves their streams: distances from the
/// newest are dealt to the workers in turn, and each hands out its own records from the newest to the oldest,
/// then its share of the loaded ones. For one thread.
class RecentRecords {
 public:
  RecentRecords(std::uint64_t loaded, std::shared_ptr<const InsertFrontier> frontier);

  /// Takes notice of what was added meanwhile, looking at no more than `budget` workers (in turn); false if
  /// there was nothing.
  bool refresh(std::size_t budget);
  bool refresh() { return refresh(frontier_->members()); }

  std::uint64_t count() const noexcept { return loaded_ + visible_inserts_; }

  /// The record at a distance from the newest, 0 for that one itself.
  std::uint64_t at(std::uint64_t distance) const noexcept {
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
  std::vector<Column> visible_;  ///< by place in the frontier; one of nobody's before anybody joined
  Divisor columns_;
  std::uint64_t visible_inserts_ = 0;
  std::size_t members_ = 0;
  std::size_t next_look_ = 0;
};

/// Zipfian distances below the number of records, as YCSB's skewed latest has them.
class ZipfianDistances {
 public:
  explicit ZipfianDistances(std::uint64_t records, double theta = ZipfianRanks::default_theta)
      : zeta_sums_(theta), ranks_(records, theta, zeta_sums_(records)) {}

  void grow(std::uint64_t records) { ranks_.grow(records, zeta_sums_(records)); }
  void fill(Random& random, std::span<std::uint64_t> distances) const noexcept {
    ranks_.fill(random, distances);
  }

 private:
  ZetaSums zeta_sums_;
  ZipfianRanks ranks_;
};

/// YCSB's exponential distances: `percentile` of a hundred are within the newest `fraction` of the records
/// that there are at the start, but for those that are drawn again because there are not so many records.
/// Here none is drawn again: numbers from the part of the distribution that lies within the records are
/// turned into distances by its inverse, which comes to the same.
class ExponentialDistances {
 public:
  static constexpr double default_percentile = 95;
  static constexpr double default_fraction = 0.8571428571;

  explicit ExponentialDistances(std::uint64_t records, double percentile = default_percentile,
                                double fraction = default_fraction);

  /// More records than before. As in YCSB, the mean stays what it was at the start.
  void grow(std::uint64_t records);

  void fill(Random& random, std::span<std::uint64_t> distances) const noexcept {
    for (std::uint64_t& distance : distances) distance = distance_of(random.unit());
  }

  /// The distance that a uniform number from [0, 1) stands for.
  std::uint64_t distance_of(double unit) const noexcept {
    // Not by quick_log2: where the distribution is nearly even, its last bits are many records.
    const double distance = -mean_ * std::log(1 - unit * within_);
    // Rounding may give one too many. The way by a signed integer is one instruction.
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(distance < last_ ? distance : last_));
  }

 private:
  double mean_;        ///< of the whole distribution
  double within_ = 0;  ///< how much of the distribution lies within the records
  double last_ = 0;    ///< the greatest distance
};

/// Draws how far from the newest record the chosen one is.
template <class Distances>
class RecentChooser {
 public:
  template <class... Parameters>
  RecentChooser(std::uint64_t loaded, std::shared_ptr<const InsertFrontier> frontier,
                Parameters... parameters)
      : records_(loaded, std::move(frontier)), distances_(loaded, parameters...) {
    if (records_.refresh()) distances_.grow(records_.count());
  }

  /// Takes notice of what was added meanwhile, looking at no more than `budget` workers (in turn).
  void refresh(std::size_t budget) {
    if (records_.refresh(budget)) distances_.grow(records_.count());
  }

  // Two loops are faster than one: the second has no branch that is hard to predict.
  void choose(Random& random, std::span<std::uint64_t> records) const noexcept {
    distances_.fill(random, records);
    for (std::uint64_t& record : records) record = records_.at(record);
  }

 private:
  RecentRecords records_;
  Distances distances_;
};

/// YCSB's skewed latest.
using LatestChooser = RecentChooser<ZipfianDistances>;
/// YCSB's exponential.
using ExponentialChooser = RecentChooser<ExponentialDistances>;

}  // namespace upout::workloads
