#include "harness/point_time.h"

#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace upout::harness {
namespace {

Point point(const std::string& keys) {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "plan.toml", "[[points]]\nengine = 'shared-memory'\nthreads = 1\nworkload = 'ycsb-c'\n" + keys);
  const auto plan = read_plan(path, MachineSize{2});
  EXPECT_TRUE(plan) << plan.error().to_string();
  return plan->points.at(0);
}

double generous(const std::string& keys) {
  return double(generous_time(point(keys)).count());
}

TEST(PointTime, MeasuresForItsSecondsAndTheWarmUpsOfAllRepetitions) {
  EXPECT_EQ(measured_seconds(point("seconds = 12\nwarmup = 0.5\nrepetitions = 6")), 15);
  EXPECT_EQ(measured_seconds(point("")), 12.5) << "the defaults of a run";
}

TEST(PointTime, IsGenerousAboveWhatIsMeasured) {
  for (const double seconds : {1.0, 60.0, 3600.0}) {
    const std::string keys = "seconds = " + std::to_string(seconds) + "\nwarmup = 1\nrepetitions = 10";
    EXPECT_GT(generous(keys), 1.2 * (seconds + 10));
    EXPECT_LT(generous(keys), 1.3 * (seconds + 10) + 120) << "but not without measure";
  }
}

TEST(PointTime, GrowsWithTheRecordsAndTheirBytes) {
  const double few = generous("properties = {recordcount = 1000}");
  const double many = generous("properties = {recordcount = 10000000}");
  EXPECT_GT(many, few + 40);
  EXPECT_GT(generous("properties = {recordcount = 10000000, fieldlength = 1000}"), many + 100);
  EXPECT_GT(generous("records_per_worker = 10000000"), few + 40);
}

TEST(PointTime, CountsTheRepetitionsThatAPrecisionMayCost) {
  const std::string keys = "seconds = 10\nwarmup = 0\nrepetitions = 10\nprecision = '1%'\n";
  EXPECT_GT(generous(keys), 100) << "ten times as many, unless something else is said";
  EXPECT_LT(generous(keys + "max_repetitions = 20"), generous(keys));
  EXPECT_LT(generous(keys + "budget = 15"), generous(keys + "max_repetitions = 20"));
  EXPECT_GE(generous(keys + "budget = 1"), generous("seconds = 10\nwarmup = 0\nrepetitions = 10"));
}

TEST(PointTime, FollowsTheLimitsOfPropertiesWhereThePointSaysNothing) {
  const double briefly = generous("warmup = 0\nproperties = {maxexecutiontime = 2}");
  EXPECT_LT(briefly + 1000, generous("warmup = 0\nproperties = {maxexecutiontime = 2000}"));
  EXPECT_LT(briefly + 1000, generous("warmup = 0\nproperties = {operationcount = 1000000000}"));
}

}  // namespace
}  // namespace upout::harness
