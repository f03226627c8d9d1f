#include "harness/measurement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "engines/shared_nothing/ring_engine.h"
#include "tests/harness/forwarding_engine.h"
#include "tests/harness/owned_workload.h"
#include "workloads/forwarding_workload.h"
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

std::unique_ptr<workloads::Workload> hundred_records_of_ycsb_d() {
  workloads::Properties properties;
  properties.set("recordcount", "100", "test");
  std::vector<std::string> warnings;
  return std::move(workloads::make_workload("ycsb-d", properties, warnings)).value();
}

/// Which inserts and reads what is new; of which a test may replace what is to be measured.
class ForwardingYcsbD : private OwnedWorkload, public workloads::ForwardingWorkload {
 public:
  ForwardingYcsbD()
      : OwnedWorkload{hundred_records_of_ycsb_d()}, workloads::ForwardingWorkload(*OwnedWorkload::workload) {}
};

/// A workload that remembers for which workers it was asked for something to be measured, and how many of
/// these streams there have been at a time.
class SlotsOfRuns : public ForwardingYcsbD {
 public:
  std::unique_ptr<workloads::RunStream> run(workloads::WorkerSlot slot, std::size_t depth,
                                            std::uint64_t seed) const override {
    const std::lock_guard lock(mutex_);
    indices_.push_back(slot.index);
    count_ = slot.count;
    most_ = std::max(most_, ++living_);
    return std::make_unique<Stream>(ForwardingWorkload::run(slot, depth, seed), living_);
  }

  /// In ascending order.
  std::vector<std::uint32_t> indices() const {
    std::vector<std::uint32_t> sorted = indices_;
    std::ranges::sort(sorted);
    return sorted;
  }
  std::uint32_t count() const { return count_; }
  unsigned most_streams() const { return most_; }

 private:
  class Stream final : public workloads::ForwardingStream {
   public:
    Stream(std::unique_ptr<workloads::RunStream> stream, std::atomic<unsigned>& living)
        : ForwardingStream(std::move(stream)), living_(&living) {}
    ~Stream() override { --*living_; }

   private:
    std::atomic<unsigned>* living_;
  };

  mutable std::mutex mutex_;
  mutable std::vector<std::uint32_t> indices_;
  mutable std::uint32_t count_ = 0;
  mutable std::atomic<unsigned> living_{0};
  mutable unsigned most_ = 0;
};

/// A workload whose generator reads the clock so many times for each operation that it draws.
class SlowGenerator : public ForwardingYcsbD {
 public:
  explicit SlowGenerator(unsigned clock_reads) : clock_reads_(clock_reads) {}

  std::unique_ptr<workloads::RunStream> run(workloads::WorkerSlot slot, std::size_t depth,
                                            std::uint64_t seed) const override {
    return std::make_unique<Stream>(ForwardingWorkload::run(slot, depth, seed), clock_reads_);
  }

 private:
  class Stream final : public workloads::ForwardingStream {
   public:
    Stream(std::unique_ptr<workloads::RunStream> stream, unsigned clock_reads)
        : ForwardingStream(std::move(stream)), clock_reads_(clock_reads) {}
    std::size_t next(std::span<kernel::Operation* const> free) override {
      for (std::size_t i = 0; i < free.size() * clock_reads_; ++i) latest_ = clock_.now().count();
      return ForwardingStream::next(free);
    }

   private:
    unsigned clock_reads_;
    platform::Clock clock_;
    volatile platform::Timestamp::rep latest_ = 0;  // so that no reading is left out
  };

  unsigned clock_reads_;
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
    const std::vector<std::uint32_t> each_once = expected;
    expected.insert(expected.end(), each_once.begin(),
                    each_once.end());  // what it rehearses with comes first
    std::ranges::sort(expected);
    EXPECT_EQ(workload.indices(), expected);
    EXPECT_EQ(workload.count(), generators);
    EXPECT_EQ(workload.most_streams(), generators) << "those that it rehearsed with were still there";
  }
}

/// Of ycsb-d, with so many clock reads for each operation that is drawn.
template <class E>
RunRecord with_generator(E& engine, unsigned clock_reads, RunOptions options) {
  const SlowGenerator workload(clock_reads);
  options.schedule = {.seconds = 0.02, .warmup_seconds = 0, .repetitions = 2};
  const platform::Clock clock;
  const Interrupt interrupt;
  Progress progress(ProgressMode::silent);
  RunRecord record;
  Measurement measurement(engine, workload, options, clock, interrupt, progress);
  EXPECT_TRUE(measurement.perform(record));
  for (const Check& check : record.verification.checks)
    EXPECT_TRUE(check.passed) << check.name << ": " << check.detail;
  for (const Repetition& repetition : record.repetitions) EXPECT_EQ(repetition.failed, 0U);
  return record;
}

/// A generator of some ten nanoseconds against one of some ten thousand: nothing that else runs on the
/// machine can hide that.
template <class MakeEngine>
void expect_slow_generator_to_show(MakeEngine&& make_engine, const RunOptions& options) {
  const auto fast = with_generator(*make_engine(), 0, options).generator_ns;
  const auto slow = with_generator(*make_engine(), 2000, options).generator_ns;
  ASSERT_TRUE(fast);
  ASSERT_TRUE(slow);
  EXPECT_GT(*fast, 0);
  EXPECT_GT(*slow, 10 * *fast);
}

TEST(Measurement, KnowsWhatGeneratorAndRecorderTakeOnThreads) {
  const auto topology = platform::Topology::discover();
  const auto map = platform::WorkerMap::create(*topology);
  const auto two_threads = [&] {
    return std::move(Engine::create(*topology, *map,
                                    {.threads = 2, .oversubscribe = true, .expected_records = 100}))
        .value();
  };
  RunOptions options;
  expect_slow_generator_to_show(two_threads, options);
  options.load = {.per_second = 1e4, .arrivals = ArrivalKind::poisson};
  expect_slow_generator_to_show(two_threads, options);
}

TEST(Measurement, KnowsWhatGeneratorAndRecorderTakeOverRanks) {
  using engines::shared_nothing::RingEngine;
  const auto topology = platform::Topology::discover();
  const auto map = platform::WorkerMap::create(*topology);
  for (const unsigned clients : {0U, 1U}) {
    RunOptions options;
    options.engine = "shared-nothing";
    options.clients = clients;
    expect_slow_generator_to_show(
        [&] {
          return std::move(RingEngine::create(*topology, *map, 2,
                                              {.oversubscribe = true,
                                               .expected_records = 100,
                                               .value_bytes = 1000,
                                               .clients = clients}))
              .value();
        },
        options);
  }
}

}  // namespace
}  // namespace upout::harness
