#pragma once

#include "harness/schedulers/scheduler.h"

namespace upout::harness::schedulers {

// Each is a file of its own.
const Scheduler& slurm();
const Scheduler& pbs();
const Scheduler& lsf();
const Scheduler& lsf_jsrun();  ///< in the file of lsf()
const Scheduler& flux();
const Scheduler& local();

}  // namespace upout::harness::schedulers
