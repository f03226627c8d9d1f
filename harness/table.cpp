#include "harness/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace upout::harness {

namespace {

using Row = std::vector<std::string>;

constexpr std::array<std::string_view, 10> headings{"engine",   "ranks x threads", "depth",  "workload",
                                                    "Mops/s",   "95 % interval",   "p50 us", "p99 us",
                                                    "verified", "verdict"};

std::string millions(double operations_per_second) {
  return fmt::format("{:.3f}", operations_per_second / 1e6);
}

/// Of the kind of operation that the run has most of.
std::string latency(const nlohmann::json& latencies, const char* percentile) {
  const nlohmann::json* most = nullptr;
  for (const auto& [kind, values] : latencies.items()) {
    if (most == nullptr || values["count"].get<std::uint64_t>() > (*most)["count"].get<std::uint64_t>())
      most = &values;
  }
  return most == nullptr ? "-" : fmt::format("{:.2f}", (*most)[percentile].get<double>() / 1e3);
}

Row row_of(const nlohmann::json& run) {
  const nlohmann::json& deployment = run["deployment"];
  const nlohmann::json& throughput = run["summary"]["throughput"];
  const nlohmann::json& latencies = run["summary"]["latency_ns"];
  return {deployment["engine"],
          fmt::format("{} x {}", deployment["ranks"].get<unsigned>(),
                      deployment["threads_per_rank"].get<unsigned>()),
          fmt::format("{}", deployment["depth"].get<unsigned>()),
          run["workload"]["name"],
          throughput.is_null() ? "-" : millions(throughput["median"]),
          throughput.is_null()
              ? "-"
              : fmt::format("{} to {}", millions(throughput["ci95"][0]), millions(throughput["ci95"][1])),
          latency(latencies, "p50"),
          latency(latencies, "p99"),
          run["verification"]["passed"].get<bool>() ? "yes" : "NO",
          run["verdict"]["class"]};
}

}  // namespace

std::string render_table(std::span<const nlohmann::json> documents) {
  std::vector<Row> rows{Row(headings.begin(), headings.end())};
  for (const nlohmann::json& document : documents) {
    for (const nlohmann::json& run : document["runs"]) rows.push_back(row_of(run));
  }
  std::vector<std::size_t> widths(headings.size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string table;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    table += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return table;
}

}  // namespace upout::harness
