#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/sample_documents.h"

namespace upout::harness::samples {

/// A sweep over two workloads and both engines on one and two cores: shared memory ahead on ycsb-c, the
/// engines level on ycsb-a; one run of it unofficial.
inline std::vector<nlohmann::json> sweep() {
  std::vector<nlohmann::json> documents{
      document(run("shared-memory", 1, "ycsb-c", 18.2e6)),
      document(run("shared-memory", 2, "ycsb-c", 35.1e6)),
      document(run("shared-nothing", 1, "ycsb-c", 16.9e6)),
      document(run("shared-nothing", 2, "ycsb-c", 21.8e6)),
      document(run("shared-memory", 1, "ycsb-a", 9.41e6)),
      document(run("shared-memory", 2, "ycsb-a", 15.2e6)),
      document(run("shared-nothing", 1, "ycsb-a", 9.8e6)),
  };
  RunRecord wide = run("shared-nothing", 2, "ycsb-a", 15.1e6);
  wide.repetitions.back().operations = 17'900'000;
  wide.latency["update"] = wide.latency["read"];
  documents.push_back(document(wide));
  return documents;
}

/// Both engines on two cores, by the share of transactions across partitions.
inline std::vector<nlohmann::json> over_shares(const std::vector<std::array<double, 3>>& share_and_medians,
                                               unsigned cores = 2) {
  std::vector<nlohmann::json> documents;
  for (const auto& [share, of_memory, of_nothing] : share_and_medians) {
    for (const auto& [engine, median] :
         {std::pair{"shared-memory", of_memory}, {"shared-nothing", of_nothing}}) {
      RunRecord record = run(engine, cores, "ycsb-multi", median);
      record.id += "-" + std::to_string(share);
      record.properties["crosspartition"] = share;
      record.deployment.concurrency_control = "occ";
      record.unit = "transactions/s";
      documents.push_back(document(record));
    }
  }
  return documents;
}

}  // namespace upout::harness::samples
