#include "workloads/transactions.h"

#include <fmt/format.h>
#include <algorithm>

namespace upout::workloads {

platform::Expected<void> CrossingSettings::check(unsigned workers, std::uint32_t stores, std::uint64_t keys,
                                                 std::uint64_t least_keys) const {
  const std::uint32_t count = partitions_of(workers, stores);
  const std::string found = partitions == 0 ? fmt::format("{}, without it", count) : fmt::format("{}", count);
  if (percent > 0 && touched > count) {
    return platform::unexpected(
        "-p partitions", found,
        fmt::format("at least the {} that a transaction touches, or crosspartition=0", touched));
  }
  if (count % stores != 0) {
    return platform::unexpected("-p partitions", found,
                                fmt::format("a multiple of the {} over ranks (--partitions)", stores));
  }
  if (key_ranges(count, keys).back().count < least_keys) {
    return platform::unexpected("-p partitions", found + fmt::format(" with {} records", keys),
                                fmt::format("so few that the last one has {} records", least_keys));
  }
  return {};
}

nlohmann::json CrossingSettings::percent_json() const {
  const auto whole = static_cast<unsigned>(percent);
  return static_cast<double>(whole) == percent ? nlohmann::json(whole) : nlohmann::json(percent);
}

nlohmann::json CrossingSettings::partitions_json() const {
  return partitions == 0 ? nlohmann::json("one a worker") : nlohmann::json(partitions);
}

std::vector<KeyRange> key_ranges(std::uint32_t partitions, std::uint64_t keys) {
  const engines::Partitioning partitioning(engines::PartitioningKind::range, partitions, keys - 1);
  std::vector<KeyRange> ranges;
  for (std::uint32_t partition = 0; partition < partitions; ++partition) {
    const auto [first, last] = partitioning.range_of(partition);
    ranges.push_back({first, first < keys ? std::min(last, keys - 1) - first + 1 : 0});
  }
  return ranges;
}

}  // namespace upout::workloads
