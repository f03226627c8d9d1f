#include "harness/published_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "harness/race.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

std::string name_of(const PublishedRecord& record, const PublishedTable& table) {
  return record.title + ": " + table.name;
}

/// A figure without repetitions: nobody can say how much it moves.
MedianInterval without_interval(double value) {
  return {value, value, value, 0};
}

using ByCores = std::map<unsigned, MedianInterval>;

ByCores by_cores(const PublishedSeries& series) {
  ByCores values;
  for (const PublishedPoint& point : series.points)
    values[static_cast<unsigned>(point.x.get<double>())] = without_interval(point.value);
  return values;
}

/// The best of each number of cores.
ByCores by_cores(const Series& series) {
  ByCores values;
  for (const SeriesPoint& point : series.points) {
    const auto [value, is_first] = values.try_emplace(point.cores, point.throughput);
    if (!is_first && value->second.median < point.throughput.median) value->second = point.throughput;
  }
  return values;
}

/// The fewest cores that both have; 0: there are none.
unsigned common_base(const std::vector<std::pair<std::string, ByCores>>& published,
                     const std::vector<std::pair<std::string, ByCores>>& measured) {
  std::set<unsigned> theirs;
  for (const auto& [label, values] : published) {
    for (const auto& [cores, value] : values) theirs.insert(cores);
  }
  unsigned fewest = 0;
  for (const auto& [label, values] : measured) {
    for (const auto& [cores, value] : values) {
      if (theirs.contains(cores) && (fewest == 0 || cores < fewest)) fewest = cores;
    }
  }
  return fewest;
}

void add_speed_ups(SpeedUpTable& table, const std::vector<std::pair<std::string, ByCores>>& all,
                   bool is_measured) {
  for (const auto& [label, values] : all) {
    const auto base = values.find(table.base);
    if (base == values.end() || base->second.low <= 0 || values.size() < 2) continue;
    SpeedUps line{.label = label, .is_measured = is_measured, .by_cores = {}};
    for (const auto& [cores, value] : values) {
      if (cores < table.base) continue;
      line.by_cores[cores] = cores == table.base ? without_interval(1) : ratio(value, base->second);
    }
    if (line.by_cores.size() > 1) table.series.push_back(std::move(line));
  }
}

std::optional<SpeedUpTable> speed_ups_of(const PublishedRecord& record, const PublishedTable& table,
                                         std::span<const Comparison> measured) {
  if (table.axis != "cores") return std::nullopt;
  std::vector<std::pair<std::string, ByCores>> theirs;
  std::vector<std::pair<std::string, ByCores>> ours;
  for (const PublishedSeries& series : table.series) theirs.emplace_back(series.label, by_cores(series));
  for (const Comparison& comparison : measured) {
    for (const Series& series : comparison.series)
      ours.emplace_back(comparison.workload + ", " + series.label, by_cores(series));
  }
  SpeedUpTable made{.table = name_of(record, table), .base = common_base(theirs, ours), .series = {}};
  if (made.base == 0) return std::nullopt;
  add_speed_ups(made, theirs, false);
  const std::size_t published = made.series.size();
  add_speed_ups(made, ours, true);
  if (published == 0 || made.series.size() == published) return std::nullopt;
  return made;
}

/// Who is ahead at a share: "up", "out", or "" where it is not decided.
using Leaders = std::map<double, std::string>;

/// Nothing: at no share is it decided.
std::optional<Overtaking> overtaking_of(const Leaders& leaders) {
  const auto last =
      std::find_if(leaders.rbegin(), leaders.rend(), [](const auto& at) { return !at.second.empty(); });
  if (last == leaders.rend()) return std::nullopt;
  Overtaking made;
  made.first = leaders.begin()->first;
  made.last = leaders.rbegin()->first;
  made.ahead_at_last = last->second;
  for (const auto& [share, leader] : leaders) {
    if (leader.empty()) continue;
    if (leader != made.ahead_at_last) {
      made.before = share;
      made.from.reset();
    } else if (made.before && !made.from) {
      made.from = share;
    }
  }
  return made;
}

/// The best series of an architecture at a share.
std::optional<double> best_at(const PublishedTable& table, std::string_view architecture, double share) {
  std::optional<double> best;
  for (const PublishedSeries& series : table.series) {
    const PublishedPoint* point = series.architecture == architecture ? series.at(share) : nullptr;
    if (point != nullptr && (!best || point->value > *best)) best = point->value;
  }
  return best;
}

std::optional<Overtaking> overtaking_in(const PublishedRecord& record, const PublishedTable& table) {
  if (table.axis != "crosspartition") return std::nullopt;
  Leaders leaders;
  for (const PublishedSeries& series : table.series) {
    for (const PublishedPoint& point : series.points) {
      const auto share = point.x.get<double>();
      const auto up = best_at(table, "up", share);
      const auto out = best_at(table, "out", share);
      if (up && out) leaders[share] = *up > *out ? "up" : *out > *up ? "out" : "";
    }
  }
  auto made = overtaking_of(leaders);
  if (!made) return made;
  made->label = name_of(record, table);
  made->x_name = table.x_name;
  return made;
}

std::string architecture_of(const std::string& engine) {
  return engine == "shared-nothing" ? "out" : "up";
}

}  // namespace

std::vector<Overtaking> measured_overtakings(std::span<const Comparison> measured) {
  std::vector<Overtaking> all;
  for (const Crossing& crossing : crossings(measured)) {
    Leaders leaders;
    for (const Comparison* comparison : crossing.by_share) {
      const auto found = race(*comparison, cores_of(crossing));
      if (found)
        leaders[*comparison->crossing] = found->decided() ? architecture_of(found->ahead.series->engine) : "";
    }
    auto made = overtaking_of(leaders);
    if (!made) continue;
    made->label = fmt::format("{} on {}", crossing.workload, cores_text(cores_of(crossing)));
    made->x_name = "crosspartition";
    made->is_measured = true;
    all.push_back(std::move(*made));
  }
  return all;
}

std::vector<BesidePublished> beside_published(std::span<const Comparison> measured,
                                              std::span<const PublishedRecord> records) {
  const bool has_crossings = !measured_overtakings(measured).empty();
  std::vector<BesidePublished> all;
  for (const PublishedRecord& record : records) {
    BesidePublished beside{.record = &record, .speed_ups = {}, .overtakings = {}};
    for (const PublishedTable& table : record.tables) {
      if (auto found = speed_ups_of(record, table, measured)) beside.speed_ups.push_back(std::move(*found));
      if (!has_crossings) continue;
      if (auto found = overtaking_in(record, table)) beside.overtakings.push_back(std::move(*found));
    }
    if (!beside.speed_ups.empty() || !beside.overtakings.empty()) all.push_back(std::move(beside));
  }
  return all;
}

std::string Overtaking::sentence() const {
  const std::string other = ahead_at_last == "up" ? "out" : "up";
  if (before && from)
    return fmt::format("{}: {} overtakes {} between {} {:g} and {:g}", label, ahead_at_last, other, x_name,
                       *before, *from);
  return fmt::format("{}: {} is ahead wherever it is decided, {} {:g} to {:g}", label, ahead_at_last, x_name,
                     first, last);
}

}  // namespace upout::harness
