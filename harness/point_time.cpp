#include "harness/point_time.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "harness/run.h"
#include "harness/run_limits.h"
#include "workloads/registry.h"

namespace upout::harness {

namespace {

// Guesses on the slow side (a core of a virtual machine loads some millions of small records a second): a job
// that ends early costs nothing, one that ends too late the point that it was at.
constexpr double starting_seconds = 30;
constexpr double records_per_second = 250e3;  ///< loaded and looked at again at the end
constexpr double bytes_per_second = 100e6;    ///< of their values
constexpr double operations_per_second = 100e3;
constexpr double margin = 1.25;

double number(const Point& point, const char* option, double otherwise) {
  const auto found = point.options.find(option);
  return found == point.options.end() ? otherwise : std::strtod(found->second.c_str(), nullptr);
}

Schedule schedule_of(const Point& point) {
  Schedule schedule;
  schedule.seconds = number(point, "seconds", schedule.seconds);
  schedule.warmup_seconds = number(point, "warmup", schedule.warmup_seconds);
  schedule.repetitions = unsigned(number(point, "repetitions", schedule.repetitions));
  if (const auto asked = point.options.find("precision"); asked != point.options.end()) {
    schedule.precision.half_width = parse_precision(asked->second).value_or(0.0);
    schedule.precision.most_repetitions = unsigned(number(point, "max_repetitions", 0));
    schedule.precision.budget_seconds = number(point, "budget", 0);
  }
  return schedule;
}

/// Null: it cannot be made any more, as if its property file were gone since the plan was read.
std::unique_ptr<workloads::Workload> workload_of(const Point& point) {
  workloads::Properties properties;
  if (!point.properties_file.empty() && !properties.read_file(point.properties_file)) return nullptr;
  for (const auto& property : point.properties)
    properties.set(property.name, property.value, property.origin);
  std::vector<std::string> warnings;
  auto made = workloads::make_workload(point.workload, properties, warnings);
  return made ? std::move(*made) : nullptr;
}

/// Of all repetitions that there may be.
double most_measured_seconds(const Point& point, const workloads::Workload* workload) {
  Schedule schedule = schedule_of(point);
  if (workload != nullptr) {
    std::vector<std::string> warnings;
    schedule = limit(schedule, {.has_seconds = point.options.contains("seconds")}, *workload, warnings)
                   .value_or(schedule);
  }
  if (schedule.operations != 0)
    schedule.seconds = std::min(schedule.seconds, double(schedule.operations) / operations_per_second);
  const double each = schedule.warmup_seconds + schedule.window_seconds();
  if (!schedule.precision.is_asked()) return each * schedule.repetitions;
  const Precision limits = limited(schedule.precision, schedule.repetitions);
  const double by_number = limits.most_repetitions == 0 ? HUGE_VAL : each * limits.most_repetitions;
  // The last repetition may begin when the budget is all but over.
  const double by_budget = limits.budget_seconds <= 0 ? HUGE_VAL : limits.budget_seconds + each;
  return std::max(each * schedule.repetitions, std::min(by_number, by_budget));
}

double data_seconds(const Point& point, const workloads::Workload* workload) {
  if (workload == nullptr || !point.engine->keeps_records) return 0;
  const double records = std::max(double(workload->record_count()),
                                  number(point, "records_per_worker", 0) * double(point.all_workers()));
  return records / records_per_second + records * double(workload->value_bytes()) / bytes_per_second;
}

}  // namespace

double measured_seconds(const Point& point) {
  const Schedule schedule = schedule_of(point);
  return schedule.seconds + schedule.warmup_seconds * schedule.repetitions;
}

std::chrono::seconds generous_time(const Point& point) {
  const auto workload = workload_of(point);
  const double seconds =
      starting_seconds + most_measured_seconds(point, workload.get()) + data_seconds(point, workload.get());
  return std::chrono::seconds(std::int64_t(std::ceil(seconds * margin)));
}

}  // namespace upout::harness
