#include "harness/load_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "platform/duration.h"

namespace upout::harness {

namespace {

constexpr double most_intervals = 3600;
constexpr double most_bursts = 100'000;

}  // namespace

platform::Expected<void> check_load(const LoadChoice& load, const workloads::Workload& workload) {
  const std::string with = fmt::format("it with {}", workload.name());
  if (load.engine == "null" && workload.has_transactions()) {
    return platform::unexpected("--engine null", with,
                                "a workload of single operations: there is nothing to commit");
  }
  if (load.engine == "null" && (workload.needs_order() || workload.has_queries())) {
    return platform::unexpected("--engine null", with,
                                "a workload without scans: there are no records to return");
  }
  if (!load.open_by.empty() && workload.has_queries()) {
    return platform::unexpected(
        std::string(load.open_by), with,
        "a workload of operations or transactions: queries are asked in a closed loop");
  }
  if (load.has_series && workload.has_queries()) {
    return platform::unexpected("--interval", with,
                                "a workload of operations or transactions: a query may take longer than one");
  }
  if (load.has_arrivals && load.open_by.empty()) {
    return platform::unexpected("--arrivals", "it without --rate, --profile or --goal",
                                "--rate, such as 2M/s: without it operations do not arrive, they follow "
                                "those that are done");
  }
  return {};
}

std::string_view open_by(const RunOptions& options) {
  if (options.goal) return "--goal";
  if (options.load.profile) return "--profile";
  return options.load.is_open() ? "--rate" : "";
}

namespace {

platform::Expected<void> check_precision(const RunOptions& options) {
  const Precision& precision = options.schedule.precision;
  if (!precision.is_asked()) {
    if (precision.most_repetitions == 0 && precision.budget_seconds <= 0) return {};
    return platform::unexpected(precision.most_repetitions != 0 ? "--max-repetitions" : "--budget",
                                "it without --precision", "--precision, such as 5%, which it is a limit of");
  }
  if (options.goal)
    return platform::unexpected("--precision", "it beside --goal",
                                "a rate: repetitions of a goal begin again where it is not kept");
  if (precision.most_repetitions == 0 || precision.most_repetitions >= options.schedule.repetitions)
    return {};
  return platform::unexpected(
      "--max-repetitions", std::to_string(precision.most_repetitions),
      "at least the " + std::to_string(options.schedule.repetitions) + " of --repetitions");
}

}  // namespace

platform::Expected<void> check_measured(const RunOptions& options) {
  if (auto precise = check_precision(options); !precise) return precise;
  if (options.goal && options.rebalance != "none") {
    return platform::unexpected("--goal", "it beside --rebalance " + options.rebalance,
                                "--rebalance none: windows that search for a rate move no partition");
  }
  const double seconds = options.schedule.window_seconds();
  if (options.load.profile && !options.load.is_open()) {
    return platform::unexpected(
        "--profile", "'" + options.load.profile->text + "'",
        fmt::format("one of at most {} bursts, by which something arrives within the {} s of a window "
                    "(--seconds / --repetitions)",
                    most_bursts, seconds));
  }
  const double interval = static_cast<double>(options.interval.count()) * 1e-9;
  if (interval == 0) return {};
  if (options.schedule.operations != 0) {
    return platform::unexpected("--interval", "it with operationcount",
                                "--seconds: a time series is of windows of which the length is known");
  }
  if (seconds / interval > most_intervals) {
    return platform::unexpected(
        "--interval", platform::to_string(options.interval),
        fmt::format("at most {} of them in a window, which lasts for {} s", most_intervals, seconds));
  }
  if (interval > seconds) {
    return platform::unexpected(
        "--interval", platform::to_string(options.interval),
        fmt::format("at most the {} s of a window (--seconds / --repetitions)", seconds));
  }
  return {};
}

void complete_load(RunOptions& options) {
  if (!options.load.profile) return;
  const double seconds = options.schedule.window_seconds();
  const LoadProfile& profile = *options.load.profile;
  if (profile.shape == LoadProfile::Shape::bursts && seconds / profile.period_seconds > most_bursts) return;
  const double mean = profile.mean_rate(seconds);
  options.load.per_second = mean < lowest_rate ? 0 : mean;
  if (options.interval != platform::Timestamp::zero()) return;
  constexpr double least_intervals = 20;
  const double interval = std::max(std::min(1.0, seconds / least_intervals), seconds / most_intervals);
  options.interval = platform::Timestamp(static_cast<std::int64_t>(std::ceil(interval * 1e9)));
}

}  // namespace upout::harness
