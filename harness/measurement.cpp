#include "harness/measurement.h"

#include <algorithm>
#include <chrono>

namespace upout::harness {

std::string_view latency_name(kernel::OperationKind kind) {
  switch (kind) {
    case kernel::OperationKind::get:
      return "read";
    case kernel::OperationKind::put:
      return "put";
    case kernel::OperationKind::insert:
      return "insert";
    case kernel::OperationKind::update:
      return "update";
    case kernel::OperationKind::remove:
      return "remove";
    case kernel::OperationKind::read_modify_write:
      return "read_modify_write";
    case kernel::OperationKind::scan:
    case kernel::OperationKind::scan_backwards:
      return "scan";
  }
  return "unknown";
}

std::vector<FaultReport> read_faults(const std::vector<Fault>& faults, platform::Timestamp begin,
                                     const engines::shared_nothing::Members& members) {
  using engines::shared_nothing::View;
  const auto is_whole = [&](const View& view) {
    return std::ranges::all_of(
        view.copies, [&](const View::Copies& of) { return of.members.size() == members.policy().copies; });
  };
  std::vector<FaultReport> reports;
  for (const Fault& fault : faults) {
    FaultReport& report = reports.emplace_back();
    report.fault = fault;
    for (const auto& [when, view] : members.history()) {
      if (when < begin + fault.at) continue;
      const double seconds = std::chrono::duration<double>(when - begin - fault.at).count();
      if (!report.detected_seconds) {
        if (!view.is_alive(static_cast<int>(fault.rank))) report.detected_seconds = seconds;
      } else if (!report.restored_seconds && is_whole(view)) {
        report.restored_seconds = seconds;
      }
    }
  }
  return reports;
}

}  // namespace upout::harness
