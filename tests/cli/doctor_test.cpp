#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/cli/program.h"

namespace upout::cli {
namespace {

using namespace testing;

const std::string two_nodes = "HWLOC_SYNTHETIC='Package:2 [NUMANode] Core:2 PU:2' ";

TEST(Doctor, EndsWithStatusOneIfSomethingStandsAgainstPublishing) {
  const Ended ended = upout("doctor --json");
  const nlohmann::json document = nlohmann::json::parse(ended.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << ended.out;
  const auto& findings = document.at("findings");
  const bool barred = std::ranges::any_of(
      findings, [](const auto& finding) { return finding.at("standing") == "against publishing"; });
  EXPECT_EQ(ended.status, barred ? 1 : 0) << ended.err;
  EXPECT_EQ(document.at("publishable"), !barred);
  EXPECT_EQ(ended.err, "");
}

TEST(Doctor, SaysTheSameToPeopleAndPrograms) {
  const Ended text = upout("doctor");
  const Ended json = upout("doctor --json");
  EXPECT_EQ(text.status, json.status);
  const nlohmann::json document = nlohmann::json::parse(json.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << json.out;
  for (const nlohmann::json& finding : document.at("findings")) {
    EXPECT_NE(text.out.find("\n  " + finding.at("check").get<std::string>() + " "), std::string::npos)
        << finding.at("check") << "\nin: " << text.out;
  }
}

TEST(Doctor, IsInStepWithTheVerdictOfARun) {
  const Scratch scratch;
  ASSERT_EQ(upout("run --engine shared-memory --workload ycsb-c" + small + "--json " + (scratch / "out.json"))
                .status,
            0);
  const nlohmann::json reasons = read_run(scratch / "out.json")["verdict"]["reasons"];
  const nlohmann::json document = nlohmann::json::parse(upout("doctor --json").out, nullptr, false);
  ASSERT_FALSE(document.is_discarded());
  for (const nlohmann::json& finding : document.at("findings")) {
    if (finding.at("standing") != "against publishing") continue;
    EXPECT_TRUE(std::ranges::any_of(reasons,
                                    [&](const auto& reason) {
                                      return reason["expected"] == finding["expected"] &&
                                             reason["found"] == finding["found"];
                                    }))
        << finding.dump(1) << reasons.dump(1);
  }
}

TEST(Doctor, DoesNotPassADescribedMachine) {
  const Ended ended = shell(two_nodes + program + " doctor");
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.out.find("against publishing\n  topology "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("unset HWLOC_SYNTHETIC"), std::string::npos) << ended.out;
}

TEST(Doctor, RefusesADescriptionThatCannotBeRead) {
  const Ended ended = shell("HWLOC_XMLFILE=/nowhere/machine.xml " + program + " doctor");
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_NE(ended.err.find("upout: HWLOC_XMLFILE: found '/nowhere/machine.xml'"), std::string::npos)
      << ended.err;
}

TEST(Doctor, DrawsWhoSitsWhere) {
  const Ended ended = shell(two_nodes + program + " doctor --bindings --threads 3 --bind scatter");
  EXPECT_EQ(ended.status, 0) << ended.err;
  for (const char* part : {"package 1\n", "NUMA node 1\n", "CPU 0 = worker 0, CPU 1\n",
                           "CPU 2 = worker 2, CPU 3\n", "CPU 4 = worker 1, CPU 5\n", "CPU 6, CPU 7\n"}) {
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << "\nin: " << ended.out;
  }
}

TEST(Doctor, DrawsAWorkerInEachPlaceUnlessTold) {
  const Ended ended = shell(two_nodes + program + " doctor --bindings");
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.out.find("CPU 6 = worker 3, CPU 7\n"), std::string::npos) << ended.out;
  const Ended smt = shell(two_nodes + program + " doctor --bindings --bind smt");
  EXPECT_NE(smt.out.find("CPU 6 = worker 6, CPU 7 = worker 7\n"), std::string::npos) << smt.out;
}

}  // namespace
}  // namespace upout::cli
