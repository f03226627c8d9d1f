#pragma once

#include "harness/models/scaling_model.h"

namespace upout::harness::models {

/// The Universal Scalability Law (Gunther, Guerrilla Capacity Planning, 2007):
///   X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)).
/// lambda: throughput of one core; sigma, from 0 to 1: the share of the work that is done by one at a time
/// (contention); kappa, from 0 on: what each core costs each other (coherence). Throughput is greatest on
/// sqrt((1 - sigma) / kappa) cores, or on one if that is less; with kappa = 0 it grows without end.
extern const ScalingModel usl;

/// Amdahl's law ("Validity of the Single Processor Approach to Achieving Large Scale Computing Capabilities",
/// AFIPS 1967): the same with kappa = 0. Speed-up ends at 1 / sigma.
extern const ScalingModel amdahl;

}  // namespace upout::harness::models
