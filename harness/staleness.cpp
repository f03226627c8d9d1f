#include "harness/staleness.h"

#include <fmt/format.h>

#include <algorithm>

namespace upout::harness {
namespace {

using nlohmann::json;

json quantiles_of(const Histogram& histogram) {
  const Percentiles percentiles = percentiles_of(histogram);
  return {
      {"p50", percentiles.p50}, {"p90", percentiles.p90}, {"p99", percentiles.p99}, {"max", percentiles.max}};
}

std::string milliseconds(const json& nanoseconds) {
  return fmt::format("{:.3f}", nanoseconds.get<double>() * 1e-6);
}

}  // namespace

void StalenessReport::merge(const StalenessReport& other) noexcept {
  age.merge(other.age);
  versions.merge(other.versions);
  unknown += other.unknown;
  clock_error_ns = std::max(clock_error_ns, other.clock_error_ns);
}

json to_json(const StalenessReport& report) {
  const std::uint64_t fresh = report.versions.counts()[Histogram::bucket_of(0)];
  return {{"sampled_reads", report.versions.count()}, {"stale_reads", report.versions.count() - fresh},
          {"unknown_reads", report.unknown},          {"versions", quantiles_of(report.versions)},
          {"age_ns", quantiles_of(report.age)},       {"clock_error_ns", report.clock_error_ns}};
}

std::string staleness_sentence(const json& run) {
  const auto staleness = run.find("staleness");
  if (staleness == run.end()) return {};
  const auto sampled = staleness->at("sampled_reads").get<std::uint64_t>();
  if (sampled == 0) return {};
  const json& deployment = run.at("deployment");
  const json& versions = staleness->at("versions");
  const json& age = staleness->at("age_ns");
  return fmt::format(
      "Backups ({} copies, read from {}): {:.2f} % of {} sampled reads were stale, p99 {} and at most {} "
      "versions; "
      "their age was p50 {}, p99 {}, at most {} ms, known to {} ms.",
      deployment.at("copies").dump(), deployment.at("read_from").get<std::string>(),
      100 * staleness->at("stale_reads").get<double>() / static_cast<double>(sampled), sampled,
      versions.at("p99").dump(), versions.at("max").dump(), milliseconds(age.at("p50")),
      milliseconds(age.at("p99")), milliseconds(age.at("max")),
      milliseconds(staleness->at("clock_error_ns")));
}

}  // namespace upout::harness
