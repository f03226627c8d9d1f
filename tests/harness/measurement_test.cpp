#include "harness/measurement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "engines/shared_nothing/ring_engine.h"
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
  EXPECT_TRUE(measurement.perform(record));
  const auto check = std::ranges::find(record.verification.checks, "after_load_stores_agree", &Check::name);
  EXPECT_NE(check, record.verification.checks.end());
  return check->passed;
}

/// A workload that remembers for which workers it was asked for something to be measured.
class SlotsOfRuns : public workloads::Workload {
 public:
  SlotsOfRuns() {
    workloads::Properties properties;
    properties.set("recordcount", "100", "test");
    std::vector<std::string> warnings;
    workload_ = std::move(workloads::make_workload("ycsb-d", properties, warnings)).value();
  }

  std::string_view name() const override { return workload_->name(); }
  nlohmann::json properties() const override { return workload_->properties(); }
  std::uint64_t record_count() const override { return workload_->record_count(); }
  std::size_t value_bytes() const override { return workload_->value_bytes(); }
  bool needs_order() const override { return workload_->needs_order(); }
  std::size_t output_bytes() const override { return workload_->output_bytes(); }
  kernel::Key largest_key() const override { return workload_->largest_key(); }
  std::unique_ptr<workloads::OperationStream> load(workloads::WorkerSlot slot,
                                                   std::size_t depth) const override {
    return workload_->load(slot, depth);
  }
  std::unique_ptr<workloads::RunStream> run(workloads::WorkerSlot slot, std::size_t depth,
                                            std::uint64_t seed) const override {
    const std::lock_guard lock(mutex_);
    indices_.push_back(slot.index);
    count_ = slot.count;
    return workload_->run(slot, depth, seed);
  }
  std::unique_ptr<workloads::AuditStream> audit(
      workloads::WorkerSlot slot, std::size_t depth,
      std::span<const workloads::WriterProgress> writers) const override {
    return workload_->audit(slot, depth, writers);
  }
  std::uint64_t expected_records(std::span<const workloads::WriterProgress> writers) const override {
    return workload_->expected_records(writers);
  }

  /// In ascending order.
  std::vector<std::uint32_t> indices() const {
    std::vector<std::uint32_t> sorted = indices_;
    std::ranges::sort(sorted);
    return sorted;
  }
  std::uint32_t count() const { return count_; }

 private:
  std::unique_ptr<workloads::Workload> workload_;
  mutable std::mutex mutex_;
  mutable std::vector<std::uint32_t> indices_;
  mutable std::uint32_t count_ = 0;
};

TEST(Measurement, SeesRecordsThatNoKeyLeadsTo) {
  EXPECT_TRUE(stores_agree(0));
  EXPECT_FALSE(stores_agree(1));
}

/// However many workers share it, so much is offered in all; and what is timed is what arrived.
TEST(Measurement, OffersTheRateThatWasAskedForToAllWorkersTogether) {
  const auto topology = platform::Topology::discover();
  const auto map = platform::WorkerMap::create(*topology);
  workloads::Properties properties;
  properties.set("recordcount", "100", "test");
  std::vector<std::string> warnings;
  const auto workload = std::move(workloads::make_workload("ycsb-a", properties, warnings)).value();
  for (const unsigned threads : {1U, 3U}) {
    const auto engine =
        std::move(Engine::create(*topology, *map,
                                 {.threads = threads, .oversubscribe = true, .expected_records = 100}))
            .value();
    RunOptions options;
    options.threads = threads;
    options.load = {.per_second = 10'000, .arrivals = ArrivalKind::uniform};
    options.schedule = {.seconds = 0.6, .warmup_seconds = 0.03, .repetitions = 2};
    const platform::Clock clock;
    const Interrupt interrupt;
    Progress progress(ProgressMode::silent);
    RunRecord record;
    Measurement measurement(*engine, *workload, options, clock, interrupt, progress);
    ASSERT_TRUE(measurement.perform(record));
    EXPECT_TRUE(record.verification.passed());
    ASSERT_EQ(record.repetitions.size(), 2U);
    std::uint64_t done = 0;
    std::uint64_t arrived = 0;
    for (const Repetition& repetition : record.repetitions) {
      ASSERT_TRUE(repetition.offered);
      EXPECT_NEAR(static_cast<double>(*repetition.offered), 3000, 3);
      // Or as many as had arrived by then, if the machine has had something else to do.
      EXPECT_LE(repetition.operations, 3300U + 3);
      done += repetition.operations;
      arrived += *repetition.offered;
    }
    EXPECT_GT(done, 0U);
    std::uint64_t timed = 0;
    for (const auto& [kind, histogram] : record.latency) timed += histogram.count();
    EXPECT_GT(timed, 0U);
    EXPECT_LE(timed, arrived) << "fewer if some had to be given up";
  }
}

/// Streams of operations are made for clients alone, as if there were no other workers.
TEST(Measurement, ServersDoNothingOfTheirOwn) {
  using engines::shared_nothing::RingEngine;
  const auto topology = platform::Topology::discover();
  const auto map = platform::WorkerMap::create(*topology);
  for (const unsigned clients : {0U, 1U, 2U}) {
    const auto engine =
        std::move(
            RingEngine::create(
                *topology, *map, 3,
                {.oversubscribe = true, .expected_records = 100, .value_bytes = 1000, .clients = clients}))
            .value();
    SlotsOfRuns workload;
    RunOptions options;
    options.engine = "shared-nothing";
    options.clients = clients;
    options.schedule = {.seconds = 0.02, .warmup_seconds = 0, .repetitions = 2};
    const platform::Clock clock;
    const Interrupt interrupt;
    Progress progress(ProgressMode::silent);
    RunRecord record;
    Measurement measurement(*engine, workload, options, clock, interrupt, progress);
    ASSERT_TRUE(measurement.perform(record));
    EXPECT_TRUE(record.verification.passed());
    const unsigned generators = clients == 0 ? 3 : clients;
    std::vector<std::uint32_t> expected(generators);
    std::iota(expected.begin(), expected.end(), 0U);
    EXPECT_EQ(workload.indices(), expected);
    EXPECT_EQ(workload.count(), generators);
  }
}

}  // namespace
}  // namespace upout::harness
