#include "harness/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/analysis.h"
#include "harness/answer.h"
#include "harness/comparison.h"
#include "harness/cost/cost_chart.h"
#include "harness/cost/cost_text.h"
#include "harness/cost/deployment_cost.h"
#include "harness/embedded.h"
#include "harness/fault_answer.h"
#include "harness/record.h"
#include "harness/region_report.h"
#include "harness/scaling_limits.h"

namespace upout::harness {
namespace {

using nlohmann::json;

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    switch (character) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += character;
    }
  }
  return escaped;
}

/// JSON that cannot end the script element that it stands in.
std::string script_json(const json& value) {
  std::string escaped;
  for (const char character : value.dump(-1, ' ', true, json::error_handler_t::replace)) {
    switch (character) {
      case '<':
        escaped += "\\u003c";
        break;
      case '>':
        escaped += "\\u003e";
        break;
      case '&':
        escaped += "\\u0026";
        break;
      default:
        escaped += character;
    }
  }
  return escaped;
}

std::string list_items(const std::vector<std::string>& sentences) {
  std::string items;
  for (const std::string& sentence : sentences) items += "<li>" + escape_html(sentence) + "</li>\n";
  return items;
}

json interval_json(const MedianInterval& interval) {
  return {{"median", interval.median}, {"low", interval.low}, {"high", interval.high}};
}

/// Throughput over the share of transactions across partitions, on the cores of which the answer tells.
json crossing_chart(const Crossing& crossing) {
  const unsigned cores = cores_of(crossing);
  std::map<std::pair<std::string, std::string>, json> by_series;
  for (const Comparison* comparison : crossing.by_share) {
    for (const Series& series : comparison->series) {
      for (const SeriesPoint& point : series.points) {
        if (point.cores != cores) continue;
        json entry = interval_json(point.throughput);
        entry["share"] = *comparison->crossing;
        by_series[{series.engine, series.label}].push_back(std::move(entry));
      }
    }
  }
  json all = json::array();
  for (auto& [series, points] : by_series)
    all.push_back({{"engine", series.first}, {"label", series.second}, {"points", std::move(points)}});
  return {
      {"workload", crossing.workload + ", on " + std::to_string(cores) + (cores == 1 ? " core" : " cores")},
      {"unit", crossing.by_share.front()->unit},
      {"series", std::move(all)}};
}

json charts_json(const std::vector<Comparison>& comparisons) {
  json charts = json::array();
  std::set<const Comparison*> drawn;
  for (const Crossing& crossing : crossings(comparisons)) {
    charts.push_back(crossing_chart(crossing));
    drawn.insert(crossing.by_share.begin(), crossing.by_share.end());
  }
  for (const Comparison& comparison : comparisons) {
    if (drawn.contains(&comparison) || comparison.series.empty()) continue;
    json all = json::array();
    for (const Series& series : comparison.series) {
      json points = json::array();
      for (const SeriesPoint& point : series.points) {
        json entry = interval_json(point.throughput);
        entry["cores"] = point.cores;
        entry["speed_up"] = interval_json(speed_up(series, point));
        points.push_back(std::move(entry));
      }
      all.push_back({{"engine", series.engine}, {"label", series.label}, {"points", std::move(points)}});
    }
    charts.push_back(
        {{"workload", comparison.workload}, {"unit", comparison.unit}, {"series", std::move(all)}});
    if (comparison.baseline) charts.back()["baseline"] = interval_json(comparison.baseline->throughput);
  }
  return charts;
}

/// By the source of the run and its id.
json speed_ups_json(const std::vector<Comparison>& comparisons) {
  json speed_ups = json::object();
  for (const Comparison& comparison : comparisons) {
    for (const Series& series : comparison.series) {
      for (const SeriesPoint& point : series.points) {
        json entry = interval_json(speed_up(series, point));
        entry["from_cores"] = series.points.front().cores;
        speed_ups[series.source][point.id] = std::move(entry);
      }
    }
  }
  return speed_ups;
}

bool are_all_open(std::span<const json> documents) {
  return std::ranges::all_of(documents, [](const json& document) {
    return std::ranges::all_of(document.at("runs"), [](const json& run) { return run.contains("load"); });
  });
}

constexpr const char* nothing_to_compare =
    "There is no throughput to compare, for load was offered at a rate (an open loop); the table says what "
    "was "
    "achieved of it, and how long operations took.";

/// What the page's script needs of the documents, with what old ones do not say: the machine in XML would be
/// most of the page.
json documents_json(std::span<const json> documents) {
  json all = json::array();
  for (json document : documents) {
    document.at("environment").erase("topology_xml");
    for (json& run : document.at("runs")) run.at("deployment") = completed_deployment(run);
    all.push_back(std::move(document));
  }
  return all;
}

/// The page's script is one text: what its parts declare, they share, and nothing else on the page does.
std::string script() {
  std::string text = "\"use strict\";\n(() => {\n";
  for (const std::string_view part :
       {embedded::report_elements_js, embedded::report_figure_js, embedded::report_laws_js,
        embedded::report_throughput_js, embedded::report_cost_js, embedded::report_latency_js,
        embedded::report_over_time_js, embedded::report_runs_js, embedded::report_numa_js,
        embedded::report_regions_js, embedded::report_machine_js, embedded::report_page_js}) {
    text.append(part).append("\n");
  }
  return text + "})();\n";
}

/// Where there were faults, or regions, they are what was asked about.
std::string asked_of(std::span<const json> documents) {
  std::vector<std::string> sentences = fault_answer(documents);
  std::ranges::move(region_answer(documents), std::back_inserter(sentences));
  return fmt::format("{}", fmt::join(sentences, " "));
}

/// The answer of one sweep; of several, that of each, for what was measured at different times or on
/// different machines is not raced against each other.
Answer answer_of(std::span<const json> documents, const ReportOptions& options,
                 const std::vector<Comparison>& comparisons) {
  const std::set<std::string> sources(options.sources.begin(), options.sources.end());
  if (sources.size() < 2) {
    Answer one = answer(comparisons);
    if (are_all_open(documents)) one.headline = nothing_to_compare;
    return one;
  }
  Answer all{std::to_string(sources.size()) + " sweeps, laid over each other.", {}};
  for (const std::string& source : sources) {
    std::vector<json> own;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      if (options.sources[i] == source) own.push_back(documents[i]);
    }
    const std::vector<Comparison> compared = compare(own);
    Answer one = answer(compared);
    if (compared.empty() && !asked_of(own).empty()) one.headline = asked_of(own);
    all.details.push_back(source + ": " + one.headline);
    for (const std::string& detail : one.details) all.details.push_back(source + ": " + detail);
  }
  return all;
}

/// Puts what the deployments cost before the answer, and hands over what is drawn of it.
json add_costs(std::span<const json> documents, const PriceFile& prices, Answer& verdict) {
  const std::vector<WorkloadCosts> costs = price_deployments(documents, prices);
  if (costs.empty()) return json::array();
  std::vector<std::string> sentences;
  for (const WorkloadCosts& each : costs) sentences.push_back(cheaper_sentence(each, prices));
  std::ranges::move(cost_caveats(costs, prices), std::back_inserter(sentences));
  sentences.push_back(std::exchange(verdict.headline, sentences.front()));
  verdict.details.insert(verdict.details.begin(), sentences.begin() + 1, sentences.end());
  return cost_charts(costs, prices);
}

/// The template with each {{NAME}} replaced, in one pass: what was put in is not looked at again.
std::string fill(std::string_view text, const std::map<std::string_view, std::string>& values) {
  std::string page;
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{")) {
    const std::size_t close = text.find("}}", open);
    const auto value = values.find(text.substr(open + 2, close - open - 2));
    assert(value != values.end());
    page += text.substr(0, open);
    page += value->second;
    text.remove_prefix(close + 2);
  }
  return page.append(text);
}

platform::Expected<void> check(std::span<const json> documents) {
  if (documents.empty()) return platform::unexpected("report", "no result documents", "at least one");
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (auto valid = validate_document(documents[i]); !valid) {
      auto error = std::move(valid).error();
      error.where = "document " + std::to_string(i + 1) + ": " + error.where;
      return tl::unexpected(std::move(error));
    }
  }
  return {};
}

}  // namespace

platform::Expected<std::string> render_report(std::span<const nlohmann::json> documents,
                                              const ReportOptions& options) {
  return check(documents).map([&] {
    const std::vector<Comparison> comparisons = compare(documents, options.sources);
    Answer verdict = answer_of(documents, options, comparisons);
    json analysis = analyze(comparisons);
    std::ranges::move(sentences(limit_claims(analysis)),
                      std::inserter(verdict.details, verdict.details.begin()));
    for (const json& document : documents) {
      for (const json& run : document.at("runs")) {
        if (std::string cost = rebalance_sentence(run); !cost.empty())
          verdict.details.push_back(std::move(cost));
        if (std::string log = log_sentence(run); !log.empty()) verdict.details.push_back(std::move(log));
        if (std::string fault = fault_sentence(run); !fault.empty())
          verdict.details.push_back(std::move(fault));
      }
    }
    if (const auto asked = asked_of(documents); !asked.empty()) {
      if (!comparisons.empty()) verdict.details.insert(verdict.details.begin(), verdict.headline);
      verdict.headline = asked;
    }
    json costs = json::array();
    if (options.prices) costs = add_costs(documents, *options.prices, verdict);
    const json content = {{"costs", std::move(costs)},       {"charts", charts_json(comparisons)},
                          {"analysis", std::move(analysis)}, {"speed_ups", speed_ups_json(comparisons)},
                          {"sources", options.sources},      {"documents", documents_json(documents)}};
    return fill(embedded::report_html, {{"title", escape_html(options.title)},
                                        {"question", escape_html(options.question)},
                                        {"headline", escape_html(verdict.headline)},
                                        {"details", list_items(verdict.details)},
                                        {"caveats", list_items(caveats(documents))},
                                        {"style", std::string(embedded::report_css)},
                                        {"chart_js", std::string(embedded::chart_js)},
                                        {"script", script()},
                                        {"content", script_json(content)}});
  });
}

}  // namespace upout::harness
