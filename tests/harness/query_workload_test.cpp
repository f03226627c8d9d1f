#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "engines/shared_nothing/ring_engine.h"
#include "harness/measurement.h"
#include "tests/harness/forwarding_engine.h"
#include "workloads/registry.h"

/// Workloads of queries on both engines.
namespace upout::harness {
namespace {

namespace shared_memory = engines::shared_memory;
namespace shared_nothing = engines::shared_nothing;

std::unique_ptr<workloads::Workload> few_sales() {
  workloads::Properties properties;
  for (const char* assignment : {"sales=2000", "customers=40", "rowbytes=40"})
    EXPECT_TRUE(properties.assign(assignment));
  std::vector<std::string> warnings;
  return std::move(workloads::make_workload("analytics", properties, warnings)).value();
}

const platform::Topology& topology() {
  static const platform::Topology found = std::move(*platform::Topology::discover());
  return found;
}

constexpr double window_seconds = 0.02;

template <class E>
RunRecord measure(E& engine, const workloads::Workload& workload) {
  RunOptions options;
  options.schedule = {.seconds = 2 * window_seconds, .warmup_seconds = 0.01, .repetitions = 2};
  const platform::Clock clock;
  const Interrupt interrupt;
  Progress progress(ProgressMode::silent);
  RunRecord record;
  Measurement measurement(engine, workload, options, clock, interrupt, progress);
  EXPECT_TRUE(measurement.perform(record));
  return record;
}

/// All answers were right, and each was timed.
void expect_right(const RunRecord& record) {
  EXPECT_TRUE(record.verification.passed());
  ASSERT_EQ(record.repetitions.size(), 2U);
  std::uint64_t answered = 0;
  for (const Repetition& repetition : record.repetitions) {
    EXPECT_GT(repetition.operations, 0U);
    EXPECT_EQ(repetition.failed, 0U);
    EXPECT_GE(repetition.seconds, window_seconds) << "the last answer counts, and so does its time";
    answered += repetition.operations;
  }
  std::uint64_t timed = 0;
  for (const auto& [type, histogram] : record.latency) timed += histogram.count();
  EXPECT_EQ(timed, answered);
}

TEST(Queries, AreAnsweredInSharedMemory) {
  for (const char* placement : {"os", "partitioned", "replicated"}) {
    for (const unsigned threads : {1U, 2U}) {
      const auto engine = shared_memory::Engine::create(
          topology(), platform::WorkerMap::create(topology()).value(),
          {.threads = threads, .oversubscribe = true, .placement = placement, .largest_key = 2039});
      ASSERT_TRUE(engine) << engine.error().to_string();
      expect_right(measure(**engine, *few_sales()));
    }
  }
}

TEST(Queries, AreAnsweredOverRanks) {
  for (const unsigned ranks : {1U, 2U, 3U}) {
    const auto engine = shared_nothing::RingEngine::create(
        topology(), platform::WorkerMap::create(topology()).value(), ranks, {.oversubscribe = true});
    ASSERT_TRUE(engine) << engine.error().to_string();
    expect_right(measure(**engine, *few_sales()));
  }
}

/// The shared-memory engine, whose aggregates see one record differently.
class EngineThatErrs : public ForwardingEngine {
 public:
  enum class Fault { none, leaves_out, takes_twice, reads_torn };

  EngineThatErrs(Engine& engine, Fault fault) : ForwardingEngine(engine), fault_(fault) {}

  template <engines::Aggregate A>
  A aggregate(const A& empty, engines::Copies copies) {
    // Checks of the stores are to be right: queries are what is tested here.
    if constexpr (std::is_same_v<A, workloads::Digest>) {
      return ForwardingEngine::aggregate(empty, copies);
    } else {
      return ForwardingEngine::aggregate(Erring<A>{empty, fault_}, copies).right;
    }
  }

 private:
  static constexpr kernel::Key wrong = 1000;

  template <engines::Aggregate A>
  struct Erring {
    A right;
    Fault fault;

    void visit(kernel::Key key, std::span<const std::byte> value) {
      if (key != wrong) return right.visit(key, value);
      if (fault == Fault::leaves_out) return;
      std::vector<std::byte> copy(value.begin(), value.end());
      if (fault == Fault::reads_torn) std::ranges::fill(copy, std::byte{0});
      right.visit(key, copy);
      if (fault == Fault::takes_twice) right.visit(key, copy);
    }
    void merge(const Erring& other) { right.merge(other.right); }
  };

  Fault fault_;
};

TEST(Queries, FailTheRunIfAScanErrs) {
  using enum EngineThatErrs::Fault;
  for (const auto fault : {none, leaves_out, takes_twice, reads_torn}) {
    const auto fresh = shared_memory::Engine::create(
        topology(), platform::WorkerMap::create(topology()).value(), {.threads = 1, .oversubscribe = true});
    EngineThatErrs erring(**fresh, fault);
    const RunRecord record = measure(erring, *few_sales());
    std::uint64_t failed = 0;
    for (const Repetition& repetition : record.repetitions) failed += repetition.failed;
    EXPECT_EQ(failed != 0, fault != none);
  }
}

}  // namespace
}  // namespace upout::harness
