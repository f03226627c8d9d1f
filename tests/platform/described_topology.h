#pragma once

#include <string>

#include "platform/topology.h"
#include "scoped_variable.h"

namespace upout::platform {

/// The machine that a line in hwloc's synthetic form describes.
inline Topology described_by(const std::string& synthetic) {
  const ScopedVariable variable("HWLOC_SYNTHETIC", synthetic);
  return Topology::discover().value();
}

/// A machine of tests/platform/machines.
inline Topology recorded_in(const std::string& file) {
  const ScopedVariable variable("HWLOC_XMLFILE", std::string(UPOUT_TEST_MACHINES) + "/" + file);
  return Topology::discover().value();
}

}  // namespace upout::platform
