#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/embedded.h"
#include "harness/formats/format.h"

namespace upout::harness {

namespace {

using nlohmann::json;

/// A run, and the document that it is in.
struct Point {
  const json& run;
  const json& document;
};

struct Column {
  std::string name;
  /// Null where there is no such value: an empty cell.
  std::function<json(const Point& point)> value;
};

json at(const json& object, const std::string& pointer) {
  return object.value(json::json_pointer(pointer), json());
}

Column of_run(std::string name, const std::string& pointer) {
  return {std::move(name), [pointer](const Point& point) { return at(point.run, pointer); }};
}

Column of_document(std::string name, const std::string& pointer) {
  return {std::move(name), [pointer](const Point& point) { return at(point.document, pointer); }};
}

/// Over complete repetitions, as all of the summary is.
Column sum_of(const std::string& member) {
  return {member, [member](const Point& point) {
            json sum = 0U;
            for (const json& repetition : point.run.at("repetitions")) {
              if (!repetition.at("complete").get<bool>()) continue;
              const json& value = repetition.at(member);
              sum = value.is_number_float() ? json(sum.get<double>() + value.get<double>())
                                            : json(sum.get<std::uint64_t>() + value.get<std::uint64_t>());
            }
            return sum;
          }};
}

json complete_repetitions(const Point& point) {
  return std::ranges::count_if(point.run.at("repetitions"),
                               [](const json& repetition) { return repetition.at("complete").get<bool>(); });
}

/// "rule: found this, expected that", parted by semicolons.
json reasons(const Point& point) {
  std::string text;
  for (const json& reason : point.run.at("verdict").at("reasons")) {
    text += (text.empty() ? "" : "; ") + reason.at("rule").get<std::string>() + ": found " +
            reason.at("found").get<std::string>() + ", expected " + reason.at("expected").get<std::string>();
  }
  return text;
}

/// All that the schema has, in its order, so that no field can be forgotten here.
void add_deployment(std::vector<Column>& columns) {
  const auto schema = nlohmann::ordered_json::parse(embedded::result_schema);
  for (const auto& [name, field] : schema.at("definitions").at("deployment").at("properties").items())
    columns.push_back(of_run(name, "/deployment/" + name));
}

/// By what stands before their kinds in the names of columns: those of all users, and of each region's.
std::map<std::string, json> latencies_of(const json& run) {
  std::map<std::string, json> latencies{{"", run.at("summary").at("latency_ns")}};
  for (const json& region : run.value("regions", json::array()))
    latencies[region.at("name").get<std::string>() + "_"] = region.at("latency_ns");
  return latencies;
}

/// Of each kind of operation that one of the runs has latencies of.
void add_latencies(std::vector<Column>& columns, std::span<const json> documents) {
  std::set<std::pair<std::string, std::string>> names;
  for (const json& document : documents) {
    for (const json& run : document.at("runs")) {
      for (const auto& [users, latencies] : latencies_of(run)) {
        for (const auto& [kind, latency] : latencies.items()) names.emplace(users, kind);
      }
    }
  }
  for (const auto& name : names) {
    for (const std::string figure : {"p50", "p90", "p99", "p999", "max", "count"}) {
      const auto value = [name, figure](const Point& point) -> json {
        const json latencies = latencies_of(point.run)[name.first];
        return latencies.contains(name.second) ? latencies.at(name.second).at(figure) : json();
      };
      columns.push_back(
          {"latency_" + name.first + name.second + "_" + figure + (figure == "count" ? "" : "_ns"), value});
    }
  }
}

std::vector<Column> columns_of(std::span<const json> documents) {
  std::vector<Column> columns{of_run("id", "/id")};
  add_deployment(columns);
  const std::vector<Column> others{of_run("workload", "/workload/name"),
                                   of_run("properties", "/workload/properties"),
                                   of_run("seed", "/seed"),
                                   of_run("working_set_bytes", "/working_set_bytes"),
                                   of_run("arrivals", "/load/arrivals"),
                                   of_run("offered_per_second", "/load/offered_per_second"),
                                   {"repetitions", complete_repetitions},
                                   sum_of("seconds"),
                                   sum_of("operations"),
                                   sum_of("aborts"),
                                   sum_of("failed"),
                                   of_run("throughput_median", "/summary/throughput/median"),
                                   of_run("throughput_low", "/summary/throughput/ci95/0"),
                                   of_run("throughput_high", "/summary/throughput/ci95/1"),
                                   of_run("confidence", "/summary/throughput/confidence"),
                                   of_run("unit", "/summary/throughput/unit"),
                                   of_run("verified", "/verification/passed"),
                                   of_run("verdict", "/verdict/class"),
                                   {"reasons", reasons},
                                   of_document("host_name", "/environment/host_name"),
                                   of_document("cpu_model", "/environment/cpu_model"),
                                   of_document("version", "/suite/version"),
                                   of_document("commit", "/suite/commit")};
  columns.insert(columns.end(), others.begin(), others.end());
  add_latencies(columns, documents);
  return columns;
}

/// RFC 4180: what holds a separator is quoted, and a quote doubled.
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string made = "\"";
  for (const char character : text)
    made += character == '"' ? std::string("\"\"") : std::string(1, character);
  return made + "\"";
}

std::string cell_of(const json& value) {
  if (value.is_null()) return {};
  return quoted(value.is_string() ? value.get<std::string>()
                                  : value.dump(-1, ' ', false, json::error_handler_t::replace));
}

template <class Cell>
std::string line_of(const std::vector<Column>& columns, Cell&& cell) {
  std::string line;
  for (const Column& column : columns) line += (&column == &columns.front() ? "" : ",") + cell(column);
  return line + "\r\n";
}

platform::Expected<Export> render(std::span<const json> documents) {
  const std::vector<Column> columns = columns_of(documents);
  std::string text = line_of(columns, [](const Column& column) { return quoted(column.name); });
  for (const json& document : documents) {
    for (const json& run : document.at("runs"))
      text += line_of(columns, [&](const Column& column) { return cell_of(column.value({run, document})); });
  }
  return Export{text};
}

}  // namespace

Format csv() {
  return {"csv", "one row a point, with all that a result says in figures (RFC 4180)", render};
}

}  // namespace upout::harness
