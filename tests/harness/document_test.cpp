#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/build_info.h"
#include "harness/embedded.h"
#include "harness/record.h"
#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder of the test's own, gone after it.
class DocumentFile : public testing::Test {
 protected:
  DocumentFile() {
    std::string name = fs::temp_directory_path() / "upout-document-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~DocumentFile() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

  fs::path folder_;
};

json sample() {
  return samples::document(samples::run("shared-memory", 2, "ycsb-c", 4e7));
}

/// What validation says about a sample in which the value at a place was changed.
platform::Error fault_of(const std::string& place, const json& value) {
  json document = sample();
  document[json::json_pointer(place)] = value;
  const auto valid = validate_document(document);
  return valid ? platform::Error{} : valid.error();
}

TEST(Document, OfARunFitsTheSchema) {
  const auto valid = validate_document(sample());
  EXPECT_TRUE(valid) << valid.error().to_string();
}

TEST(Document, OfARunThatWasEndedBeforeItsFirstRepetitionFitsTheSchema) {
  RunRecord run = samples::run("shared-nothing", 2, "ycsb-c", 4e7);
  run.repetitions = {{.operations = 12, .seconds = 0.1, .complete = false}};
  run.incomplete = true;
  run.latency.clear();
  run.verification = {};
  const json document = samples::document(run);
  const auto valid = validate_document(document);
  EXPECT_TRUE(valid) << valid.error().to_string();
  EXPECT_TRUE(document.at("/runs/0/summary/throughput"_json_pointer).is_null());
  EXPECT_EQ(document.at("/runs/0/verdict/class"_json_pointer), "invalid");
}

TEST(Document, SummarizesCompleteRepetitionsAlone) {
  RunRecord run = samples::run("shared-memory", 1, "ycsb-c", 1000.0);
  const json before = samples::document(run);
  run.repetitions.push_back({.operations = 1, .seconds = 1, .complete = false});
  EXPECT_EQ(samples::document(run).at("/runs/0/summary"_json_pointer),
            before.at("/runs/0/summary"_json_pointer));
  EXPECT_DOUBLE_EQ(before.at("/runs/0/summary/throughput/median"_json_pointer).get<double>(), 1000);
  EXPECT_DOUBLE_EQ(before.at("/runs/0/summary/throughput/ci95/0"_json_pointer).get<double>(), 985);
  EXPECT_DOUBLE_EQ(before.at("/runs/0/summary/throughput/ci95/1"_json_pointer).get<double>(), 1020);
}

TEST(Document, OfAnOpenLoopSaysWhatWasOfferedAndAchieved) {
  RunRecord record = samples::open_run(2e6, 1e6);
  record.repetitions.push_back({.operations = 1, .seconds = 9, .offered = 5, .complete = false});
  const json document = samples::document(record);
  EXPECT_TRUE(validate_document(document)) << validate_document(document).error().to_string();
  const json& run = document.at("runs")[0];
  EXPECT_EQ(run.at("load").at("arrivals"), "poisson");
  EXPECT_EQ(run.at("load").at("offered_per_second"), 2e6);
  EXPECT_NEAR(run.at("load").at("achieved_per_second").get<double>(), 1e6, 1e4) << "of complete ones";
  EXPECT_EQ(run.at("repetitions")[0].at("offered_operations"), 2'000'000U);
  EXPECT_FALSE(
      samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e6)).at("runs")[0].contains("load"));
}

TEST(Document, OfCountedOperationsSaysWhatEndedItsRepetitions) {
  RunRecord record = samples::run("shared-memory", 2, "ycsb-c", 1e6);
  record.limits = {.operations = 5'000'000, .seconds = 30};
  record.repetitions[0].ended_by = EndedBy::count;
  record.repetitions[1].ended_by = EndedBy::time;
  const json document = samples::document(record);
  EXPECT_TRUE(validate_document(document)) << validate_document(document).error().to_string();
  const json& run = document.at("runs")[0];
  EXPECT_EQ(run.at("limits"), json::parse(R"({"operations": 5000000, "seconds": 30.0})"));
  EXPECT_EQ(run.at("repetitions")[0].at("ended_by"), "count");
  EXPECT_EQ(run.at("repetitions")[1].at("ended_by"), "time");
  EXPECT_FALSE(run.at("repetitions")[2].contains("ended_by"));
  record.limits->seconds.reset();
  const json without_time = samples::document(record);
  EXPECT_TRUE(validate_document(without_time)) << validate_document(without_time).error().to_string();
  EXPECT_TRUE(without_time.at("runs")[0].at("limits").at("seconds").is_null());
  EXPECT_FALSE(
      samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e6)).at("runs")[0].contains("limits"));
}

TEST(Document, SaysHowPreciseARunIsAndWhatEndedIt) {
  RunRecord record = samples::run("shared-memory", 2, "ycsb-c", 1e6);
  record.precision = PrecisionReport{.asked = {.half_width = 0.05, .most_repetitions = 60},
                                     .least_repetitions = 6,
                                     .ended_by = StoppedBy::precision};
  const json document = samples::document(record);
  EXPECT_TRUE(validate_document(document)) << validate_document(document).error().to_string();
  json precision = document.at("runs")[0].at("precision");
  EXPECT_NEAR(precision.at("reached").get<double>(), 0.02, 1e-9);
  precision.erase("reached");
  EXPECT_EQ(precision, json::parse(R"({"asked": 0.05, "least_repetitions": 6, "most_repetitions": 60,
                                       "budget_seconds": null, "ended_by": "precision"})"));
  record.precision->ended_by.reset();
  EXPECT_TRUE(validate_document(samples::document(record)));
}

TEST(Document, SaysWhichShareOfTheTimeTheGeneratorTook) {
  const auto generator = [](const RunRecord& record) {
    const json document = samples::document(record);
    EXPECT_TRUE(validate_document(document)) << validate_document(document).error().to_string();
    return document.at("runs")[0].value("generator", json());
  };
  RunRecord run = samples::run("shared-memory", 2, "ycsb-c", 1e6);
  EXPECT_TRUE(generator(run).is_null()) << "it is not known";
  run.generator_ns = 50;
  EXPECT_DOUBLE_EQ(generator(run).at("ns_per_operation").get<double>(), 50);
  EXPECT_NEAR(generator(run).at("share").get<double>(), 0.025, 1e-9) << "half of a million each";
  RunRecord ranks = samples::run("shared-nothing", 6, "ycsb-c", 1e6);
  ranks.generator_ns = 50;
  ranks.deployment.clients = 2;
  ranks.deployment.threads_per_rank = 2;
  EXPECT_NEAR(generator(ranks).at("share").get<double>(), 0.0125, 1e-9) << "of four workers that are clients";
  for (Repetition& repetition : run.repetitions) repetition.complete = false;
  EXPECT_TRUE(generator(run).at("share").is_null());
}

TEST(Document, CountsNewOrdersAMinuteOfWhatHasCommitted) {
  using Counts = std::map<std::string, std::uint64_t>;
  RunRecord run = samples::run("shared-memory", 2, "tpcc", std::vector{100.0, 100.0, 100.0, 100.0});
  run.repetitions[0].committed_by_type = Counts{{"new_order", 4}, {"payment", 96}};
  run.repetitions[1].committed_by_type = Counts{{"new_order", 10}, {"payment", 90}};
  run.repetitions[2].committed_by_type = Counts{{"payment", 100}};
  run.repetitions[3].committed_by_type = Counts{{"new_order", 1000}};
  run.repetitions[3].complete = false;
  run.repetitions[1].seconds = 0.5;
  const json document = samples::document(run);
  EXPECT_TRUE(validate_document(document)) << validate_document(document).error().to_string();
  const json& made = document.at("runs")[0];
  EXPECT_DOUBLE_EQ(made.at("summary").at("new_orders_per_minute").get<double>(), 240) << "of 0, 240 and 1200";
  EXPECT_EQ(made.at("repetitions")[1].at("committed_by_type").at("payment"), 90U);
  for (Repetition& repetition : run.repetitions) repetition.complete = false;
  EXPECT_TRUE(samples::document(run).at("runs")[0].at("summary").at("new_orders_per_minute").is_null());
  run.workload = "tatp";
  EXPECT_FALSE(samples::document(run).at("runs")[0].at("summary").contains("new_orders_per_minute"));
}

TEST(Document, SaysWhatEachWorkerAskedForAndGot) {
  const std::vector<platform::WorkerBinding> workers{
      {.host = "node-a", .worker = 0, .asked_cpu = 3, .allowed_cpus = {3}, .node = 1},
      {.host = "node-a", .worker = 1, .asked_cpu = -1, .allowed_cpus = {0, 1}}};
  json document = sample();
  document["environment"]["workers"] = to_json(workers);
  const auto valid = validate_document(document);
  EXPECT_TRUE(valid) << valid.error().to_string();
  EXPECT_EQ(document.at("/environment/workers/0/node"_json_pointer), 1);
  EXPECT_EQ(document.at("/environment/workers/0/achieved"_json_pointer), true);
  EXPECT_EQ(document.at("/environment/workers/1/node"_json_pointer), nullptr);
  EXPECT_EQ(document.at("/environment/workers/1/achieved"_json_pointer), false);
}

TEST(Document, HasTheHistogramsPercentiles) {
  const RunRecord run = samples::run("shared-memory", 1, "ycsb-c", 1000.0);
  const json document = samples::document(run);
  const json& read = document.at("/runs/0/summary/latency_ns/read"_json_pointer);
  const Histogram& histogram = run.latency.at("read");
  EXPECT_EQ(read.at("p50"), histogram.quantile(0.5));
  EXPECT_EQ(read.at("p999"), histogram.quantile(0.999));
  EXPECT_EQ(read.at("max"), 2'500'000);
  EXPECT_EQ(read.at("count"), 1'000'001);
}

TEST(Document, SaysHowThisProgramWasBuilt) {
  const json document = make_document({}, samples::environment(1));
  EXPECT_TRUE(validate_document(document));
  EXPECT_EQ(document.at("/suite/build_type"_json_pointer), build_info().build_type);
  EXPECT_EQ(document.at("/suite/commit"_json_pointer), build_info().commit);
  EXPECT_NE(document.at("/suite/compiler"_json_pointer), "");
}

TEST(VerificationResult, PassesOnlyIfSomethingWasCheckedAndNothingFailed) {
  EXPECT_FALSE(Verification{}.passed());
  Verification verification;
  verification.checks = {{"a", true, ""}};
  EXPECT_TRUE(verification.passed());
  verification.checks.push_back({"b", false, ""});
  EXPECT_FALSE(verification.passed());
}

TEST(Schema, IsEmbeddedAsItStandsInItsFile) {
  EXPECT_EQ(embedded::result_schema, text_of(UPOUT_SOURCE_DIR "/results/schema/upout-result-1.schema.json"));
}

void expect_described(const json& schema, const std::string& place) {
  if (!schema.contains("$ref")) {
    EXPECT_TRUE(schema.contains("description")) << place;
  }
  for (const char* key : {"properties", "definitions"}) {
    if (!schema.contains(key)) continue;
    for (const auto& [name, part] : schema.at(key).items()) expect_described(part, place + "/" + name);
  }
  for (const char* key : {"items", "additionalProperties"}) {
    if (schema.contains(key) && schema.at(key).is_object())
      expect_described(schema.at(key), place + "/" + key);
  }
}

TEST(Schema, DescribesEveryField) {
  expect_described(json::parse(embedded::result_schema), "");
}

TEST(Validation, NamesTheMemberThatIsMissing) {
  json document = sample();
  document["runs"][0]["deployment"].erase("engine");
  const auto error = validate_document(document).error();
  EXPECT_EQ(error.where, "/runs/0/deployment");
  EXPECT_EQ(error.found, "no member \"engine\"");
}

TEST(Validation, NamesTheMemberThatIsUnknown) {
  const auto error = fault_of("/runs/0/deployment/thraeds", 3);
  EXPECT_EQ(error.where, "/runs/0/deployment");
  EXPECT_EQ(error.found, "a member \"thraeds\"");
  EXPECT_NE(error.expected.find("threads_per_rank"), std::string::npos);
}

TEST(Validation, NamesPlaceAndValueOfTheWrongType) {
  const auto error = fault_of("/runs/0/summary/latency_ns/read/p99", "fast");
  EXPECT_EQ(error.where, "/runs/0/summary/latency_ns/read/p99");
  EXPECT_EQ(error.found, "\"fast\"");
  EXPECT_NE(error.expected.find("integer"), std::string::npos);
}

TEST(Validation, RefusesValuesThatNoRunHas) {
  EXPECT_EQ(fault_of("/schema", "upout-result/2").where, "/schema");
  EXPECT_EQ(fault_of("/runs/0/deployment/engine", "shared-everything").where, "/runs/0/deployment/engine");
  EXPECT_EQ(fault_of("/runs/0/deployment/ranks", 0).where, "/runs/0/deployment/ranks");
  EXPECT_EQ(fault_of("/runs/0/summary/throughput/ci95", {1.0}).where, "/runs/0/summary/throughput/ci95");
  EXPECT_EQ(fault_of("/runs/0/verification/digest", "xyz").where, "/runs/0/verification/digest");
  EXPECT_EQ(fault_of("/environment/password", "secret").where, "/environment");
  EXPECT_EQ(fault_of("/runs/0/workload/properties/nested", json::array()).where,
            "/runs/0/workload/properties/nested");
}

TEST(Validation, TakesDocumentsThatAreNoObjects) {
  EXPECT_FALSE(validate_document(json::array()));
  EXPECT_FALSE(validate_document(nullptr));
}

TEST_F(DocumentFile, IsReadAsItWasWritten) {
  const json document = sample();
  ASSERT_TRUE(write_document(document, path("out.json")));
  const auto read = read_document(path("out.json"));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read, document);
}

TEST_F(DocumentFile, ReplacesAnOlderOneAndLeavesNothingBeside) {
  ASSERT_TRUE(write_document(json{{"old", true}}, path("out.json")));
  ASSERT_TRUE(write_document(sample(), path("out.json")));
  EXPECT_TRUE(read_document(path("out.json")));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(DocumentFile, ThatCannotBeWrittenIsNamed) {
  const auto written = write_document(sample(), path("no-such-folder/out.json"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().where, path("no-such-folder/out.json"));
  EXPECT_EQ(written.error().found, "No such file or directory");
}

TEST_F(DocumentFile, ThatCannotReplaceAFolderLeavesNothingBeside) {
  fs::create_directory(path("out.json"));
  fs::create_directory(path("out.json/inside"));
  EXPECT_FALSE(write_document(sample(), path("out.json")));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(DocumentFile, ThatIsMissingIsNamed) {
  const auto read = read_document(path("none.json"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, path("none.json"));
  EXPECT_EQ(read.error().found, "No such file or directory");
}

TEST_F(DocumentFile, ThatIsAFolderIsRefused) {
  const auto read = read_document(folder_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().found, "Is a directory");
}

TEST_F(DocumentFile, ThatIsNotJsonIsRefusedWithLineAndColumn) {
  const auto file = write("bad.json", "{\n  \"schema\": \"upout-result/1\",\n  \"runs\": [1, ]\n}\n");
  const auto read = read_document(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, file + ":3:15");
  EXPECT_NE(read.error().found.find("unexpected ']'"), std::string::npos) << read.error().found;
}

TEST_F(DocumentFile, ThatEndsEarlyIsRefused) {
  const auto file = write("half.json", sample().dump().substr(0, 400));
  ASSERT_FALSE(read_document(file));
  EXPECT_EQ(read_document(write("empty.json", "")).error().where, path("empty.json") + ":1:1");
}

TEST_F(DocumentFile, WithANumberThatFitsNoTypeIsRefusedWithLineAndColumn) {
  const auto file = write("huge.json", "{\n  \"seed\": 1e999 }");
  const auto read = read_document(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, file + ":2:15");
  EXPECT_EQ(read.error().found, "number overflow parsing '1e999'");
}

TEST_F(DocumentFile, ThatIsNestedTooDeeplyToBeGoneThroughIsRefusedWithLineAndColumn) {
  json document = sample();
  document["runs"][0]["workload"]["properties"]["brackets"] =
      std::string(1000, '[') + "\\\"" + std::string(1000, '[');
  ASSERT_TRUE(read_document(write("text.json", document.dump())));

  std::string text = document.dump();
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  text.replace(text.find("\"analysis\":{"), std::strlen("\"analysis\":{"),
               "\"analysis\":{\n\"deep\":" + deep + ",");
  const auto file = write("deep.json", text);
  const auto read = read_document(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, file + ":2:106");
  EXPECT_EQ(read.error().found, "more than 100 levels");
}

TEST_F(DocumentFile, WithoutAnEndIsRefused) {
  const auto read = read_document("/dev/zero");
  ASSERT_FALSE(read);
  EXPECT_EQ(
      read.error().to_string(),
      "/dev/zero: found a file of more than 33554432 bytes, expected a result document that can be read");
}

TEST_F(DocumentFile, ThatDoesNotFitTheSchemaIsRefusedWithFileAndPlace) {
  json document = sample();
  document["runs"][0]["seed"] = -1;
  const auto file = write("bad.json", document.dump());
  const auto read = read_document(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, file + ": /runs/0/seed");
  EXPECT_EQ(read.error().found, "-1");
}

}  // namespace
}  // namespace upout::harness
