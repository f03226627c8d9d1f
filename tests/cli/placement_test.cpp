#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <vector>

#include "platform/topology.h"
#include "tests/cli/program.h"

/// --bind and --dry-run, on this machine and on machines that are only described.
namespace upout::cli {
namespace {

using namespace testing;

/// The environment in which hwloc sees two nodes of two cores with two processing units each.
const std::string two_nodes = "HWLOC_SYNTHETIC='Package:2 [NUMANode] Core:2 PU:2' ";

const std::string shared_memory = "run --engine shared-memory --workload ycsb-c ";
const std::string shared_nothing = "run --engine shared-nothing --workload ycsb-c ";

struct Line {
  unsigned worker;
  std::string host;
  unsigned cpu;
  std::string node;
};

/// The lines under the heading "workers" of --dry-run.
std::vector<Line> workers_of(const std::string& out) {
  std::istringstream text(out.substr(out.find("\nworkers\n") + 1));
  std::string heading;
  std::getline(text, heading);
  std::getline(text, heading);
  std::vector<Line> lines;
  for (Line line; text >> line.worker >> line.host >> line.cpu >> line.node;) lines.push_back(line);
  return lines;
}

std::string places_of(const std::string& out) {
  std::string places;
  for (const Line& line : workers_of(out))
    places += (places.empty() ? "" : " ") + std::to_string(line.cpu) + "@" + line.node;
  return places;
}

TEST(DryRun, ShowsWhereThreadsWouldBeOnADescribedMachine) {
  const auto places = [](const std::string& options) {
    const Ended ended = shell(two_nodes + program + " " + shared_memory + options + " --dry-run");
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("can be planned on, not measured"), std::string::npos) << ended.out;
    return places_of(ended.out);
  };
  EXPECT_EQ(places("--threads 4"), "0@0 2@0 4@1 6@1");
  EXPECT_EQ(places("--threads 4 --bind compact"), "0@0 2@0 1@0 3@0");
  EXPECT_EQ(places("--threads 5 --bind scatter"), "0@0 4@1 2@0 6@1 1@0");
  EXPECT_EQ(places("--threads 3 --bind smt"), "0@0 1@0 2@0");
  EXPECT_EQ(places("--threads 2 --bind 7,2"), "7@1 2@0");
  EXPECT_EQ(places("--threads 3 --bind 7,2 --oversubscribe"), "7@1 2@0 7@1");
}

TEST(DryRun, ShowsWhereRanksWouldBeOnADescribedMachine) {
  const Ended ended =
      shell("export " + two_nodes + ";" + under_mpirun(4, shared_nothing + "--bind scatter --dry-run"));
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(places_of(ended.out), "0@0 4@1 2@0 6@1");
  EXPECT_EQ(workers_of(ended.out).at(3).worker, 3U);
}

TEST(DryRun, ShowsTheDeploymentAndMeasuresNothing) {
  const Scratch scratch;
  const Ended ended = upout(shared_memory + "--bind smt --depth 32 --seconds 1000000 --dry-run --json " +
                            (scratch / "out.json"));
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  for (const char* line : {"  engine               shared-memory\n", "  binding              smt\n",
                           "  depth                32\n", "  threads_per_rank     1\n"}) {
    EXPECT_NE(ended.out.find(line), std::string::npos) << line << ended.out;
  }
  EXPECT_EQ(ended.out.find("planned on"), std::string::npos) << "this machine can be measured";
  EXPECT_EQ(contents(scratch / "out.json"), "");
}

TEST(DryRun, IsWhatTheRunThenDoes) {
  const std::string options =
      shared_memory + "--threads 1 --bind " + std::to_string(platform::Topology::discover()->cpus().back());
  const Ended planned = upout(options + " --dry-run");
  const Scratch scratch;
  ASSERT_EQ(upout(options + small + "--json " + (scratch / "out.json")).status, 0);
  const auto document = harness::read_document(scratch / "out.json");
  ASSERT_TRUE(document) << document.error().to_string();
  const nlohmann::json& worker = (*document)["environment"]["workers"][0];
  const auto lines = workers_of(planned.out);
  ASSERT_EQ(lines.size(), 1U) << planned.out;
  EXPECT_EQ(worker["asked_cpu"], lines[0].cpu);
  EXPECT_EQ(worker["achieved"], true);
  EXPECT_EQ(worker["node"].dump(), lines[0].node);
  EXPECT_EQ((*document)["runs"][0]["deployment"]["binding"], std::to_string(lines[0].cpu));
}

TEST(Run, BindsItsWorkersInsideWhatItWasGivenAndSaysSo) {
  const std::string last = std::to_string(platform::Topology::discover()->cpus().back());
  const Scratch scratch;
  for (const std::string& command :
       {program + " " + shared_memory + "--threads 1" + small, under_mpirun(2, shared_nothing + small)}) {
    SCOPED_TRACE(command);
    ASSERT_EQ(shell("taskset -c " + last + " " + command + "--json " + (scratch / "out.json")).status, 0);
    const auto document = harness::read_document(scratch / "out.json");
    ASSERT_TRUE(document) << document.error().to_string();
    const nlohmann::json& environment = (*document)["environment"];
    EXPECT_EQ(environment["processes"].size(), environment["workers"].size());
    for (const nlohmann::json& process : environment["processes"]) EXPECT_EQ(process["given_cpus"], last);
    for (const nlohmann::json& worker : environment["workers"])
      EXPECT_EQ(worker["allowed_cpus"], nlohmann::json::array({std::stoul(last)}));
  }
}

TEST(Run, OnADescribedMachineIsInvalid) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  for (const std::string& command :
       {program + " " + shared_memory + "--threads 2" + small, under_mpirun(2, shared_nothing + small)}) {
    SCOPED_TRACE(command);
    ASSERT_EQ(shell("export " + two_nodes + "; " + command + "--json " + json).status, 0);
    const nlohmann::json verdict = read_run(json)["verdict"];
    EXPECT_EQ(verdict["class"], "invalid");
    EXPECT_TRUE(std::ranges::any_of(verdict["reasons"], [](const auto& reason) {
      return reason["rule"] == "real-topology";
    })) << verdict.dump(1);
  }
}

TEST(Run, OnAMachineThatIsPassedOffAsThisOneIsRefused) {
  const Ended ended = shell(two_nodes + "HWLOC_THISSYSTEM=1 " + program + " " + shared_memory + small);
  EXPECT_EQ(ended.status, 2);
  EXPECT_NE(ended.err.find("HWLOC_THISSYSTEM: found '1' with HWLOC_SYNTHETIC"), std::string::npos)
      << ended.err;
}

TEST(Bind, OfRanksThatTheLauncherHasBoundApartIsRefused) {
  if (platform::Topology::discover()->cores() < 2) GTEST_SKIP() << "one core";
  const std::string options = shared_nothing + "--bind scatter --dry-run";
  const std::string launcher = std::string(UPOUT_MPIRUN) + " -n 2 --bind-to core " + program + " ";
  const Ended ended = shell(launcher + options);
  EXPECT_EQ(ended.status, 2);
  EXPECT_NE(ended.err.find("upout: --bind scatter: found ranks that the launcher has bound"),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(shell(launcher + shared_nothing + "--dry-run").status, 0) << "each rank has its core";
}

}  // namespace
}  // namespace upout::cli
