#include "harness/fault_reports.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace upout::harness {
namespace {

using engines::shared_nothing::View;
using platform::Timestamp;

double seconds_after(const FaultReport& report, Timestamp time) {
  return std::chrono::duration<double>(time - report.fault.at).count();
}

bool is_whole(const View& view, unsigned copies) {
  return std::ranges::all_of(view.copies,
                             [copies](const View::Copies& of) { return of.members.size() == copies; });
}

/// The last of those to that rank; null: none has been done yet.
FaultReport* last_of(std::vector<FaultReport>& reports, unsigned rank, Timestamp time) {
  FaultReport* last = nullptr;
  for (FaultReport& report : reports) {
    if (report.fault.rank != rank || report.fault.at > time) continue;
    if (last == nullptr || report.fault.at >= last->fault.at) last = &report;
  }
  return last;
}

/// Faults whose rank the view has no more, and the one `before` had. A rank that goes twice is noticed once.
std::vector<FaultReport*> noticed_in(std::vector<FaultReport>& reports, Timestamp time, const View& view,
                                     const View* before) {
  std::vector<FaultReport*> noticed;
  for (std::size_t rank = 0; rank < view.alive.size(); ++rank) {
    if (view.alive[rank] || (before != nullptr && !before->alive[rank])) continue;
    FaultReport* const report = last_of(reports, static_cast<unsigned>(rank), time);
    if (report == nullptr || report->detected_seconds) continue;
    report->detected_seconds = seconds_after(*report, time);
    noticed.push_back(report);
  }
  return noticed;
}

void take_earlier(std::optional<double>& time, const std::optional<double>& other) {
  if (other && (!time || *other < *time)) time = other;
}

}  // namespace

std::vector<FaultReport> reports_of(const std::vector<Fault>& faults) {
  std::vector<FaultReport> reports;
  reports.reserve(faults.size());
  for (const Fault& fault : faults)
    reports.push_back({.fault = fault, .detected_seconds = {}, .restored_seconds = {}});
  return reports;
}

void take_earliest(std::vector<FaultReport>& reports, const std::vector<FaultReport>& seen, unsigned rank) {
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (seen[i].fault.rank == rank) continue;
    take_earlier(reports[i].detected_seconds, seen[i].detected_seconds);
    take_earlier(reports[i].restored_seconds, seen[i].restored_seconds);
  }
}

std::vector<FaultReport> read_faults(const std::vector<Fault>& faults, Timestamp begin,
                                     std::span<const engines::shared_nothing::Members::Entered> history,
                                     unsigned copies) {
  std::vector<FaultReport> reports = reports_of(faults);
  std::vector<FaultReport*> last_noticed;  // whose copies are not all there again
  const View* before = nullptr;
  for (const auto& [when, view] : history) {
    if (auto noticed = noticed_in(reports, when - begin, view, before); !noticed.empty())
      last_noticed = std::move(noticed);
    before = &view;
    if (!is_whole(view, copies)) continue;
    for (FaultReport* report : last_noticed) report->restored_seconds = seconds_after(*report, when - begin);
    last_noticed.clear();
  }
  return reports;
}

}  // namespace upout::harness
