#pragma once

#include <optional>
#include <string>

#include "benchmarks/upout/command.h"
#include "harness/submitted_sweep.h"

namespace upout {

/// The sweep in a folder that `upout submit` has made. Nothing: the error has been said, the status is set.
std::optional<harness::SubmittedSweep> open_submitted(const std::string& folder,
                                                      harness::SubmittedSweep::Use use, Program& program);

/// Asks the scheduler how the jobs are and writes it down. False: something was not told, and that has been
/// said.
bool refresh_and_save(harness::SubmittedSweep& sweep, Program& program);

}  // namespace upout
