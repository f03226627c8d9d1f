#pragma once

#include <chrono>

#include "engines/shared_nothing/replication/membership.h"
#include "harness/run.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::harness {

/// More often, ranks would do little else than to say that they are there.
inline constexpr platform::Timestamp shortest_heartbeat = std::chrono::milliseconds(1);
/// One that is late, and one that comes with the next look, are no failure yet.
inline constexpr int least_heartbeats = 3;
/// A rank that hears of no majority ends after 2.5 s: by then the others have to have noticed and agreed.
inline constexpr platform::Timestamp longest_failure_timeout = std::chrono::seconds(1);

engines::shared_nothing::CopyTiming copy_timing(const RunOptions& options);

/// Whether copies go with the other options.
platform::Expected<void> check_copies(const RunOptions& options, const workloads::Workload& workload,
                                      unsigned ranks);
/// Whether what is to be done to ranks does.
platform::Expected<void> check_faults(const RunOptions& options, const workloads::Workload& workload,
                                      unsigned ranks);

}  // namespace upout::harness
