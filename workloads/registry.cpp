#include "workloads/registry.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <utility>

#include "workloads/analytics.h"
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
     YcsbMulti::make},
    {"smallbank", "SmallBank: six short transactions on the two accounts of a customer, or of two",
     SmallBank::make},
    {"tatp", "TATP: seven short transactions on the subscribers of a mobile network, 80 % read only",
     Tatp::make},
    {"tpcc",
     "TPC-C: five transactions of a wholesale supplier, 88 % of them orders and payments; not compliant",
     Tpcc::make},
    {"analytics", "scans and aggregates over a table of sales: a filtered sum, a group-by, a hash join",
     Analytics::make},
});

std::string expected_workload(std::string_view name) {
  std::vector<std::string_view> names;
  for (const WorkloadEntry& entry : entries) names.push_back(entry.name);
  std::string expected = list_of(names);
  if (const auto meant = nearest(name, names)) expected += fmt::format("; did you mean {}?", *meant);
  return expected;
}

}  // namespace

std::span<const WorkloadEntry> workloads() {
  return entries;
}

platform::Expected<std::unique_ptr<Workload>> make_workload(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings) {
  const auto entry = std::ranges::find(entries, name, &WorkloadEntry::name);
  if (entry != entries.end()) return entry->make(name, properties, warnings);
  return platform::unexpected("--workload", fmt::format("'{}'", name), expected_workload(name));
}

}  // namespace upout::workloads
