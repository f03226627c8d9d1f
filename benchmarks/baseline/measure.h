#pragma once

#include "harness/interrupt.h"
#include "harness/progress.h"
#include "harness/run.h"
#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::baseline {

/// Loads the workload's records into the sequential program's database, measures, and verifies what is there
/// afterwards, as harness::run does it with the suite's engines. A closed loop; of `options`, what belongs to
/// several threads, ranks or partitions is not looked at. An interrupt ends it early with what was measured
/// so far. Called on the main thread, which stays bound.
platform::Expected<harness::RunOutcome> measure(const harness::RunOptions& options,
                                                const workloads::Workload& workload,
                                                const harness::Interrupt& interrupt,
                                                harness::Progress& progress);

}  // namespace upout::baseline
