#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace upout::harness {

/// What something that happened in a window cost those who used the deployment meanwhile.
struct Dip {
  double before = 0;           ///< operations/s until then
  double lowest = 0;           ///< operations/s
  double seconds = 0;          ///< for so long it was less than nine tenths of `before`
  double lost_operations = 0;  ///< that were not done in that time, against `before`
};

/// Reads a dip off a timeline: operations that were completed in equal stretches of a window of `seconds`.
/// What happened took from stretch `begin`, which is not the first, into stretch `end`: a dip that begins
/// later has another cause. Single stretches are noise, so that means over a hundredth of the window are
/// looked at, against the mean of all before; the dip ends where one is as fast again, or with the window.
Dip find_dip(std::span<const std::uint64_t> timeline, std::size_t begin, std::size_t end, double seconds);

/// One move of a partition in the middle of a repetition.
struct Rebalance {
  std::uint64_t partition = 0;
  std::uint64_t from = 0;    ///< rank
  std::uint64_t to = 0;      ///< rank
  bool complete = false;     ///< false: it was given up, and the partition stayed where it was
  double begin_seconds = 0;  ///< after the window's beginning
  double copying_seconds = 0;
  double frozen_seconds = 0;  ///< while nobody served the partition
  std::uint64_t records = 0;  ///< that were sent; again, if they had been written meanwhile
  std::uint64_t bytes = 0;
  Dip dip;
};

}  // namespace upout::harness
