#pragma once

#include "workloads/small_bank.h"
#include "workloads/tatp.h"
#include "workloads/tpcc.h"
#include "workloads/workload.h"
#include "workloads/ycsb_multi.h"

namespace upout::workloads {

/// Calls `use(workload)` with a workload of transactions as what it is, since its texts are templates over
/// the engine. Every `TransactionWorkload` has a line here. False: it is none.
template <class Use>
bool visit_transactions(const Workload& workload, Use&& use) {
  if (const auto* multi = dynamic_cast<const YcsbMulti*>(&workload)) {
    use(*multi);
    return true;
  }
  if (const auto* bank = dynamic_cast<const SmallBank*>(&workload)) {
    use(*bank);
    return true;
  }
  if (const auto* tatp = dynamic_cast<const Tatp*>(&workload)) {
    use(*tatp);
    return true;
  }
  if (const auto* tpcc = dynamic_cast<const Tpcc*>(&workload)) {
    use(*tpcc);
    return true;
  }
  return false;
}

}  // namespace upout::workloads
