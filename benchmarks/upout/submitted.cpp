#include "benchmarks/upout/submitted.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "platform/topology.h"

namespace upout {

std::optional<harness::SubmittedSweep> open_submitted(const std::string& folder,
                                                      harness::SubmittedSweep::Use use, Program& program) {
  const auto topology = platform::Topology::discover();
  if (!topology) {
    program.fail(topology.error().to_string(), exit_usage);
    return std::nullopt;
  }
  auto sweep = harness::SubmittedSweep::open(folder, {topology->cores(), topology->processing_units()}, use);
  if (!sweep) {
    program.fail(sweep.error().to_string(), exit_usage);
    return std::nullopt;
  }
  if (!sweep->warning().empty()) fmt::print(stderr, "upout: warning: {}\n", sweep->warning());
  return std::move(*sweep);
}

bool refresh_and_save(harness::SubmittedSweep& sweep, Program& program) {
  const auto fresh = sweep.refresh();
  const auto saved = sweep.save();
  if (!fresh) program.fail(fresh.error().to_string(), exit_failed);
  if (!saved) program.fail(saved.error().to_string(), exit_failed);
  return fresh && saved;
}

}  // namespace upout
