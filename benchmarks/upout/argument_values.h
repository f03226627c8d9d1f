#pragma once

#include <string>
#include <vector>

namespace upout {

/// What the arguments and options of the name can have for a value, of those whose check does not say it
/// itself: the workloads of "--workload", the suite's own plans of "plan". Nothing: it may be anything.
std::vector<std::string> argument_values(const std::string& name);

}  // namespace upout
