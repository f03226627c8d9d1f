#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/table.h"
#include "harness/wording.h"
#include "platform/duration.h"

namespace upout::harness {

namespace {

constexpr std::array<std::string_view, 10> headings{"engine",   "ranks x threads", "depth",  "workload",
                                                    "Mops/s",   "95 % interval",   "p50 us", "p99 us",
                                                    "verified", "verdict"};

/// Of the kind of operation that the run has most of.
std::string latency(const nlohmann::json& latencies, const char* percentile) {
  const nlohmann::json* most = nullptr;
  for (const auto& [kind, values] : latencies.items()) {
    if (most == nullptr || values["count"].get<std::uint64_t>() > (*most)["count"].get<std::uint64_t>())
      most = &values;
  }
  return most == nullptr ? "-" : fmt::format("{:.2f}", (*most)[percentile].get<double>() / 1e3);
}

std::string size_of(const nlohmann::json& deployment) {
  const std::string size = fmt::format("{} x {}", deployment["ranks"].get<unsigned>(),
                                       deployment["threads_per_rank"].get<unsigned>());
  const auto clients = deployment.value("clients", 0U);
  if (clients == 0) return size;
  return fmt::format("{}, {} client{}", size, clients, clients == 1 ? "" : "s");
}

/// With what crosses partitions, if anything can: a sweep may be over that alone.
std::string workload(const nlohmann::json& described) {
  const nlohmann::json& properties = described["properties"];
  const auto name = described["name"].get<std::string>();
  return properties.contains("crosspartition")
             ? fmt::format("{}, crosspartition {} %", name, properties["crosspartition"].dump())
             : name;
}

std::string verified(const nlohmann::json& verification) {
  if (!verification.value("applicable", true)) return "n/a";
  return verification["passed"].get<bool>() ? "yes" : "NO";
}

Row row_of(const nlohmann::json& run) {
  const nlohmann::json& deployment = run["deployment"];
  const nlohmann::json& throughput = run["summary"]["throughput"];
  const nlohmann::json& latencies = run["summary"]["latency_ns"];
  return {deployment["engine"],
          size_of(deployment),
          fmt::format("{}", deployment["depth"].get<unsigned>()),
          workload(run["workload"]),
          throughput.is_null() ? "-" : millions(throughput["median"]),
          throughput.is_null()
              ? "-"
              : fmt::format("{} to {}", millions(throughput["ci95"][0]), millions(throughput["ci95"][1])),
          latency(latencies, "p50"),
          latency(latencies, "p99"),
          verified(run["verification"]),
          run["verdict"]["class"]};
}

std::uint64_t link_delay(const nlohmann::json& run) {
  return run["deployment"].value("link_delay_ns", std::uint64_t{0});
}

/// Such as "keeps p99 of 50 us".
std::string goal(const nlohmann::json& report) {
  return fmt::format("{} {} of {}", report["measured"]["kept"].get<bool>() ? "keeps" : "MISSES",
                     report["latency"].get<std::string>(),
                     platform::to_string(platform::Timestamp(report["at_most_ns"].get<std::int64_t>())));
}

/// What arrived in a second, in millions, and why so much; of a closed loop nothing did.
std::string offered(const nlohmann::json& run) {
  if (!run.contains("load")) return "-";
  const nlohmann::json& load = run["load"];
  std::string text =
      fmt::format("{}, {}", millions(load["offered_per_second"]), load["arrivals"].get<std::string>());
  if (load.contains("profile")) text += ", " + load["profile"].get<std::string>();
  if (load.contains("goal")) text += ", " + goal(load["goal"]);
  return text;
}

/// How many of a hundred attempts of transactions did not commit, although the transaction wanted to.
std::string abort_rate(const nlohmann::json& run) {
  if (run["deployment"]["concurrency_control"] == "none") return "-";
  double aborts = 0;
  double committed = 0;
  for (const nlohmann::json& repetition : run["repetitions"]) {
    aborts += repetition["aborts"].get<double>();
    committed += repetition["operations"].get<double>();
  }
  return aborts + committed == 0 ? "-" : fmt::format("{:.2f} %", 100 * aborts / (aborts + committed));
}

std::string new_orders(const nlohmann::json& run) {
  const nlohmann::json& summary = run["summary"];
  const auto found = summary.find("new_orders_per_minute");
  return found == summary.end() || found->is_null() ? "-" : fmt::format("{:.0f}", found->get<double>());
}

/// Beside the transactions of all types; of tables with TPC-C.
void add_new_orders(std::vector<Row>& rows, const std::vector<std::string>& figures) {
  if (std::ranges::all_of(figures, [](const std::string& figure) { return figure == "-"; })) return;
  const auto interval = std::ranges::find(rows[0], "95 % interval") - rows[0].begin();
  rows[0].insert(rows[0].begin() + interval + 1, std::string(new_orders_heading));
  for (std::size_t i = 0; i < figures.size(); ++i)
    rows[i + 1].insert(rows[i + 1].begin() + interval + 1, figures[i]);
}

/// Of tables with transactions.
void add_transactions(std::vector<Row>& rows, const std::vector<nlohmann::json>& controls,
                      const std::vector<std::string>& abort_rates) {
  if (std::ranges::all_of(controls, [](const nlohmann::json& control) { return control == "none"; })) return;
  constexpr std::ptrdiff_t throughput = 4;
  rows[0][throughput] = "M/s";
  rows[0].insert(rows[0].begin() + throughput, "control");
  rows[0].insert(rows[0].begin() + throughput + 3, "aborts");
  for (std::size_t i = 0; i < controls.size(); ++i) {
    Row& row = rows[i + 1];
    row.insert(row.begin() + throughput, controls[i] == "none" ? "-" : controls[i].get<std::string>());
    row.insert(row.begin() + throughput + 3, abort_rates[i]);
  }
}

/// Most tables need no such column.
void add_link_delays(std::vector<Row>& rows, const std::vector<std::uint64_t>& delays) {
  if (std::ranges::all_of(delays, [](std::uint64_t delay) { return delay == 0; })) return;
  constexpr std::ptrdiff_t after_size = 2;
  rows[0].insert(rows[0].begin() + after_size, "link delay");
  for (std::size_t i = 0; i < delays.size(); ++i)
    rows[i + 1].insert(rows[i + 1].begin() + after_size, platform::to_string(platform::Timestamp(delays[i])));
}

/// How records on other ranks are read: nor does that.
void add_read_paths(std::vector<Row>& rows, const std::vector<std::string>& paths) {
  if (std::ranges::find(paths, "rma") == paths.end()) return;
  constexpr std::ptrdiff_t after_size = 2;
  rows[0].insert(rows[0].begin() + after_size, "reads");
  for (std::size_t i = 0; i < paths.size(); ++i)
    rows[i + 1].insert(rows[i + 1].begin() + after_size, paths[i] == "none" ? "-" : paths[i]);
}

/// When changes were safe: of tables with some that were.
void add_durability(std::vector<Row>& rows, const std::vector<std::string>& durabilities) {
  if (std::ranges::all_of(durabilities, [](const std::string& each) { return each == "none"; })) return;
  constexpr std::ptrdiff_t after_size = 2;
  rows[0].insert(rows[0].begin() + after_size, "durability");
  for (std::size_t i = 0; i < durabilities.size(); ++i)
    rows[i + 1].insert(rows[i + 1].begin() + after_size, durabilities[i]);
}

/// How many copies there were, and how many had a change before it was acknowledged.
std::string copies(const nlohmann::json& run) {
  const nlohmann::json& deployment = run["deployment"];
  const auto count = deployment.value("copies", std::uint64_t{1});
  if (count == 1) return "1";
  const std::string read_from = deployment.value("read_from", "primary");
  return fmt::format("{} {}{}", count, deployment["replication"].get<std::string>(),
                     read_from == "primary" ? "" : ", read " + read_from);
}
/// Of tables with some that had more than one.
void add_copies(std::vector<Row>& rows, const std::vector<std::string>& copies) {
  if (std::ranges::all_of(copies, [](const std::string& each) { return each == "1"; })) return;
  constexpr std::ptrdiff_t after_size = 2;
  rows[0].insert(rows[0].begin() + after_size, "copies");
  for (std::size_t i = 0; i < copies.size(); ++i)
    rows[i + 1].insert(rows[i + 1].begin() + after_size, copies[i]);
}

/// Beside what was achieved; of tables with open loops.
void add_offered(std::vector<Row>& rows, const std::vector<std::string>& loads) {
  if (std::ranges::all_of(loads, [](const std::string& load) { return load == "-"; })) return;
  const auto interval = std::ranges::find(rows[0], "95 % interval");
  const auto throughput = interval - rows[0].begin() - 1;
  rows[0].insert(rows[0].begin() + throughput, "offered M/s");
  for (std::size_t i = 0; i < loads.size(); ++i)
    rows[i + 1].insert(rows[i + 1].begin() + throughput, loads[i]);
}

}  // namespace

std::vector<Row> table_rows(std::span<const nlohmann::json> documents) {
  std::vector<Row> rows{Row(headings.begin(), headings.end())};
  std::vector<std::uint64_t> delays;
  std::vector<std::string> read_paths;
  std::vector<std::string> durabilities;
  std::vector<std::string> copies_of_runs;
  std::vector<nlohmann::json> controls;
  std::vector<std::string> abort_rates;
  std::vector<std::string> order_rates;
  std::vector<std::string> loads;
  for (const nlohmann::json& document : documents) {
    for (const nlohmann::json& run : document["runs"]) {
      rows.push_back(row_of(run));
      delays.push_back(link_delay(run));
      read_paths.push_back(run["deployment"].value("read_path", "none"));
      durabilities.push_back(run["deployment"]["durability"]);
      copies_of_runs.push_back(copies(run));
      controls.push_back(run["deployment"]["concurrency_control"]);
      abort_rates.push_back(abort_rate(run));
      order_rates.push_back(new_orders(run));
      loads.push_back(offered(run));
    }
  }
  add_transactions(rows, controls, abort_rates);
  add_new_orders(rows, order_rates);
  add_link_delays(rows, delays);
  add_read_paths(rows, read_paths);
  add_durability(rows, durabilities);
  add_copies(rows, copies_of_runs);
  add_offered(rows, loads);
  return rows;
}

}  // namespace upout::harness
