#pragma once

#include <memory>

#include "platform/topology.h"

namespace upout::micro {

/// machine/...: what this machine's memory and lines cost, by where the threads are.
void register_machine_memory(const std::shared_ptr<const platform::Topology>& topology);
void register_machine_lines(const std::shared_ptr<const platform::Topology>& topology);

/// limit/...: what the machine itself can do.
void register_limits();

/// peer/...: well-known structures on the same keys.
void register_hash_peers();
void register_ordered_peers();

/// Those of libraries that not every site has; built with UPOUT_PEERS only.
void register_libcds_peers();
void register_rocksdb_peers();
void register_lmdb_peers();

/// kernel/...: the same through the kernel.
void register_kernel_growth();
void register_kernel_operations();
void register_kernel_transactions();

/// engine/...: what the engine's loop adds to the kernel.
void register_engine_loop();
/// What it costs to have a worker of another island do the work.
void register_engine_delegation();
/// What it costs to simulate many ranks.
void register_engine_simulation();
/// Queries over all records of a table, on all cores.
void register_engine_query(const std::shared_ptr<const platform::Topology>& topology);

}  // namespace upout::micro
