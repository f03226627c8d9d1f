#include "harness/run_limits.h"

#include <fmt/format.h>

namespace upout::harness {

namespace {

platform::Expected<void> check_count(std::uint64_t operations, const Schedule& schedule,
                                     const LimitChoice& choice) {
  const auto refuse = [&](const std::string& found, const std::string& expected) {
    return platform::unexpected("operationcount", found, expected);
  };
  if (!choice.open_by.empty())
    return refuse(fmt::format("it beside {}", choice.open_by),
                  "--seconds: what arrives at a rate is measured for a time");
  if (choice.moves_partitions)
    return refuse("it beside --rebalance", "--seconds: a partition moves in the middle of a window");
  if (schedule.precision.is_asked())
    return refuse("it beside --precision",
                  "--seconds: how many repetitions share the operations is not known");
  if (operations >= schedule.repetitions) return {};
  return refuse(
      fmt::format("'{}'", operations),
      fmt::format("at least one for each of the {} repetitions, or --seconds", schedule.repetitions));
}

}  // namespace

platform::Expected<Schedule> limit(Schedule schedule, const LimitChoice& choice,
                                   const workloads::Workload& workload, std::vector<std::string>& warnings) {
  const workloads::RunLimits limits = workload.limits();
  if (choice.has_seconds) {
    constexpr const char* warning = "{}: has no effect: --seconds says how long is measured";
    if (limits.operations != 0) warnings.push_back(fmt::format(warning, "operationcount"));
    if (limits.seconds != 0) warnings.push_back(fmt::format(warning, "maxexecutiontime"));
    return schedule;
  }
  if (limits.operations != 0) {
    if (auto possible = check_count(limits.operations, schedule, choice); !possible)
      return tl::unexpected(possible.error());
    schedule.operations = limits.operations;
    schedule.seconds = Schedule::unlimited_seconds;
  }
  if (limits.seconds != 0) schedule.seconds = static_cast<double>(limits.seconds);
  return schedule;
}

}  // namespace upout::harness
