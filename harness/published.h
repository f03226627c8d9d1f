#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/consistency.h"
#include "platform/error.h"

/// Figures that others published. They have a schema of their own
/// (results/schema/upout-published-1.schema.json), and no verdict: nobody has seen their repetitions.
namespace upout::harness {

inline constexpr std::string_view published_schema = "upout-published/1";

/// A figure in the unit of its table.
struct PublishedPoint {
  nlohmann::json x;          ///< a number or a name
  double value = 0;          ///< or the lower end of a range
  std::optional<double> to;  ///< the upper end
  std::string qualifier;     ///< "about", "up to", ...; empty: none

  /// "700000", "65.6 M to 76.9 M", "about 700 K".
  std::string text() const;
};

struct PublishedSeries {
  std::string label;
  std::string architecture;  ///< "up", "out" or "mixed"
  std::vector<PublishedPoint> points;

  const PublishedPoint* at(double x) const;  ///< null: there is none
};

struct PublishedTable {
  std::string name;
  std::string axis;    ///< what x counts: "cores", "crosspartition" or "other"
  std::string x_name;  ///< what the source calls it
  std::string unit;    ///< of each value
  std::vector<PublishedSeries> series;
};

struct PublishedRecord {
  std::string title;
  std::string citation;
  std::string source;
  std::string hardware;
  std::string workload;
  std::vector<std::string> not_comparable;
  std::vector<PublishedTable> tables;
};

/// Checks a record against its schema; the error names the place in it.
platform::Expected<void> validate_published(const nlohmann::json& record);

/// What contradicts itself in a record that fits the schema: axes that do not ascend, ranges that end before
/// they begin, names that occur twice.
std::vector<Inconsistency> published_inconsistencies(const nlohmann::json& record);

/// Of a valid record.
PublishedRecord parse_published(const nlohmann::json& record);

/// Reads a file of a record, which has to fit the schema and not contradict itself. Errors name the file and
/// the place in it.
platform::Expected<PublishedRecord> read_published(const std::string& path);

/// "3.2 M", "17.5 K", "0.25".
std::string with_prefix(double value);

/// Where the suite's own records lie.
platform::Expected<std::string> published_folder();
/// All of them, in the order of their file names.
platform::Expected<std::vector<PublishedRecord>> suite_records();

}  // namespace upout::harness
