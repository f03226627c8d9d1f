#include "workloads/ycsb_settings.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "platform/text_file.h"
#include "workloads/property_reader.h"
#include "workloads/ycsb_names.h"

namespace upout::workloads {

using platform::Error;
using platform::Expected;

namespace {

constexpr std::uint64_t most_records = std::uint64_t{1} << 40;
constexpr std::uint64_t most_operations = std::uint64_t{1} << 60;
constexpr std::uint64_t most_seconds = 1'000'000;
/// A line for each length that a field may have.
constexpr std::size_t most_histogram_bytes = std::size_t{32} << 20;
constexpr auto distributions =
    std::to_array<std::string_view>({"uniform", "zipfian", "latest", "hotspot", "exponential", "sequential"});
constexpr auto field_length_distributions =
    std::to_array<std::string_view>({"constant", "uniform", "zipfian", "histogram"});
constexpr auto insert_orders = std::to_array<std::string_view>({"hashed", "ordered"});

std::optional<Error> check_class(const Properties& properties) {
  const Property* workload = properties.find("workload");
  if (workload == nullptr || workload->value == "site.ycsb.workloads.CoreWorkload" ||
      workload->value == "com.yahoo.ycsb.workloads.CoreWorkload") {
    return std::nullopt;
  }
  return Error{workload->where(), "'" + workload->value + "'", "site.ycsb.workloads.CoreWorkload"};
}

std::optional<Error> check_scans(const YcsbSettings& settings, const Properties& properties) {
  const Property* longest = properties.find("maxscanlength");
  const Property* shortest = properties.find("minscanlength");
  if (settings.min_scan_length > settings.max_scan_length) {
    return Error{(shortest != nullptr ? shortest : longest)->where(),
                 fmt::format("scans of {} to {} records", settings.min_scan_length, settings.max_scan_length),
                 "minscanlength of at most maxscanlength"};
  }
  if (settings.scan_bytes() <= kernel::max_value_bytes) return std::nullopt;
  return Error{
      longest != nullptr ? longest->where() : "maxscanlength",
      fmt::format("{} records of {} bytes", settings.max_scan_length, settings.longest_value_bytes()),
      fmt::format("scans of at most {} bytes, keys and sizes among them", kernel::max_value_bytes)};
}

/// Without an insertcount all records from insertstart on are loaded.
std::optional<Error> take_range(YcsbSettings& settings, const Properties& properties) {
  const Property* count = properties.find("insertcount");
  const Property* start = properties.find("insertstart");
  if (settings.first_record < settings.all_records) {
    const std::uint64_t rest = settings.all_records - settings.first_record;
    if (count == nullptr) settings.record_count = rest;
    if (settings.record_count <= rest) return std::nullopt;
  }
  const std::string found =
      count != nullptr ? fmt::format("{} records from {} on", settings.record_count, settings.first_record)
                       : fmt::format("'{}'", settings.first_record);
  return Error{(count != nullptr ? count : start)->where(), found,
               fmt::format("some of the {} records of recordcount", settings.all_records)};
}

/// YCSB's default is a file in the current folder. Its longest field is the longest one there is.
std::optional<Error> take_histogram(YcsbSettings& settings, const Properties& properties) {
  if (settings.field_lengths != FieldLengthDistribution::histogram) return std::nullopt;
  const Property* given = properties.find("fieldlengthhistogram");
  const std::string path = given != nullptr ? given->value : "hist.txt";
  const std::string where = given != nullptr ? given->where() : "fieldlengthhistogram";
  auto histogram =
      platform::read_text_file(path, most_histogram_bytes, fmt::format("{} {}", where, path),
                               "a file with the lengths of fields: 'BlockSize', a tab, bytes; then lines "
                               "of bucket, tab, count")
          .and_then([&](const std::string& text) { return FieldLengthHistogram::parse(text, path); });
  if (!histogram) return std::move(histogram.error());
  settings.field_length = histogram->greatest();
  settings.length_histogram = std::make_shared<const FieldLengthHistogram>(*std::move(histogram));
  return std::nullopt;
}

bool takes_shortest_length(const YcsbSettings& settings) {
  return settings.field_lengths == FieldLengthDistribution::uniform ||
         settings.field_lengths == FieldLengthDistribution::zipfian;
}

std::optional<Error> check_field_lengths(const YcsbSettings& settings, const Properties& properties) {
  if (!takes_shortest_length(settings) || settings.min_field_length <= settings.field_length) {
    return std::nullopt;
  }
  const Property* culprit = properties.find("minfieldlength");
  if (culprit == nullptr) culprit = properties.find("fieldlength");
  return Error{culprit->where(),
               fmt::format("fields of {} to {} bytes", settings.min_field_length, settings.field_length),
               "minfieldlength of at most fieldlength"};
}

std::optional<Error> check_size(const YcsbSettings& settings, const Properties& properties) {
  if (settings.longest_value_bytes() <= kernel::max_value_bytes) return std::nullopt;
  const Property* culprit =
      properties.find(settings.length_histogram != nullptr ? "fieldlengthhistogram" : "fieldlength");
  if (culprit == nullptr) culprit = properties.find("fieldcount");
  return Error{culprit != nullptr ? culprit->where() : "fieldlengthhistogram",
               fmt::format("{} fields of {} bytes", settings.field_count, settings.field_length),
               fmt::format("a record of at most {} bytes", kernel::max_value_bytes)};
}

/// YCSB takes shares as weights; so they are here, but it is said.
std::optional<Error> normalise(YcsbMix& mix, std::vector<std::string>& warnings) {
  const double sum = mix.reads + mix.updates + mix.inserts + mix.read_modify_writes + mix.scans;
  constexpr std::string_view names =
      "readproportion, updateproportion, insertproportion, readmodifywriteproportion, scanproportion";
  if (sum <= 0) return Error{std::string(names), "0 for all of them", "one that is greater than 0"};
  if (std::abs(sum - 1) <= 1e-9) return std::nullopt;
  for (double* share : {&mix.reads, &mix.updates, &mix.inserts, &mix.read_modify_writes, &mix.scans})
    *share /= sum;
  warnings.push_back(
      fmt::format("{}: add up to {:.6g}, not 1; scaled to {:.6g}, {:.6g}, {:.6g}, {:.6g}, {:.6g}", names, sum,
                  mix.reads, mix.updates, mix.inserts, mix.read_modify_writes, mix.scans));
  return std::nullopt;
}

/// Whoever sets a distribution's property, and gets another distribution, is to know.
void warn_of_unused(const YcsbSettings& settings, const Properties& properties,
                    std::vector<std::string>& warnings) {
  using enum RequestDistribution;
  struct Parameter {
    std::string_view name;
    std::array<RequestDistribution, 2> used_by;
  };
  constexpr auto parameters =
      std::to_array<Parameter>({{"zipfianconstant", {zipfian, latest}},
                                {"hotspotdatafraction", {hotspot, hotspot}},
                                {"hotspotopnfraction", {hotspot, hotspot}},
                                {"exponential.percentile", {exponential, exponential}},
                                {"exponential.frac", {exponential, exponential}}});
  const auto warn_unless = [&](std::string_view name, bool is_used) {
    const Property* property = properties.find(name);
    if (property == nullptr || is_used) return;
    warnings.push_back(
        fmt::format("{}: has no effect: fieldlengthdistribution is {}", property->where(),
                    field_length_distributions[static_cast<std::size_t>(settings.field_lengths)]));
  };
  warn_unless("fieldlength", settings.length_histogram == nullptr);
  warn_unless("minfieldlength", takes_shortest_length(settings));
  warn_unless("fieldlengthhistogram", settings.length_histogram != nullptr);
  const RequestDistribution chosen = settings.mix.distribution;
  for (const Parameter& parameter : parameters) {
    const Property* property = properties.find(parameter.name);
    if (property == nullptr || std::ranges::find(parameter.used_by, chosen) != parameter.used_by.end())
      continue;
    warnings.push_back(fmt::format("{}: has no effect: requestdistribution is {}", property->where(),
                                   distributions[static_cast<std::size_t>(chosen)]));
  }
}

std::optional<Error> read_all(YcsbSettings& settings, const Properties& properties) {
  PropertyReader read(properties);
  read.integer("recordcount", settings.all_records, 1, most_records);
  read.integer("insertstart", settings.first_record, 0, most_records);
  read.integer("insertcount", settings.record_count, 1, most_records);
  read.integer("operationcount", settings.limits.operations, 0, most_operations);
  read.integer("maxexecutiontime", settings.limits.seconds, 0, most_seconds);
  read.integer("fieldcount", settings.field_count, 1, kernel::max_value_bytes);
  read.integer("fieldlength", settings.field_length, 0, kernel::max_value_bytes);
  read.integer("minfieldlength", settings.min_field_length, 0, kernel::max_value_bytes);
  settings.field_lengths = static_cast<FieldLengthDistribution>(
      read.choice("fieldlengthdistribution", 0, field_length_distributions));
  read.boolean("readallfields", settings.read_all_fields);
  read.boolean("writeallfields", settings.write_all_fields);
  read.share("readproportion", settings.mix.reads);
  read.share("updateproportion", settings.mix.updates);
  read.share("insertproportion", settings.mix.inserts);
  read.share("readmodifywriteproportion", settings.mix.read_modify_writes);
  read.share("scanproportion", settings.mix.scans);
  read.integer("minscanlength", settings.min_scan_length, 1, kernel::max_value_bytes);
  read.integer("maxscanlength", settings.max_scan_length, 1, kernel::max_value_bytes);
  settings.zipfian_scan_lengths =
      read.choice("scanlengthdistribution", 0, std::to_array<std::string_view>({"uniform", "zipfian"})) == 1;
  settings.mix.distribution = static_cast<RequestDistribution>(
      read.choice("requestdistribution", static_cast<std::size_t>(settings.mix.distribution), distributions));
  read.real("zipfianconstant", settings.zipfian_constant, 0, ZipfianRanks::greatest_theta);
  read.share("hotspotdatafraction", settings.hot_data);
  read.share("hotspotopnfraction", settings.hot_operations);
  read.share("homefraction", settings.home_fraction);
  read.real("exponential.percentile", settings.exponential_percentile, 0.001, 99.999);
  read.real("exponential.frac", settings.exponential_fraction, 0.001, 1);
  settings.hashed_order = read.choice("insertorder", settings.hashed_order ? 0 : 1, insert_orders) == 0;
  return read.error();
}

}  // namespace

Expected<YcsbSettings> read_ycsb_settings(std::string_view name, const YcsbMix& preset,
                                          const Properties& properties, std::vector<std::string>& warnings) {
  if (auto names = check_ycsb_names(name, properties, warnings); !names) {
    return tl::unexpected(std::move(names.error()));
  }
  YcsbSettings settings{.name = std::string(name), .max_scan_length = preset.longest_scan, .mix = preset};
  std::optional<Error> error = check_class(properties);
  if (!error) error = read_all(settings, properties);
  if (!error) error = take_range(settings, properties);
  if (!error) error = take_histogram(settings, properties);
  if (!error) error = check_field_lengths(settings, properties);
  if (!error) error = check_scans(settings, properties);
  if (!error) error = check_size(settings, properties);
  if (!error) error = normalise(settings.mix, warnings);
  if (error) return tl::unexpected(*std::move(error));
  warn_of_unused(settings, properties, warnings);
  return settings;
}

namespace {

/// The parameters of the distribution that is in use.
void add_shape(const YcsbSettings& settings, nlohmann::json& json) {
  using enum RequestDistribution;
  const RequestDistribution chosen = settings.mix.distribution;
  if ((chosen == zipfian || chosen == latest) && settings.zipfian_constant != ZipfianRanks::default_theta)
    json["zipfianconstant"] = settings.zipfian_constant;
  if (chosen == hotspot) {
    json["hotspotdatafraction"] = settings.hot_data;
    json["hotspotopnfraction"] = settings.hot_operations;
  }
  if (chosen == exponential) {
    json["exponential.percentile"] = settings.exponential_percentile;
    json["exponential.frac"] = settings.exponential_fraction;
  }
}

}  // namespace

nlohmann::json to_json(const YcsbSettings& settings) {
  nlohmann::json json{
      {"recordcount", settings.all_records},
      {"fieldcount", settings.field_count},
      {"fieldlength", settings.field_length},
      {"fieldlengthdistribution",
       field_length_distributions[static_cast<std::size_t>(settings.field_lengths)]},
      {"readallfields", settings.read_all_fields},
      {"writeallfields", settings.write_all_fields},
      {"readproportion", settings.mix.reads},
      {"updateproportion", settings.mix.updates},
      {"insertproportion", settings.mix.inserts},
      {"readmodifywriteproportion", settings.mix.read_modify_writes},
      {"scanproportion", settings.mix.scans},
      {"minscanlength", settings.min_scan_length},
      {"maxscanlength", settings.max_scan_length},
      {"scanlengthdistribution", settings.zipfian_scan_lengths ? "zipfian" : "uniform"},
      {"requestdistribution", distributions[static_cast<std::size_t>(settings.mix.distribution)]},
      {"insertorder", insert_orders[settings.hashed_order ? 0 : 1]}};
  // What has no effect is left out, and what documents from before it was a property have had all along:
  // reports compare runs whose properties are the same. (And an insertcount that follows from a recordcount
  // that grows with the workers would tell their runs apart.)
  if (settings.home_fraction != 0) json["homefraction"] = settings.home_fraction;
  if (settings.first_record != 0) json["insertstart"] = settings.first_record;
  if (settings.record_count != settings.all_records - settings.first_record)
    json["insertcount"] = settings.record_count;
  if (takes_shortest_length(settings)) json["minfieldlength"] = settings.min_field_length;
  if (settings.length_histogram != nullptr) {
    json["fieldlengthhistogram"] = settings.length_histogram->file_name();
    json["fieldlengthhistogram_xxh3"] = settings.length_histogram->content_hash();
  }
  add_shape(settings, json);
  return json;
}

}  // namespace upout::workloads
