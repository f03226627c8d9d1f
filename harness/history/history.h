#pragma once

#include <cstdint>
#include <ostream>

#include "harness/history/recorded_workload.h"

namespace upout::harness {

/// Ends a history when the first worker had no room for more: up to then it has all that was done, so that
/// no read in it saw a write that is not in it. What began later is left out; what was in flight then may or
/// may not have been done.
void end_when_full(HistoryPart& history);

/// Writes a history of all workers, one JSON object a line, in the order of time. First comes what the load
/// did to the keys in it. `processes`: how many there are in the deployment, so that one which does not know
/// what became of its operation goes on as another.
void write_history(const HistoryPart& history, std::uint32_t processes, std::ostream& file);

}  // namespace upout::harness
