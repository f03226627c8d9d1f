#include "harness/region_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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
  const std::string home = deployment.value("home", "");
  if (!home.empty()) return text + ", home in " + home;
  return text + (deployment.at("partitioning") == "range" ? ", in ranges" : ", by hash");
}

constexpr std::string_view reading = "Reads";
constexpr std::string_view writing = "Writes";
std::string_view effect_of(std::string_view kind) {
  return kind == "read" || kind == "scan" ? reading : writing;
}

/// Of one region, and whose.
struct Wait {
  double p50 = 0;
  double p99 = 0;
  std::string region;

  /// By what half of the operations took, in whole milliseconds; what is left apart are buckets' widths.
  std::pair<double, double> order() const { return {std::round(p50 * 1e-6), p99}; }
};
using Waits = std::map<std::string, Wait>;  ///< the longest of each placement

/// What has to be the same for one placement to be better than another one.
std::string question_of(const json& run) {
  const json& deployment = run.at("deployment");
  std::string text = run.at("workload").at("name").get<std::string>();
  if (const double own = run.at("workload").at("properties").value("homefraction", 0.0); own > 0)
    text += fmt::format(" with homefraction {}", own);
  return fmt::format("{} at depth {} over {}", text, deployment.at("depth").dump(),
                     deployment.at("regions").get<std::string>());
}

void add(const json& run, std::string_view effect, Waits& waits) {
  for (const json& region : run.at("regions")) {
    for (const auto& [kind, latency] : region.at("latency_ns").items()) {
      if (effect_of(kind) != effect) continue;
      const Wait wait{latency.at("p50").get<double>(), latency.at("p99").get<double>(),
                      region.at("name").get<std::string>()};
      Wait& longest = waits[placement_of(run)];
      if (longest.order() < wait.order()) longest = wait;
    }
  }
}

std::string text_of(const Waits::value_type& placed) {
  const auto& [placement, wait] = placed;
  return fmt::format("p50 {} and p99 {}, in {}, with {}", milliseconds(wait.p50), milliseconds(wait.p99),
                     wait.region, placement);
}

/// The best and the worst of several.
std::string sentence_of(const std::string& subject, const Waits& waits) {
  const auto [least, most] = std::ranges::minmax_element(
      waits, {}, [](const Waits::value_type& placed) { return placed.second.order(); });
  const std::string lead = fmt::format("{}, in the region that waits the longest:", subject);
  if (waits.size() == 1) return fmt::format("{} {}.", lead, text_of(*least));
  return fmt::format("{} at best {}; at worst {}.", lead, text_of(*least), text_of(*most));
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
    std::map<std::string, Waits> questions;
    for (const json& document : documents) {
      for (const json& run : document.at("runs")) {
        const bool counts = run.contains("regions") && !run.at("incomplete").get<bool>() &&
                            run.at("verdict").at("class") != "invalid";
        if (counts) add(run, effect, questions[question_of(run)]);
      }
    }
    for (const auto& [question, waits] : questions) {
      const bool is_only = questions.size() == 1;
      if (!waits.empty())
        sentences.push_back(
            sentence_of(is_only ? std::string(effect) : fmt::format("{} of {}", effect, question), waits));
    }
  }
  return sentences;
}

}  // namespace upout::harness
