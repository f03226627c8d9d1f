#include "harness/schedulers/packing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace upout::harness::schedulers {

namespace {

using std::chrono::seconds;

/// "1h 58min 20s"
std::string time_text(seconds time) {
  const auto all = time.count();
  std::string text;
  const auto add = [&](auto count, const char* unit) {
    if (count != 0) text += fmt::format("{}{}{}", text.empty() ? "" : " ", count, unit);
  };
  add(all / 3600, "h");
  add(all / 60 % 60, "min");
  add(all % 60, "s");
  return text.empty() ? "0s" : text;
}

platform::Expected<void> check(const PointNeed& point, const Resources& resources, seconds notice) {
  if (point.nodes > resources.nodes)
    return platform::unexpected(point.where,
                                fmt::format("point {}, which takes {} nodes", point.id, point.nodes),
                                fmt::format("at most nodes = {} of [resources]", resources.nodes));
  if (point.time > resources.time - notice)
    return platform::unexpected(
        point.where,
        fmt::format("point {}, which may take {} with loading and verifying", point.id,
                    time_text(point.time)),
        fmt::format("at most {}: time of [resources] is {}, of which {} are left for the job's end",
                    time_text(std::max(seconds{0}, resources.time - notice)), time_text(resources.time),
                    time_text(notice)));
  return {};
}

/// `order`: the longest first.
std::vector<Pack> pack_one_size(std::span<const PointNeed> points, const std::vector<std::size_t>& order,
                                seconds room) {
  std::vector<Pack> packs;
  for (const std::size_t point : order) {
    auto fitting =
        std::ranges::find_if(packs, [&](const Pack& pack) { return pack.time + points[point].time <= room; });
    if (fitting == packs.end())
      fitting = packs.insert(packs.end(), Pack{.nodes = points[point].nodes, .time = {}, .points = {}});
    fitting->time += points[point].time;
    fitting->points.push_back(point);
  }
  for (Pack& pack : packs) std::ranges::sort(pack.points);
  return packs;
}

}  // namespace

platform::Expected<std::vector<Pack>> pack(std::span<const PointNeed> points, const Resources& resources,
                                           seconds notice) {
  std::map<unsigned, std::vector<std::size_t>> by_nodes;
  for (std::size_t n = 0; n < points.size(); ++n) {
    if (auto fits = check(points[n], resources, notice); !fits) return tl::unexpected(fits.error());
    by_nodes[points[n].nodes].push_back(n);
  }
  std::vector<Pack> packs;
  for (auto& [nodes, order] : by_nodes) {
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t n) { return points[n].time; });
    std::ranges::move(pack_one_size(points, order, resources.time - notice), std::back_inserter(packs));
  }
  return packs;
}

}  // namespace upout::harness::schedulers
