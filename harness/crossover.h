#pragma once

#include <string>

#include "harness/comparison.h"

namespace upout::harness {

/// From which share on the other engine is ahead: "On 2 cores, shared-memory overtakes shared-nothing on
/// ycsb-multi at crosspartition 20 %: ...". Where the intervals tell nothing, nobody is.
std::string crossing_sentence(const Crossing& crossing);

}  // namespace upout::harness
