#pragma once

#include <memory>

#include "workloads/workload.h"

namespace upout::harness {

/// A base before workloads::ForwardingWorkload, for one that has to outlive it.
struct OwnedWorkload {
  std::unique_ptr<workloads::Workload> workload;
};

}  // namespace upout::harness
