#include "harness/measurement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "tests/harness/forwarding_engine.h"
#include "workloads/registry.h"

namespace upout::harness {
namespace {

using engines::Copies;
using engines::shared_memory::Engine;

/// The shared-memory engine, in whose stores `extra` records are that no key leads to.
class EngineWithStrays : public ForwardingEngine {
 public:
  EngineWithStrays(Engine& engine, unsigned extra) : ForwardingEngine(engine), extra_(extra) {}

  template <engines::Aggregate A>
  A aggregate(const A& empty, Copies copies) {
    A whole = ForwardingEngine::aggregate(empty, copies);
    for (unsigned i = 0; i < extra_; ++i) whole.visit(i, {});
    return whole;
  }

 private:
  unsigned extra_;
};

/// Whether the stores were found to agree with what keys lead to, after the load.
bool stores_agree(unsigned extra) {
  const auto topology = platform::Topology::discover();
  const auto map = platform::WorkerMap::create(*topology);
  const auto engine =
      std::move(Engine::create(*topology, *map, {.threads = 1, .expected_records = 100})).value();
  workloads::Properties properties;
  properties.set("recordcount", "100", "test");
  std::vector<std::string> warnings;
  const auto workload = std::move(workloads::make_workload("ycsb-c", properties, warnings)).value();
  RunOptions options;
  options.schedule = {.seconds = 0.01, .warmup_seconds = 0, .repetitions = 1};
  const platform::Clock clock;
  const Interrupt interrupt;
  Progress progress(ProgressMode::silent);
  EngineWithStrays strays(*engine, extra);
  RunRecord record;
  Measurement measurement(strays, *workload, options, clock, interrupt, progress);
  EXPECT_TRUE(measurement.perform(record, [] {}));
  const auto check = std::ranges::find(record.verification.checks, "after_load_stores_agree", &Check::name);
  EXPECT_NE(check, record.verification.checks.end());
  return check->passed;
}

TEST(Measurement, SeesRecordsThatNoKeyLeadsTo) {
  EXPECT_TRUE(stores_agree(0));
  EXPECT_FALSE(stores_agree(1));
}

}  // namespace
}  // namespace upout::harness
