#include "harness/plan.h"
#include "line_mutator.h"
#include "reader.h"

/// A plan as `upout sweep` takes it on a machine with four cores of two threads: read, multiplied out and
/// checked point by point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace upout;
  static const fuzz::MemoryFile file;
  file.replace(fuzz::text_of({data, size}));
  const auto plan = harness::read_plan(file.path(), {.cores = 4, .processing_units = 8});
  if (!plan) {
    fuzz::demand_a_place_in(file.path(), plan.error());
    return 0;
  }
  fuzz::remember_as_readable({data, size});
  for (const harness::Point& point : plan->points) {
    if (harness::run_arguments(point, "out.json").empty())
      fuzz::give_up("a point that starts nothing", point.id);
  }
  return 0;
}
