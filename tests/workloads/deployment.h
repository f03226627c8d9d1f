#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/workloads/model_store.h"
#include "workloads/registry.h"
#include "workloads/workload.h"

namespace upout::workloads {

inline constexpr std::size_t in_flight = 16;

inline std::unique_ptr<Workload> made(std::string_view name,
                                      std::initializer_list<std::string_view> assignments) {
  Properties properties;
  for (const std::string_view assignment : assignments) EXPECT_TRUE(properties.assign(assignment));
  std::vector<std::string> warnings;
  auto workload = make_workload(name, properties, warnings);
  EXPECT_TRUE(workload) << workload.error().to_string();
  return *std::move(workload);
}

/// All workers of a deployment, one after the other on this thread.
struct Deployment {
  const Workload& workload;
  std::uint32_t workers = 1;
  ModelStore store = {};
  std::vector<WriterProgress> writers = {};
  std::uint64_t failed = 0;

  void load() {
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      const auto stream = workload.load({worker, workers}, in_flight);
      Driver(store, in_flight).drive(*stream);
      failed += stream->failed();
    }
  }

  /// The workers take turns, so that each sees what the others have added.
  void run(std::uint64_t operations, std::uint64_t seed = 42) {
    std::vector<std::unique_ptr<RunStream>> streams;
    std::vector<Driver> drivers;
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      streams.push_back(workload.run({worker, workers}, in_flight, seed));
      drivers.emplace_back(store, in_flight, worker);
    }
    for (int turn = 0; turn < 10; ++turn) {
      for (std::uint32_t worker = 0; worker < workers; ++worker) {
        EXPECT_EQ(drivers[worker].drive(*streams[worker], operations / 10), operations / 10);
      }
    }
    writers.clear();
    for (const auto& stream : streams) {
      writers.push_back(stream->progress());
      failed += stream->failed();
    }
  }

  AuditResult audit(std::uint32_t auditors) {
    AuditResult all;
    for (std::uint32_t auditor = 0; auditor < auditors; ++auditor) {
      const auto stream = workload.audit({auditor, auditors}, in_flight, writers);
      Driver(store, in_flight).drive(*stream);
      const AuditResult& part = stream->result();
      all.checked += part.checked;
      all.missing += part.missing;
      all.damaged += part.damaged;
      all.digest += part.digest;
      all.sum += part.sum;
      if (all.first_fault.empty()) all.first_fault = part.first_fault;
      failed += stream->failed();
    }
    return all;
  }
  AuditResult audit() { return audit(workers); }
};

}  // namespace upout::workloads
