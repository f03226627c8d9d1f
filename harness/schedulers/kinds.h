#pragma once

#include "harness/schedulers/scheduler.h"

namespace upout::harness::schedulers {

// Each is a file of its own.
const Scheduler& local();

}  // namespace upout::harness::schedulers
