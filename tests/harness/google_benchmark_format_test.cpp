#include <benchmark/benchmark.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "harness/formats/format.h"
#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

using nlohmann::json;
using Members = nlohmann::ordered_json;

std::vector<std::string> names_of(const Members& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

/// What the library itself writes of a benchmark with three repetitions, a label, and items.
const Members& written_by_the_library() {
  static const Members made = [] {
    benchmark::RegisterBenchmark("sample",
                                 [](benchmark::State& state) {
                                   for ([[maybe_unused]] auto _ : state) continue;
                                   state.SetItemsProcessed(state.iterations());
                                   state.SetLabel("label");
                                 })
        ->Iterations(1)
        ->Repetitions(3);
    std::ostringstream text;
    benchmark::JSONReporter reporter;
    reporter.SetOutputStream(&text);
    reporter.SetErrorStream(&text);
    benchmark::RunSpecifiedBenchmarks(&reporter);
    return Members::parse(text.str());
  }();
  return made;
}

/// Three repetitions, of 1, 2 and 4 million operations a second, and not enough to be published.
RunRecord three_repetitions() {
  return samples::run("shared-memory", 2, "ycsb-c", std::vector{1e6, 2e6, 4e6});
}

platform::Expected<Export> exported(const std::vector<json>& documents) {
  return google_benchmark().render(documents);
}

Members entries_of(const RunRecord& run) {
  const auto made = exported({samples::document(run)});
  EXPECT_TRUE(made) << (made ? "" : made.error().to_string());
  return made ? Members::parse(made->text).at("benchmarks") : Members::array();
}

TEST(GoogleBenchmark, HasTheMembersThatTheLibraryWritesInItsOrder) {
  const Members theirs = written_by_the_library().at("benchmarks");
  const Members ours = entries_of(three_repetitions());
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(names_of(ours[i]), names_of(theirs[i])) << i;
    for (const char* same : {"run_type", "repetitions", "repetition_index", "aggregate_name",
                             "aggregate_unit", "time_unit", "family_index", "per_family_instance_index"}) {
      EXPECT_EQ(ours[i].value(same, Members()), theirs[i].value(same, Members())) << i << " " << same;
    }
    for (const auto& [name, value] : theirs[i].items())
      EXPECT_STREQ(ours[i].at(name).type_name(), value.type_name()) << i << " " << name;
    const auto name_of = [](const Members& entry) {
      const auto run_name = entry.at("run_name").get<std::string>();
      EXPECT_EQ(entry.at("name").get<std::string>().find(run_name), 0u);
      return entry.at("name").get<std::string>().substr(run_name.size());
    };
    EXPECT_EQ(name_of(ours[i]), name_of(theirs[i])) << "the ending of an aggregate";
  }
}

TEST(GoogleBenchmark, HasTheContextThatTheLibraryWritesAsFarAsItIsKnown) {
  const Members theirs = written_by_the_library().at("context");
  const Members ours = Members::parse(exported({samples::document(three_repetitions())})->text).at("context");
  const std::set<std::string> unknown{
      "date",       "mhz_per_cpu",        "caches", "library_version", "json_schema_version", "aslr_enabled",
      "executable", "cpu_scaling_enabled"};
  for (const auto& [name, value] : theirs.items()) {
    if (unknown.contains(name)) continue;
    ASSERT_TRUE(ours.contains(name)) << name;
    EXPECT_STREQ(ours.at(name).type_name(), value.type_name()) << name;
  }
  EXPECT_EQ(ours.at("host_name"), "node-a");
  EXPECT_EQ(ours.at("num_cpus"), 2);
  EXPECT_EQ(ours.at("cpu_scaling_enabled"), false);
  EXPECT_EQ(ours.at("library_build_type"), "release");
}

TEST(GoogleBenchmark, CountsAnOperationAsAnIteration) {
  const Members entries = entries_of(three_repetitions());
  EXPECT_EQ(entries[0].at("name"), "shared-memory-2-ycsb-c");
  EXPECT_EQ(entries[0].at("iterations"), 1'000'000u);
  EXPECT_EQ(entries[0].at("threads"), 2u);
  EXPECT_DOUBLE_EQ(entries[0].at("real_time").get<double>(), 1000);
  EXPECT_DOUBLE_EQ(entries[1].at("real_time").get<double>(), 500);
  EXPECT_DOUBLE_EQ(entries[2].at("items_per_second").get<double>(), 4e6);
  EXPECT_EQ(entries[2].at("repetition_index"), 2u);
  EXPECT_EQ(entries[0].at("label"), "unofficial: narrow-interval, repetitions");
}

TEST(GoogleBenchmark, SummarizesTheRepetitionsAsTheLibraryDoes) {
  const Members entries = entries_of(three_repetitions());
  ASSERT_EQ(entries.size(), 7u);
  const auto time = [&](std::size_t entry) { return entries[entry].at("real_time").get<double>(); };
  EXPECT_DOUBLE_EQ(time(3), 1750.0 / 3) << "mean of 1000, 500 and 250";
  EXPECT_DOUBLE_EQ(time(4), 500) << "median";
  EXPECT_NEAR(time(5), 381.881, 1e-3) << "deviation, with n - 1";
  EXPECT_NEAR(time(6), 0.654654, 1e-6) << "coefficient of variation";
  EXPECT_DOUBLE_EQ(entries[3].at("items_per_second").get<double>(), 7e6 / 3);
  EXPECT_EQ(entries[3].at("iterations"), 3u);
  RunRecord even = samples::run("shared-memory", 2, "ycsb-c", std::vector{1e6, 2e6});
  EXPECT_DOUBLE_EQ(entries_of(even)[3].at("real_time").get<double>(), 750) << "between the middle two";
}

TEST(GoogleBenchmark, OfOneRepetitionHasNoSummary) {
  const Members entries = entries_of(samples::run("shared-memory", 2, "ycsb-c", std::vector{1e6}));
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].at("run_type"), "iteration");
}

TEST(GoogleBenchmark, LeavesOutWhatIsNoResultAndSaysSo) {
  RunRecord damaged = three_repetitions();
  damaged.verification.checks[0].passed = false;
  RunRecord partly = three_repetitions();
  partly.repetitions.push_back({.operations = 0, .seconds = 1});
  const auto made = exported({samples::document(damaged), samples::document(partly)});
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(Members::parse(made->text).at("benchmarks").size(), 7u);
  ASSERT_EQ(made->left_out.size(), 2u);
  EXPECT_EQ(made->left_out[0], "shared-memory-2-ycsb-c is left out: its verdict is invalid");
  EXPECT_EQ(made->left_out[1],
            "shared-memory-2-ycsb-c: 1 of 4 repetitions are left out: not complete, or nothing done");
  const auto nothing = exported({samples::document(damaged)});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().found, "no run that may be compared");
}

TEST(GoogleBenchmark, RefusesResultsOfSeveralMachines) {
  json other = samples::document(three_repetitions());
  other["environment"]["host_name"] = "node-b";
  const auto made = exported({samples::document(three_repetitions()), other});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().found, "/environment/host_name \"node-a\" and \"node-b\"");
}

TEST(GoogleBenchmark, KeepsHostileNames) {
  RunRecord run = three_repetitions();
  run.id = "a \"quoted\"\nname\\ with, &|%";
  EXPECT_EQ(entries_of(run)[0].at("name"), run.id);
}

}  // namespace
}  // namespace upout::harness
