#include "harness/published.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/json_file.h"
#include "tests/harness/temporary_folder.h"

namespace upout::harness {
namespace {

using nlohmann::json;
using Pointer = json::json_pointer;
namespace fs = std::filesystem;

std::vector<fs::path> record_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(published_folder().value())) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

PublishedRecord record(const std::string& name) {
  auto read = read_published(published_folder().value() + "/" + name + ".json");
  EXPECT_TRUE(read) << read.error().to_string();
  return read.value();
}

TEST(PublishedRecords, AreValidAndSayWhatCannotBeCompared) {
  ASSERT_GE(record_files().size(), 12U);
  for (const fs::path& file : record_files()) {
    const auto parsed = read_json(file.string(), "a record");
    ASSERT_TRUE(parsed) << parsed.error().to_string();
    const auto valid = validate_published(*parsed);
    EXPECT_TRUE(valid) << file << valid.error().to_string();
    EXPECT_TRUE(published_inconsistencies(*parsed).empty()) << file;
    const PublishedRecord read = record(file.stem().string());
    for (const std::string& text : {read.citation, read.source, read.hardware, read.workload})
      EXPECT_NE(text, "");
    EXPECT_GE(read.not_comparable.size(), 1U) << file;
  }
}

/// A line of a table, as its source has it.
struct Line {
  const char* file;
  const char* table;
  const char* label;
  double factor;
  std::map<double, double> figures;
};

const Line lines[] = {
    {"silo-partitioned-and-shared",
     "New-Order, 32 threads",
     "PartitionedStore",
     1e6,
     {{0, 2.23}, {1, 1.85}, {2, 1.54}, {3, 1.25}, {5, 0.85}, {10, 0.44}}},
    {"silo-partitioned-and-shared",
     "New-Order, 32 threads",
     "MemSilo",
     1e6,
     {{0, 1.55}, {1, 1.53}, {2, 1.52}, {3, 1.50}, {5, 1.49}, {10, 1.46}}},
    {"star-and-calvin", "TPC-C", "STAR", 1e3, {{0, 1376}, {10, 1310}, {50, 933}, {100, 703}}},
    {"star-and-calvin",
     "TPC-C",
     "Calvin (2 lock threads)",
     1e3,
     {{0, 379}, {10, 329}, {50, 239}, {100, 182}}},
    {"star-and-calvin", "YCSB, 90 % reads", "STAR", 1e3, {{0, 2831}, {10, 2257}, {50, 1404}, {100, 966}}},
    {"star-and-calvin",
     "YCSB, 90 % reads",
     "Calvin (2 lock threads)",
     1e3,
     {{0, 449}, {10, 377}, {50, 204}, {100, 125}}},
    {"dbx1000-large-machine",
     "By threads",
     "NO_WAIT",
     1e3,
     {{1, 448}, {8, 2426}, {28, 7355}, {56, 13053}, {112, 22682}, {224, 34854}, {448, 34713}, {1024, 33989}}},
    {"dbx1000-large-machine",
     "By threads",
     "HSTORE (partition locks)",
     1e3,
     {{1, 584},
      {8, 3360},
      {28, 10164},
      {56, 18147},
      {112, 21459},
      {224, 18933},
      {448, 14193},
      {1024, 10293}}},
    {"dbx1000-large-machine",
     "By threads",
     "MVCC",
     1e3,
     {{1, 233}, {8, 1227}, {28, 3599}, {56, 6279}, {112, 6990}, {224, 4660}, {448, 2148}, {1024, 820}}},
    {"silo-scaling",
     "By threads",
     "YCSB, 10 M keys",
     1e6,
     {{1, 1.15}, {8, 8.10}, {16, 15.6}, {28, 26.6}, {32, 28.4}}},
    {"silo-scaling",
     "By threads",
     "YCSB, 640 M keys",
     1e6,
     {{1, 0.72}, {8, 4.96}, {16, 9.55}, {28, 16.0}, {32, 17.3}}},
    {"silo-scaling",
     "By threads",
     "TPC-C, full mix",
     1e6,
     {{1, 0.063}, {8, 0.415}, {16, 0.729}, {28, 1.22}, {32, 1.29}}},
    {"ccbench-silo",
     "By threads",
     "Silo on Masstree",
     1e6,
     {{1, 0.151}, {27, 3.84}, {55, 8.57}, {111, 17.9}, {223, 28.7}}},
};

const PublishedSeries& series_of(const PublishedRecord& read, const std::string& table,
                                 const std::string& label) {
  const auto found = std::ranges::find(read.tables, table, &PublishedTable::name);
  EXPECT_NE(found, read.tables.end()) << table;
  const auto series = std::ranges::find(found->series, label, &PublishedSeries::label);
  EXPECT_NE(series, found->series.end()) << label;
  return *series;
}

TEST(PublishedRecords, HaveEveryFigureOfTheTables) {
  for (const Line& line : lines) {
    const PublishedRecord read = record(line.file);
    const PublishedSeries& series = series_of(read, line.table, line.label);
    EXPECT_EQ(series.points.size(), line.figures.size()) << line.label;
    for (const auto& [x, figure] : line.figures) {
      ASSERT_NE(series.at(x), nullptr) << line.label << " at " << x;
      EXPECT_DOUBLE_EQ(series.at(x)->value, figure * line.factor) << line.label << " at " << x;
    }
  }
}

TEST(PublishedRecords, HaveWhatMemoryInTheWrongPlaceCosts) {
  const std::map<std::string, std::vector<double>> expected{{"SILO", {177.8, 99.1, 66.4, 37.5}},
                                                            {"HSTORE", {191.9, 165.0, 158.9, 89.5}},
                                                            {"TICTOC", {234.0, 127.8, 78.3, 41.1}}};
  const std::vector<std::string> places{"local", "1 hop", "2 hops", "remote"};
  const PublishedRecord read = record("dbx1000-large-machine");
  for (const auto& [label, figures] : expected) {
    const PublishedSeries& series = series_of(read, "By memory placement, 1568 threads", label);
    ASSERT_EQ(series.points.size(), figures.size());
    for (std::size_t i = 0; i < figures.size(); ++i) {
      EXPECT_EQ(series.points[i].x, places[i]);
      EXPECT_DOUBLE_EQ(series.points[i].value, figures[i] * 1e6) << label;
    }
  }
}

TEST(PublishedRecords, HaveTheHeadlines) {
  const auto texts = [](const std::string& name) {
    std::vector<std::string> all;
    for (const PublishedTable& table : record(name).tables) {
      for (const PublishedPoint& point : table.series.at(0).points)
        all.push_back(point.text() + " " + table.unit);
    }
    return all;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts("silo-2013"), Texts{"about 700 K transactions/s"});
  EXPECT_EQ(texts("masstree-2012"), Texts{"more than 6 M queries/s"});
  EXPECT_EQ(texts("mica-2014"), Texts{"65.6 M to 76.9 M operations/s"});
  EXPECT_EQ(texts("faster-2018"), Texts{"up to 160 M operations/s"});
  EXPECT_EQ(texts("erpc-2019"), (Texts{"10 M RPC/s", "60 M to 80 M RPC/s"}));
  EXPECT_EQ(texts("farm-2015"), (Texts{"140 M transactions/s", "under 50 ms"}));
  EXPECT_EQ(texts("hardware-islands-2016"), Texts{"2 to 4 times"});
  const PublishedRecord fit = record("usl-specsdm91");
  EXPECT_DOUBLE_EQ(fit.tables[0].series[0].points[0].value, 0.0277285);
  EXPECT_DOUBLE_EQ(fit.tables[0].series[0].points[1].value, 0.0001044);
  EXPECT_DOUBLE_EQ(fit.tables[1].series[0].points[0].value, 89.9952);
}

json raw() {
  return *read_json(published_folder().value() + "/silo-partitioned-and-shared.json", "a record");
}

TEST(Published, RefusesRecordsThatLackWhatAReaderNeeds) {
  for (const char* member : {"citation", "source", "hardware", "workload", "not_comparable", "tables"}) {
    json document = raw();
    document.erase(member);
    const auto valid = validate_published(document);
    ASSERT_FALSE(valid) << member;
    EXPECT_EQ(valid.error().found, "no member \"" + std::string(member) + "\"");
  }
  json silent = raw();
  silent["not_comparable"] = json::array();
  EXPECT_FALSE(validate_published(silent));
  json measured = raw();
  measured["verdict"] = "publishable";
  EXPECT_FALSE(validate_published(measured));
}

std::string first_fault(const char* place, const json& value) {
  json document = raw();
  document[Pointer(place)] = value;
  EXPECT_TRUE(validate_published(document)) << place;
  const auto found = published_inconsistencies(document);
  return found.empty() ? "" : found.front().place;
}

TEST(Published, FindsWhatContradictsItself) {
  EXPECT_EQ(first_fault("/tables/0/series/0/points/1/x", 0), "/tables/0/series/0/points/1/x");
  EXPECT_EQ(first_fault("/tables/0/series/0/points/5/x", 200), "/tables/0/series/0/points/5/x");
  EXPECT_EQ(first_fault("/tables/0/series/0/points/0/x", "none"), "/tables/0/series/0/points/0/x");
  EXPECT_EQ(first_fault("/tables/0/series/0/points/0/to", 1), "/tables/0/series/0/points/0/to");
  EXPECT_EQ(first_fault("/tables/0/series/1/label", "PartitionedStore"), "/tables/0/series/1/label");
}

TEST(Published, NamesTheFileAndThePlaceOfAFault) {
  const TemporaryFolder folder;
  json document = raw();
  document["tables"][0]["axis"] = "nodes";
  const auto read = read_published(folder.write("bad.json", document.dump()));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, (folder / "bad.json").string() + ": /tables/0/axis");
}

TEST(Published, DoesNotReadWhatContradictsItself) {
  const TemporaryFolder folder;
  for (const json& x : {json("none"), json(-1)}) {
    json document = raw();
    document["tables"][0]["series"][0]["points"][0]["x"] = x;
    const auto read = read_published(folder.write("bad.json", document.dump()));
    ASSERT_FALSE(read) << x;
    EXPECT_EQ(read.error().where, (folder / "bad.json").string() + ": /tables/0/series/0/points/0/x");
  }
}

}  // namespace
}  // namespace upout::harness
