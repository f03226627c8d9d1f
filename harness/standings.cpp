#include "harness/standings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "harness/race.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

/// Of so many, all configurations that are behind are named.
constexpr std::size_t most_named = 4;

std::set<std::string> measured_engines(const Comparison& comparison) {
  std::set<std::string> measured;
  for (const Series& series : comparison.series) measured.insert(series.engine);
  return measured;
}

/// All configurations on so many cores, the fastest first.
std::vector<Candidate> configurations(const Comparison& comparison, unsigned cores) {
  std::vector<Candidate> found;
  for (const Series& series : comparison.series) {
    for (const SeriesPoint& point : series.points) {
      if (point.cores == cores && point.throughput.low > 0) found.push_back({&series, &point});
    }
  }
  std::ranges::stable_sort(found, std::ranges::greater{},
                           [](const Candidate& each) { return each.point->throughput.median; });
  return found;
}

/// "placement islands" of "shared-memory, placement islands".
std::string without_engine(const Series& series) {
  const std::string prefix = series.engine + ", ";
  return series.label.starts_with(prefix) ? series.label.substr(prefix.size()) : series.label;
}

/// How a configuration stands to the fastest one.
struct Standing {
  std::string name;
  MedianInterval share;
  bool is_level() const { return share.high >= 1; }  ///< as far as the intervals tell
};

std::vector<Standing> standings(const std::vector<Candidate>& fastest_first) {
  std::vector<Standing> all;
  for (const Candidate& each : fastest_first) {
    all.push_back({without_engine(*each.series),
                   ratio(each.point->throughput, fastest_first.front().point->throughput)});
  }
  all.erase(all.begin());
  return all;
}

std::string lead_text(const Series& first, const std::vector<Standing>& others) {
  std::vector<std::string> level;
  for (const Standing& each : others) {
    if (each.is_level()) level.push_back(each.name);
  }
  if (level.empty()) return first.label + " is ahead";
  if (level.size() == others.size())
    return fmt::format("no configuration of {} is ahead that the intervals can tell", first.engine);
  return fmt::format("{} is ahead, but not of {} that the intervals can tell,", first.label,
                     enumeration(level));
}

/// "placement replicated reaches 0.75 (0.73 to 0.77) and placement islands 0.50 (0.48 to 0.52)".
std::string shares_text(const std::vector<Standing>& others) {
  if (others.size() > most_named) {
    return fmt::format("the next, {}, reaches {} and the last of {}, {}, {}", others.front().name,
                       with_interval(others.front().share), others.size(), others.back().name,
                       with_interval(others.back().share));
  }
  std::vector<std::string> texts;
  for (const Standing& each : others)
    texts.push_back(
        fmt::format("{}{} {}", each.name, texts.empty() ? " reaches" : "", with_interval(each.share)));
  return enumeration(texts);
}

bool is_of_several_sizes(const Series& series) {
  return series.points.front().cores != series.points.back().cores;
}

/// The series of an engine whose scaling is told: the one that raced, or else the fastest on the most cores.
/// Nothing: none was measured on several numbers of cores.
const Series* told_series(const Comparison& comparison, std::string_view engine) {
  if (const auto found = race(comparison)) {
    for (const Series* raced : {found->ahead.series, found->behind.series}) {
      if (raced->engine == engine && is_of_several_sizes(*raced)) return raced;
    }
  }
  const Series* told = nullptr;
  const auto rank = [](const Series& series) {
    return std::pair{series.points.back().cores, series.points.back().throughput.median};
  };
  for (const Series& series : comparison.series) {
    if (series.engine != engine || !is_of_several_sizes(series)) continue;
    if (told == nullptr || rank(series) > rank(*told)) told = &series;
  }
  return told;
}

Claim scaling_claim(const Series& series, const std::string& workload) {
  const SeriesPoint& first = series.points.front();
  const auto& last = *std::ranges::max_element(series.points, {}, [](const SeriesPoint& point) {
    return std::pair{point.cores, point.throughput.median};
  });
  std::string where = fmt::format("From {} to {}", first.cores, cores_text(last.cores));
  if (first.throughput.low <= 0) {
    return Claim{std::move(where),
                 fmt::format("the scaling of {} cannot be told, which did nothing on {} for a time,",
                             series.label, cores_text(first.cores)),
                 "", "", workload};
  }
  const MedianInterval scaling = ratio(last.throughput, first.throughput);
  const char* verb = scaling.low > 1    ? "scales by"
                     : scaling.high < 1 ? "falls to"
                                        : "does not scale that the intervals can tell, by";
  return Claim{std::move(where), series.label + " " + verb, with_interval(scaling), "", workload};
}

}  // namespace

std::optional<Claim> race_claim(const Comparison& comparison) {
  const auto found = race(comparison);
  if (!found) return std::nullopt;
  const std::string& ahead = found->ahead.series->label;
  const std::string& behind = found->behind.series->label;
  Claim claim{"On " + cores_text(found->cores), "", with_interval(found->share), "", comparison.workload};
  if (found->decided()) {
    claim.what = fmt::format("{} is ahead: {} reaches", ahead, behind);
    claim.of = "of its throughput";
  } else {
    claim.what = fmt::format("there is no difference that the intervals can tell: {} reaches", behind);
    claim.of = "of the throughput of " + ahead;
  }
  return claim;
}

std::optional<Claim> configurations_claim(const Comparison& comparison) {
  if (measured_engines(comparison).size() != 1) return std::nullopt;
  for (const unsigned cores : core_counts(comparison)) {
    const std::vector<Candidate> all = configurations(comparison, cores);
    if (all.size() < 2) continue;
    const Series& first = *all.front().series;
    const std::vector<Standing> others = standings(all);
    const bool is_anyone_ahead = !std::ranges::all_of(others, &Standing::is_level);
    const std::string against = is_anyone_ahead ? fmt::format("{} of its throughput", shares_text(others))
                                                : fmt::format("{} has the highest median and {} of it",
                                                              without_engine(first), shares_text(others));
    return Claim{"On " + cores_text(cores), lead_text(first, others), "", "",
                 fmt::format("{}, where {}", comparison.workload, against)};
  }
  return std::nullopt;
}

Claim uncompared_claim(const Comparison& comparison) {
  const std::set<std::string> measured = measured_engines(comparison);
  Claim claim{"", "the engines were not measured on the same number of cores", "", "", comparison.workload};
  if (measured.empty()) claim.what = "only the single-threaded baseline was measured";
  if (measured.size() == 1) claim.what = fmt::format("only {} was measured", *measured.begin());
  return claim;
}

std::vector<Claim> scaling_claims(const Comparison& comparison) {
  std::vector<Claim> claims;
  for (const std::string_view engine : raced_engines) {
    if (const Series* series = told_series(comparison, engine))
      claims.push_back(scaling_claim(*series, comparison.workload));
  }
  return claims;
}

}  // namespace upout::harness
