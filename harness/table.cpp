#include "harness/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/answer.h"
#include "harness/columns.h"
#include "harness/fault_answer.h"
#include "harness/region_report.h"
#include "harness/staleness.h"

namespace upout::harness {

namespace {

/// How a run ended whose operations were counted, and after which time; empty for others.
std::string count_sentence(const nlohmann::json& run) {
  if (!run.contains("limits")) return {};
  std::uint64_t operations = 0;
  std::vector<double> seconds;
  std::size_t counted = 0;
  for (const nlohmann::json& repetition : run["repetitions"]) {
    if (!repetition["complete"].get<bool>()) continue;
    operations += repetition["operations"].get<std::uint64_t>();
    seconds.push_back(repetition["seconds"]);
    if (repetition["ended_by"] == "count") ++counted;
  }
  if (seconds.empty()) return {};
  const bool is_short = std::ranges::find(run["verdict"]["reasons"], "long-windows", [](const auto& reason) {
                          return reason["rule"];
                        }) != run["verdict"]["reasons"].end();
  return fmt::format(
      "Counted operations ({}): {} in {:.3g} s; {} of {} repetitions ended by the count{}; the shortest took "
      "{:.3g} s{}.",
      run["workload"]["name"].get<std::string>(), operations,
      std::accumulate(seconds.begin(), seconds.end(), 0.0), counted, seconds.size(),
      counted < seconds.size() ? ", the others by the time" : "", *std::ranges::min_element(seconds),
      is_short ? ", which is too short to be published" : "");
}

/// How the repetitions of a run ended that were to go on until its median is known precisely; empty for
/// others.
std::string precision_sentence(const nlohmann::json& run) {
  if (!run.contains("precision")) return {};
  const nlohmann::json& precision = run["precision"];
  const std::string ended_by = precision["ended_by"].is_null() ? "a signal"
                               : precision["ended_by"] == "precision"
                                   ? "the precision"
                                   : "the limit of " + precision["ended_by"].get<std::string>();
  const std::string reached = precision["reached"].is_null()
                                  ? "there is no 95 % interval"
                                  : fmt::format("the interval is within {:.2g} % of the median",
                                                100 * precision["reached"].get<double>());
  return fmt::format("repetitions: {}, ended by {}: {} (asked for: {:.2g} %)", run["repetitions"].size(),
                     ended_by, reached, 100 * precision["asked"].get<double>());
}

/// What a worker does besides waiting for the database; of the only run of a table.
std::string generator_sentence(const nlohmann::json& run) {
  if (!run.contains("generator") || run["generator"]["share"].is_null()) return {};
  const bool is_transaction = run["deployment"]["concurrency_control"] != "none";
  return fmt::format("generator and recorder: {:.0f} ns {}, {:.1f} % of the time",
                     run["generator"]["ns_per_operation"].get<double>(),
                     is_transaction ? "a transaction" : "an operation",
                     100 * run["generator"]["share"].get<double>());
}

}  // namespace

std::vector<std::string> table_notes(std::span<const nlohmann::json> documents) {
  std::vector<std::string> notes;
  std::string generator;
  std::size_t runs = 0;
  bool has_new_orders = false;
  const auto note = [&](std::string text) {
    if (!text.empty()) notes.push_back(std::move(text));
  };
  for (const nlohmann::json& document : documents) {
    for (const nlohmann::json& run : document["runs"]) {
      note(rebalance_sentence(run));
      note(log_sentence(run));
      note(fault_sentence(run));
      note(staleness_sentence(run));
      note(region_sentence(run));
      note(count_sentence(run));
      note(precision_sentence(run));
      generator = generator_sentence(run);
      has_new_orders |= run["summary"].value("new_orders_per_minute", nlohmann::json()).is_number();
      ++runs;
    }
  }
  if (runs == 1) note(generator);
  if (has_new_orders) {
    note(
        std::string(new_orders_heading) +
        ": New-Order transactions a minute; not tpmC: no think times, no keying times, not a compliant TPC-C "
        "result");
  }
  return notes;
}

std::string render_table(std::span<const nlohmann::json> documents) {
  std::string text = aligned(table_rows(documents), "");
  for (const std::string& note : table_notes(documents)) text += note + "\n";
  return text;
}

}  // namespace upout::harness
