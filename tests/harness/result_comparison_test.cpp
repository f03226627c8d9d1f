#include "harness/result_comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/comparison_table.h"
#include "tests/harness/sample_documents.h"
#include "tests/harness/statistics/noise.h"

namespace upout::harness {
namespace {

using nlohmann::json;
using Documents = std::vector<json>;

/// A point of ten repetitions with 2 % noise.
json noisy(samples::Noise& noise, const std::string& workload, double median) {
  return samples::document(samples::run("shared-memory", 2, workload, noise.normal(10, median, 0.02)));
}

/// A sweep over five workloads, whose throughputs are `factor` times what they were.
Documents noisy_sweep(samples::Noise& noise, double factor) {
  Documents documents;
  for (const char* workload : {"ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-f"})
    documents.push_back(noisy(noise, workload, factor * 2e7));
  return documents;
}

ResultComparison compared(const Documents& a, const Documents& b) {
  auto comparison = compare_results(a, b);
  EXPECT_TRUE(comparison) << comparison.error().to_string();
  return comparison ? *comparison : ResultComparison{};
}

bool has_no_difference(const ResultComparison& comparison) {
  return std::ranges::all_of(comparison.points, [](const PointComparison& point) {
    return point.verdict == ComparisonVerdict::no_difference;
  });
}

TEST(ResultComparison, OfASweepWithItselfMeasuredAgainFindsNothingNineteenTimesOfTwenty) {
  samples::Noise noise(2024);
  int without = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Documents a = noisy_sweep(noise, 1);
    without += has_no_difference(compared(a, noisy_sweep(noise, 1))) ? 1 : 0;
  }
  EXPECT_GE(without, 19);
}

TEST(ResultComparison, FindsASlowdownOfFivePercentInTwoPercentOfNoise) {
  samples::Noise noise(2025);
  int found = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Documents a{noisy(noise, "ycsb-c", 2e7)};
    const ResultComparison comparison = compared(a, {noisy(noise, "ycsb-c", 0.95 * 2e7)});
    found += comparison.points[0].verdict == ComparisonVerdict::slower ? 1 : 0;
  }
  EXPECT_GE(found, 18);
}

TEST(ResultComparison, OfAFileWithItselfSaysSo) {
  samples::Noise noise(1);
  const Documents a = noisy_sweep(noise, 1);
  const ResultComparison comparison = compared(a, a);
  EXPECT_TRUE(comparison.is_same);
  EXPECT_TRUE(has_no_difference(comparison));
  EXPECT_EQ(comparison.points.size(), 5U);
  EXPECT_DOUBLE_EQ(comparison.points[0].ratio.median, 1);
  EXPECT_NE(render_comparison(comparison, {"a", "a"}).find("A and B are the same results."),
            std::string::npos);
  EXPECT_FALSE(compared(a, noisy_sweep(noise, 1)).is_same);
}

TEST(ResultComparison, HasTheRatioOfTheMediansAndItsInterval) {
  const Documents a{samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7))};
  const Documents b{samples::document(samples::run("shared-memory", 2, "ycsb-c", 2e7))};
  const PointComparison point = compared(a, b).points.at(0);
  EXPECT_EQ(point.id, "shared-memory-2-ycsb-c");
  EXPECT_EQ(point.unit, "operations/s");
  EXPECT_DOUBLE_EQ(point.ratio.median, 2);
  EXPECT_GT(point.ratio.low, 1.9);
  EXPECT_LT(point.ratio.high, 2.1);
  EXPECT_NEAR(point.p_value, 2.0 / 924, 1e-9);  // six against six, all of them greater
  EXPECT_EQ(point.superiority, 1);
  EXPECT_EQ(point.verdict, ComparisonVerdict::faster);
  ASSERT_TRUE(point.p99);
  EXPECT_EQ(point.p99->kind, "read");
  EXPECT_EQ(point.p99->a_ns, point.p99->b_ns);
}

/// Six against six have a least p value of 0.0022: of 24 points, no one can be told.
TEST(ResultComparison, CorrectsForTheNumberOfPointsAndSaysWhereNothingCanShow) {
  Documents a;
  Documents b;
  for (unsigned cores = 1; cores <= 24; ++cores) {
    a.push_back(samples::document(samples::run("shared-memory", cores, "ycsb-c", 1e7)));
    b.push_back(samples::document(samples::run("shared-memory", cores, "ycsb-c", cores == 1 ? 2e7 : 1e7)));
  }
  const ResultComparison comparison = compared(a, b);
  EXPECT_NEAR(comparison.points[0].p_value, 24 * 2.0 / 924, 1e-9);
  EXPECT_EQ(comparison.points[0].verdict, ComparisonVerdict::no_difference);
  EXPECT_TRUE(comparison.points[0].has_too_few);
  EXPECT_NE(render_comparison(comparison, {"a", "b"}).find("24 points: too few repetitions"),
            std::string::npos);
}

TEST(ResultComparison, MatchesPointsByWhatTheyAreAndNotByTheirNames) {
  RunRecord renamed = samples::run("shared-memory", 2, "ycsb-c", 1e7);
  renamed.id = "something else";
  renamed.seed = 7;
  RunRecord deeper = samples::run("shared-memory", 2, "ycsb-c", 1e7);
  deeper.deployment.depth = 64;
  RunRecord skewed = samples::run("shared-memory", 2, "ycsb-c", 1e7);
  skewed.id = "skewed";
  skewed.properties["requestdistribution"] = "latest";
  const Documents a{samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7)),
                    samples::document(skewed)};
  const Documents b{samples::document(deeper), samples::document(renamed)};
  const ResultComparison comparison = compared(a, b);
  ASSERT_EQ(comparison.points.size(), 1U);
  EXPECT_EQ(comparison.points[0].id, "shared-memory-2-ycsb-c");
  ASSERT_EQ(comparison.left_out.size(), 2U);
  EXPECT_EQ(comparison.left_out[0].id, "skewed");
  EXPECT_EQ(comparison.left_out[0].why, "in A only");
  EXPECT_TRUE(comparison.left_out[0].is_lost);
  EXPECT_EQ(comparison.left_out[1].why, "in B only");
  EXPECT_FALSE(comparison.left_out[1].is_lost);
}

TEST(ResultComparison, KeepsOpenLoopsOfDifferentRatesApart) {
  const Documents a{samples::document(samples::open_run(1e6, 1e6)),
                    samples::document(samples::open_run(2e6, 2e6))};
  const Documents b{samples::document(samples::open_run(2e6, 2e6))};
  const ResultComparison comparison = compared(a, b);
  ASSERT_EQ(comparison.points.size(), 1U);
  EXPECT_DOUBLE_EQ(comparison.points[0].ratio.median, 1);
  EXPECT_EQ(comparison.left_out.size(), 1U);
}

TEST(ResultComparison, KnowsDocumentsFromBeforeThereWasAChoice) {
  const Documents a{samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7))};
  Documents b = a;
  for (const char* member : {"binding", "islands", "rebalance", "link_delay_ns", "clients", "read_path",
                             "batch_bytes", "batch_turns"})
    b[0]["runs"][0]["deployment"].erase(member);
  EXPECT_EQ(compared(a, b).points.size(), 1U);
}

TEST(ResultComparison, CountsTheRepetitionsOfSeveralRunsTogetherIfOneSideHasASingleRun) {
  const json once = samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7));
  const PointComparison point = compared({once, once}, {once}).points.at(0);
  EXPECT_EQ(point.sampled, Sampled::repetitions);
  EXPECT_EQ(point.samples_a, 12U);
  EXPECT_EQ(point.samples_b, 6U);
  EXPECT_FALSE(point.p99);
}

/// A point that was run so many times, each at a pace of its own that differs by 10 %, whose repetitions
/// differ by 1 %.
Documents runs_in_moods(samples::Noise& noise, std::size_t runs, double median) {
  Documents documents;
  for (const double pace : noise.normal(runs, median, 0.1)) {
    documents.push_back(
        samples::document(samples::run("shared-memory", 2, "ycsb-c", noise.normal(10, pace, 0.01))));
  }
  return documents;
}

TEST(ResultComparison, OfSeveralRunsASideTakesTheRunForTheSample) {
  samples::Noise noise(77);
  int found_within_runs = 0;
  int found = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Documents a = runs_in_moods(noise, 6, 1e7);
    const Documents b = runs_in_moods(noise, 6, 1e7);
    const ResultComparison comparison = compared(a, b);
    EXPECT_EQ(comparison.points.at(0).sampled, Sampled::runs);
    EXPECT_EQ(comparison.points.at(0).samples_a, 6U);
    found += has_no_difference(comparison) ? 0 : 1;
    found_within_runs += has_no_difference(compared({a.front()}, {b.front()})) ? 0 : 1;
  }
  EXPECT_LE(found, samples::most_of(20, 0.05));
  EXPECT_GE(found_within_runs, 10) << "what a single run a side can't see is not simulated";
}

TEST(ResultComparison, OfFewerRunsThanCouldTellAnythingTakesTheRepetitions) {
  samples::Noise noise(79);
  const ResultComparison comparison = compared(runs_in_moods(noise, 3, 1e7), runs_in_moods(noise, 3, 5e6));
  EXPECT_EQ(comparison.points.at(0).sampled, Sampled::repetitions);
  EXPECT_EQ(comparison.points.at(0).samples_a, 30U);
  EXPECT_EQ(comparison.points.at(0).verdict, ComparisonVerdict::slower);
}

TEST(ResultComparison, OfSeveralRunsASideFindsWhatIsMoreThanTheyDifferBy) {
  samples::Noise noise(78);
  const ResultComparison comparison = compared(runs_in_moods(noise, 6, 1e7), runs_in_moods(noise, 6, 6e6));
  EXPECT_EQ(comparison.points.at(0).verdict, ComparisonVerdict::slower);
}

TEST(ResultComparison, LeavesOutWhatIsInvalidAndSaysWhy) {
  const json good = samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7));
  RunRecord other = samples::run("shared-memory", 1, "ycsb-c", 1e7);
  RunRecord damaged = other;
  damaged.verification.checks[0].passed = false;
  const ResultComparison comparison =
      compared({good, samples::document(other)}, {good, samples::document(damaged)});
  EXPECT_EQ(comparison.points.size(), 1U);
  ASSERT_EQ(comparison.left_out.size(), 1U);
  EXPECT_EQ(comparison.left_out[0].why, "B is invalid: verified");
  EXPECT_TRUE(comparison.left_out[0].is_lost);
}

TEST(ResultComparison, LeavesOutThroughputOverLinksOfAnyLength) {
  const json good = samples::document(samples::run("shared-memory", 1, "ycsb-c", 1e7));
  const json far = samples::document(samples::in_regions(1, "east", 80'000'000, 90'000'000));
  const ResultComparison comparison = compared({good, far}, {good, far});
  EXPECT_EQ(comparison.points.size(), 1U);
  ASSERT_EQ(comparison.left_out.size(), 2U);
  EXPECT_EQ(comparison.left_out[0].why, "A is of regions, whose users' waits its throughput does not tell");
}

TEST(ResultComparison, LeavesOutRepetitionsInWhichNothingWasDone) {
  const json good = samples::document(samples::run("shared-memory", 1, "ycsb-c", 1e7));
  const std::vector<double> stalled{1e7, 0, 1e7, 1e7, 1e7, 1e7};
  const json bad = samples::document(samples::run("shared-memory", 2, "ycsb-c", stalled));
  const ResultComparison comparison = compared({good, bad}, {good, bad});
  EXPECT_EQ(comparison.points.size(), 1U);
  ASSERT_EQ(comparison.left_out.size(), 2U);
  EXPECT_EQ(comparison.left_out[0].why, "A has a repetition in which nothing was done");
  EXPECT_FALSE(comparison.left_out[0].is_lost);
}

std::string error_of(const Documents& a, const Documents& b) {
  const auto comparison = compare_results(a, b);
  return comparison ? "" : comparison.error().to_string();
}

TEST(ResultComparison, WithoutACommonPointSaysInWhatTheyDiffer) {
  const Documents a{samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7))};
  const Documents b{samples::document(samples::run("shared-memory", 1, "ycsb-c", 1e7))};
  EXPECT_NE(error_of(a, b).find("they differ in deployment/threads_per_rank"), std::string::npos)
      << error_of(a, b);
}

TEST(ResultComparison, OfDifferentUnitsIsRefused) {
  RunRecord transactions = samples::run("shared-memory", 2, "ycsb-c", 1e7);
  transactions.unit = "transactions/s";
  const Documents a{samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7))};
  EXPECT_NE(error_of(a, {samples::document(transactions)}).find("operations/s in A and transactions/s in B"),
            std::string::npos);
}

TEST(ResultComparison, SaysInWhatMachinesAndBuildsDiffer) {
  const Documents a{samples::document(samples::run("shared-memory", 2, "ycsb-c", 1e7))};
  Documents b = a;
  b[0]["environment"]["kernel"] = "6.12.0";
  b[0]["environment"]["scaling_governor"] = nullptr;
  b[0]["environment"]["load_average_1min"] = 3.5;
  b[0]["environment"]["mpi"] = nullptr;
  b[0]["suite"]["flags"] = "-O3 -march=native";
  const auto differences = compared(a, b).environment;
  ASSERT_EQ(differences.size(), 3U);
  EXPECT_EQ(differences[0].name, "kernel");
  EXPECT_EQ(differences[0].a, "6.1.0-18-amd64");
  EXPECT_EQ(differences[0].b, "6.12.0");
  EXPECT_EQ(differences[1].name, "scaling_governor");
  EXPECT_EQ(differences[1].b, "unknown");
  EXPECT_EQ(differences[2].name, "flags");
}

TEST(ResultComparison, IsBelowABoundOnlyWithItsWholeInterval) {
  PointComparison point{.ratio = {0.93, 0.91, 0.949, 0.95}, .verdict = ComparisonVerdict::slower};
  EXPECT_TRUE(is_below(point, 0.95));
  point.ratio.high = 0.951;
  EXPECT_FALSE(is_below(point, 0.95));
  EXPECT_TRUE(is_below(point, 1));
  point.verdict = ComparisonVerdict::no_difference;
  EXPECT_FALSE(is_below(point, 1));
}

TEST(ComparisonTable, HasALineForEachPointAndTheBound) {
  samples::Noise noise(5);
  const Documents a = noisy_sweep(noise, 1);
  const ResultComparison comparison = compared(a, noisy_sweep(noise, 0.8));
  const ComparisonOptions options{"before", "after", 0.95};
  const std::string table = render_comparison(comparison, options);
  EXPECT_NE(table.find("A: before\nB: after\n"), std::string::npos) << table;
  EXPECT_NE(table.find("shared-memory-2-ycsb-f"), std::string::npos) << table;
  EXPECT_NE(table.find("5 points: B is faster in 0, slower in 5"), std::string::npos) << table;
  EXPECT_NE(table.find("below 0.95: shared-memory-2-ycsb-a, "), std::string::npos) << table;
  const json document = comparison_document(comparison, options);
  EXPECT_EQ(document["points"].size(), 5U);
  EXPECT_EQ(document["points"][0]["verdict"], "slower");
  EXPECT_EQ(document["below"].size(), 5U);
}

}  // namespace
}  // namespace upout::harness
