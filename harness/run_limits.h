#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/run.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::harness {

/// What else bears on how a run ends.
struct LimitChoice {
  bool has_seconds = false;       ///< it was said how long is to be measured
  std::string_view open_by = {};  ///< the option that makes the loop an open one, such as "--rate"; or empty
  bool moves_partitions = false;  ///< in the middle of each repetition
};

/// The schedule with what the workload's own limits make of it, for runs and for plans. If it was said how
/// long is to be measured, that rules, and limits add a warning. Else so many operations end a run, or so
/// many seconds, whichever comes first. An error's `where` is the property that cannot be had so.
platform::Expected<Schedule> limit(Schedule schedule, const LimitChoice& choice,
                                   const workloads::Workload& workload, std::vector<std::string>& warnings);

}  // namespace upout::harness
