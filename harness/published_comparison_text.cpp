#include <fmt/format.h>

#include <set>

#include "harness/published_comparison.h"
#include "harness/wording.h"

namespace upout::harness {
namespace {

using nlohmann::json;

std::string text_or(const json& value, const char* otherwise) {
  return value.is_string() ? value.get<std::string>() : otherwise;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

/// "  published  LABEL: 7.04 on 8 cores, 13.6 on 16 cores".
std::string line_of(const SpeedUps& series) {
  std::vector<std::string> points;
  for (const auto& [cores, value] : series.by_cores) {
    const std::string figure =
        series.is_measured ? with_interval(value) : fmt::format("{:.2f}", value.median);
    points.push_back(figure + " on " + cores_text(cores));
  }
  return fmt::format("    {:<9}  {}: {}\n", series.is_measured ? "measured" : "published", series.label,
                     joined(points));
}

std::string shapes_of(const BesidePublished& beside) {
  std::string text = fmt::format("\n{} ({})\n", beside.record->title, beside.record->citation);
  for (const SpeedUpTable& table : beside.speed_ups) {
    text += fmt::format("  speed-up over {}, {}\n", cores_text(table.base), table.table);
    for (const SpeedUps& series : table.series) text += line_of(series);
  }
  for (const Overtaking& overtaking : beside.overtakings)
    text += fmt::format("  {}\n    {:<9}  {}\n", "crossover", "published", overtaking.sentence());
  for (const std::string& note : beside.record->not_comparable)
    text += fmt::format("  not comparable: {}\n", note);
  return text;
}

std::string x_text(const json& x) {
  return x.is_string() ? x.get<std::string>() : fmt::format("{:g}", x.get<double>());
}

std::string figures_of(const PublishedRecord& record) {
  std::string text = fmt::format("\n{} ({})\n  on {}; {}\n", record.title, record.citation, record.hardware,
                                 record.workload);
  for (const PublishedTable& table : record.tables) {
    text += fmt::format("  {}, {} by {}\n", table.name, table.unit, table.x_name);
    for (const PublishedSeries& series : table.series) {
      std::vector<std::string> points;
      for (const PublishedPoint& point : series.points)
        points.push_back(x_text(point.x) + ": " + point.text());
      text += fmt::format("    {}: {}\n", series.label, joined(points));
    }
  }
  for (const std::string& note : record.not_comparable) text += fmt::format("  not comparable: {}\n", note);
  return text;
}

std::string measured_figures(std::span<const Comparison> measured, const std::string& hardware) {
  std::string text = "\nMeasured by this suite\n  on " + hardware + "\n";
  for (const Comparison& comparison : measured) {
    for (const Series& series : comparison.series) {
      std::vector<std::string> points;
      for (const SeriesPoint& point : series.points) {
        const MedianInterval& value = point.throughput;
        points.push_back(fmt::format("{}: {} ({} to {})", cores_text(point.cores), with_prefix(value.median),
                                     with_prefix(value.low), with_prefix(value.high)));
      }
      text += fmt::format("    {}, {}, {}: {}\n", comparison.workload, series.label, comparison.unit,
                          joined(points));
    }
  }
  return text;
}

}  // namespace

std::string hardware_of(std::span<const nlohmann::json> documents) {
  std::set<std::string> machines;
  for (const json& document : documents) {
    const json& host = document.at("environment");
    machines.insert(fmt::format("{}, {} ({})", cores_text(host.at("cores").get<unsigned>()),
                                text_or(host.at("cpu_model"), "a processor that the system does not name"),
                                text_or(host.at("host_name"), "no name")));
  }
  std::string text;
  for (const std::string& machine : machines) text += (text.empty() ? "" : "; ") + machine;
  return text;
}

std::string render_beside_published(std::span<const nlohmann::json> documents,
                                    std::span<const PublishedRecord> records, bool absolute) {
  const std::vector<Comparison> measured = compare(documents);
  const std::vector<BesidePublished> beside = beside_published(measured, records);
  std::string text = "Shapes beside published ones. Published figures have no interval.\n";
  for (const Overtaking& overtaking : measured_overtakings(measured))
    text += fmt::format("\nMeasured crossover\n    {:<9}  {}\n", "measured", overtaking.sentence());
  for (const BesidePublished& each : beside) text += shapes_of(each);
  if (beside.empty())
    text +=
        "Nothing that was measured has a shape to set beside them: that takes two numbers of cores, or "
        "shares.\n";
  if (!absolute) return text;
  text += "\nFigures, each on its own hardware.\n";
  text += measured_figures(measured, hardware_of(documents));
  for (const PublishedRecord& record : records) text += figures_of(record);
  return text;
}

}  // namespace upout::harness
