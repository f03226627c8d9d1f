#include "harness/copy_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/region_checks.h"
#include "platform/duration.h"

namespace upout::harness {

engines::shared_nothing::CopyTiming copy_timing(const RunOptions& options) {
  engines::shared_nothing::CopyTiming timing;
  timing.heartbeat = options.heartbeat;
  timing.suspicion = options.failure_timeout;
  timing.lease = options.failure_timeout * 2 / 3;
  // There and back, and as long again: what is only late must not be sent twice.
  timing.patience = 2 * options.heartbeat + 4 * longest_delay(options);
  timing.consensus.heartbeat = options.heartbeat;
  timing.consensus.election = options.failure_timeout * 5 / 6;
  return timing;
}

namespace {

platform::Expected<void> check_timing(const RunOptions& options) {
  if (options.heartbeat < shortest_heartbeat)
    return platform::unexpected("--heartbeat", platform::to_string(options.heartbeat),
                                fmt::format("at least {}", platform::to_string(shortest_heartbeat)));
  // Within a lease, which is two thirds of it, a heartbeat has to go there and be heard of.
  const platform::Timestamp least = least_heartbeats * options.heartbeat + 4 * longest_delay(options);
  if (options.failure_timeout >= least && options.failure_timeout <= longest_failure_timeout) return {};
  return platform::unexpected(
      "--failure-timeout", platform::to_string(options.failure_timeout),
      fmt::format("at least three heartbeats{} ({}), and at most {}",
                  longest_delay(options).count() == 0 ? "" : " and four link delays",
                  platform::to_string(least), platform::to_string(longest_failure_timeout)));
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

namespace {

platform::Error refused(std::string found, std::string expected) {
  return {"--fault", std::move(found), std::move(expected)};
}

/// Whether what is measured, and how, is of any use while ranks die.
std::optional<platform::Error> check_beside_faults(const RunOptions& options,
                                                   const workloads::Workload& workload, unsigned with_data) {
  if (options.goal)
    return refused("it beside --goal",
                   "--rate: faults are done in the first window, which a goal's search measures and forgets");
  if (options.schedule.operations != 0)
    return refused("it beside operationcount", "--seconds: faults have their times within a window");
  if (workload.inserts())
    return refused(fmt::format("it with {}, which inserts", workload.name()),
                   "--workload ledger, or ycsb-a, ycsb-b, ycsb-c or ycsb-f beside --clients: of an insert "
                   "without an answer nobody knows whether its record has to be there");
  const bool spares_clients =
      options.clients != 0 && std::ranges::all_of(options.faults, [with_data](const Fault& fault) {
        return fault.kind != Fault::Kind::kill || fault.rank < with_data;
      });
  if (workload.keeps_ledger() || spares_clients) return std::nullopt;
  return refused(
      fmt::format("it with {}", workload.name()),
      "--workload ledger, which knows what was acknowledged and by whom; or --clients, and none of "
      "them killed");
}

/// A rank that is out of the view when the window ends waits in vain to be taken back: the others have ended
/// their session, too. (It has to call them first.)
std::optional<platform::Error> check_time(const Fault& fault, const RunOptions& options) {
  constexpr int heartbeats = engines::shared_nothing::CopyTiming::heartbeats_a_call + 2;
  const platform::Timestamp back = options.failure_timeout + heartbeats * options.heartbeat;
  const double end = std::chrono::duration<double>(fault.at + fault.lasts + back).count();
  const double window = options.schedule.window_seconds();
  if (end < window) return std::nullopt;
  return refused(
      to_string({fault}),
      fmt::format("it to be over {} (the failure timeout and seven heartbeats) before the end of the "
                  "first window, of {} s: an earlier one, or more --seconds",
                  platform::to_string(back), window));
}

/// What ranks that are threads of one process cannot survive.
std::optional<platform::Error> check_of_threads(const Fault& fault) {
  if (fault.kind == Fault::Kind::kill)
    return refused("kill beside --transport ring", "ranks that are processes");
  const platform::Timestamp longest = engines::shared_nothing::CopyTiming{}.longest_absence;
  if (fault.kind != Fault::Kind::cut || fault.lasts < longest) return std::nullopt;
  return refused(
      to_string({fault}) + " beside --transport ring",
      fmt::format("less than {}: a rank that hears of no majority for so long ends, and the process "
                  "with it that has all of them",
                  platform::to_string(longest)));
}

}  // namespace

platform::Expected<void> check_faults(const RunOptions& options, const workloads::Workload& workload,
                                      unsigned ranks) {
  if (options.faults.empty()) return {};
  if (auto error = check_beside_faults(options, workload, ranks - options.clients))
    return tl::unexpected(std::move(*error));
  for (const Fault& fault : options.faults) {
    if (fault.rank >= ranks)
      return tl::unexpected(refused(to_string({fault}), fmt::format("a rank below {}", ranks)));
    if (auto error = check_time(fault, options)) return tl::unexpected(std::move(*error));
    if (options.transport != "ring") continue;
    if (auto error = check_of_threads(fault)) return tl::unexpected(std::move(*error));
  }
  const auto killed =
      static_cast<unsigned>(std::ranges::count(options.faults, Fault::Kind::kill, &Fault::kind));
  if (killed != 0 && ranks - killed < ranks / 2 + 1)
    return tl::unexpected(refused(fmt::format("{} of {} ranks killed", killed, ranks),
                                  "a majority to be left, which alone can go on"));
  const unsigned with_data = ranks - options.clients;
  const auto killed_with_data =
      static_cast<unsigned>(std::ranges::count_if(options.faults, [with_data](const Fault& fault) {
        return fault.kind == Fault::Kind::kill && fault.rank < with_data;
      }));
  const unsigned quorum = options.copies.copies / 2 + 1;
  const bool needs_quorum = options.copies.acknowledge == engines::shared_nothing::Acknowledge::quorum;
  if (killed_with_data != 0 && needs_quorum && with_data - killed_with_data < quorum)
    return tl::unexpected(
        refused(fmt::format("{} of {} ranks that have data killed, beside --acknowledge quorum",
                            killed_with_data, with_data),
                fmt::format("{} of them to be left, a quorum of {} copies: more ranks, or --acknowledge all",
                            quorum, options.copies.copies)));
  return {};
}

}  // namespace upout::harness
