#include "harness/hdr_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "harness/hdr_encoding.h"
#include "tests/harness/hdr_reader.h"
#include "tests/harness/sample_documents.h"

namespace upout::harness {
namespace {

void expect_same_percentiles(const HdrReader& read, const Histogram& histogram) {
  EXPECT_EQ(read.count(), histogram.count());
  for (const double fraction : {0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto expected = static_cast<double>(histogram.quantile(fraction));
    EXPECT_NEAR(static_cast<double>(read.quantile(fraction)), expected, expected / 128) << fraction;
  }
}

TEST(HdrEncoding, HasThePercentilesOfTheHistogram) {
  std::mt19937_64 random(7);
  for (const double scale : {10.0, 300.0, 5e4, 2e9}) {
    std::lognormal_distribution<double> latencies(std::log(scale), 1.5);
    Histogram histogram;
    for (int i = 0; i < 20'000; ++i) histogram.record(static_cast<std::uint64_t>(latencies(random)));
    const HdrReader read(encode_hdr(histogram));
    expect_same_percentiles(read, histogram);
    EXPECT_EQ(read.quantile(0.5), histogram.quantile(0.5)) << "in no bucket that the maximum cuts short";
  }
}

TEST(HdrEncoding, HoldsOneValueOfAnySize) {
  for (unsigned bit = 0; bit < 62; ++bit) {
    for (const std::int64_t beside : {-1, 0, 1}) {
      Histogram histogram;
      histogram.record((std::uint64_t{1} << bit) + static_cast<std::uint64_t>(beside));
      const HdrReader read(encode_hdr(histogram));
      expect_same_percentiles(read, histogram);
      EXPECT_GE(read.highest_trackable(), histogram.max());
    }
  }
}

TEST(HdrEncoding, HoldsLargeCountsAndNone) {
  Histogram histogram;
  histogram.record(0, 3);
  histogram.record(1000, std::uint64_t{1} << 60);
  const HdrReader read(encode_hdr(histogram));
  EXPECT_EQ(read.count(), histogram.count());
  EXPECT_EQ(HdrReader(encode_hdr(Histogram())).count(), 0u);
}

/// Two repetitions a minute apart, of two kinds.
RunRecord logged_run() {
  RunRecord run = samples::run("shared-memory", 2, "ycsb-a", std::vector{1e6, 1e6});
  for (std::uint64_t ns = 100; ns < 200; ++ns) run.latency["update"].record(10 * ns);
  for (Repetition& repetition : run.repetitions) repetition.logged = logged(run.latency);
  run.repetitions[0].began_at = 1'800'000'000.25;
  run.repetitions[1].began_at = 1'800'000'060.5;
  return run;
}

TEST(HdrLog, HasALineForAllAndForEachKindOfEachRepetition) {
  const RunRecord run = logged_run();
  const std::vector<LogLine> lines = log_lines(hdr_log(run));
  ASSERT_EQ(lines.size(), 6u);
  const char* const tags[] = {"", "read", "update"};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].tag, tags[i % 3]);
    EXPECT_DOUBLE_EQ(lines[i].begin, i < 3 ? 0 : 60.25);
    EXPECT_DOUBLE_EQ(lines[i].seconds, 1);
  }
  expect_same_percentiles(HdrReader(lines[1].hdr), run.latency.at("read"));
  expect_same_percentiles(HdrReader(lines[2].hdr), run.latency.at("update"));
  EXPECT_DOUBLE_EQ(lines[2].max_ms, 0.002) << "of 1990 ns, to a thousandth";
  Histogram all = run.latency.at("read");
  all.merge(run.latency.at("update"));
  expect_same_percentiles(HdrReader(lines[0].hdr), all);
}

TEST(HdrLog, HasALineForEachIntervalOfATimeSeries) {
  RunRecord run = logged_run();
  const Histogram& update = run.latency.at("update");
  for (const double begin : {0.0, 0.5}) {
    run.repetitions[1].series.push_back({.begin_seconds = begin,
                                         .seconds = 0.5,
                                         .operations = 100,
                                         .latency = percentiles_of(update),
                                         .hdr = encode_hdr(update)});
  }
  const std::vector<LogLine> lines = log_lines(hdr_log(run));
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[3].tag, "read") << "all of the repetition are in its intervals";
  EXPECT_EQ(lines[5].tag, "");
  EXPECT_DOUBLE_EQ(lines[5].begin, 60.25);
  EXPECT_DOUBLE_EQ(lines[6].begin, 60.75);
  EXPECT_DOUBLE_EQ(lines[6].seconds, 0.5);
  expect_same_percentiles(HdrReader(lines[6].hdr), update);
}

TEST(HdrLog, BeginsWithWhatTheToolsLookFor) {
  RunRecord run = logged_run();
  run.id = "two\nlines";
  std::istringstream log(hdr_log(run));
  std::vector<std::string> head(5);
  for (std::string& line : head) std::getline(log, line);
  EXPECT_EQ(head[0].find("#[Logged by upout "), 0u);
  EXPECT_NE(head[0].find("two lines"), std::string::npos);
  EXPECT_EQ(head[1], "#[Histogram log format version 1.3]");
  EXPECT_EQ(head[2], "#[BaseTime: 1800000000.250 (seconds since epoch)]");
  EXPECT_EQ(head[3], "#[StartTime: 1800000000.250 (seconds since epoch), 2027-01-15T08:00:00Z]");
  EXPECT_EQ(head[4],
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"");
}

}  // namespace
}  // namespace upout::harness
