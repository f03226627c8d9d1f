#include "harness/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "harness/run_rules.h"
#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// A machine and a build that nothing stands against, to be spoiled.
Patient healthy() {
  json environment = samples::environment(2);
  environment.erase("workers");  // nobody has been bound yet
  environment["turbo_enabled"] = false;
  environment["address_space_randomization"] = false;
  return {.environment = environment, .suite = samples::suite(), .nodes = NodeCounts{.tbb = 1, .hwloc = 1}};
}

Finding finding_of(const Patient& patient, const std::string& check) {
  const auto findings = examine(patient);
  const auto found = std::ranges::find(findings, check, &Finding::check);
  EXPECT_NE(found, findings.end()) << check;
  return found == findings.end() ? Finding{} : *found;
}

TEST(Doctor, FindsNothingWrongWithAMachineMadeForMeasuring) {
  for (const Finding& finding : examine(healthy())) {
    EXPECT_EQ(finding.standing, Standing::fine) << finding.check << ": " << finding.found;
    EXPECT_NE(finding.found, "") << finding.check;
  }
  EXPECT_TRUE(may_publish(examine(healthy())));
}

/// One thing that is wrong, and what the doctor is to say of it.
struct Ailment {
  const char* check;
  const char* place;  ///< in { environment, suite }
  json value;
  Standing standing;
  const char* found;
};

const std::vector<Ailment>& ailments() {
  static const std::vector<Ailment> all{
      {"topology", "/environment/topology_is_this_machine", false, Standing::against_publishing,
       "a topology from a file or a description: Package:1 L3:1 Core:2 PU:1"},
      {"build", "/suite/build_type", "Debug", Standing::against_publishing, "a Debug build"},
      {"sanitizer", "/suite/sanitizer", "thread", Standing::against_publishing,
       "built with -fsanitize=thread"},
      {"commit", "/suite/dirty", nullptr, Standing::against_publishing,
       "a build outside of a git repository"},
      {"governor", "/environment/scaling_governor", "powersave", Standing::against_publishing, "powersave"},
      {"governor", "/environment/scaling_governor", nullptr, Standing::unknown, ""},
      {"NUMA balancing", "/environment/numa_balancing", true, Standing::against_publishing, "on"},
      {"NUMA balancing", "/environment/numa_balancing", nullptr, Standing::unknown, ""},
      {"turbo", "/environment/turbo_enabled", true, Standing::worth_mending, "on"},
      {"turbo", "/environment/turbo_enabled", nullptr, Standing::unknown, ""},
      {"SMT siblings", "/environment/processing_units", 4, Standing::worth_mending,
       "4 processing units on 2 cores"},
      {"kinds of cores", "/environment/core_kinds", 2, Standing::worth_mending, "2"},
      {"transparent huge pages", "/environment/transparent_huge_pages", "never", Standing::worth_mending,
       "never"},
      {"transparent huge pages", "/environment/transparent_huge_pages", "always", Standing::fine, "always"},
      {"ASLR", "/environment/address_space_randomization", true, Standing::worth_mending, "on"},
      {"swap", "/environment/swap_enabled", true, Standing::worth_mending, "on"},
      {"load", "/environment/load_average_1min", 0.5, Standing::worth_mending, "0.50"},
      {"load", "/environment/load_average_1min", 0.49, Standing::fine, "0.49"},
      {"load", "/environment/load_average_1min", nullptr, Standing::unknown, ""},
      {"memory limit", "/environment/memory_limit_bytes", 1073741824, Standing::worth_mending, "1.0 GiB"},
      {"memory limit", "/environment/memory_limit_bytes", 16777216000, Standing::fine, "15.6 GiB"},
  };
  return all;
}

Patient with(const Ailment& ailment) {
  const Patient patient = healthy();
  json both = {{"environment", patient.environment}, {"suite", patient.suite}};
  both[json::json_pointer(ailment.place)] = ailment.value;
  return {.environment = both["environment"], .suite = both["suite"], .nodes = patient.nodes};
}

TEST(Doctor, SaysOfEachAilmentWhatWasFoundAndHowToMendIt) {
  for (const Ailment& ailment : ailments()) {
    SCOPED_TRACE(std::string(ailment.check) + " " + ailment.value.dump());
    const Finding finding = finding_of(with(ailment), ailment.check);
    EXPECT_EQ(finding.standing, ailment.standing) << to_string(finding.standing);
    EXPECT_EQ(finding.found, ailment.found);
    EXPECT_NE(finding.expected, "");
    EXPECT_NE(finding.why, "");
    EXPECT_NE(finding.mend, "");
    const auto all = examine(with(ailment));
    EXPECT_EQ(may_publish(all), ailment.standing != Standing::against_publishing);
    EXPECT_EQ(std::ranges::count(all, Standing::fine, &Finding::standing),
              std::ssize(all) - (ailment.standing == Standing::fine ? 0 : 1))
        << "nothing else is wrong";
  }
}

TEST(Doctor, SeesThatOneTbbTakesAllNodesForOne) {
  Patient patient = healthy();
  patient.nodes = {.tbb = 1, .hwloc = 4};
  const Finding finding = finding_of(patient, "nodes seen by oneTBB");
  EXPECT_EQ(finding.standing, Standing::against_publishing)
      << "no engine runs on threads that are not where they should be";
  EXPECT_EQ(finding.found, "1 (hwloc: 4)");
  EXPECT_NE(finding.mend.find("libtbbbind"), std::string_view::npos);
  patient.nodes.reset();
  EXPECT_EQ(finding_of(patient, "nodes seen by oneTBB").standing, Standing::unknown);
}

/// The run rules decide what bars publishing; the doctor asks each that can be asked before a run.
TEST(Doctor, IsInStepWithTheRunRules) {
  std::set<std::string_view> expectations;
  for (const Ailment& ailment : ailments()) {
    if (ailment.standing == Standing::against_publishing)
      expectations.insert(finding_of(with(ailment), ailment.check).expected);
  }
  for (const RunRule& rule : run_rules()) {
    if (rule.subject != Subject::run) {
      EXPECT_TRUE(expectations.contains(rule.expected)) << rule.name;
    }
  }
}

TEST(Doctor, PutsWhatBarsPublishingFirst) {
  Patient patient = with({"swap", "/environment/swap_enabled", true, Standing::worth_mending, ""});
  patient.environment["numa_balancing"] = true;
  patient.environment["turbo_enabled"] = nullptr;
  const std::string text = render_findings(patient, examine(patient));
  const auto at = [&](const char* part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin: " << text;
    return text.find(part);
  };
  EXPECT_LT(at("node-a: AMD EPYC 9355, x86_64\n2 cores, 2 processing units, 1 NUMA node\n"),
            at("\nagainst publishing\n  NUMA balancing          on\n"));
  EXPECT_LT(at("sudo sysctl kernel.numa_balancing=0\n"), at("\nworth mending\n  swap"));
  EXPECT_LT(at("sudo swapoff --all\n"), at("\nfine\n"));
  EXPECT_LT(at("\nfine\n"), at("\nunknown\n  turbo                   not said by the system\n"));
}

TEST(Doctor, SaysTheSameInJson) {
  Patient patient = healthy();
  patient.environment["scaling_governor"] = "schedutil";
  const json document = findings_document(patient, examine(patient));
  EXPECT_EQ(document.at("publishable"), false);
  EXPECT_EQ(document.at("findings").size(), examine(patient).size());
  const auto& findings = document.at("findings");
  const auto governor =
      std::ranges::find_if(findings, [](const json& finding) { return finding.at("check") == "governor"; });
  ASSERT_NE(governor, findings.end());
  EXPECT_EQ(governor->at("standing"), "against publishing");
  EXPECT_EQ(governor->at("found"), "schedutil");
  EXPECT_EQ(document.at("environment").at("cores"), 2);
}

}  // namespace
}  // namespace upout::harness
