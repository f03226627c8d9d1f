#pragma once

#include <chrono>
#include <string_view>

#include "harness/run.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::harness {

/// How load is to be generated, and against what.
struct LoadChoice {
  std::string_view engine;
  std::string_view open_by = {};  ///< the option that makes the loop an open one, such as "--rate"; or empty
  bool has_arrivals = false;      ///< it was said how operations arrive
  bool has_series = false;        ///< a time series was asked for
};

/// The option that makes a run's loop an open one: "--rate", "--profile" or "--goal"; or empty.
std::string_view open_by(const RunOptions& options);

/// Whether that makes sense, and goes with the workload, whatever the deployment: for runs and for plans, in
/// which a mistake is to show before anything is measured. The error's `where` begins with an option of
/// `upout run`.
platform::Expected<void> check_load(const LoadChoice& load, const workloads::Workload& workload);

inline constexpr platform::Timestamp longest_interval = std::chrono::hours(1);

/// Whether a run's goal and time series go with its schedule and the rest of it.
platform::Expected<void> check_measured(const RunOptions& options);

/// What depends on the schedule: a profile's mean rate, and the interval of its time series if none was asked
/// for.
void complete_load(RunOptions& options);

}  // namespace upout::harness
