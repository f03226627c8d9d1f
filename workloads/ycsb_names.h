#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/error.h"
#include "workloads/properties.h"

namespace upout::workloads {

/// Checks that each property's name is one that YCSB's core has (its workload, client or measurements). Adds
/// a warning for each that has no effect here, which says what to use instead; a name that YCSB does not have
/// is an error.
platform::Expected<void> check_ycsb_names(std::string_view workload, const Properties& properties,
                                          std::vector<std::string>& warnings);

}  // namespace upout::workloads
