#include "harness/run_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// A publishable run on two cores, to be spoiled.
struct Facts {
  json document = samples::document(samples::run("shared-memory", 2, "ycsb-c", 4e7));
  json& run = document["runs"][0];
  json& environment = document["environment"];
  json& suite = document["suite"];

  /// Operations arrived, so many times as many as were done.
  void open(double of_those_done) {
    run["load"] = {{"arrivals", "poisson"}, {"offered_per_second", 4e7}, {"achieved_per_second", nullptr}};
    for (json& repetition : run["repetitions"]) {
      const double arrived = of_those_done * repetition["operations"].get<double>();
      repetition["offered_operations"] = static_cast<std::uint64_t>(arrived);
    }
  }

  /// So many arrived in each repetition, and so many were done.
  void open_few(std::uint64_t offered, std::uint64_t done) {
    open(1);
    for (json& repetition : run["repetitions"]) {
      repetition["offered_operations"] = offered;
      repetition["operations"] = done;
    }
  }

  /// Of ten repetitions, one after the other; the summary stays.
  void measure(const std::vector<double>& throughputs) {
    const json repetition = run["repetitions"][0];
    run["repetitions"] = json::array();
    for (const double throughput : throughputs) {
      run["repetitions"].push_back(repetition);
      run["repetitions"].back()["throughput"] = throughput;
    }
  }

  json verdict() const { return judge({.run = run, .environment = environment, .suite = suite}); }
};

/// One way to break a rule.
struct Breach {
  std::string rule;
  std::function<void(Facts&)> commit;
};

const std::vector<Breach>& breaches() {
  static const std::vector<Breach> all{
      {"verified",
       [](Facts& f) {
         f.run["verification"] = {{"passed", false}, {"checks", json::array()}};
       }},
      {"verified",
       [](Facts& f) {
         f.run["verification"]["passed"] = false;
         f.run["verification"]["checks"][0]["passed"] = false;
       }},
      {"complete", [](Facts& f) { f.run["incomplete"] = true; }},
      {"no-failed-operations", [](Facts& f) { f.run["repetitions"][3]["failed"] = 1; }},
      {"real-engine", [](Facts& f) { f.run["deployment"]["engine"] = "null"; }},
      {"real-topology", [](Facts& f) { f.environment["topology_is_this_machine"] = false; }},
      {"release-build", [](Facts& f) { f.suite["build_type"] = "Debug"; }},
      {"release-build", [](Facts& f) { f.suite["build_type"] = ""; }},
      {"no-sanitizer", [](Facts& f) { f.suite["sanitizer"] = "address"; }},
      {"workers-bound", [](Facts& f) { f.environment["workers"][1]["achieved"] = false; }},
      {"workers-bound", [](Facts& f) { f.environment["workers"].erase(1); }},
      {"cpu-per-worker", [](Facts& f) { f.environment["workers"][1]["allowed_cpus"] = {0}; }},
      {"not-oversubscribed", [](Facts& f) { f.run["deployment"]["oversubscribed"] = true; }},
      {"own-machines",
       [](Facts& f) {
         f.run["deployment"]["nodes"] = 2;
         f.environment["mpi"]["machines"] = 1;
       }},
      {"real-links", [](Facts& f) { f.run["deployment"]["link_delay_ns"] = 1; }},
      {"no-faults", [](Facts& f) { f.run["faults"] = nlohmann::json::array({nlohmann::json::object()}); }},
      {"copies-apart",
       [](Facts& f) {
         f.run["deployment"]["copies"] = 2;
         f.run["deployment"]["nodes"] = 2;
       }},
      {"no-history",
       [](Facts& f) {
         f.run["history"] = {{"operations", 1000}, {"operations_per_worker_at_most", 1000}, {"whole", true}};
       }},
      {"reads-one-sided",
       [](Facts& f) {
         f.environment["one_sided_reads"] = {{"done", 940}, {"asked_for", 60}};
       }},
      {"load-carried", [](Facts& f) { f.open(1.04); }},
      {"load-carried", [](Facts& f) { f.open(1.02); }},
      {"load-carried", [](Facts& f) { f.open(1.0011); }},
      {"load-carried", [](Facts& f) { f.open_few(100, 67); }},
      {"load-carried", [](Facts& f) { f.open(0); }},
      {"exceeds-cache",
       [](Facts& f) { f.environment["last_level_cache_bytes"] = f.run["working_set_bytes"]; }},
      {"exceeds-cache",
       [](Facts& f) {
         f.environment["last_level_cache_bytes"] = nullptr;
         f.run["working_set_bytes"] = 1 << 30;
       }},
      {"exceeds-cache",
       [](Facts& f) {  // each of ten nodes holds a tenth
         f.environment["last_level_cache_bytes"] = f.run["working_set_bytes"].get<std::uint64_t>() / 9;
         f.run["deployment"]["nodes"] = 10;
       }},
      {"narrow-interval",
       [](Facts& f) {
         f.run["summary"]["throughput"]["ci95"] = {4e7, 4.21e7};
       }},
      {"narrow-interval",
       [](Facts& f) {
         f.run["summary"]["throughput"]["ci95"] = {3.79e7, 4e7};
       }},
      {"narrow-interval", [](Facts& f) { f.run["summary"]["throughput"] = nullptr; }},
      {"repetitions", [](Facts& f) { f.run["repetitions"].erase(0); }},
      {"repetitions", [](Facts& f) { f.run["repetitions"][0]["complete"] = false; }},
      {"data-in-place", [](Facts& f) { f.environment["data"]["placement_score"] = 0.94; }},
      {"data-in-place", [](Facts& f) { f.environment["data"]["placement_score_after_load"] = 0.94; }},
      {"data-in-place",
       [](Facts& f) {
         f.environment["numa_nodes"] = 2;
         f.environment["data"]["placement_score"] = nullptr;
         f.environment["data"]["unverified_because"] = "move_pages: not permitted";
       }},
      {"long-windows", [](Facts& f) { f.run["repetitions"][5]["seconds"] = 0.49; }},
      {"steady",
       [](Facts& f) {
         f.measure({100, 99.8, 99.6, 99.7, 99.2, 99.3, 98.9, 98.7, 98.8, 98.4});
       }},
      {"steady",
       [](Facts& f) {
         f.measure({95, 100, 100.3, 99.8, 100.1, 99.9, 100.2, 99.7, 100, 100.1});
       }},
      {"performance-governor", [](Facts& f) { f.environment["scaling_governor"] = "powersave"; }},
      {"performance-governor", [](Facts& f) { f.environment["scaling_governor"] = "performance,powersave"; }},
      {"no-numa-balancing", [](Facts& f) { f.environment["numa_balancing"] = true; }},
      {"log-on-disk",
       [](Facts& f) {
         f.run["log"] = {{"filesystem", "ext4, tmpfs"}};
       }},
      {"clean-build", [](Facts& f) { f.suite["dirty"] = true; }},
      {"clean-build", [](Facts& f) { f.suite["dirty"] = nullptr; }},
  };
  return all;
}

const RunRule& rule_named(const std::string& name) {
  return *std::ranges::find(run_rules(), name, &RunRule::name);
}

TEST(RunRules, LeaveAGoodRunPublishable) {
  const json verdict = Facts{}.verdict();
  EXPECT_EQ(verdict.at("class"), "publishable");
  EXPECT_TRUE(verdict.at("reasons").empty()) << verdict.dump(2);
}

TEST(RunRules, FireAloneWhenBrokenAloneAndSayWhy) {
  for (const Breach& breach : breaches()) {
    Facts facts;
    breach.commit(facts);
    const json verdict = facts.verdict();
    ASSERT_EQ(verdict.at("reasons").size(), 1u) << breach.rule << verdict.dump(2);
    const json& reason = verdict.at("reasons")[0];
    EXPECT_EQ(reason.at("rule"), breach.rule);
    EXPECT_EQ(reason.at("expected"), rule_named(breach.rule).expected);
    EXPECT_EQ(reason.at("severity"), to_string(rule_named(breach.rule).severity));
    EXPECT_NE(reason.at("found"), "");
    EXPECT_EQ(verdict.at("class"), reason.at("severity"));
  }
}

TEST(RunRules, AreEachSeenToFire) {
  std::set<std::string> fired;
  for (const Breach& breach : breaches()) fired.insert(breach.rule);
  for (const RunRule& rule : run_rules()) EXPECT_TRUE(fired.contains(std::string(rule.name))) << rule.name;
}

TEST(RunRules, GiveTheWorstClassAndEveryReason) {
  Facts facts;
  facts.suite["dirty"] = true;
  facts.run["incomplete"] = true;
  facts.environment["numa_balancing"] = true;
  const json verdict = facts.verdict();
  EXPECT_EQ(verdict.at("class"), "invalid");
  EXPECT_EQ(verdict.at("reasons").size(), 3u);
}

/// What the rule `steady` finds; empty if it is kept.
std::string unsteadiness(const std::vector<double>& throughputs) {
  Facts facts;
  facts.measure(throughputs);
  const json verdict = facts.verdict();
  for (const json& reason : verdict.at("reasons")) {
    if (reason.at("rule") == "steady") return reason.at("found");
  }
  return "";
}

TEST(RunRules, SayHowARunIsUnsteady) {
  EXPECT_EQ(unsteadiness({95, 96, 100.3, 99.8, 100.1, 99.9, 100.2, 99.7, 100, 100.1}),
            "the first 2 of 10 4.5 % slower than the rest");
  EXPECT_EQ(unsteadiness({100, 99, 98, 97, 96, 95}), "a drift of -5.1 % from the first to the last");
}

TEST(RunRules, LetAChangeThatDoesNotMatterPass) {
  EXPECT_EQ(unsteadiness({100, 99.99, 99.98, 99.97, 99.96, 99.95, 99.94, 99.93}), "");
  EXPECT_EQ(unsteadiness({99.5, 100, 100.01, 99.99, 100.01, 99.99, 100, 100}), "");
}

TEST(RunRules, LetRepetitionsThatWereCutShortBe) {
  Facts facts;
  facts.measure({20, 100, 101, 99, 100, 101, 99, 100});
  facts.run["repetitions"].front()["complete"] = false;
  EXPECT_EQ(facts.verdict().at("class"), "publishable");
}

TEST(RunRules, LetWhatIsNotKnownOfTheSystemPass) {
  Facts facts;
  facts.environment["scaling_governor"] = nullptr;
  facts.environment["numa_balancing"] = nullptr;
  facts.environment["last_level_cache_bytes"] = nullptr;
  facts.environment["hypervisor"] = "Xen";
  EXPECT_EQ(facts.verdict().at("class"), "publishable");
}

TEST(RunRules, LetTheSameCpuOfTwoHostsPass) {
  Facts facts;
  facts.environment["workers"][1]["allowed_cpus"] = {0};
  facts.environment["workers"][1]["host"] = "node-b";
  EXPECT_EQ(facts.verdict().at("class"), "publishable");
}

TEST(RunRules, LetFiguresJustWithinTheLimitsPass) {
  Facts facts;
  facts.run["summary"]["throughput"]["ci95"] = {3.8e7, 4.2e7};
  facts.run["repetitions"][0]["seconds"] = 0.5;
  facts.environment["last_level_cache_bytes"] = facts.run["working_set_bytes"].get<std::uint64_t>() - 1;
  EXPECT_EQ(facts.verdict().at("class"), "publishable") << facts.verdict().dump(2);
}

TEST(RunRules, LetAnOpenLoopThatIsCarriedPass) {
  Facts facts;
  facts.open(1.0009);
  EXPECT_EQ(facts.verdict().at("class"), "publishable") << facts.verdict().dump(2);
}

/// Two workers with 16 in flight: so many of each repetition may be on their way when it ends.
TEST(RunRules, LetWhatIsInFlightAtTheEndOfFewOperationsPass) {
  Facts facts;
  facts.open_few(100, 68);
  EXPECT_EQ(facts.verdict().at("class"), "publishable") << facts.verdict().dump(2);
}

/// Of three ranks of four threads each, those of the one client have 4 x 16 in flight.
TEST(RunRules, CountWhatClientsAloneHaveInFlight) {
  Facts facts;
  facts.run["deployment"]["ranks"] = 3;
  facts.run["deployment"]["threads_per_rank"] = 4;
  const auto is_carried = [&] {
    const json verdict = facts.verdict();
    return std::ranges::find(verdict.at("reasons"), "load-carried", [](const json& reason) {
             return reason.at("rule");
           }) == verdict.at("reasons").end();
  };
  for (const auto& [clients, in_flight] : {std::pair{1, 64U}, {0, 192U}}) {
    facts.run["deployment"]["clients"] = clients;
    facts.open_few(1000, 999 - in_flight);
    EXPECT_TRUE(is_carried()) << clients;
    facts.open_few(1000, 998 - in_flight);
    EXPECT_FALSE(is_carried()) << clients;
  }
}

/// What a transaction wanted to abort is done.
TEST(RunRules, CountTransactionsThatWantedToAbortAsCarried) {
  Facts facts;
  facts.open_few(1000, 0);
  const auto is_carried = [&facts](std::uint64_t committed, const char* cause) {
    for (json& repetition : facts.run["repetitions"]) {
      repetition["operations"] = committed;
      repetition["aborts_by_cause"] = {{cause, 999 - committed}};
    }
    return facts.verdict().dump().find("load-carried") == std::string::npos;
  };
  EXPECT_TRUE(is_carried(500, "requested"));
  EXPECT_FALSE(is_carried(500, "read_changed")) << "it was tried again";
}

/// What a signal cut short is no whole window.
TEST(RunRules, CountWhatArrivedInCompleteWindowsAlone) {
  Facts facts;
  json cut = facts.run["repetitions"][0];
  cut["complete"] = false;
  facts.run["repetitions"].push_back(cut);
  facts.open(1);
  facts.run["repetitions"].back()["operations"] = 0;
  EXPECT_EQ(facts.verdict().at("class"), "publishable") << facts.verdict().dump(2);
}

/// Headings of the form "### `NAME` (SEVERITY)".
std::map<std::string, std::string> documented_rules() {
  std::ifstream file(UPOUT_SOURCE_DIR "/docs/run-rules.md");
  const std::regex heading("### `([^`]+)` \\((\\w+)\\)");
  std::map<std::string, std::string> found;
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, match, heading)) found[match[1]] = match[2];
  }
  return found;
}

TEST(RunRules, StandInTheirDocumentAndNowhereElse) {
  std::map<std::string, std::string> in_code;
  for (const RunRule& rule : run_rules()) in_code[std::string(rule.name)] = to_string(rule.severity);
  EXPECT_EQ(documented_rules(), in_code);
}

TEST(RunRules, HaveExpectationAndReasonInTheirDocument) {
  std::ifstream file(UPOUT_SOURCE_DIR "/docs/run-rules.md");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  text = std::regex_replace(text, std::regex("\\s+"), " ");
  for (const RunRule& rule : run_rules()) {
    EXPECT_NE(text.find(rule.expected), std::string::npos) << rule.name;
    EXPECT_NE(text.find(rule.why), std::string::npos) << rule.name;
  }
}

/// Rules of such a run that are broken.
std::set<std::string> broken_rules(const Facts& facts) {
  std::set<std::string> rules;
  const json verdict = facts.verdict();
  for (const json& reason : verdict.at("reasons")) rules.insert(reason.at("rule").get<std::string>());
  return rules;
}

TEST(RunRules, WantAHostForEachCopyAmongThoseThatServe) {
  Facts facts;
  facts.run["deployment"]["ranks"] = 2;
  facts.run["deployment"]["threads_per_rank"] = 1;
  facts.run["deployment"]["copies"] = 2;
  facts.environment["workers"][1]["host"] = "another";
  EXPECT_FALSE(broken_rules(facts).contains("copies-apart"));
  facts.run["deployment"]["ranks"] = 3;
  facts.run["deployment"]["clients"] = 1;
  facts.environment["workers"].push_back(facts.environment["workers"][1]);
  facts.environment["workers"][2]["worker"] = 2;
  EXPECT_FALSE(broken_rules(facts).contains("copies-apart"));
  facts.environment["workers"][1]["host"] = facts.environment["workers"][0]["host"];
  EXPECT_TRUE(broken_rules(facts).contains("copies-apart")) << "the other host is a client's";
}

TEST(RunRules, LetOperationsFailInTheRepetitionWithFaultsAlone) {
  Facts facts;
  facts.run["faults"] = json::array({json::object()});
  facts.run["repetitions"][0]["failed"] = 7;
  EXPECT_FALSE(broken_rules(facts).contains("no-failed-operations"));
  facts.run["repetitions"][1]["failed"] = 1;
  EXPECT_TRUE(broken_rules(facts).contains("no-failed-operations"));
}

}  // namespace
}  // namespace upout::harness
