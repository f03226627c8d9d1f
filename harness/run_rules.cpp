#include "harness/run_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/statistics/trend.h"
#include "platform/duration.h"

namespace upout::harness {
namespace {

using nlohmann::json;
using Violation = std::optional<std::string>;

constexpr std::size_t enough_repetitions = 6;
constexpr double widest_half_interval = 0.05;
constexpr double shortest_window_seconds = 0.5;
constexpr double least_placement_score = 0.95;
constexpr double most_asked_for = 0.05;
constexpr double least_achieved = 0.999;
/// How rarely a steady run is to be called unsteady, by each of two tests, and how much of a change matters.
constexpr double unsteady_level = 0.01;
constexpr double unsteady_change = 0.01;
/// Taken for a last-level cache of unknown size: about what the largest processors have.
constexpr std::uint64_t assumed_cache_bytes = std::uint64_t{1} << 30;

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", double(bytes) / (1 << 20));
}

Violation verified(const Evidence& evidence) {
  const json& verification = evidence.run.at("verification");
  if (verification.at("passed").get<bool>()) return std::nullopt;
  if (verification.at("checks").empty()) return "nothing was checked";
  std::string failed;
  for (const json& check : verification.at("checks")) {
    if (check.at("passed").get<bool>()) continue;
    failed +=
        fmt::format("{}{}: {}", failed.empty() ? "" : "; ", check.at("name").get_ref<const std::string&>(),
                    check.at("detail").get_ref<const std::string&>());
  }
  return failed.empty() ? "no failed check, yet not passed" : failed;
}

Violation complete(const Evidence& evidence) {
  if (!evidence.run.at("incomplete").get<bool>()) return std::nullopt;
  return "a run that was ended early";
}

Violation no_failed_operations(const Evidence& evidence) {
  // Of the repetition with faults, the first, that is what it is for.
  bool is_exempt = evidence.run.contains("faults");
  std::uint64_t failed = 0;
  for (const json& repetition : evidence.run.at("repetitions"))
    failed += std::exchange(is_exempt, false) ? 0 : repetition.at("failed").get<std::uint64_t>();
  if (failed == 0) return std::nullopt;
  return fmt::format("{} failed", failed);
}

Violation real_engine(const Evidence& evidence) {
  if (evidence.run.at("deployment").at("engine") != "null") return std::nullopt;
  return "the null engine, which does nothing";
}

Violation real_topology(const Evidence& evidence) {
  if (evidence.environment.at("topology_is_this_machine").get<bool>()) return std::nullopt;
  return "a topology from a file or a description: " + evidence.environment.at("topology").get<std::string>();
}

Violation release_build(const Evidence& evidence) {
  const auto type = evidence.suite.at("build_type").get<std::string>();
  if (type == "Release") return std::nullopt;
  return type.empty() ? "a build without a type" : "a " + type + " build";
}

Violation no_sanitizer(const Evidence& evidence) {
  const auto sanitizer = evidence.suite.at("sanitizer").get<std::string>();
  if (sanitizer.empty()) return std::nullopt;
  return "built with -fsanitize=" + sanitizer;
}

Violation workers_bound(const Evidence& evidence) {
  const json& deployment = evidence.run.at("deployment");
  const json& workers = evidence.environment.at("workers");
  const std::uint64_t asked =
      deployment.at("ranks").get<std::uint64_t>() * deployment.at("threads_per_rank").get<std::uint64_t>();
  const auto bound =
      std::ranges::count_if(workers, [](const json& w) { return w.at("achieved").get<bool>(); });
  if (std::uint64_t(bound) >= asked && std::size_t(bound) == workers.size()) return std::nullopt;
  return fmt::format("{} of {} workers bound", bound, std::max<std::uint64_t>(asked, workers.size()));
}

Violation cpu_per_worker(const Evidence& evidence) {
  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> owners;
  for (const json& worker : evidence.environment.at("workers")) {
    const json& cpus = worker.at("allowed_cpus");
    if (cpus.size() != 1) continue;  // not bound: that is another rule
    const auto cpu = cpus[0].get<std::uint64_t>();
    const auto host = worker.at("host").get<std::string>();
    const auto number = worker.at("worker").get<std::uint64_t>();
    const auto [owner, first] = owners.try_emplace({host, cpu}, number);
    if (!first) return fmt::format("workers {} and {} on CPU {} of {}", owner->second, number, cpu, host);
  }
  return std::nullopt;
}

Violation not_oversubscribed(const Evidence& evidence) {
  if (!evidence.run.at("deployment").at("oversubscribed").get<bool>()) return std::nullopt;
  return "more workers than places, allowed by --oversubscribe";
}

Violation real_links(const Evidence& evidence) {
  const auto delay = evidence.run.at("deployment").value("link_delay_ns", std::uint64_t{0});
  if (!evidence.run.at("deployment").value("regions", "").empty())
    return "messages between ranks are held back by --regions";
  if (delay == 0) return std::nullopt;
  return platform::to_string(platform::Timestamp(delay)) + " added to each message by --link-delay";
}

Violation no_faults(const Evidence& evidence) {
  if (!evidence.run.contains("faults")) return std::nullopt;
  const std::size_t count = evidence.run.at("faults").size();
  return fmt::format("{} fault{}, done on purpose by --fault", count, count == 1 ? "" : "s");
}

/// Of ranks that may have copies: clients, the last ones, have none.
std::set<std::string> serving_hosts(const Evidence& evidence) {
  const json& deployment = evidence.run.at("deployment");
  const auto serving =
      (deployment.at("ranks").get<std::uint64_t>() - deployment.value("clients", std::uint64_t{0})) *
      deployment.at("threads_per_rank").get<std::uint64_t>();
  std::set<std::string> hosts;
  for (const json& worker : evidence.environment.at("workers")) {
    if (worker.at("worker").get<std::uint64_t>() < serving)
      hosts.insert(worker.at("host").get<std::string>());
  }
  return hosts;
}

/// Ranks of one host are gone with it, all at once.
Violation copies_apart(const Evidence& evidence) {
  const auto copies = evidence.run.at("deployment").value("copies", std::uint64_t{1});
  if (copies == 1) return std::nullopt;
  const std::size_t hosts = serving_hosts(evidence).size();
  if (hosts >= copies) return std::nullopt;
  return fmt::format("{} copies on {} node{}", copies, hosts, hosts == 1 ? "" : "s");
}

Violation no_history(const Evidence& evidence) {
  if (!evidence.run.contains("history")) return std::nullopt;
  return fmt::format("one of {} operations, recorded by --history",
                     evidence.run.at("history").at("operations").get<std::uint64_t>());
}

Violation own_machines(const Evidence& evidence) {
  const json& mpi = evidence.environment.at("mpi");
  if (mpi.is_null() || !mpi.contains("machines")) return std::nullopt;
  const auto nodes = evidence.run.at("deployment").at("nodes").get<std::uint64_t>();
  const auto machines = mpi.at("machines").get<std::uint64_t>();
  if (machines >= nodes) return std::nullopt;
  return fmt::format("{} nodes on {} machine{}", nodes, machines, machines == 1 ? "" : "s");
}

Violation reads_one_sided(const Evidence& evidence) {
  const json reads = evidence.environment.value("one_sided_reads", json());
  if (reads.is_null()) return std::nullopt;
  const auto asked = reads.at("asked_for").get<double>();
  const double share = asked / std::max(1.0, asked + reads.at("done").get<double>());
  if (share <= most_asked_for) return std::nullopt;
  return fmt::format("{:.1f} % were asked for after all", 100 * share);
}

/// The most operations that its workers may have in flight at a time.
double in_flight_at_most(const json& deployment) {
  // Absent in documents from before there was a choice.
  const auto clients = deployment.value("clients", std::uint64_t{0});
  const auto generating = clients == 0 ? deployment.at("ranks").get<std::uint64_t>() : clients;
  return static_cast<double>(generating * deployment.at("threads_per_rank").get<std::uint64_t>() *
                             deployment.at("depth").get<std::uint64_t>());
}

/// Transactions that ended as they were to, without a commit.
double wanted_to_abort(const json& repetition) {
  return repetition.value("aborts_by_cause", json::object()).value("requested", 0.0);
}

/// Both are counted, so a load that is carried differs only in what is on its way when a window begins and
/// ends: next to nothing in a long run, and much of a short or slow one.
Violation load_carried(const Evidence& evidence) {
  if (!evidence.run.contains("load")) return std::nullopt;
  double offered = 0;
  double done = 0;
  double on_its_way = 0;
  for (const json& repetition : evidence.run.at("repetitions")) {
    if (!repetition.at("complete").get<bool>()) continue;
    offered += repetition.at("offered_operations").get<double>();
    done += repetition.at("operations").get<double>() + wanted_to_abort(repetition);
    on_its_way += in_flight_at_most(evidence.run.at("deployment"));
  }
  if (offered == 0) return "no operation that arrived in a complete window";
  if (done + on_its_way >= least_achieved * offered) return std::nullopt;
  return fmt::format("{:.2f} % of them", 100 * done / offered);
}

Violation exceeds_cache(const Evidence& evidence) {
  const auto nodes = evidence.run.at("deployment").at("nodes").get<std::uint64_t>();
  const auto working_set = evidence.run.at("working_set_bytes").get<std::uint64_t>() / nodes;
  const json& known = evidence.environment.at("last_level_cache_bytes");
  const auto cache = known.is_null() ? assumed_cache_bytes : known.get<std::uint64_t>();
  if (working_set > cache) return std::nullopt;
  return fmt::format("{} a node, with {} of last-level cache{}", mebibytes(working_set), mebibytes(cache),
                     known.is_null() ? " assumed, as its size is not known" : "");
}

Violation narrow_interval(const Evidence& evidence) {
  const json& throughput = evidence.run.at("summary").at("throughput");
  if (throughput.is_null()) return "no complete repetition";
  const auto median = throughput.at("median").get<double>();
  const double below = median - throughput.at("ci95").at(0).get<double>();
  const double above = throughput.at("ci95").at(1).get<double>() - median;
  if (median > 0 && std::max(below, above) <= widest_half_interval * median) return std::nullopt;
  if (median <= 0) return "a median of 0";
  return fmt::format("-{:.1f} % to +{:.1f} %", 100 * below / median, 100 * above / median);
}

Violation repetitions(const Evidence& evidence) {
  const json& all = evidence.run.at("repetitions");
  const auto done = std::ranges::count_if(all, [](const json& r) { return r.at("complete").get<bool>(); });
  if (std::size_t(done) >= enough_repetitions) return std::nullopt;
  return fmt::format("{}", done);
}

Violation long_windows(const Evidence& evidence) {
  double shortest = shortest_window_seconds;
  for (const json& repetition : evidence.run.at("repetitions")) {
    if (repetition.at("complete").get<bool>())
      shortest = std::min(shortest, repetition.at("seconds").get<double>());
  }
  if (shortest >= shortest_window_seconds) return std::nullopt;
  return fmt::format("a window of {:.3g} s", shortest);
}

std::vector<double> complete_throughputs(const json& run) {
  std::vector<double> values;
  for (const json& repetition : run.at("repetitions")) {
    if (repetition.at("complete").get<bool>()) values.push_back(repetition.at("throughput").get<double>());
  }
  return values;
}

Violation steady(const Evidence& evidence) {
  const std::vector<double> values = complete_throughputs(evidence.run);
  const auto matters = [](double p_value, double change) {
    return p_value < unsteady_level && std::abs(change) > unsteady_change;
  };
  std::string found;
  if (const Drift drift = mann_kendall(values); matters(drift.p_value, drift.change)) {
    found = fmt::format("a drift of {:+.1f} % from the first to the last", 100 * drift.change);
  }
  if (const InitialShift shift = initial_shift(values); matters(shift.p_value, shift.change)) {
    found +=
        fmt::format("{}the first {} of {} {:.1f} % {} than the rest", found.empty() ? "" : "; ", shift.values,
                    values.size(), 100 * std::abs(shift.change), shift.change < 0 ? "slower" : "faster");
  }
  return found.empty() ? std::nullopt : Violation(found);
}

Violation performance_governor(const Evidence& evidence) {
  const json& governor = evidence.environment.at("scaling_governor");
  if (governor.is_null() || governor == "performance") return std::nullopt;
  return governor.get<std::string>();
}

Violation no_numa_balancing(const Evidence& evidence) {
  const json& balancing = evidence.environment.at("numa_balancing");
  if (balancing.is_null() || !balancing.get<bool>()) return std::nullopt;
  return "on";
}

Violation data_in_place(const Evidence& evidence) {
  if (!evidence.environment.contains("data")) return std::nullopt;
  const json& data = evidence.environment.at("data");
  const json& score = data.at("placement_score");
  if (score.is_null() || data.at("placement_score_after_load").is_null()) {
    // On one node there is no other place.
    if (evidence.environment.at("numa_nodes").get<unsigned>() < 2) return std::nullopt;
    const json& reason = data.at("unverified_because");
    return "unverified: " + (reason.is_null() ? "no pages in use" : reason.get<std::string>());
  }
  const double at_the_end = score.get<double>();
  const double after_load = data.at("placement_score_after_load").get<double>();
  if (std::min(at_the_end, after_load) >= least_placement_score) return std::nullopt;
  return fmt::format("{:.1f} % of the sampled pages after the load, {:.1f} % at the end", 100 * after_load,
                     100 * at_the_end);
}

Violation log_on_disk(const Evidence& evidence) {
  if (!evidence.run.contains("log")) return std::nullopt;
  const auto filesystem = evidence.run.at("log").at("filesystem").get<std::string>();
  const auto has = [&](const char* name) { return filesystem.find(name) != std::string::npos; };
  return has("tmpfs") || has("ramfs") ? Violation(filesystem) : std::nullopt;
}

Violation clean_build(const Evidence& evidence) {
  const json& dirty = evidence.suite.at("dirty");
  if (dirty.is_null()) return "a build outside of a git repository";
  if (!dirty.get<bool>()) return std::nullopt;
  return "changes on top of commit " + evidence.suite.at("commit").get<std::string>();
}

constexpr auto rules = std::to_array<RunRule>({
    {"verified", Severity::invalid, Subject::run, "every check of the data that the run left behind passed",
     "a store that loses or damages records can be as fast as it likes", verified},
    {"complete", Severity::invalid, Subject::run, "all that was asked for was measured",
     "a run that was ended early says nothing about what was left out", complete},
    {"no-failed-operations", Severity::invalid, Subject::run,
     "no operation with a status, no transaction with an end and no query with an answer that the workload "
     "did not expect",
     "failing is often faster than succeeding", no_failed_operations},
    {"real-engine", Severity::invalid, Subject::run, "an engine that keeps records and finds them",
     "without one, figures are those of the load generator and the recorder", real_engine},
    {"real-topology", Severity::invalid, Subject::environment,
     "the topology of this machine, as its kernel reports it",
     "nothing can be bound on a machine that is not there", real_topology},
    {"release-build", Severity::invalid, Subject::suite, "a Release build",
     "other builds measure their own assertions and missing optimizations", release_build},
    {"no-sanitizer", Severity::invalid, Subject::suite, "no sanitizer built in",
     "instrumented code is several times slower, and unevenly so", no_sanitizer},
    {"workers-bound", Severity::unofficial, Subject::run,
     "every worker allowed on the processing unit that it asked for, and on no other",
     "a worker that the scheduler moves loses its caches and its NUMA node", workers_bound},
    {"cpu-per-worker", Severity::unofficial, Subject::run,
     "no two workers of a host bound to the same processing unit",
     "workers that share a processing unit measure the scheduler", cpu_per_worker},
    {"not-oversubscribed", Severity::unofficial, Subject::run,
     "no more workers than the worker map has places",
     "workers that wait by spinning take the core from those that work", not_oversubscribed},
    {"own-machines", Severity::unofficial, Subject::run, "a machine for each node",
     "nodes that share a machine share its memory, caches and power, and no network is between them",
     own_machines},
    {"real-links", Severity::unofficial, Subject::run, "links with no latency but their own",
     "injected latency says what another network might do, not what this one does", real_links},
    {"no-faults", Severity::unofficial, Subject::run, "nothing done to ranks on purpose",
     "such a run shows what faults cost, and not what the deployment can do", no_faults},
    {"copies-apart", Severity::unofficial, Subject::run, "no two copies of a partition on one node",
     "copies that are lost together save nothing, and no network was between them", copies_apart},
    {"no-history", Severity::unofficial, Subject::run, "no history of its operations",
     "recording one takes time, caches and memory from what is measured", no_history},
    {"log-on-disk", Severity::unofficial, Subject::run,
     "the log, if there is one, on a file system that outlives its machine",
     "memory that is called a disk is written to faster than any disk, and keeps nothing", log_on_disk},
    {"reads-one-sided", Severity::unofficial, Subject::run,
     "at most 5 % of the reads of a one-sided run asked for after all",
     "such a run would be called one-sided, and be a slower one of requests", reads_one_sided},
    {"load-carried", Severity::unofficial, Subject::run,
     "in an open loop, as many operations done in its windows as arrived in them, less 0.1 % and what may be "
     "in flight when a window ends",
     "what is offered and not carried waits, so that latencies grow for as long as the window lasts",
     load_carried},
    {"exceeds-cache", Severity::unofficial, Subject::run,
     "a working set greater than the last-level caches of a node",
     "what fits the cache does not measure memory", exceeds_cache},
    {"narrow-interval", Severity::unofficial, Subject::run,
     "a 95 % interval within 5 % of the median on both sides",
     "a figure that moves this much on its own cannot tell systems apart", narrow_interval},
    {"repetitions", Severity::unofficial, Subject::run, "at least 6 complete repetitions",
     "fewer give no 95 % interval of the median", repetitions},
    {"long-windows", Severity::unofficial, Subject::run, "repetitions of at least 0.5 s",
     "in a shorter window start, end and timer interrupts weigh too much", long_windows},
    {"steady", Severity::unofficial, Subject::run,
     "repetitions without a drift, and the first ones like the rest",
     "the median of what still changes is that of no state at all", steady},
    {"performance-governor", Severity::unofficial, Subject::environment,
     "the frequency governor performance, where one is known",
     "other governors change the clock rate during the measurement", performance_governor},
    {"no-numa-balancing", Severity::unofficial, Subject::environment,
     "automatic NUMA balancing off, where it is known", "it unmaps and moves pages during the measurement",
     no_numa_balancing},
    {"data-in-place", Severity::unofficial, Subject::run,
     "at least 95 % of the sampled pages of records and index on the NUMA nodes that the placement says",
     "a placement that was not obtained explains nothing", data_in_place},
    {"clean-build", Severity::unofficial, Subject::suite, "a build of a commit, without changes",
     "nobody else can build what was measured", clean_build},
});

}  // namespace

std::string_view to_string(Severity severity) {
  return severity == Severity::invalid ? "invalid" : "unofficial";
}

std::span<const RunRule> run_rules() {
  return rules;
}

nlohmann::json judge(const Evidence& evidence) {
  std::string_view verdict = "publishable";
  json reasons = json::array();
  for (const RunRule& rule : rules) {
    const Violation found = rule.violation(evidence);
    if (!found) continue;
    if (verdict != to_string(Severity::invalid)) verdict = to_string(rule.severity);
    reasons.push_back({{"rule", rule.name},
                       {"severity", to_string(rule.severity)},
                       {"expected", rule.expected},
                       {"found", *found}});
  }
  return {{"class", verdict}, {"reasons", std::move(reasons)}};
}

}  // namespace upout::harness
