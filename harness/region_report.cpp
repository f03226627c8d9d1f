#include "harness/region_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

std::string milliseconds(double nanoseconds) {
  return fmt::format("{:.1f} ms", nanoseconds * 1e-6);
}

/// Where its data were, as far as those who are far from them care.
std::string placement_of(const json& run) {
  const json& deployment = run.at("deployment");
  const auto copies = deployment.value("copies", 1U);
  std::string text =
      copies == 1 ? "1 copy" : copies_text(copies, deployment.at("replication").get<std::string>());
  if (const std::string from = deployment.value("read_from", "primary"); from != "primary")
    text += ", read from " + from;
  if (const std::string home = deployment.value("home", ""); !home.empty()) text += ", home in " + home;
  if (deployment.at("partitioning") == "range") text += ", in ranges";
  const json& properties = run.at("workload").at("properties");
  if (const double own = properties.value("homefraction", 0.0); own > 0)
    text += fmt::format(", {:.0f} % of requests for what is the region's own", 100 * own);
  return text;
}

constexpr std::string_view reading = "reads";
constexpr std::string_view writing = "writes";
std::string_view effect_of(std::string_view kind) {
  return kind == "read" || kind == "scan" ? reading : writing;
}

/// The longest that half of one region's operations took, and whose.
struct Wait {
  double nanoseconds = 0;
  std::string region;
};
using Waits = std::map<std::string, Wait>;  ///< by placement

void add(const json& run, std::string_view effect, Waits& waits) {
  for (const json& region : run.at("regions")) {
    for (const auto& [kind, latency] : region.at("latency_ns").items()) {
      if (effect_of(kind) != effect) continue;
      Wait& longest = waits[placement_of(run)];
      const double half = latency.at("p50").get<double>();
      if (half > longest.nanoseconds) longest = {half, region.at("name").get<std::string>()};
    }
  }
}

std::string sentence_of(std::string_view effect, const Waits& waits) {
  std::vector<std::pair<std::string, Wait>> sorted(waits.begin(), waits.end());
  std::ranges::stable_sort(sorted, {}, [](const auto& each) { return each.second.nanoseconds; });
  std::vector<std::string> items;
  for (const auto& [placement, wait] : sorted)
    items.push_back(fmt::format("{} ({}) with {}", milliseconds(wait.nanoseconds), wait.region, placement));
  return fmt::format("In the region that waits the longest, half of the {} take at most {}.", effect,
                     fmt::join(items, "; "));
}

}  // namespace

std::string region_sentence(const json& run) {
  if (!run.contains("regions")) return {};
  std::vector<std::string> regions;
  for (const json& region : run.at("regions")) {
    std::vector<std::string> kinds;
    for (const auto& [kind, latency] : region.at("latency_ns").items())
      kinds.push_back(fmt::format("{} {} (p99 {})", kind, milliseconds(latency.at("p50").get<double>()),
                                  milliseconds(latency.at("p99").get<double>())));
    if (!kinds.empty())
      regions.push_back(fmt::format("{}: {}", region.at("name").get<std::string>(), fmt::join(kinds, ", ")));
  }
  return fmt::format("Regions ({}): {}.", placement_of(run), fmt::join(regions, "; "));
}

std::vector<std::string> region_answer(std::span<const json> documents) {
  std::vector<std::string> sentences;
  for (const std::string_view effect : {reading, writing}) {
    Waits waits;
    for (const json& document : documents) {
      for (const json& run : document.at("runs")) {
        const bool counts = run.contains("regions") && !run.at("incomplete").get<bool>() &&
                            run.at("verdict").at("class") != "invalid";
        if (counts) add(run, effect, waits);
      }
    }
    if (!waits.empty()) sentences.push_back(sentence_of(effect, waits));
  }
  return sentences;
}

}  // namespace upout::harness
