#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/cli/program.h"
#include "tests/harness/hdr_reader.h"

namespace upout::cli {
namespace {

using namespace testing;
using harness::HdrReader;
using harness::LogLine;

/// A run's log, by tag, and its document.
struct Logged {
  std::map<std::string, std::vector<LogLine>> lines;
  nlohmann::json run;
};

Logged logged_by(const Scratch& scratch, const std::function<Ended(const std::string& arguments)>& start) {
  const std::string files = " --hlog " + (scratch / "out.hlog") + " --json " + (scratch / "out.json");
  const Ended ended = start(small + files);
  EXPECT_EQ(ended.status, 0) << ended.err;
  Logged made{{}, read_run(scratch / "out.json")};
  for (const LogLine& line : harness::log_lines(contents(scratch / "out.hlog")))
    made.lines[line.tag].push_back(line);
  return made;
}

HdrReader all_of(const std::vector<LogLine>& lines) {
  HdrReader all(lines.at(0).hdr);
  for (std::size_t i = 1; i < lines.size(); ++i) all.merge(HdrReader(lines[i].hdr));
  return all;
}

/// The repetitions' logs of each kind together are what the document says of it.
void expect_latencies_of_the_document(const Logged& logged) {
  std::uint64_t count = 0;
  for (const auto& [kind, latency] : logged.run.at("summary").at("latency_ns").items()) {
    SCOPED_TRACE(kind);
    ASSERT_TRUE(logged.lines.contains(kind));
    const HdrReader all = all_of(logged.lines.at(kind));
    EXPECT_EQ(all.count(), latency.at("count"));
    for (const auto& [name, fraction] :
         {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}}) {
      const auto expected = latency.at(name).get<double>();
      // Of several repetitions, the longest of one is no longer known to be less than its bucket's end.
      EXPECT_NEAR(static_cast<double>(all.quantile(fraction)), expected, expected / 64) << name;
    }
    count += all.count();
  }
  EXPECT_EQ(all_of(logged.lines.at("")).count(), count) << "without a tag: all kinds";
}

TEST(Hlog, HasEachRepetitionByKindOfOperation) {
  const Scratch scratch;
  const Logged logged = logged_by(scratch, [](const std::string& arguments) {
    return upout("run --engine shared-memory --threads 2 --workload ycsb-a" + arguments);
  });
  EXPECT_LE(logged.lines.at("read").size(), logged.run.at("repetitions").size());
  EXPECT_EQ(logged.lines.at("").size(), logged.run.at("repetitions").size());
  expect_latencies_of_the_document(logged);
  double before = 0;
  for (const LogLine& line : logged.lines.at("")) {
    EXPECT_GE(line.begin, before) << "one after the other";
    EXPECT_NEAR(line.seconds, small_window_seconds, 1e-6);
    before = line.begin + line.seconds;
  }
}

TEST(Hlog, HasEachIntervalOfATimeSeries) {
  const Scratch scratch;
  const Logged logged = logged_by(scratch, [](const std::string& arguments) {
    return upout("run --engine shared-memory --threads 2 --workload ycsb-a --interval 10ms" + arguments);
  });
  EXPECT_EQ(logged.lines.at("").size(), 5 * logged.run.at("repetitions").size());
  expect_latencies_of_the_document(logged);
}

TEST(Hlog, OfRanksHasWhatAllOfThemMeasured) {
  const Scratch scratch;
  expect_latencies_of_the_document(logged_by(scratch, [](const std::string& arguments) {
    return mpirun(2, "run --engine shared-nothing --clients 1 --workload ycsb-b" + arguments);
  }));
}

TEST(Hlog, OfTransactionsHasTheirTypes) {
  const Scratch scratch;
  const Logged logged = logged_by(scratch, [](const std::string& arguments) {
    return upout("run --engine shared-memory --threads 2 --workload ycsb-multi" + arguments);
  });
  EXPECT_GT(logged.lines.size(), 1u);
  expect_latencies_of_the_document(logged);
}

}  // namespace
}  // namespace upout::cli
