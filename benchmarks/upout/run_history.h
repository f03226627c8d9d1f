#pragma once

#include <memory>

#include "benchmarks/upout/command.h"
#include "benchmarks/upout/run_checks.h"
#include "harness/history/recorded_workload.h"
#include "harness/record.h"
#include "platform/error.h"

namespace upout {

/// The workload with a history of its operations, if one was asked for; else null. Keeps a reference.
platform::Expected<std::unique_ptr<harness::RecordedWorkload>> record_history(
    const RunCommand& command, const workloads::Workload& workload);

/// Puts together what all processes have recorded, and writes it from the root, which says so if it is not
/// all that was done. What there is of it goes into the record. Collective; fails on the root alone.
platform::Expected<void> write_history(const RunCommand& command, const harness::RecordedWorkload& recorded,
                                       const Program& program, harness::RunOutcome& outcome);

}  // namespace upout
