#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "platform/duration.h"
#include "tests/cli/program.h"

/// Ranks that are far from each other.
namespace upout::cli {
namespace {

using namespace testing;

/// There and back, less what a histogram's buckets are wide.
double at_least(const char* round_trip) {
  return 0.98 * static_cast<double>(platform::parse_duration(round_trip, std::chrono::seconds(2))->count());
}

TEST(Regions, AreWaitedForAndToldApart) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const std::string ranks_of_all =
      "run --engine shared-nothing --clients 2 --oversubscribe --quiet --workload ycsb-a -p recordcount=1000 "
      "--home west --regions 'east 2ms; west 30ms 2ms' --seconds 1 --repetitions 2 --warmup 0.1 --json " +
      json;
  for (const bool are_threads : {false, true}) {
    SCOPED_TRACE(are_threads);
    const Ended ended =
        are_threads ? upout(ranks_of_all + " --transport ring --ranks 4") : mpirun(4, ranks_of_all);
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("Regions (1 copy, home in west): east: read "), std::string::npos) << ended.out;
    const nlohmann::json result = read_run(json);
    EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
    EXPECT_EQ(result["deployment"]["regions"], "east 2ms; west 30ms 2ms");
    EXPECT_EQ(result["deployment"]["home"], "west");
    ASSERT_EQ(result["regions"].size(), 2U);
    EXPECT_EQ(result["regions"][0]["ranks"], nlohmann::json({0, 2}));
    EXPECT_GE(result["regions"][0]["latency_ns"]["read"]["p50"], at_least("30ms"));
    EXPECT_GE(result["regions"][1]["latency_ns"]["update"]["p50"], at_least("2ms"));
    const auto count = [&](unsigned region, const char* kind) {
      return result["regions"][region]["latency_ns"][kind]["count"].get<std::uint64_t>();
    };
    EXPECT_EQ(count(0, "read") + count(1, "read"), result["summary"]["latency_ns"]["read"]["count"]);
    EXPECT_GT(count(1, "read"), count(0, "read")) << "who is near comes more often";
    EXPECT_NE(result["verdict"].dump().find("--regions"), std::string::npos);
  }
}

/// Whom reads wait for is shown in virtual time (tests/engines/region_copies_test.cpp).
TEST(Regions, HaveCopiesFarFromEachOther) {
  const Scratch scratch;
  const std::string json = scratch / "out.json";
  const Ended ended =
      mpirun(6,
             "run --engine shared-nothing --clients 2 --oversubscribe --quiet --workload ycsb-a -p "
             "recordcount=10000 --replicas 2 --read-from nearest --failure-timeout 1s --home west "
             "--regions 'east 2ms; west 30ms 2ms' --seconds 1 --repetitions 2 --warmup 0.2 --json " +
                 json);
  ASSERT_EQ(ended.status, 0) << ended.err;
  const nlohmann::json result = read_run(json);
  EXPECT_TRUE(result["verification"]["passed"]) << result["verification"].dump(1);
  const auto updates = [&result](unsigned region) {
    return result["regions"][region]["latency_ns"]["update"]["p50"];
  };
  EXPECT_GE(updates(0), at_least("60ms")) << "to the primary, and from there to the other copy";
  EXPECT_GE(updates(1), at_least("30ms")) << "to the other copy";
}

}  // namespace
}  // namespace upout::cli
