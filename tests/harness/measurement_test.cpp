#include "harness/measurement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "workloads/registry.h"

namespace upout::harness {
namespace {

using engines::Copies;
using engines::shared_memory::Engine;

/// The shared-memory engine, in whose stores `extra` records are that no key leads to.
class EngineWithStrays {
 public:
  using Session = Engine::Session;

  EngineWithStrays(Engine& engine, unsigned extra) : engine_(&engine), extra_(extra) {}

  template <class Work>
  void run_on_workers(Work&& work) {
    engine_->run_on_workers(work);
  }
  template <class Work>
  void run_in_shares(Work&& work) {
    engine_->run_in_shares(work);
  }
  template <engines::Aggregate A>
  A aggregate(const A& empty, Copies copies) {
    A whole = engine_->aggregate(empty, copies);
    for (unsigned i = 0; i < extra_; ++i) whole.visit(i, {});
    return whole;
  }
  unsigned copies() const { return engine_->copies(); }
  unsigned local_shares() const { return engine_->local_shares(); }
  void sum(std::span<std::uint64_t> numbers) { engine_->sum(numbers); }
  void max(std::span<std::uint64_t> numbers) { engine_->max(numbers); }
  std::uint64_t record_count() { return engine_->record_count(); }
  std::vector<platform::WorkerBinding> bindings() { return engine_->bindings(); }
  unsigned local_workers() const { return engine_->local_workers(); }
  unsigned workers() const { return engine_->workers(); }
  bool is_root() const { return engine_->is_root(); }

 private:
  Engine* engine_;
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
