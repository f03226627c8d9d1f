#include "harness/copy_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "platform/duration.h"

namespace upout::harness {

engines::shared_nothing::CopyTiming copy_timing(const RunOptions& options) {
  engines::shared_nothing::CopyTiming timing;
  timing.heartbeat = options.heartbeat;
  timing.suspicion = options.failure_timeout;
  timing.lease = options.failure_timeout * 2 / 3;
  timing.patience = 2 * options.heartbeat;
  timing.consensus.heartbeat = options.heartbeat;
  timing.consensus.election = options.failure_timeout * 5 / 6;
  return timing;
}

namespace {

platform::Expected<void> check_timing(const RunOptions& options) {
  if (options.heartbeat < shortest_heartbeat)
    return platform::unexpected("--heartbeat", platform::to_string(options.heartbeat),
                                fmt::format("at least {}", platform::to_string(shortest_heartbeat)));
  const platform::Timestamp least = least_heartbeats * options.heartbeat;
  if (options.failure_timeout >= least && options.failure_timeout <= longest_failure_timeout) return {};
  return platform::unexpected(
      "--failure-timeout", platform::to_string(options.failure_timeout),
      fmt::format("at least three heartbeats ({}), and at most {}", platform::to_string(least),
                  platform::to_string(longest_failure_timeout)));
}

}  // namespace

platform::Expected<void> check_copies(const RunOptions& options, const workloads::Workload& workload,
                                      unsigned ranks) {
  const unsigned copies = options.copies.copies;
  if (copies == 1) {
    if (options.faults.empty()) return {};
    return platform::unexpected("--fault", to_string(options.faults),
                                "--replicas 2 or more beside it: without copies nothing is left to measure");
  }
  const std::string name = fmt::format("--replicas {}", copies);
  if (!engines::shared_nothing::Consensus::is_there())
    return platform::unexpected(name, "a program that was built without libraft",
                                "one that was built with it");
  if (copies > ranks - options.clients)
    return platform::unexpected(name, fmt::format("{} ranks that have data", ranks - options.clients),
                                "at least as many ranks as copies");
  const auto refuse = [&](std::string_view beside, std::string_view expected) {
    return platform::unexpected(name, fmt::format("it beside {}", beside), std::string(expected));
  };
  if (options.threads_per_rank > 1) return refuse("--threads-per-rank", "one worker a rank");
  if (options.read_path == "rma") return refuse("--read-path rma", "--read-path request");
  if (options.rebalance != "none") return refuse("--rebalance", "--rebalance none");
  if (workload.has_transactions())
    return refuse(workload.name(), "a workload of single operations: transactions are not copied");
  return check_timing(options);
}

platform::Expected<void> check_faults(const RunOptions& options, const workloads::Workload& workload,
                                      unsigned ranks) {
  if (options.faults.empty()) return {};
  const unsigned with_data = ranks - options.clients;
  const bool spares_clients =
      options.clients != 0 && std::ranges::all_of(options.faults, [with_data](const Fault& fault) {
        return fault.kind != Fault::Kind::kill || fault.rank < with_data;
      });
  if (!workload.keeps_ledger() && !spares_clients)
    return platform::unexpected(
        "--fault", fmt::format("it with {}", workload.name()),
        "--workload ledger, which knows what was acknowledged and by whom; or --clients, "
        "and none of them killed");
  unsigned killed = 0;
  for (const Fault& fault : options.faults) {
    const std::string text = to_string({fault});
    if (fault.rank >= ranks)
      return platform::unexpected("--fault", text, fmt::format("a rank below {}", ranks));
    const double end = std::chrono::duration<double>(fault.at + fault.lasts).count();
    if (end >= options.schedule.window_seconds())
      return platform::unexpected(
          "--fault", text,
          fmt::format("it to be over within the first window, of {} s", options.schedule.window_seconds()));
    killed += fault.kind == Fault::Kind::kill ? 1 : 0;
  }
  if (killed != 0 && options.transport == "ring")
    return platform::unexpected("--fault", "kill beside --transport ring", "ranks that are processes");
  if (killed != 0 && ranks - killed < ranks / 2 + 1)
    return platform::unexpected("--fault", fmt::format("{} of {} ranks killed", killed, ranks),
                                "a majority to be left, which alone can go on");
  return {};
}

}  // namespace upout::harness
