#pragma once

#include "harness/run.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::harness {

/// The longest that a message is late.
platform::Timestamp longest_delay(const RunOptions& options);

/// Whether what was asked for can be spread over regions; enough ranks for them is for the engine to say.
platform::Expected<void> check_regions(const RunOptions& options, const workloads::Workload& workload);

}  // namespace upout::harness
