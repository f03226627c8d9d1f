#pragma once

#include <span>
#include <vector>

#include "engines/shared_nothing/replication/membership.h"
#include "harness/fault.h"
#include "platform/clock.h"

namespace upout::harness {

/// What became of faults in a window that began at `begin`, by the transport's clock, as a rank has seen it:
/// `history` has the views that it entered, in order, and `copies` is how many each partition should have.
/// A rank's end is put down to the last fault before it that was done to that rank; that all copies are there
/// again, to the last fault that had been noticed by then.
std::vector<FaultReport> read_faults(const std::vector<Fault>& faults, platform::Timestamp begin,
                                     std::span<const engines::shared_nothing::Members::Entered> history,
                                     unsigned copies);

}  // namespace upout::harness
