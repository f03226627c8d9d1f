#include "workloads/registry.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <utility>

#include "workloads/analytics.h"
#include "workloads/ledger.h"
#include "workloads/nearest.h"
#include "workloads/small_bank.h"
#include "workloads/tatp.h"
#include "workloads/tpcc.h"
#include "workloads/ycsb.h"
#include "workloads/ycsb_multi.h"

namespace upout::workloads {

namespace {

template <YcsbMix mix>
platform::Expected<std::unique_ptr<Workload>> make_ycsb(std::string_view name, const Properties& properties,
                                                        std::vector<std::string>& warnings) {
  return Ycsb::make(name, mix, properties, warnings);
}

constexpr auto entries = std::to_array<WorkloadEntry>({
    {"ycsb-a", "YCSB A, update heavy: 50 % reads, 50 % updates, zipfian", make_ycsb<ycsb_mixes::a>},
    {"ycsb-b", "YCSB B, read mostly: 95 % reads, 5 % updates, zipfian", make_ycsb<ycsb_mixes::b>},
    {"ycsb-c", "YCSB C, read only: zipfian", make_ycsb<ycsb_mixes::c>},
    {"ycsb-d", "YCSB D, read latest: 95 % reads, 5 % inserts, latest", make_ycsb<ycsb_mixes::d>},
    {"ycsb-e", "YCSB E, short ranges: 95 % scans of 1 to 100 records, 5 % inserts, zipfian",
     make_ycsb<ycsb_mixes::e>},
    {"ycsb-f", "YCSB F, read-modify-write: 50 % of them, 50 % reads, zipfian", make_ycsb<ycsb_mixes::f>},
    {"ycsb", "YCSB with its defaults where -P and -p say nothing: 95 % reads, 5 % updates, uniform",
     make_ycsb<ycsb_mixes::unset>},
    {"ycsb-multi", "transactions of 16 requests, as DBx1000's YCSB has them: reads, and increments; uniform",
     YcsbMulti::make, true},
    {"smallbank", "SmallBank: six short transactions on the two accounts of a customer, or of two",
     SmallBank::make, true, "those of its two customers"},
    {"tatp", "TATP: seven short transactions on the subscribers of a mobile network, 80 % read only",
     Tatp::make, true, "those of its two subscribers"},
    {"tpcc",
     "TPC-C: five transactions of a wholesale supplier, 88 % of them orders and payments; not compliant",
     Tpcc::make, true},
    {"analytics", "scans and aggregates over a table of sales: a filtered sum, a group-by, a hash join",
     Analytics::make},
    {"ledger",
     "clients that keep books of what was acknowledged: 50 % reads, 50 % writes of own keys, uniform",
     LedgerWorkload::make},
});

std::string expected_workload(std::string_view name) {
  std::vector<std::string_view> names;
  for (const WorkloadEntry& entry : entries) names.push_back(entry.name);
  std::string expected = list_of(names);
  if (const auto meant = nearest(name, names)) expected += fmt::format("; did you mean {}?", *meant);
  return expected;
}

constexpr auto crossing = std::to_array<CrossingOption>({
    {"cross-partition", "crosspartition"},
    {"partitions-touched", "partitionstouched"},
});

/// Better than that the workload does not know the property: who asks for it means something.
platform::Expected<void> check_crossing(const WorkloadEntry& entry, const Properties& properties) {
  for (const CrossingOption& option : crossing) {
    const Property* given = properties.find(option.property);
    if (given == nullptr) continue;
    const std::string found = fmt::format("'{}' with {}", given->value, entry.name);
    if (!entry.has_transactions) {
      std::vector<std::string_view> names;
      for (const WorkloadEntry& each : entries) {
        if (each.has_transactions) names.push_back(each.name);
      }
      return platform::unexpected(given->where(), found, "it with transactions: " + list_of(names));
    }
    if (option.property == "partitionstouched" && !entry.two_partitions.empty()) {
      return platform::unexpected(
          given->where(), found,
          fmt::format("none: a transaction of {} that crosses partitions touches two, {}", entry.name,
                      entry.two_partitions));
    }
  }
  return {};
}

}  // namespace

std::span<const CrossingOption> crossing_options() {
  return crossing;
}

std::span<const WorkloadEntry> workloads() {
  return entries;
}

platform::Expected<std::unique_ptr<Workload>> make_workload(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings) {
  const auto entry = std::ranges::find(entries, name, &WorkloadEntry::name);
  if (entry != entries.end()) {
    if (auto crossing = check_crossing(*entry, properties); !crossing)
      return tl::unexpected(std::move(crossing.error()));
    return entry->make(name, properties, warnings);
  }
  return platform::unexpected("--workload", fmt::format("'{}'", name), expected_workload(name));
}

}  // namespace upout::workloads
