#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/error.h"

namespace upout::harness {

/// A rate that changes over time: pieces, in each of which it is constant, or rises or falls in a line. A
/// value. Times are in seconds from its beginning, rates in operations a second.
class RateCurve {
 public:
  struct Piece {
    double seconds;  ///< how long it lasts, more than 0
    double from;     ///< the rate when it begins, at least 0
    double to;       ///< and when it ends
  };

  /// At least one piece. The last one has to end with a rate that is not 0, which goes on for ever.
  explicit RateCurve(const std::vector<Piece>& pieces);
  static RateCurve constant(double per_second) { return RateCurve({{1, per_second, per_second}}); }

  double rate_at(double seconds) const noexcept;
  /// How many operations are to be expected up to a time: the integral of the rate.
  double expected_until(double seconds) const noexcept;
  /// The time at which so many are: its inverse.
  double when_expected(double operations) const noexcept;

 private:
  struct Placed {
    double begin;   ///< seconds
    double before;  ///< operations that are expected up to there
    double rate;    ///< there
    double rise;    ///< of the rate, in a second

    double expected_within(double seconds) const noexcept { return seconds * (rate + rise / 2 * seconds); }
  };

  std::vector<Placed> pieces_;  ///< one after the other; the last one has no end
};

/// How an offered load's rate goes over each measured window. A value; made by `parse_profile`.
struct LoadProfile {
  enum class Shape { ramp, steps, bursts };

  std::string text;  ///< as it was parsed
  Shape shape = Shape::steps;
  std::vector<double> rates;  ///< of a ramp: from, to; of steps: each one; of bursts: between them, in them
  double period_seconds = 0;  ///< of bursts: from the beginning of one to that of the next
  double burst_seconds = 0;   ///< of bursts: how long one lasts, less than the period

  /// The curve of a warm-up, of a window, and of what comes after it. Outside of the window it is the mean
  /// rate.
  RateCurve curve(double warmup_seconds, double window_seconds) const;
  /// Operations a second, over a whole window.
  double mean_rate(double window_seconds) const;
};

/// "ramp=100K..2M", "steps=500K,1M,2M" or "bursts=200K,2M,1s,100ms": between and in them, the period, and how
/// long one lasts. The error has no `where`.
platform::Expected<LoadProfile> parse_profile(std::string_view text);

}  // namespace upout::harness
