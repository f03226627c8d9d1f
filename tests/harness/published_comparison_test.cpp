#include "harness/published_comparison.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/harness/sample_sweep.h"

namespace upout::harness {
namespace {

using nlohmann::json;

PublishedRecord record(const std::string& name) {
  return read_published(published_folder().value() + "/" + name + ".json").value();
}

/// Both engines on ycsb-multi with several shares of transactions across partitions: at `from` and beyond,
/// shared memory is ahead.
std::vector<json> crossing_sweep(double from) {
  std::vector<json> documents;
  for (const double share : {0.0, 5.0, 20.0, 50.0}) {
    for (const char* engine : {"shared-memory", "shared-nothing"}) {
      const bool is_up = std::string(engine) == "shared-memory";
      RunRecord run = samples::run(engine, 2, "ycsb-multi", is_up ? 2e6 : share < from ? 3e6 : 1e6);
      run.properties["crosspartition"] = share;
      documents.push_back(samples::document(run));
    }
  }
  return documents;
}

const SpeedUps& line(const SpeedUpTable& table, const std::string& label) {
  const auto found = std::ranges::find(table.series, label, &SpeedUps::label);
  EXPECT_NE(found, table.series.end()) << label;
  return *found;
}

TEST(BesidePublished, SetsSpeedUpsBesideEachOtherFromTheFewestCommonCores) {
  const std::vector<PublishedRecord> records{record("silo-scaling")};
  const auto beside = beside_published(compare(samples::sweep()), records);
  ASSERT_EQ(beside.size(), 1U);
  ASSERT_EQ(beside[0].speed_ups.size(), 1U);
  const SpeedUpTable& table = beside[0].speed_ups[0];
  EXPECT_EQ(table.base, 1U);
  EXPECT_EQ(table.series.size(), 3U + 4U) << "three workloads of Silo, two of ours on both engines";
  const SpeedUps& silo = line(table, "YCSB, 10 M keys");
  EXPECT_FALSE(silo.is_measured);
  EXPECT_NEAR(silo.by_cores.at(8).median, 8.10 / 1.15, 1e-9);
  const SpeedUps& ours = line(table, "ycsb-c, shared-memory");
  EXPECT_TRUE(ours.is_measured);
  EXPECT_DOUBLE_EQ(ours.by_cores.at(1).median, 1);
  EXPECT_NEAR(ours.by_cores.at(2).median, 35.1 / 18.2, 1e-6);
  EXPECT_LT(ours.by_cores.at(2).low, ours.by_cores.at(2).median);
}

TEST(BesidePublished, BeginsWhereBothHaveBeenMeasured) {
  const std::vector<json> documents{samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7)),
                                    samples::document(samples::run("shared-memory", 8, "ycsb-c", 3e7)),
                                    samples::document(samples::run("shared-memory", 16, "ycsb-c", 6e7)),
                                    samples::document(samples::run("shared-nothing", 2, "ycsb-c", 1e7))};
  const std::vector<PublishedRecord> records{record("silo-scaling")};
  const auto beside = beside_published(compare(documents), records);
  ASSERT_EQ(beside.size(), 1U);
  const SpeedUpTable& table = beside[0].speed_ups.at(0);
  EXPECT_EQ(table.base, 8U);
  EXPECT_EQ(table.series.size(), 3U + 1U) << "shared-nothing has no 8 cores";
  EXPECT_NEAR(line(table, "YCSB, 10 M keys").by_cores.at(28).median, 26.6 / 8.10, 1e-9);
  EXPECT_FALSE(line(table, "YCSB, 10 M keys").by_cores.contains(1));
  EXPECT_NEAR(line(table, "ycsb-c, shared-memory").by_cores.at(16).median, 2, 1e-6);
}

TEST(BesidePublished, LeavesOutWhatHasNoShapeInCommon) {
  const std::vector<PublishedRecord> records{record("silo-scaling"), record("silo-2013"),
                                             record("star-and-calvin"),
                                             record("silo-partitioned-and-shared")};
  const std::vector<json> alone{samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7))};
  EXPECT_TRUE(beside_published(compare(alone), records).empty());
  EXPECT_TRUE(measured_overtakings(compare(alone)).empty());
  EXPECT_NE(render_beside_published(alone, records, false).find("Nothing that was measured"),
            std::string::npos);
}

TEST(BesidePublished, KnowsWhereTheSharedStoreOvertakesThePartitionedOne) {
  const std::vector<PublishedRecord> records{record("silo-partitioned-and-shared"),
                                             record("star-and-calvin")};
  const auto beside = beside_published(compare(crossing_sweep(20)), records);
  ASSERT_EQ(beside.size(), 1U) << "STAR and Calvin have nothing that is scaled up";
  ASSERT_EQ(beside[0].overtakings.size(), 1U);
  const Overtaking& published = beside[0].overtakings[0];
  EXPECT_EQ(published.ahead_at_last, "up");
  EXPECT_EQ(published.before, 2);
  EXPECT_EQ(published.from, 3);
  EXPECT_FALSE(published.is_measured);
  EXPECT_NE(published.sentence().find("up overtakes out between remote 2 and 3"), std::string::npos)
      << published.sentence();
}

TEST(BesidePublished, KnowsWhereOneEngineOvertakesTheOther) {
  const auto found = measured_overtakings(compare(crossing_sweep(20)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].is_measured);
  EXPECT_EQ(found[0].before, 5);
  EXPECT_EQ(found[0].from, 20);
  EXPECT_EQ(found[0].sentence(), "ycsb-multi on 2 cores: up overtakes out between crosspartition 5 and 20");
  const auto never = measured_overtakings(compare(crossing_sweep(100)));
  ASSERT_EQ(never.size(), 1U);
  EXPECT_FALSE(never[0].from);
  EXPECT_EQ(never[0].sentence(),
            "ycsb-multi on 2 cores: out is ahead wherever it is decided, crosspartition 0 to 50");
}

TEST(BesidePublished, ShowsAbsoluteFiguresOnlyIfAskedAndWithTheHardwareOfBoth) {
  const std::vector<PublishedRecord> records{record("silo-scaling"), record("mica-2014")};
  const std::vector<json> documents = samples::sweep();
  const std::string shapes = render_beside_published(documents, records, false);
  EXPECT_NE(shapes.find("YCSB, 10 M keys: 1.00 on 1 core, 7.04 on 8 cores"), std::string::npos) << shapes;
  EXPECT_NE(shapes.find("not comparable: "), std::string::npos);
  for (const char* absolute : {"transactions/s", "Xeon", "EPYC", " M "})
    EXPECT_EQ(shapes.find(absolute),
              absolute == std::string(" M ") ? shapes.find(" M keys") : std::string::npos);
  const std::string figures = render_beside_published(documents, records, true);
  for (const char* part :
       {"on 2 x 14-core Xeon E5-2683 v3", "on 2 cores, AMD EPYC 9355 (node-a)", "MICA: 16: 65.6 M to 76.9 M",
        "ycsb-c, shared-memory, operations/s: 1 core: 18.2 M ("})
    EXPECT_NE(figures.find(part), std::string::npos) << part << "\nin: " << figures;
}

TEST(BesidePublished, NamesEachMachineOnce) {
  std::vector<json> documents = samples::sweep();
  documents[0]["environment"]["cpu_model"] = nullptr;
  EXPECT_EQ(hardware_of(documents),
            "2 cores, AMD EPYC 9355 (node-a); 2 cores, a processor that the system does not name (node-a)");
}

}  // namespace
}  // namespace upout::harness
