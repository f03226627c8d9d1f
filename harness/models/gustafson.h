#pragma once

#include "harness/models/scaling_model.h"

namespace upout::harness::models {

/// Gustafson's law ("Reevaluating Amdahl's Law", CACM 31(5), 1988), for work that grows with the machine:
///   X(N) = lambda (s + (1 - s) N).
/// lambda: throughput of one core; s, from 0 to 1: the share of the time of one core that others cannot
/// share. Each further core adds the same, so that there is no end to it.
extern const ScalingModel gustafson;

}  // namespace upout::harness::models
