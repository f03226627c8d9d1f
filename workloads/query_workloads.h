#pragma once

#include "workloads/analytics.h"
#include "workloads/workload.h"

namespace upout::workloads {

/// Calls `use(workload)` with a workload of queries as what it is, since their answers are templates over the
/// engine. Every `QueryWorkload` has a line here. False: it is none.
template <class Use>
bool visit_queries(const Workload& workload, Use&& use) {
  if (const auto* analytics = dynamic_cast<const Analytics*>(&workload)) {
    use(*analytics);
    return true;
  }
  return false;
}

}  // namespace upout::workloads
