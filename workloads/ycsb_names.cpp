#include "workloads/ycsb_names.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "workloads/nearest.h"

namespace upout::workloads {

namespace {

constexpr auto used = std::to_array<std::string_view>({
    "exponential.frac",
    "exponential.percentile",
    "fieldcount",
    "fieldlength",
    "fieldlengthdistribution",
    "fieldlengthhistogram",
    "homefraction",
    "hotspotdatafraction",
    "hotspotopnfraction",
    "insertcount",
    "insertorder",
    "insertproportion",
    "insertstart",
    "maxexecutiontime",
    "maxscanlength",
    "minfieldlength",
    "minscanlength",
    "operationcount",
    "readallfields",
    "readmodifywriteproportion",
    "readproportion",
    "recordcount",
    "requestdistribution",
    "scanlengthdistribution",
    "scanproportion",
    "updateproportion",
    "workload",
    "writeallfields",
    "zipfianconstant",
});

struct UnusedName {
  std::string_view name;  ///< one that ends in a dot stands for all that start with it
  std::string_view advice;
};

constexpr std::string_view histograms = "latencies are always kept as histograms; use --json for them";
constexpr std::string_view no_names = "records and fields have no names, keys are 64-bit numbers";
constexpr std::string_view no_retries = "an insert that fails is counted and fails the run's verification";
constexpr std::string_view progress = "progress is shown when stderr is a terminal";
constexpr std::string_view ycsb_client = "it is for YCSB's own client";

constexpr auto unused = std::to_array<UnusedName>({
    {"basicdb.", ycsb_client},
    {"columnfamily", no_names},
    {"core_workload_insertion_keep_going_on_error", no_retries},
    {"core_workload_insertion_retry_interval", no_retries},
    {"core_workload_insertion_retry_limit", no_retries},
    {"dataintegrity", "every value is self-checking, and every run is verified"},
    {"db", "use --engine"},
    {"discardscannedrecord", "scanned records are always copied to the client"},
    {"dotransactions", "every run loads, measures and verifies"},
    {"exporter", "use --json"},
    {"exportfile", "use --json"},
    {"fieldnameprefix", no_names},
    {"gbudb.", ycsb_client},
    {"hdrhistogram.", histograms},
    {"histogram.", histograms},
    {"htrace.", ycsb_client},
    {"label", ycsb_client},
    {"latencytrackederrors", histograms},
    {"maxscanrate", "scans are as fast as their records come"},
    {"measurement.", histograms},
    {"measurementtype", histograms},
    {"readallfieldsbyname", no_names},
    {"reportlatencyforeacherror", histograms},
    {"scanoptimelimit", "scans end when they have their records"},
    {"spin.sleep", ycsb_client},
    {"status", progress},
    {"status.interval", progress},
    {"table", no_names},
    {"target", "use --rate, the operations that all workers are offered in a second"},
    {"threadcount", "use --threads, or ranks"},
    {"timeseries.", histograms},
    {"zeropadding", no_names},
});

std::optional<std::string_view> advice_for(std::string_view name) {
  const auto found = std::ranges::find_if(unused, [name](const UnusedName& entry) {
    return entry.name.ends_with('.') ? name.starts_with(entry.name) : name == entry.name;
  });
  return found == unused.end() ? std::nullopt : std::optional(found->advice);
}

std::string expected_name(std::string_view workload, std::string_view name) {
  std::vector<std::string_view> names(used.begin(), used.end());
  for (const UnusedName& entry : unused) names.push_back(entry.name);
  const auto meant = nearest(name, names);
  return meant ? fmt::format("{}", *meant) : fmt::format("a property of {}", workload);
}

}  // namespace

platform::Expected<void> check_ycsb_names(std::string_view workload, const Properties& properties,
                                          std::vector<std::string>& warnings) {
  for (const Property& property : properties.all()) {
    if (std::ranges::find(used, property.name) != used.end()) continue;
    if (const auto advice = advice_for(property.name)) {
      warnings.push_back(fmt::format("{}: has no effect: {}", property.where(), *advice));
    } else {
      return platform::unexpected(property.origin, fmt::format("unknown property '{}'", property.name),
                                  expected_name(workload, property.name));
    }
  }
  return {};
}

}  // namespace upout::workloads
