#pragma once

namespace upout::micro {

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

}  // namespace upout::micro
