#include "harness/consistency.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/consistency_place.h"
#include "harness/integrity.h"
#include "harness/run_rules.h"
#include "platform/cpu_list.h"
#include "platform/regions.h"

namespace upout::harness {
namespace {

using nlohmann::json;

void check_hash(const Place& document) {
  if (!document.has("sha256")) return;
  const std::string expected = hash_of(document.value());
  document["sha256"].expect(document["sha256"].value() == expected,
                            fmt::format("\"{}\", if nothing had been changed", expected));
}

void check_worker(const Place& worker, std::size_t number) {
  worker["worker"].expect(worker["worker"].value() == number,
                          fmt::format("{}, its place in the list", number));
  const json bound = json::array({worker["asked_cpu"].value()});
  const bool achieved = worker["allowed_cpus"].value() == bound;
  worker["achieved"].expect(worker["achieved"].is_true() == achieved,
                            achieved ? "true, as it may run there and nowhere else"
                                     : "false, as allowed_cpus are others than asked_cpu alone");
}

/// Workers are dealt out to processes in order, as many to each. None can be bound where its process may not
/// run.
void check_processes(const Place& environment) {
  const std::vector<Place> processes = environment["processes"].items();
  const std::vector<Place> workers = environment["workers"].items();
  if (processes.empty() || workers.size() % processes.size() != 0)
    return environment["processes"].expect(false, "as many workers in each");
  const std::size_t threads = workers.size() / processes.size();
  for (std::size_t number = 0; number < processes.size(); ++number) {
    const Place& process = processes[number];
    const auto given = platform::parse_cpu_list(process["given_cpus"].value().get<std::string>());
    process["given_cpus"].expect(given.has_value(), "a list of CPUs such as 0-3,8");
    for (std::size_t worker = number * threads; given && worker < (number + 1) * threads; ++worker) {
      const Place asked = workers[worker]["asked_cpu"];
      const bool is_given = asked.number() < 0 || std::ranges::count(*given, asked.number()) > 0;
      asked.expect(is_given, "one of what its process was given");
      process["host"].expect(process["host"].value() == workers[worker]["host"].value(),
                             "that of its workers");
    }
  }
}

void check_store(const Place& store) {
  double pages = 0;
  for (const auto& [node, on_it] : store["pages_by_node"].value().items()) pages += on_it.get<double>();
  store["sampled_pages"].expect_number(pages, "the sum of pages_by_node");
  store["pages_in_place"].expect(store["pages_in_place"].number() <= store["sampled_pages"].number(),
                                 "at most sampled_pages");
}

void check_data(const Place& data) {
  double sampled = 0;
  double in_place = 0;
  for (const Place& store : data["stores"].items()) {
    check_store(store);
    sampled += store["sampled_pages"].number();
    in_place += store["pages_in_place"].number();
  }
  const Place score = data["placement_score"];
  const Place untold = data["unverified_because"];
  const bool all_known = !score.is_null() && !data["placement_score_after_load"].is_null();
  untold.expect(untold.is_null() || !all_known, "null, as both scores are known");
  if (sampled == 0) return score.expect(score.is_null(), "null, as nothing was looked up");
  if (score.is_null() && !untold.is_null()) return;
  score.expect_number(in_place / sampled, "pages_in_place / sampled_pages");
}

/// `recorded` and `decided`: reasons of a verdict. Their wording may be that of another version.
void check_reasons(const Place& recorded, const json& decided) {
  std::map<std::string, json> expected;
  for (const json& reason : decided) expected[reason.at("rule").get<std::string>()] = reason;
  std::set<std::string> known;
  for (const Place& reason : recorded.items()) {
    const auto rule = reason["rule"].value().get<std::string>();
    known.insert(rule);
    const auto found = expected.find(rule);
    if (found == expected.end()) {
      reason["rule"].expect(false, "no such reason: by the record, the rule is kept or there is none");
      continue;
    }
    const json& severity = found->second.at("severity");
    reason["severity"].expect(reason["severity"].value() == severity, severity.dump() + ", by the run rules");
  }
  for (const auto& [rule, reason] : expected) {
    const auto found = reason.at("found").get<std::string>();
    recorded.expect(known.contains(rule), fmt::format("{} among them (found {})", rule, found));
  }
}

/// What a rule needs may be missing where the document contradicts itself.
void check_verdict(const Place& run, const json& document) {
  const Place verdict = run["verdict"];
  try {
    const json decided =
        judge({.run = run.value(), .environment = document.at("environment"), .suite = document.at("suite")});
    verdict["class"].expect(verdict["class"].value() == decided.at("class"),
                            decided.at("class").dump() + ", by the run rules");
    check_reasons(verdict["reasons"], decided.at("reasons"));
  } catch (const json::exception& error) {
    verdict.expect(false, fmt::format("a run that the rules can judge ({})", error.what()));
  }
}

/// What is said about copies, where there are some and where there are none.
void check_copies(const Place& deployment) {
  const double copies = deployment["copies"].number();
  const double clients = deployment.has("clients") ? deployment["clients"].number() : 0;
  deployment["copies"].expect(copies <= deployment["ranks"].number() - clients || copies == 1,
                              "at most as many as ranks that have data");
  if (!deployment.has("heartbeat_ns") || !deployment.has("failure_timeout_ns")) return;
  const double heartbeat = deployment["heartbeat_ns"].number();
  if (copies == 1) {
    deployment["heartbeat_ns"].expect(heartbeat == 0, "0, as there are no copies");
    deployment["failure_timeout_ns"].expect(deployment["failure_timeout_ns"].number() == 0,
                                            "0, as there are no copies");
    return;
  }
  deployment["heartbeat_ns"].expect(heartbeat > 0, "more than 0, as there are copies");
  deployment["failure_timeout_ns"].expect(deployment["failure_timeout_ns"].number() >= 2 * heartbeat,
                                          "at least twice heartbeat_ns");
}

/// Backups are read where there are some, and who missed something missed a version.
void check_staleness(const Place& run) {
  const Place staleness = run["staleness"];
  run["deployment"]["copies"].expect(run["deployment"]["copies"].number() > 1,
                                     "at least 2, as backups were read");
  const double stale = staleness["stale_reads"].number();
  staleness["stale_reads"].expect(stale <= staleness["sampled_reads"].number(), "at most sampled_reads");
  const double most = staleness["versions"]["max"].number();
  staleness["versions"]["max"].expect((most > 0) == (stale > 0), "0 if and only if stale_reads is");
}

constexpr std::uint64_t most_ranks = 65'536;

/// Each operation was of a user of one region.
void check_regions(const Place& run) {
  const json& deployment = run["deployment"].value();
  const auto regions = platform::Regions::parse(deployment.value("regions", ""));
  run["deployment"].expect(regions.has_value(), "regions, as users were told apart by them");
  if (!regions) return;
  const std::string home = deployment.value("home", "");
  run["deployment"].expect(home.empty() || regions->find(home), "a home in one of the regions");
  const auto clients = deployment.value("clients", 0U);
  const auto ranks = deployment.at("ranks").get<std::uint64_t>();
  // Of more than there can be, nobody is to count the members.
  if (ranks <= clients || ranks > most_ranks) return;
  const platform::RegionsOfRanks dealt(*regions, static_cast<unsigned>(ranks) - clients, clients);
  const std::vector<Place> there = run["regions"].items();
  run["regions"].expect(there.size() == regions->size(), "as many as the deployment has");
  for (std::size_t i = 0; i < std::min(there.size(), regions->size()); ++i) {
    there[i]["name"].expect(there[i]["name"].value() == regions->name(i), regions->name(i));
    there[i]["ranks"].expect(there[i]["ranks"].value() == json(dealt.ranks_of(i)),
                             json(dealt.ranks_of(i)).dump());
  }
  if (run["incomplete"].is_true()) return;
  for (const auto& [kind, latency] : run["summary"]["latency_ns"].value().items()) {
    double count = 0;
    for (const Place& region : run["regions"].items()) {
      if (region["latency_ns"].has(kind.c_str())) count += region["latency_ns"][kind]["count"].number();
    }
    run["regions"].expect(count == latency.at("count").get<double>(),
                          fmt::format("as many of kind {} as in the summary", kind));
  }
}

}  // namespace

void check_environment(const Place& environment, const std::vector<Place>& runs) {
  std::size_t most = 0;
  for (const Place& run : runs) {
    const json& deployment = run["deployment"].value();
    const auto workers =
        deployment.at("ranks").get<std::size_t>() * deployment.at("threads_per_rank").get<std::size_t>();
    most = std::max(most, workers);
    if (deployment.at("transport") == "mpi")
      environment["mpi"].expect(!environment["mpi"].is_null(), "a library, as the transport is mpi");
    if (deployment.at("engine") != "shared-memory")
      environment.expect_member("data", false, "as the engine is not shared-memory");
  }
  const std::vector<Place> workers = environment["workers"].items();
  if (!runs.empty() && workers.size() != most)
    environment["workers"].expect(
        false, fmt::format("{} workers, as in the deployment, not {}", most, workers.size()));
  for (std::size_t number = 0; number < workers.size(); ++number) check_worker(workers[number], number);
  if (environment.has("processes")) check_processes(environment);
  if (environment.has("data")) check_data(environment["data"]);
  const Place cores = environment["cores"];
  cores.expect(cores.number() <= environment["processing_units"].number(), "at most processing_units");
}

void check_deployment(const Place& deployment) {
  const double ranks = deployment["ranks"].number();
  const double workers = ranks * deployment["threads_per_rank"].number();
  if (deployment["engine"].value() == "shared-memory")
    deployment["ranks"].expect(ranks == 1, "1, as the engine is shared-memory");
  deployment["nodes"].expect(deployment["nodes"].number() <= ranks, "at most ranks");
  if (deployment.has("clients"))
    deployment["clients"].expect(deployment["clients"].number() < ranks, "less than ranks");
  if (deployment.has("copies")) check_copies(deployment);
  if (deployment.has("islands"))
    deployment["islands"].expect(deployment["islands"].number() <= workers, "at most as many as workers");
}

std::vector<Inconsistency> inconsistencies(const nlohmann::json& document) {
  std::vector<Inconsistency> found;
  const Place whole(document, found);
  check_hash(whole);
  const std::vector<Place> runs = whole["runs"].items();
  check_environment(whole["environment"], runs);
  for (const Place& run : runs) {
    check_deployment(run["deployment"]);
    check_load(run);
    check_repetitions(run);
    check_summary(run);
    check_verdict(run, document);
    if (run.has("staleness")) check_staleness(run);
    if (run.has("regions")) check_regions(run);
  }
  return found;
}

}  // namespace upout::harness
