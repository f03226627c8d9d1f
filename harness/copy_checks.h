#pragma once

#include "engines/shared_nothing/replication/membership.h"
#include "harness/run.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::harness {

engines::shared_nothing::CopyTiming copy_timing(const RunOptions& options);

/// Whether copies go with the other options.
platform::Expected<void> check_copies(const RunOptions& options, const workloads::Workload& workload,
                                      unsigned ranks);
/// Whether what is to be done to ranks does.
platform::Expected<void> check_faults(const RunOptions& options, const workloads::Workload& workload,
                                      unsigned ranks);

}  // namespace upout::harness
