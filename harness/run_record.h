#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/record.h"
#include "harness/run.h"
#include "platform/topology.h"
#include "workloads/workload.h"

/// How a run's record begins, whichever program measures it.
namespace upout::harness {

/// What was asked for; nothing has been measured yet, and it has no id.
RunRecord begin_record(const RunOptions& options, const workloads::Workload& workload, Deployment deployment);

/// Such as "shared-memory-2-ycsb-b-d16", in an open loop "shared-memory-2-ycsb-b-d16-rate2000000-poisson", of
/// so many operations "shared-memory-2-ycsb-b-d16-operations1000".
std::string default_id(const RunOptions& options, const workloads::Workload& workload, unsigned workers);

/// The whole host, not only the core that a launcher has bound this rank to; and which processing units this
/// process was given, which are those of `of_this_process`.
nlohmann::json describe_host(const platform::Topology& of_this_process);

}  // namespace upout::harness
