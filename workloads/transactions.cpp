#include "workloads/transactions.h"

#include <fmt/format.h>
#include <algorithm>
#include <cassert>

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
  const auto ranges = key_ranges(count, keys, stores);
  if (std::ranges::min(ranges, {}, &KeyRange::count).count < least_keys) {
    return platform::unexpected("-p partitions", found + fmt::format(" with {} records", keys),
                                fmt::format("so few that each has {} records", least_keys));
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

namespace {

/// Without keys there are none in any partition.
KeyRange range_of(const engines::Partitioning& partitioning, std::uint32_t partition, std::uint64_t keys) {
  const auto [first, last] = partitioning.range_of(partition);
  return {first, first < keys ? std::min(last, keys - 1) - first + 1 : 0};
}

}  // namespace

std::vector<KeyRange> key_ranges(std::uint32_t partitions, std::uint64_t keys, std::uint32_t stores) {
  using engines::PartitioningKind;
  assert(partitions % stores == 0);
  const std::uint32_t of_each = partitions / stores;
  const engines::Partitioning of_stores(PartitioningKind::range, stores, keys - 1);
  std::vector<KeyRange> ranges;
  for (std::uint32_t store = 0; store < stores; ++store) {
    const KeyRange all = range_of(of_stores, store, keys);
    const engines::Partitioning within(PartitioningKind::range, of_each, all.count == 0 ? 0 : all.count - 1);
    for (std::uint32_t partition = 0; partition < of_each; ++partition) {
      const KeyRange part = range_of(within, partition, all.count);
      ranges.push_back({all.first + part.first, part.count});
    }
  }
  return ranges;
}

std::vector<KeyRange> block_ranges(std::uint32_t partitions, std::uint64_t blocks, std::uint64_t keys_each,
                                   std::uint32_t stores) {
  std::vector<KeyRange> ranges = key_ranges(partitions, blocks * keys_each, stores);
  for (KeyRange& range : ranges) {
    const std::uint64_t end = (range.first + range.count) / keys_each;
    range.first = (range.first + keys_each - 1) / keys_each;
    range.count = end > range.first ? end - range.first : 0;
  }
  return ranges;
}

}  // namespace upout::workloads
