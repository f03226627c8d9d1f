#pragma once

#include <string_view>

#include "platform/error.h"
#include "workloads/workload.h"

namespace upout::harness {

/// How load is to be generated, and against what.
struct LoadChoice {
  std::string_view engine;
  bool has_rate = false;
  bool has_arrivals = false;  ///< it was said how operations arrive
};

/// Whether that makes sense, and goes with the workload, whatever the deployment: for runs and for plans, in
/// which a mistake is to show before anything is measured. The error's `where` begins with an option of
/// `upout run`.
platform::Expected<void> check_load(const LoadChoice& load, const workloads::Workload& workload);

}  // namespace upout::harness
