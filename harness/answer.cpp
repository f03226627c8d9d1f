#include "harness/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "harness/cost/baseline_cost.h"
#include "harness/crossover.h"
#include "harness/race.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

std::string race_sentence(const Race& race, const std::string& workload) {
  const std::string& ahead = race.ahead.series->label;
  const std::string& behind = race.behind.series->label;
  if (race.decided()) {
    return fmt::format("On {}, {} is ahead: {} reaches {} of its throughput on {}.", cores_text(race.cores),
                       ahead, behind, with_interval(race.share), workload);
  }
  return fmt::format(
      "On {}, there is no difference that the intervals can tell: {} reaches {} of the throughput of {} on "
      "{}.",
      cores_text(race.cores), behind, with_interval(race.share), ahead, workload);
}

/// What becomes of a series from its fewest to its most cores.
struct Scaling {
  std::string label;
  std::string verb;    ///< e.g. "scales by"
  std::string figure;  ///< e.g. "1.91 (1.85 to 1.97)"
  std::string span;    ///< e.g. "from 1 to 2 cores"
};

Scaling scaling_of(const Series& series) {
  const SeriesPoint& first = series.points.front();
  const auto& last = *std::ranges::max_element(series.points, {}, [](const SeriesPoint& point) {
    return std::pair{point.cores, point.throughput.median};
  });
  if (first.cores == last.cores) return {series.label, "was measured on", cores_text(first.cores), "only"};
  if (first.throughput.low <= 0) return {series.label, "did nothing on", cores_text(first.cores), ""};

  const MedianInterval scaling = ratio(last.throughput, first.throughput);
  const char* verb = scaling.low > 1    ? "scales by"
                     : scaling.high < 1 ? "falls to"
                                        : "does not scale that the intervals can tell, by";
  return {series.label, verb, with_interval(scaling),
          fmt::format("from {} to {}", first.cores, cores_text(last.cores))};
}

/// The series whose scaling is told: of each engine the one that raced, else the fastest.
std::vector<const Series*> told_series(const Comparison& comparison, const std::optional<Race>& race) {
  if (race) {
    std::vector<const Series*> both{race->ahead.series, race->behind.series};
    std::ranges::sort(both, {}, [](const Series* series) { return series->engine; });
    return both;
  }
  std::vector<const Series*> told;
  for (const std::string_view engine : raced_engines) {
    for (const unsigned cores : core_counts(comparison)) {
      if (const auto candidate = best(comparison, engine, cores)) {
        told.push_back(candidate->series);
        break;
      }
    }
  }
  return told;
}

/// "Shared-memory scales by 1.91 (1.85 to 1.97) from 1 to 2 cores, shared-nothing by 1.29 (1.25 to 1.34)."
std::string scaling_sentence(const Comparison& comparison, const std::optional<Race>& race) {
  std::string sentence;
  std::optional<Scaling> previous;
  for (const Series* series : told_series(comparison, race)) {
    const Scaling scaling = scaling_of(*series);
    if (!previous) {
      sentence = fmt::format("{} {} {} {}", scaling.label, scaling.verb, scaling.figure, scaling.span);
    } else if (scaling.verb == "scales by" && previous->verb == scaling.verb &&
               previous->span == scaling.span) {
      sentence += fmt::format(", {} by {}", scaling.label, scaling.figure);
    } else {
      sentence += fmt::format("; {} {} {} {}", scaling.label, scaling.verb, scaling.figure, scaling.span);
    }
    previous = scaling;
  }
  while (sentence.ends_with(' ')) sentence.pop_back();
  return sentence.empty() ? sentence : capitalized(std::move(sentence)) + ".";
}

/// All configurations of one engine on so many cores, the fastest first.
std::vector<Candidate> configurations(const Comparison& comparison, std::string_view engine, unsigned cores) {
  std::vector<Candidate> found;
  for (const Series& series : comparison.series) {
    if (series.engine != engine) continue;
    for (const SeriesPoint& point : series.points) {
      if (point.cores == cores && point.throughput.low > 0) found.push_back({&series, &point});
    }
  }
  std::ranges::stable_sort(found, std::ranges::greater{},
                           [](const Candidate& each) { return each.point->throughput.median; });
  return found;
}

/// Where one engine alone was measured: its configurations beside each other, on the most cores on which
/// there are two of them. "On 2 cores, A is ahead on W: B reaches 0.93 (0.90 to 0.96) of its throughput and C
/// reaches …." Empty: there are no two.
std::string configurations_sentence(const Comparison& comparison, std::string_view engine) {
  for (const unsigned cores : core_counts(comparison)) {
    const std::vector<Candidate> all = configurations(comparison, engine, cores);
    if (all.size() < 2) continue;
    std::vector<std::string> behind;
    bool is_decided = true;
    for (std::size_t i = 1; i < all.size(); ++i) {
      const MedianInterval share = ratio(all[i].point->throughput, all[0].point->throughput);
      is_decided = is_decided && share.high < 1;
      behind.push_back(fmt::format("{} reaches {}", all[i].series->label, with_interval(share)));
    }
    return fmt::format("On {}, {} is {} on {}; of its throughput {}.", cores_text(cores),
                       all[0].series->label,
                       is_decided ? "ahead" : "not ahead of all others by what the intervals can tell",
                       comparison.workload, enumeration(behind));
  }
  return "";
}

/// What a comparison comes to, in a few words that its workload can follow.
struct Outcome {
  std::optional<unsigned> cores;  ///< that it is told for
  std::string text;               ///< "shared-memory is ahead on"
  std::string figure = {};        ///< and with a figure before it
};

constexpr const char* undecided = "there is no difference that the intervals can tell on";

/// Where one engine alone was measured: which of its configurations is ahead, or how it scales.
std::optional<Outcome> outcome_of_one(const Comparison& comparison, const std::string& engine) {
  for (const unsigned cores : core_counts(comparison)) {
    const std::vector<Candidate> all = configurations(comparison, engine, cores);
    if (all.size() < 2) continue;
    const bool is_decided = ratio(all[1].point->throughput, all[0].point->throughput).high < 1;
    return Outcome{cores, is_decided ? all[0].series->label + " is ahead on" : undecided};
  }
  const auto told = told_series(comparison, std::nullopt);
  if (told.empty() || told[0]->points.size() < 2) return std::nullopt;
  const Scaling scaling = scaling_of(*told[0]);
  if (!scaling.span.starts_with("from")) return std::nullopt;
  return Outcome{std::nullopt, fmt::format("{}, throughput of {} is multiplied", scaling.span, scaling.label),
                 "by " + scaling.figure + " on "};
}

Outcome outcome_of(const Comparison& comparison) {
  if (const auto result = race(comparison))
    return {result->cores, result->decided() ? result->ahead.series->engine + " is ahead on" : undecided};
  std::set<std::string> measured;
  for (const Series& series : comparison.series) measured.insert(series.engine);
  if (measured.size() == 1) {
    if (auto outcome = outcome_of_one(comparison, *measured.begin())) return *outcome;
  }
  return {std::nullopt, "there is nothing to compare on"};
}

/// "shared-memory is ahead on a and b; shared-nothing is ahead on c; ...", the cores before it if all have
/// the same.
std::string common_headline(std::span<const Comparison> comparisons) {
  std::map<std::string, std::vector<std::string>> workloads_by_outcome;
  std::set<std::optional<unsigned>> cores;
  for (const Comparison& comparison : comparisons) {
    const Outcome outcome = outcome_of(comparison);
    cores.insert(outcome.cores);
    workloads_by_outcome[outcome.text].push_back(outcome.figure + comparison.workload);
  }
  std::string headline = cores.size() == 1 && cores.begin()->has_value()
                             ? fmt::format("on {}, ", cores_text(**cores.begin()))
                             : "";
  bool first = true;
  for (const auto& [outcome, workloads] : workloads_by_outcome) {
    headline += fmt::format("{}{} {}", first ? "" : "; ", outcome, enumeration(workloads));
    first = false;
  }
  return capitalized(std::move(headline)) + ".";
}

std::string unraced_sentence(const Comparison& comparison) {
  std::set<std::string> measured;
  for (const Series& series : comparison.series) measured.insert(series.engine);
  if (measured.empty())
    return fmt::format("Only the single-threaded baseline was measured on {}.", comparison.workload);
  if (measured.size() == 1) {
    if (std::string sentence = configurations_sentence(comparison, *measured.begin()); !sentence.empty())
      return sentence;
  }
  if (measured.size() == 1)
    return fmt::format("Only {} was measured on {}.", *measured.begin(), comparison.workload);
  return fmt::format("The engines were not measured on the same number of cores on {}.", comparison.workload);
}

/// What the engines are against the sequential program, where that was measured too.
void add_baselines(std::span<const Comparison> comparisons, std::vector<std::string>& details) {
  for (const Comparison& comparison : comparisons) {
    if (std::string sentence = baseline_sentence(comparison); !sentence.empty())
      details.push_back(std::move(sentence));
  }
}

bool too_few_repetitions(const json& run) {
  const json& throughput = run.at("summary").at("throughput");
  return !throughput.is_null() && throughput.at("confidence").get<double>() < 0.95;
}

/// How many different values the documents have at a place.
std::size_t distinct(std::span<const json> documents, const char* place) {
  std::set<json> values;
  for (const json& document : documents) values.insert(document.at(json::json_pointer(place)));
  return values.size();
}

}  // namespace

MedianInterval speed_up(const Series& series, const SeriesPoint& point) {
  const SeriesPoint& first = series.points.front();
  if (&first == &point) return {1, 1, 1, 1};
  return ratio(point.throughput, first.throughput);
}

Answer answer(std::span<const Comparison> comparisons) {
  if (comparisons.empty()) return {"There is no valid result to answer from.", {}};
  Answer result;
  const std::vector<Crossing> found = crossings(comparisons);
  std::size_t crossing = 0;
  for (const Crossing& each : found) crossing += each.by_share.size();
  if (crossing == comparisons.size()) {
    for (const Crossing& each : found)
      result.headline += (result.headline.empty() ? "" : " ") + crossing_sentence(each);
    for (const Comparison& comparison : comparisons) {
      const auto outcome = race(comparison);
      result.details.push_back(outcome ? race_sentence(*outcome, comparison.workload)
                                       : unraced_sentence(comparison));
    }
    add_baselines(comparisons, result.details);
    return result;
  }
  const bool several = comparisons.size() > 1;
  for (const Comparison& comparison : comparisons) {
    const auto outcome = race(comparison);
    const std::string sentence =
        outcome ? race_sentence(*outcome, comparison.workload) : unraced_sentence(comparison);
    const std::string scaling = scaling_sentence(comparison, outcome);
    if (several) {
      result.details.push_back(sentence + (scaling.empty() ? "" : " " + scaling));
    } else {
      result.headline = sentence;
      if (!scaling.empty()) result.details.push_back(scaling);
    }
  }
  if (several) result.headline = common_headline(comparisons);
  add_baselines(comparisons, result.details);
  return result;
}

std::string rebalance_sentence(const nlohmann::json& run) {
  std::vector<const json*> moves;
  for (const json& repetition : run.at("repetitions")) {
    if (repetition.contains("rebalance")) moves.push_back(&repetition.at("rebalance"));
  }
  if (moves.empty()) return {};
  std::ranges::sort(moves, {}, [](const json* move) { return move->at("lost_operations").get<double>(); });
  const json& move = *moves[moves.size() / 2];
  const auto figure = [&](const char* name, double unit) { return move.at(name).get<double>() / unit; };
  return fmt::format(
      "Rebalancing ({}): partition {} went from rank {} to {}{}, {} records and {:.1f} MB, copied in {:.1f} "
      "ms and "
      "then not served for {:.3f} ms; throughput fell from {:.3f} to {:.3f} M operations/s, for {:.1f} ms, "
      "which "
      "cost {:.3f} M operations (the middle one of {} moves).",
      run.at("workload").at("name").get<std::string>(), move.at("partition").dump(),
      move.at("from_rank").dump(), move.at("to_rank").dump(),
      move.at("complete").get<bool>() ? "" : " (given up)", move.at("records").dump(), figure("bytes", 1e6),
      figure("copying_seconds", 1e-3), figure("frozen_seconds", 1e-3), figure("throughput_before", 1e6),
      figure("lowest_throughput", 1e6), figure("dip_seconds", 1e-3), figure("lost_operations", 1e6),
      moves.size());
}

std::vector<std::string> caveats(std::span<const nlohmann::json> documents) {
  std::map<std::string, std::size_t> verdicts;
  std::size_t runs = 0;
  std::size_t weak = 0;
  std::size_t open = 0;
  for (const json& document : documents) {
    for (const json& run : document.at("runs")) {
      ++runs;
      ++verdicts[run.at("verdict").at("class").get<std::string>()];
      if (too_few_repetitions(run)) ++weak;
      if (run.contains("load")) ++open;
    }
  }
  std::vector<std::string> sentences;
  sentences.push_back(fmt::format("{} of {} runs may be published; {} unofficial, {} invalid.",
                                  verdicts["publishable"], runs, verdicts["unofficial"],
                                  verdicts["invalid"]));
  if (verdicts["invalid"] > 0)
    sentences.emplace_back("Invalid runs stand in the table only: neither answer nor chart counts them.");
  if (open > 0) {
    sentences.push_back(fmt::format(
        "{} of {} runs had their load offered at a rate (an open loop): they stand in the table only, where "
        "latencies count from when operations arrived.",
        open, runs));
  }
  if (weak > 0) {
    sentences.push_back(fmt::format(
        "{} of {} runs have too few repetitions for a 95 % interval; theirs is the range of what was seen.",
        weak, runs));
  }
  for (const auto& [place, what] : {std::pair{"/environment/host_name", "machines"},
                                    {"/environment/cpu_model", "kinds of processor"},
                                    {"/environment/kernel", "kernels"},
                                    {"/suite/commit", "commits of the suite"},
                                    {"/suite/flags", "sets of compiler flags"}}) {
    const std::size_t count = distinct(documents, place);
    if (count > 1)
      sentences.push_back(
          fmt::format("The results come from {} different {}: compare with care.", count, what));
  }
  return sentences;
}

}  // namespace upout::harness
