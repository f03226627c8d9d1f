#pragma once

#include "platform/error.h"

namespace upout::platform {

/// Whether hwloc can read the machine that HWLOC_XMLFILE describes, if it names a file. hwloc believes what
/// is in XML: it crashes where that contradicts itself (2.9: an object without a cpuset), and takes memory
/// and time without end for some of it. So numbers are looked at first, and then a child reads it.
Expected<void> try_topology_description();

}  // namespace upout::platform
