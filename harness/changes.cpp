#include "harness/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "harness/race.h"
#include "harness/statistics/bootstrap.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// What is alike but for one member, by the values of that.
template <class Item>
struct Family {
  std::string member;
  std::vector<std::pair<json, const Item*>> items;  ///< two at the least, ascending
};

/// What is switched off comes before what is on.
bool comes_before(const json& one, const json& other) {
  return std::pair(one != "none", one) < std::pair(other != "none", other);
}

/// All families of items that `members_of` tells apart, of which the members named come into question.
template <class Item, class MembersOf>
std::vector<Family<Item>> families(std::span<const Item> items, const std::set<std::string>& members,
                                   MembersOf&& members_of) {
  std::vector<Family<Item>> found;
  for (const std::string& member : members) {
    std::map<json, Family<Item>> by_others;
    for (const Item& item : items) {
      json others = members_of(item);
      if (!others.contains(member)) continue;
      json value = others.at(member);
      others.erase(member);
      Family<Item>& family = by_others[std::move(others)];
      family.member = member;
      family.items.emplace_back(std::move(value), &item);
    }
    for (auto& [others, family] : by_others) {
      if (family.items.size() < 2) continue;
      std::ranges::sort(family.items, comes_before,
                        [](const auto& each) -> const json& { return each.first; });
      found.push_back(std::move(family));
    }
  }
  return found;
}

/// Numbers are an axis, with two ends; of names, each is set against the first.
template <class Item>
std::size_t first_to_compare(const Family<Item>& family) {
  const bool are_numbers =
      std::ranges::all_of(family.items, [](const auto& item) { return item.first.is_number(); });
  return are_numbers ? family.items.size() - 1 : 1;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string where_text(unsigned cores, std::string member, const json& from, const json& to) {
  std::ranges::replace(member, '_', ' ');
  return fmt::format("On {}, from {} {} to {}", cores_text(cores), member, text_of(from), text_of(to));
}

Claim factor_claim(std::string where, const std::string& label, const MedianInterval& factor,
                   std::string workload) {
  return {std::move(where), fmt::format("throughput of {} is multiplied by", label), with_interval(factor),
          "", std::move(workload)};
}

const SeriesPoint* point_on(const Series& series, unsigned cores) {
  const auto found = std::ranges::find(series.points, cores, &SeriesPoint::cores);
  return found == series.points.end() || found->throughput.low <= 0 ? nullptr : &*found;
}

/// One configuration before and after.
struct Pair {
  const Series* series;
  const SeriesPoint* before;
  const SeriesPoint* after;
};

/// Of an engine, the configuration that was best before, of those that were measured with both.
std::optional<Pair> pair_on(const Comparison& before, const Comparison& after, std::string_view engine,
                            unsigned cores) {
  std::optional<Pair> found;
  for (const Series& series : before.series) {
    if (series.engine != engine) continue;
    const auto same = std::ranges::find(after.series, series.variant, &Series::variant);
    if (same == after.series.end()) continue;
    const Pair pair{&series, point_on(series, cores), point_on(*same, cores)};
    if (pair.before == nullptr || pair.after == nullptr) continue;
    if (!found || pair.before->throughput.median > found->before->throughput.median) found = pair;
  }
  return found;
}

/// Of each engine one, on the most cores on which there are most.
struct Pairs {
  unsigned cores = 0;
  std::vector<Pair> of_engines;
};
Pairs pairs_of(const Comparison& before, const Comparison& after) {
  Pairs best;
  for (const unsigned cores : core_counts(before)) {
    Pairs found{cores, {}};
    for (const std::string_view engine : raced_engines) {
      if (auto pair = pair_on(before, after, engine, cores)) found.of_engines.push_back(*pair);
    }
    if (found.of_engines.size() > best.of_engines.size()) best = std::move(found);
  }
  return best;
}

/// Whose factor is the lower one.
std::optional<Claim> worse_claim(const Pair& one, const Pair& other, std::string where,
                                 std::string workload) {
  constexpr std::size_t fewest = 6;  // for an interval of 95 %
  for (const SeriesPoint* point : {one.before, one.after, other.before, other.after}) {
    if (point->repetitions.size() < fewest || std::ranges::min(point->repetitions) <= 0) return std::nullopt;
  }
  const auto between = [](const Pair& a, const Pair& b) {
    return ratio_of_ratios(a.after->repetitions, a.before->repetitions, b.after->repetitions,
                           b.before->repetitions);
  };
  const bool is_other = between(other, one).median <= 1;
  const Pair& worse = is_other ? other : one;
  const Pair& better = is_other ? one : other;
  const MedianInterval share = between(worse, better);
  const char* form = share.high < 1
                         ? "{} comes off worse: its factor is"
                         : "the intervals do not tell which engine comes off worse: the factor of {} is";
  return Claim{std::move(where), fmt::format(fmt::runtime(form), worse.series->engine), with_interval(share),
               "of that of " + better.series->engine, std::move(workload)};
}

std::vector<Claim> claims_of(const Pairs& pairs, const std::string& where, const std::string& workload) {
  std::vector<Claim> claims;
  for (const Pair& pair : pairs.of_engines) {
    const MedianInterval factor = ratio(pair.after->throughput, pair.before->throughput);
    claims.push_back(factor_claim(where, pair.series->label, factor, workload));
  }
  if (pairs.of_engines.size() < 2) return claims;
  if (auto worse = worse_claim(pairs.of_engines[0], pairs.of_engines[1], where, workload))
    claims.push_back(std::move(*worse));
  return claims;
}

}  // namespace

WorkloadChanges workload_changes(std::span<const Comparison> comparisons) {
  std::set<std::string> telling;
  for (const Comparison& comparison : comparisons)
    telling.insert(comparison.telling.begin(), comparison.telling.end());
  const auto members_of = [](const Comparison& comparison) {
    json members = comparison.properties;
    members["workload name"] = comparison.name;
    return members;
  };
  WorkloadChanges changes;
  std::set<const Comparison*> told;
  for (const auto& family : families(comparisons, telling, members_of)) {
    const auto& [from, before] = family.items.front();
    for (std::size_t i = first_to_compare(family); i < family.items.size(); ++i) {
      const auto& [to, after] = family.items[i];
      const Pairs pairs = pairs_of(*before, *after);
      const std::vector<Claim> claims = claims_of(pairs, where_text(pairs.cores, family.member, from, to),
                                                  workload_without(*before, family.member));
      changes.claims.insert(changes.claims.end(), claims.begin(), claims.end());
      if (claims.empty() || family.member == "index") continue;
      changes.are_of_engines = changes.are_of_engines || pairs.of_engines.size() > 1;
      for (const auto& [value, item] : family.items) told.insert(item);
    }
  }
  changes.are_of_all = told.size() == comparisons.size();
  return changes;
}

std::vector<Claim> deployment_changes(const Comparison& comparison) {
  std::set<std::string> telling;
  for (const Series& series : comparison.series) telling.insert(series.telling.begin(), series.telling.end());
  telling.erase("source");
  std::vector<Claim> claims;
  const auto members_of = [](const Series& series) { return series.variant; };
  for (const auto& family : families(std::span<const Series>(comparison.series), telling, members_of)) {
    const auto& [from, before] = family.items.front();
    for (std::size_t i = first_to_compare(family); i < family.items.size(); ++i) {
      const auto& [to, after] = family.items[i];
      for (const unsigned cores : core_counts(comparison)) {
        const SeriesPoint* one = point_on(*before, cores);
        const SeriesPoint* other = point_on(*after, cores);
        if (one == nullptr || other == nullptr) continue;
        claims.push_back(factor_claim(where_text(cores, family.member, from, to),
                                      label_without(*before, family.member),
                                      ratio(other->throughput, one->throughput), comparison.workload));
        break;
      }
    }
  }
  return claims;
}

}  // namespace upout::harness
