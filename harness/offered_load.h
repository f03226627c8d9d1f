#pragma once

#include <string_view>

#include "platform/error.h"

namespace upout::harness {

/// At what intervals operations arrive: one of the other independent (a Poisson process, as of many users who
/// know nothing of each other), or one like the other.
enum class ArrivalKind { poisson, uniform };

/// "poisson" or "uniform".
std::string_view name_of(ArrivalKind kind);

/// What operations are offered to a deployment, whatever it does of them. A value.
struct OfferedLoad {
  double per_second = 0;  ///< over all workers that generate load; 0: a closed loop, whose load is its depth
  ArrivalKind arrivals = ArrivalKind::poisson;

  bool is_open() const noexcept { return per_second > 0; }
};

/// One in a thousand seconds, for a gap has to fit a Timestamp; and a thousand million, more than a worker
/// can look at.
inline constexpr double lowest_rate = 1e-3;
inline constexpr double highest_rate = 1e9;

/// Operations a second: "2M/s", "1.5K", "300000": a number, perhaps with K, M or G, perhaps with "/s",
/// from lowest_rate to highest_rate. The error has no `where`.
platform::Expected<double> parse_rate(std::string_view text);

}  // namespace upout::harness
