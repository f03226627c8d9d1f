#pragma once

#include <optional>
#include <string_view>

#include "harness/load_profile.h"
#include "platform/error.h"

namespace upout::harness {

/// At what intervals operations arrive: one of the other independent (a Poisson process, as of many users who
/// know nothing of each other), or one like the other.
enum class ArrivalKind { poisson, uniform };

/// "poisson" or "uniform".
std::string_view name_of(ArrivalKind kind);

/// What operations are offered to a deployment, whatever it does of them. A value.
struct OfferedLoad {
  /// Over all workers that generate load, on average over a window; 0: a closed loop, whose load is its
  /// depth.
  double per_second = 0;
  ArrivalKind arrivals = ArrivalKind::poisson;
  std::optional<LoadProfile> profile = {};  ///< how the rate goes over each window; without, it is the same

  bool is_open() const noexcept { return per_second > 0; }
  RateCurve curve(double warmup_seconds, double window_seconds) const {
    return profile ? profile->curve(warmup_seconds, window_seconds) : RateCurve::constant(per_second);
  }
};

/// One in a thousand seconds, for a gap has to fit a Timestamp; and a thousand million, more than a worker
/// can look at.
inline constexpr double lowest_rate = 1e-3;
inline constexpr double highest_rate = 1e9;

/// Operations a second: "2M/s", "1.5K", "300000": a number, perhaps with K, M or G, perhaps with "/s",
/// from lowest_rate to highest_rate. The error has no `where`.
platform::Expected<double> parse_rate(std::string_view text);

}  // namespace upout::harness
