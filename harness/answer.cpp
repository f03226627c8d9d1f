#include "harness/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "harness/changes.h"
#include "harness/claims.h"
#include "harness/cost/baseline_cost.h"
#include "harness/overtakings.h"
#include "harness/race.h"
#include "harness/safety.h"
#include "harness/standings.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// Of what is answered, in sentences, one part.
using Part = std::vector<std::string>;

void append(Part& part, Part more) {
  std::ranges::move(more, std::back_inserter(part));
}

/// Who overtakes whom as the share of transactions across partitions grows.
struct Crossovers {
  Part sentences;
  std::size_t comparisons = 0;  ///< that they are of
};

Crossovers crossovers_of(std::span<const Comparison> comparisons) {
  Crossovers found;
  for (const Crossing& crossing : crossings(comparisons)) {
    const auto overtaking = overtaking_over_shares(crossing);
    if (!overtaking) continue;
    found.sentences.push_back(sentence_of(*overtaking));
    found.comparisons += crossing.by_share.size();
  }
  return found;
}

/// How the configurations of a comparison stand to each other. Where nothing can be compared, that is said if
/// there is no scaling to tell of either.
struct Standings {
  std::vector<Claim> claims;
  bool are_any = false;                ///< something was compared
  bool are_of_configurations = false;  ///< of one engine, somewhere
};

Standings standings_of(std::span<const Comparison> comparisons) {
  Standings found;
  for (const Comparison& comparison : comparisons) {
    auto claim = race_claim(comparison);
    if (!claim) {
      claim = configurations_claim(comparison);
      found.are_of_configurations = found.are_of_configurations || claim;
    }
    found.are_any = found.are_any || claim;
    if (!claim && scaling_claims(comparison).empty()) claim = uncompared_claim(comparison);
    if (claim) found.claims.push_back(std::move(*claim));
  }
  return found;
}

/// What it costs that changes survive.
Part safety_of(std::span<const Comparison> comparisons) {
  std::vector<Claim> claims;
  for (const Comparison& comparison : comparisons)
    std::ranges::move(safety_claims(comparison), std::back_inserter(claims));
  return sentences(claims);
}

Part scaling_of(std::span<const Comparison> comparisons) {
  std::vector<Claim> claims;
  for (const Comparison& comparison : comparisons)
    std::ranges::move(scaling_claims(comparison), std::back_inserter(claims));
  return sentences(claims);
}

/// What is told of single comparisons: of deployments that differ in one thing where engines are the subject,
/// of numbers of cores at which one overtakes the other, and of the sequential program.
Part further_details(std::span<const Comparison> comparisons) {
  std::vector<Claim> deployments;
  Part overtaking;
  Part baselines;
  for (const Comparison& comparison : comparisons) {
    if (race(comparison) && !comparison.crossing)
      std::ranges::move(deployment_changes(comparison), std::back_inserter(deployments));
    if (const auto found = overtaking_over_cores(comparison)) overtaking.push_back(sentence_of(*found));
    if (std::string sentence = baseline_sentence(comparison); !sentence.empty())
      baselines.push_back(std::move(sentence));
  }
  Part all = sentences(deployments);
  append(all, std::move(overtaking));
  append(all, std::move(baselines));
  return all;
}

/// The parts of an answer, the one that answers the question first: it is known by what was varied.
std::vector<Part> parts_of(std::span<const Comparison> comparisons) {
  Crossovers crossovers = crossovers_of(comparisons);
  const WorkloadChanges changes = workload_changes(comparisons);
  const Standings standings = standings_of(comparisons);
  Part changed = sentences(changes.claims);
  Part standing = sentences(standings.claims);
  Part safety = safety_of(comparisons);
  Part scaling = scaling_of(comparisons);
  Part further = further_details(comparisons);
  if (crossovers.comparisons == comparisons.size())
    return {crossovers.sentences, standing, changed, scaling, further};
  if (!safety.empty() && standings.are_of_configurations)
    return {safety, standing, scaling, changed, crossovers.sentences, further};
  append(further, std::move(safety));
  const bool are_nothing_else = !standings.are_any && scaling.empty();
  if (!changed.empty() && (are_nothing_else || (changes.are_of_all && changes.are_of_engines)))
    return {changed, crossovers.sentences, standing, scaling, further};
  // Which configuration is best is told for all cores; which engine is, together with how either scales.
  if (standings.are_of_configurations) return {standing, scaling, changed, crossovers.sentences, further};
  append(standing, std::move(scaling));
  return {standing, changed, crossovers.sentences, further};
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
  std::vector<Part> parts = parts_of(comparisons);
  for (const std::string& sentence : parts.front())
    result.headline += (result.headline.empty() ? "" : " ") + sentence;
  for (std::size_t i = 1; i < parts.size(); ++i) append(result.details, std::move(parts[i]));
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

std::string log_sentence(const nlohmann::json& run) {
  if (!run.contains("log")) return {};
  const json& log = run.at("log");
  const auto number = [](const json& value) { return value.get<double>(); };
  const double seconds = number(log.at("seconds"));
  const double flushes = std::max(1.0, number(log.at("flushes")));
  const json& recovery = log.at("recovery");
  const double recovery_seconds =
      number(recovery.at("reading_seconds")) + number(recovery.at("redoing_seconds"));
  return fmt::format(
      "Durability {} ({}, depth {}): {:.0f} groups a second, of {:.1f} kB on average, {:.1f} MB/s to {}; at "
      "the "
      "end {} changes came back from {:.1f} MB in {:.2f} s, of records that had been loaded in {:.2f} s.",
      run.at("deployment").at("durability").get<std::string>(),
      run.at("workload").at("name").get<std::string>(), run.at("deployment").at("depth").dump(),
      flushes / seconds, number(log.at("bytes")) / flushes / 1e3, number(log.at("bytes")) / seconds / 1e6,
      log.at("filesystem").get<std::string>(), recovery.at("changes").dump(),
      number(recovery.at("bytes")) / 1e6, recovery_seconds, run.value("load_seconds", 0.0));
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
