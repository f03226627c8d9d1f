#include "harness/hdr_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "harness/build_info.h"
#include "harness/formats/table_cells.h"
#include "harness/hdr_encoding.h"

namespace upout::harness {

namespace {

/// A span of time, after the beginning of the log.
struct Span {
  double begin_seconds;
  double seconds;
};

std::string line_of(const std::string& tag, const Span& span, std::uint64_t max_ns, const std::string& hdr) {
  constexpr double ns_a_ms = 1e6;  // as the tools have the maximum
  return fmt::format("{}{:.3f},{:.3f},{:.3f},{}\n", tag.empty() ? "" : "Tag=" + tag + ",", span.begin_seconds,
                     span.seconds, static_cast<double>(max_ns) / ns_a_ms, hdr);
}

std::string lines_of(const Repetition& repetition, double log_began) {
  const double begin = repetition.began_at - log_began;
  std::string lines;
  for (const LoggedLatency& latency : repetition.logged) {
    if (latency.tag.empty() && !repetition.series.empty()) continue;  // its intervals say the same
    lines += line_of(latency.tag, {begin, repetition.seconds}, latency.max_ns, latency.hdr);
  }
  for (const IntervalFigures& interval : repetition.series) {
    if (!interval.hdr.empty())
      lines +=
          line_of("", {begin + interval.begin_seconds, interval.seconds}, interval.latency.max, interval.hdr);
  }
  return lines;
}

}  // namespace

std::vector<LoggedLatency> logged(const std::map<std::string, Histogram>& by_kind) {
  const auto made = [](const std::string& tag, const Histogram& histogram) {
    return LoggedLatency{tag, histogram.max(), encode_hdr(histogram)};
  };
  Histogram all;
  std::vector<LoggedLatency> latencies;
  for (const auto& [kind, histogram] : by_kind) {
    all.merge(histogram);
    latencies.push_back(made(kind, histogram));
  }
  latencies.insert(latencies.begin(), made("", all));
  return latencies;
}

std::string hdr_log(const RunRecord& run) {
  const double began = run.repetitions.empty() ? 0 : run.repetitions.front().began_at;
  const BuildInfo& build = build_info();
  std::string log = fmt::format(
      "#[Logged by upout {} ({}): {}, nanoseconds]\n"
      "#[Histogram log format version 1.3]\n"
      "#[BaseTime: {:.3f} (seconds since epoch)]\n"
      "#[StartTime: {:.3f} (seconds since epoch), {:%Y-%m-%dT%H:%M:%SZ}]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
      build.version, build.commit, escaped(run.id, {}), began, began,
      fmt::gmtime(static_cast<std::time_t>(began)));
  for (const Repetition& repetition : run.repetitions) log += lines_of(repetition, began);
  return log;
}

}  // namespace upout::harness
