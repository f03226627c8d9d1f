#include "harness/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "harness/consistency_place.h"
#include "harness/embedded.h"
#include "harness/json_file.h"
#include "harness/schema.h"
#include "platform/data_folder.h"

namespace upout::harness {
namespace {

using nlohmann::json;

/// What an axis counts; nothing: anything, in any order.
struct Range {
  double least = 0;
  double most = 0;
};

std::optional<Range> range_of(const json& axis) {
  if (axis == "cores") return Range{1, 1e9};
  if (axis == "crosspartition") return Range{0, 100};
  return std::nullopt;
}

void check_points(const Place& series, const std::optional<Range>& range) {
  std::optional<double> before;
  for (const Place& point : series["points"].items()) {
    if (point.has("to"))
      point["to"].expect(point["to"].number() > point["value"].number(),
                         "more than value, as it ends a range");
    if (!range) continue;
    const Place x = point["x"];
    if (!x.value().is_number()) {
      x.expect(false, "a number, as the axis counts something");
      continue;
    }
    x.expect(!before || x.number() > *before, "more than that of the point before");
    x.expect(x.number() >= range->least && x.number() <= range->most,
             fmt::format("from {:g} to {:g}", range->least, range->most));
    before = x.number();
  }
}

void check_names(const Place& array, const std::string& member) {
  std::set<json> names;
  for (const Place& item : array.items()) {
    const bool is_new = names.insert(item[member].value()).second;
    item[member].expect(is_new, "another name than those before");
  }
}

PublishedPoint point_of(const json& point, double factor) {
  PublishedPoint made{.x = point.at("x"),
                      .value = point.at("value").get<double>() * factor,
                      .to = {},
                      .qualifier = point.value("qualifier", "")};
  if (point.contains("to")) made.to = point.at("to").get<double>() * factor;
  return made;
}

PublishedTable table_of(const json& table) {
  PublishedTable made{.name = table.at("name"),
                      .axis = table.at("axis"),
                      .x_name = table.at("x"),
                      .unit = table.at("unit"),
                      .series = {}};
  for (const json& series : table.at("series")) {
    PublishedSeries line{
        .label = series.at("label"), .architecture = series.at("architecture"), .points = {}};
    for (const json& point : series.at("points"))
      line.points.push_back(point_of(point, table.at("factor").get<double>()));
    made.series.push_back(std::move(line));
  }
  return made;
}

}  // namespace

std::string with_prefix(double value) {
  constexpr std::pair<double, const char*> prefixes[] = {{1e9, " G"}, {1e6, " M"}, {1e3, " K"}};
  for (const auto& [size, prefix] : prefixes) {
    if (value >= size) return fmt::format("{:.4g}{}", value / size, prefix);
  }
  return fmt::format("{:.4g}", value);
}

std::string PublishedPoint::text() const {
  const std::string figure = to ? with_prefix(value) + " to " + with_prefix(*to) : with_prefix(value);
  return qualifier.empty() ? figure : qualifier + " " + figure;
}

const PublishedPoint* PublishedSeries::at(double where) const {
  const auto found = std::ranges::find_if(points, [&](const PublishedPoint& point) {
    return point.x.is_number() && point.x.get<double>() == where;
  });
  return found == points.end() ? nullptr : &*found;
}

platform::Expected<void> validate_published(const nlohmann::json& record) {
  return validate_against(embedded::published_schema, record);
}

std::vector<Inconsistency> published_inconsistencies(const nlohmann::json& record) {
  std::vector<Inconsistency> found;
  const Place tables = Place(record, found)["tables"];
  check_names(tables, "name");
  for (const Place& table : tables.items()) {
    const json& axis = table["axis"].value();
    check_names(table["series"], "label");
    for (const Place& series : table["series"].items()) check_points(series, range_of(axis));
  }
  return found;
}

PublishedRecord parse_published(const nlohmann::json& record) {
  PublishedRecord made{.title = record.at("title"),
                       .citation = record.at("citation"),
                       .source = record.at("source"),
                       .hardware = record.at("hardware"),
                       .workload = record.at("workload"),
                       .not_comparable = record.at("not_comparable"),
                       .tables = {}};
  for (const json& table : record.at("tables")) made.tables.push_back(table_of(table));
  return made;
}

platform::Expected<PublishedRecord> read_published(const std::string& path) {
  return read_json(path, "a record of published figures")
      .and_then([&](const json& record) -> platform::Expected<PublishedRecord> {
        if (auto valid = validate_published(record); !valid) {
          auto error = std::move(valid).error();
          error.where = path + ": " + error.where;
          return tl::unexpected(std::move(error));
        }
        if (const auto faults = published_inconsistencies(record); !faults.empty()) {
          return platform::unexpected(path + ": " + faults.front().place, faults.front().found,
                                      faults.front().expected);
        }
        return parse_published(record);
      });
}

platform::Expected<std::string> published_folder() {
  return platform::data_folder("published");
}

platform::Expected<std::vector<PublishedRecord>> suite_records() {
  namespace fs = std::filesystem;
  const auto folder = published_folder();
  if (!folder) return tl::unexpected(folder.error());
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(*folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".json") files.push_back(entry->path());
  }
  if (error) return platform::unexpected(*folder, error.message(), "the suite's published records");
  std::ranges::sort(files);
  std::vector<PublishedRecord> records;
  for (const fs::path& file : files) {
    auto record = read_published(file.string());
    if (!record) return tl::unexpected(record.error());
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace upout::harness
