#include "workloads/ycsb_multi.h"

#include <algorithm>
#include <utility>

namespace upout::workloads {

using kernel::Key;
using platform::Expected;

namespace {

constexpr auto known = std::to_array<std::string_view>({"recordcount", "fieldlength", "requests",
                                                        "readproportion", "requestdistribution",
                                                        "crosspartition", "partitions", "partitionstouched"});
constexpr auto distributions = std::to_array<std::string_view>({"uniform", "zipfian"});

Chooser chooser_of(bool is_zipfian, std::uint64_t records) {
  if (is_zipfian) return ScrambledZipfianChooser(records);
  return UniformChooser(records);
}

}  // namespace

Expected<std::unique_ptr<Workload>> YcsbMulti::make(std::string_view name, const Properties& properties,
                                                    std::vector<std::string>&) {
  if (auto names = check_names(name, properties, known); !names) return tl::unexpected(names.error());
  YcsbMultiSettings settings;
  CrossingSettings& crossing = settings.crossing;
  PropertyReader read(properties);
  read.integer("recordcount", settings.record_count, 1, std::uint64_t{1} << 40);
  read.integer("fieldlength", settings.field_length, NumberRecords::number_bytes,
               kernel::max_value_bytes - 1);
  read.integer("requests", settings.requests, 1, YcsbMultiSettings::most_requests);
  read.share("readproportion", settings.reads);
  settings.is_zipfian = read.choice("requestdistribution", 0, distributions) == 1;
  read.real("crosspartition", crossing.percent, 0, 100);
  read.integer("partitions", crossing.partitions, 1, CrossingSettings::most_partitions);
  read.integer("partitionstouched", crossing.touched, 2, YcsbMultiSettings::most_requests);
  if (read.error()) return tl::unexpected(*read.error());
  if (crossing.touched > settings.requests && crossing.percent > 0) {
    return platform::unexpected("-p requests", std::to_string(settings.requests),
                                "at least one for each of the " + std::to_string(crossing.touched) +
                                    " partitions that a transaction touches");
  }
  return std::make_unique<YcsbMulti>(settings);
}

nlohmann::json YcsbMulti::properties() const {
  const CrossingSettings& crossing = settings_.crossing;
  return {{"recordcount", settings_.record_count},
          {"fieldlength", settings_.field_length},
          {"requests", settings_.requests},
          {"readproportion", settings_.reads},
          {"requestdistribution", distributions[settings_.is_zipfian ? 1 : 0]},
          {"crosspartition", crossing.percent_json()},
          {"partitions", crossing.partitions_json()},
          {"partitionstouched", crossing.touched}};
}

NumberRecords YcsbMulti::records() const {
  return {.records = settings_.record_count, .value_bytes = settings_.field_length, .initial = [](Key) {
            return std::uint64_t{0};
          }};
}

std::unique_ptr<OperationStream> YcsbMulti::load(WorkerSlot slot, std::size_t depth) const {
  return std::make_unique<NumberLoad>(records(), slot, depth);
}

std::unique_ptr<AuditStream> YcsbMulti::audit(WorkerSlot slot, std::size_t depth,
                                              std::span<const WriterProgress>) const {
  return std::make_unique<NumberAudit>(records(), slot, depth);
}

std::optional<std::uint64_t> YcsbMulti::expected_sum(std::span<const WriterProgress> writers) const {
  std::uint64_t sum = 0;
  for (const WriterProgress& writer : writers) sum += writer.sum;
  return sum;
}

YcsbMulti::Stream::Stream(const YcsbMultiSettings& settings, WorkerSlot slot, std::size_t depth,
                          std::uint64_t seed, std::uint32_t stores)
    : partitions_(settings.crossing, slot, stores),
      ranges_(key_ranges(partitions_.partitions(), settings.record_count, stores)),
      touched_(settings.crossing.touched),
      read_share_(settings.reads),
      random_(seed, slot.index),
      buffers_(depth, settings.field_length),
      requests_(depth) {
  for (const KeyRange& range : ranges_) choosers_.push_back(chooser_of(settings.is_zipfian, range.count));
  for (std::uint32_t i = 0; i < depth; ++i) {
    requests_[i].slot = i;
    requests_[i].all_keys.resize(settings.requests);
    requests_[i].buffer = buffers_[i];
  }
}

auto YcsbMulti::Stream::draw(std::uint32_t slot) -> Request& {
  Request& request = requests_[slot];
  request.type = partitions_.crosses(random_) ? 1 : 0;
  const std::span<std::uint32_t> touched = std::span(touched_).first(request.type == 1 ? touched_.size() : 1);
  partitions_.draw(random_, touched);
  request.reads = 0;
  for (std::size_t i = 0; i < request.all_keys.size(); ++i) {
    request.all_keys[i] = draw_key(touched[i % touched.size()], std::span(request.all_keys).first(i));
    if (random_.unit() < read_share_) request.reads |= std::uint64_t{1} << i;
  }
  return request;
}

/// Keys of one transaction differ, as in DBx1000: who meets one of the others takes the next.
Key YcsbMulti::Stream::draw_key(std::uint32_t partition, std::span<const Key> others) {
  const KeyRange& range = ranges_[partition];
  std::uint64_t number = 0;
  choose(choosers_[partition], random_, std::span(&number, 1));
  while (std::ranges::find(others, range.first + number) != others.end())
    number = number + 1 == range.count ? 0 : number + 1;
  return range.first + number;
}

}  // namespace upout::workloads
