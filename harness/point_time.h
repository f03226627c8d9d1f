#pragma once

#include <chrono>

#include "harness/plan.h"

/// How long a point takes, before anyone has measured it.
namespace upout::harness {

/// How long it measures, warm-ups among it: the least that it takes.
double measured_seconds(const Point& point);

/// What to give it where it is ended at a limit: much rather too much. Measuring with as many repetitions as
/// its precision may cost; loading and verifying all records at slow rates, for each byte too; starting its
/// processes; and a quarter of all this again.
std::chrono::seconds generous_time(const Point& point);

}  // namespace upout::harness
