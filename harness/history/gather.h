#pragma once

#include <vector>

#include "harness/history/recorded_workload.h"

namespace upout::harness {

/// What the workers of all ranks have done, on the root; nothing on the others. Collective over
/// MPI_COMM_WORLD. Ranks of one host share its clock. The times of another host are brought onto the root's
/// scale by an offset that is measured now, good to half a round trip, and less so the longer ago. `present`:
/// the ranks that are there, of which the first is the root; empty: all are.
HistoryPart gather_history(const HistoryPart& own, const std::vector<bool>& present = {});

}  // namespace upout::harness
