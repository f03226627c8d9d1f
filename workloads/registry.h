#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/error.h"
#include "workloads/properties.h"
#include "workloads/workload.h"

namespace upout::workloads {

struct WorkloadEntry {
  std::string_view name;
  std::string_view description;  ///< one line
  platform::Expected<std::unique_ptr<Workload>> (*make)(std::string_view name, const Properties& properties,
                                                        std::vector<std::string>& warnings);
  bool has_transactions = false;  ///< with the property crosspartition
  /// Of which two partitions a transaction that crosses is always; empty: partitionstouched says how many.
  std::string_view two_partitions = {};
};

/// What crosses partitions, as options and plans call it, and the property that it sets.
struct CrossingOption {
  std::string_view name;  ///< as the option: "cross-partition"; in plans with an underscore
  std::string_view property;
};
std::span<const CrossingOption> crossing_options();

/// All workloads there are, in the order in which they are to be listed.
std::span<const WorkloadEntry> workloads();

/// A workload with the user's properties over its own. Warnings are whole lines for the user; errors name the
/// property's origin, or "--workload" if there is none of this name.
platform::Expected<std::unique_ptr<Workload>> make_workload(std::string_view name,
                                                            const Properties& properties,
                                                            std::vector<std::string>& warnings);

}  // namespace upout::workloads
