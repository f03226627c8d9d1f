#include "harness/analysis.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/models/usl.h"
#include "harness/overtakings.h"
#include "harness/record.h"
#include "tests/harness/sample_sweep.h"

namespace upout::harness {
namespace {

using nlohmann::json;

const std::string shared_memory = "shared-memory";
const std::string shared_nothing = "shared-nothing";

json analysis_of(const std::vector<json>& documents) {
  return analyze(compare(documents));
}

struct Size {
  unsigned cores;
  double of_memory, of_nothing;
};

/// Both engines on several numbers of cores; the median is not the mean, but within 0.1 % of it.
std::vector<json> over_cores(const std::vector<Size>& sizes) {
  std::vector<json> documents;
  for (const auto& [cores, of_memory, of_nothing] : sizes) {
    documents.push_back(samples::document(samples::run(shared_memory, cores, "ycsb-c", of_memory)));
    documents.push_back(samples::document(samples::run(shared_nothing, cores, "ycsb-c", of_nothing)));
  }
  return documents;
}

/// Shared memory as the law says, on five numbers of cores.
std::vector<json> by_law(const models::Coefficients& truth) {
  std::vector<json> documents;
  for (const unsigned cores : {1U, 2U, 4U, 8U, 16U}) {
    const double throughput = models::usl.throughput(truth, cores);
    documents.push_back(samples::document(samples::run(shared_memory, cores, "ycsb-c", throughput)));
  }
  return documents;
}

void expect_fits_schema(const json& analysis) {
  json document = samples::document(samples::run(shared_memory, 2, "ycsb-c", 4e7));
  document["analysis"] = analysis;
  const auto valid = validate_document(document);
  EXPECT_TRUE(valid) << valid.error().to_string();
}

TEST(Analysis, HasSpeedUpAndEfficiencyOverTheFewestCores) {
  const json analysis = analysis_of(over_cores({{2, 10e6, 9e6}, {4, 18e6, 9e6}, {8, 30e6, 4e6}}));
  const json& series = analysis.at("/workloads/0/series/0"_json_pointer);
  EXPECT_EQ(series["engine"], shared_memory);
  EXPECT_EQ(series["base_cores"], 2);
  const json& last = series["points"][2];
  EXPECT_EQ(last["cores"], 8);
  EXPECT_EQ(last["repetitions"], 6);
  EXPECT_NEAR(last["speed_up"]["median"].get<double>(), 3, 1e-6);
  EXPECT_NEAR(last["efficiency"]["median"].get<double>(), 0.75, 1e-6);
  EXPECT_NEAR(last["efficiency"]["ci95"][0].get<double>(), 0.75 * 0.985 / 1.02, 1e-6);
  EXPECT_EQ(series["points"][0]["speed_up"]["ci95"], json({1.0, 1.0}));
}

TEST(Analysis, HasTheLawsWithIntervals) {
  const json analysis = analysis_of(by_law({2e6, 0.05, 0.004}));
  const json& found = analysis.at("/workloads/0/series/0/models"_json_pointer);
  for (const auto& [name, truth] :
       {std::pair{"sigma", 0.05}, {"kappa", 0.004}, {"peak_cores", models::usl.limit({2e6, 0.05, 0.004})}}) {
    SCOPED_TRACE(name);
    const json& estimate = found["usl"][name];
    EXPECT_NEAR(estimate["value"].get<double>(), truth, 0.02 * truth);
    EXPECT_LT(estimate["ci95"][0].get<double>(), truth);
    EXPECT_GT(estimate["ci95"][1].get<double>(), truth);
  }
  EXPECT_GT(found["usl"]["r_squared"].get<double>(), found["amdahl"]["r_squared"].get<double>());
  EXPECT_TRUE(found["amdahl"].contains("greatest_speed_up"));
  EXPECT_TRUE(found["gustafson"].contains("serial_fraction"));
  expect_fits_schema(analysis);
}

TEST(Analysis, HasNoNumberForWhatHasNoEnd) {
  const json analysis = analysis_of(by_law({2e6, 0.05, 0}));
  const json& peak = analysis.at("/workloads/0/series/0/models/usl/peak_cores"_json_pointer);
  EXPECT_TRUE(peak["ci95"][1].is_null()) << peak;
  expect_fits_schema(analysis);
}

TEST(Analysis, SaysWhyALawIsNotFitted) {
  const json analysis = analysis_of(over_cores({{1, 10e6, 9e6}, {2, 18e6, 9e6}}));
  const json& law = analysis.at("/workloads/0/series/0/models/usl"_json_pointer);
  EXPECT_EQ(law["fitted"], false);
  EXPECT_EQ(law["because"], "found 2 core counts, expected at least 3");
  EXPECT_NE(render_analysis(analysis).find("usl: not fitted: found 2 core counts"), std::string::npos);
  expect_fits_schema(analysis);
}

TEST(Analysis, PoolsRunsOfTheSameConfiguration) {
  std::vector<json> documents = over_cores({{1, 10e6, 9e6}, {2, 18e6, 9e6}});
  documents.push_back(samples::document(samples::run(shared_memory, 2, "ycsb-c", 20e6)));
  const json analysis = analysis_of(documents);
  EXPECT_EQ(analysis.at("/workloads/0/series/0/points/1/repetitions"_json_pointer), 12);
}

TEST(Analysis, TellsTheCrossoverInCores) {
  const json analysis = analysis_of(over_cores({{1, 10e6, 5e6}, {2, 18e6, 12e6}, {4, 20e6, 30e6}}));
  ASSERT_EQ(analysis["crossovers"].size(), 1U);
  const json& crossover = analysis["crossovers"][0];
  EXPECT_EQ(crossover["axis"], "cores");
  EXPECT_EQ(crossover["measured_range"], json({1.0, 4.0}));
  EXPECT_EQ(crossover["outcome_of_means"], "shared_nothing_overtakes");
  // Halfway between the logarithms of 2/3 and 3/2.
  EXPECT_NEAR(crossover["at"].get<double>(), 3, 1e-6);
  EXPECT_EQ(crossover["probability"]["shared_nothing_overtakes"], 1.0);
  const auto sentence = crossover["sentence"].get<std::string>();
  EXPECT_TRUE(sentence.starts_with("On ycsb-c, shared-nothing overtakes shared-memory at 3 cores (2.9"))
      << sentence;
  EXPECT_TRUE(sentence.ends_with("), with a probability of more than 99.9 %.")) << sentence;
  expect_fits_schema(analysis);
}

TEST(Analysis, SaysThatNoEngineOvertakesWithinTheRange) {
  const json analysis = analysis_of(over_cores({{1, 10e6, 5e6}, {8, 50e6, 40e6}}));
  EXPECT_EQ(analysis["crossovers"][0]["sentence"],
            "On ycsb-c, neither engine overtakes the other in the measured range, 1 to 8 cores: "
            "shared-memory is ahead at both ends, with a probability of more than 99.9 %.");
  EXPECT_TRUE(analysis["crossovers"][0]["at"].is_null());
}

TEST(Analysis, GivesProbabilitiesWhereTheMeasurementsDoNotTell) {
  const json analysis = analysis_of(over_cores({{1, 10e6, 10e6}, {2, 20e6, 20.001e6}, {4, 30e6, 30e6}}));
  const json& crossover = analysis["crossovers"][0];
  const auto sentence = crossover["sentence"].get<std::string>();
  EXPECT_TRUE(
      sentence.starts_with("On ycsb-c, the measurements do not tell whether an engine overtakes the "
                           "other in the measured range, 1 to 4 cores: "))
      << sentence;
  for (const auto& [name, probability] : crossover["probability"].items())
    EXPECT_LT(probability.get<double>(), 0.5) << name;
  EXPECT_NE(sentence.find(" with 2"), std::string::npos) << sentence;
}

TEST(Analysis, TellsTheCrossoverInSharesOnTheCoresOfTheCrossing) {
  const json analysis = analysis_of(samples::over_shares({{0, 2e6, 3e6}, {20, 2e6, 2.5e6}, {100, 2e6, 1e6}}));
  ASSERT_EQ(analysis["crossovers"].size(), 1U);
  const json& crossover = analysis["crossovers"][0];
  EXPECT_EQ(crossover["axis"], "crosspartition_percent");
  EXPECT_EQ(crossover["cores"], 2);
  const auto sentence = crossover["sentence"].get<std::string>();
  EXPECT_TRUE(sentence.starts_with(
      "On ycsb-multi, on 2 cores, shared-memory overtakes shared-nothing at crosspartition 39.5 % ("))
      << sentence;
  expect_fits_schema(analysis);
}

TEST(Analysis, TakesEachEnginesBestConfiguration) {
  std::vector<json> documents = over_cores({{1, 10e6, 5e6}, {2, 18e6, 12e6}});
  for (const unsigned cores : {1U, 2U}) {
    RunRecord run = samples::run(shared_nothing, cores, "ycsb-c", 30e6);
    run.id += "-deep";
    run.deployment.depth = 64;
    documents.push_back(samples::document(run));
  }
  EXPECT_EQ(analysis_of(documents)["crossovers"][0]["outcome_of_means"], "shared_nothing_ahead");
}

TEST(Analysis, SaysThatAFewRepetitionsHaveNoProbability) {
  std::vector<json> documents;
  for (const unsigned cores : {1U, 2U}) {
    for (const auto& [engine, median] : {std::pair{shared_memory, 9e6}, {shared_nothing, 5e6 * cores}}) {
      const std::vector<double> three{median, 1.001 * median, 0.999 * median};
      documents.push_back(samples::document(samples::run(engine, cores, "ycsb-c", three)));
    }
  }
  const json analysis = analysis_of(documents);
  EXPECT_TRUE(analysis["crossovers"][0]["probability"].is_null());
  const auto sentence = analysis["crossovers"][0]["sentence"].get<std::string>();
  EXPECT_TRUE(
      sentence.starts_with("On ycsb-c, by the means alone, shared-nothing overtakes shared-memory at "))
      << sentence;
  EXPECT_NE(sentence.find("3 repetitions at 1, of the 6"), std::string::npos) << sentence;
  EXPECT_NE(render_analysis(analysis).find("Too few repetitions for 95 %"), std::string::npos);
  expect_fits_schema(analysis);
}

TEST(Analysis, IsRefusedInADocumentIfTheSchemaDoesNotKnowIt) {
  json document = samples::document(samples::run(shared_memory, 2, "ycsb-c", 4e7));
  document["analysis"] = analysis_of(over_cores({{1, 10e6, 5e6}, {2, 18e6, 12e6}}));
  document["/analysis/workloads/0/series/0/points/1/throughput/median"_json_pointer] = "fast";
  const auto valid = validate_document(document);
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().where, "/analysis/workloads/0/series/0/points/1/throughput/median");
}

TEST(AnalysisText, HasATableALawALineAndASentence) {
  const std::string text = render_analysis(
      analysis_of(over_cores({{1, 10e6, 5e6}, {2, 18e6, 12e6}, {4, 30e6, 20e6}, {8, 40e6, 60e6}})));
  for (const char* part :
       {"ycsb-c, operations/s\n  shared-memory\n", "speed-up over 1 core", "\n    1      10 (9.85 to 10.2) M",
        "\n    usl: lambda 9.886 (9.7", " sigma 0.", "\n    amdahl: lambda ", "\n    gustafson: lambda ",
        "greatest speed-up 6.3", ", peak at cores no end; R^2 ",
        "On ycsb-c, shared-nothing overtakes shared-memory at "})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin: " << text;
}

}  // namespace
}  // namespace upout::harness
