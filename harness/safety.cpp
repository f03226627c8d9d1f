#include "harness/safety.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "harness/race.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// How safe a deployment's changes are, and all else about it.
struct Safety {
  std::string durability = "none";
  unsigned copies = 1;
  std::string replication = "none";
  std::string read_from = "primary";
  json deployment;

  bool is_none() const { return durability == "none" && copies == 1; }
};

Safety safety_of(const Series& series) {
  Safety safety{.deployment = series.variant};
  const auto take = [&](const char* name, auto& value) {
    const auto found = safety.deployment.find(name);
    if (found == safety.deployment.end()) return;
    value = found->template get<std::remove_reference_t<decltype(value)>>();
    safety.deployment.erase(found);
  };
  take("durability", safety.durability);
  take("copies", safety.copies);
  take("replication", safety.replication);
  take("read_from", safety.read_from);
  return safety;
}

const SeriesPoint* point_on(const Series& series, unsigned cores) {
  const auto found = std::ranges::find(series.points, cores, &SeriesPoint::cores);
  return found == series.points.end() ? nullptr : &*found;
}

/// In which way it is kept.
Claim claim_of(const Safety& safety, const MedianInterval& share, unsigned cores, const Series& series,
               const std::string& workload) {
  const bool tells_depth = series.telling.contains("depth");
  const std::string where =
      "On " + cores_text(cores) +
      (tells_depth ? fmt::format(", at depth {}", safety.deployment.at("depth").dump()) : "");
  if (safety.durability != "none")
    return {where, safety.durability + " keeps", with_interval(share), "of the throughput without a log",
            workload};
  const std::string readers = safety.read_from == "primary" ? "" : ", read from " + safety.read_from;
  return {where, copies_text(safety.copies, safety.replication) + readers + ", keep", with_interval(share),
          "of the throughput of one copy", workload};
}

std::vector<Claim> claims_on(const Comparison& comparison, unsigned cores) {
  std::vector<Claim> claims;
  for (const Series& plain : comparison.series) {
    const Safety without = safety_of(plain);
    const SeriesPoint* base = point_on(plain, cores);
    if (!without.is_none() || base == nullptr || base->throughput.low <= 0) continue;
    for (const Series& series : comparison.series) {
      const Safety with = safety_of(series);
      const SeriesPoint* point = point_on(series, cores);
      if (with.is_none() || point == nullptr || with.deployment != without.deployment) continue;
      claims.push_back(
          claim_of(with, ratio(point->throughput, base->throughput), cores, series, comparison.workload));
    }
  }
  return claims;
}

}  // namespace

std::vector<Claim> safety_claims(const Comparison& comparison) {
  for (const unsigned cores : core_counts(comparison)) {
    if (auto claims = claims_on(comparison, cores); !claims.empty()) return claims;
  }
  return {};
}

}  // namespace upout::harness
