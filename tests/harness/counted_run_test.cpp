#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "engines/shared_nothing/ring_engine.h"
#include "harness/counted_stream.h"
#include "harness/measurement.h"
#include "harness/run_limits.h"
#include "tests/harness/owned_workload.h"
#include "workloads/forwarding_workload.h"
#include "workloads/registry.h"

namespace upout::harness {
namespace {

std::unique_ptr<workloads::Workload> made(const std::vector<std::string>& assignments,
                                          std::string_view name = "ycsb-a") {
  workloads::Properties properties;
  properties.set("recordcount", "200", "test");
  for (const std::string& assignment : assignments) EXPECT_TRUE(properties.assign(assignment));
  std::vector<std::string> warnings;
  return std::move(workloads::make_workload(name, properties, warnings)).value();
}

/// A workload whose streams' operations are counted when they are handed out.
class Counting : private OwnedWorkload, public workloads::ForwardingWorkload {
 public:
  explicit Counting(std::string_view name)
      : OwnedWorkload{made({}, name)}, workloads::ForwardingWorkload(*OwnedWorkload::workload) {}

  std::unique_ptr<workloads::RunStream> run(workloads::WorkerSlot slot, std::size_t depth,
                                            std::uint64_t seed) const override {
    return std::make_unique<Stream>(ForwardingWorkload::run(slot, depth, seed), handed_out_);
  }

  std::uint64_t handed_out() const { return handed_out_; }
  /// What has been handed out so far was of a rehearsal.
  void begin() const { handed_out_ = 0; }

 private:
  class Stream final : public workloads::ForwardingStream {
   public:
    Stream(std::unique_ptr<workloads::RunStream> stream, std::atomic<std::uint64_t>& handed_out)
        : ForwardingStream(std::move(stream)), handed_out_(handed_out) {}
    std::size_t next(std::span<kernel::Operation* const> free) override {
      const std::size_t filled = ForwardingStream::next(free);
      handed_out_ += filled;
      return filled;
    }

   private:
    std::atomic<std::uint64_t>& handed_out_;
  };

  mutable std::atomic<std::uint64_t> handed_out_{0};
};

/// Since it was made.
class StopWatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// `begin` is called before the first repetition.
template <class E>
RunRecord measured(
    E& engine, const workloads::Workload& workload, const RunOptions& options,
    const std::function<void()>& begin = [] {}) {
  const platform::Clock clock;
  const Interrupt interrupt;
  Progress progress(ProgressMode::silent);
  RunRecord record;
  Measurement measurement(engine, workload, options, clock, interrupt, progress);
  const auto begun = [&] {
    begin();
    return platform::Expected<void>();
  };
  EXPECT_TRUE(measurement.perform(record, begun, [](RunRecord&) {}));
  return record;
}

/// Each of these shares is done by the count, and not an operation more, in the time that it took. `passed`:
/// seconds that all of the run took.
void expect_all_done(const RunRecord& record, const std::vector<std::uint64_t>& shares, double passed) {
  double seconds = 0;
  double longest = 0;
  std::vector<std::uint64_t> done;
  for (const Repetition& repetition : record.repetitions) {
    done.push_back(repetition.operations);
    EXPECT_TRUE(repetition.complete);
    EXPECT_EQ(repetition.ended_by, EndedBy::count);
    EXPECT_EQ(repetition.failed, 0U);
    EXPECT_GT(repetition.seconds, 0);
    longest = std::max(longest, repetition.seconds);
    seconds += repetition.seconds;
  }
  EXPECT_LE(seconds, passed);
  EXPECT_EQ(done, shares);
  std::uint64_t timed = 0;
  for (const auto& [kind, histogram] : record.latency) {
    timed += histogram.count();
    EXPECT_LE(static_cast<double>(histogram.max()) * 1e-9, longest + 1e-9)
        << "an operation that comes back when its repetition is over";
  }
  EXPECT_EQ(timed, std::accumulate(shares.begin(), shares.end(), std::uint64_t{0}));
}

RunOptions counted(std::uint64_t operations, double seconds = Schedule::unlimited_seconds) {
  RunOptions options;
  options.schedule = {.seconds = seconds, .warmup_seconds = 0, .repetitions = 3, .operations = operations};
  return options;
}

struct Machine {
  platform::Topology topology = *platform::Topology::discover();
  platform::WorkerMap map = *platform::WorkerMap::create(topology);
};

TEST(CountedRun, HasItsSharesAddUp) {
  for (const std::uint64_t whole : {0U, 1U, 7U, 1000U}) {
    for (const std::uint64_t count : {1U, 2U, 3U, 16U}) {
      std::uint64_t sum = 0;
      for (std::uint64_t i = 0; i < count; ++i) {
        sum += even_share(whole, i, count);
        EXPECT_LE(even_share(whole, i, count) - whole / count, 1U);
      }
      EXPECT_EQ(sum, whole);
    }
  }
}

TEST(CountedRun, DoesSoManyOperationsOnThreads) {
  const Machine machine;
  for (const unsigned threads : {1U, 2U, 3U}) {
    for (const bool has_warmup : {false, true}) {
      SCOPED_TRACE(std::to_string(threads) + (has_warmup ? " with a warm-up" : ""));
      const auto engine = std::move(engines::shared_memory::Engine::create(
                                        machine.topology, machine.map,
                                        {.threads = threads, .oversubscribe = true, .expected_records = 200}))
                              .value();
      const Counting workload("ycsb-a");
      RunOptions options = counted(1001);
      options.schedule.warmup_seconds = has_warmup ? 0.005 : 0;
      const StopWatch watch;
      const RunRecord record = measured(*engine, workload, options, [&] { workload.begin(); });
      EXPECT_TRUE(record.verification.passed());
      expect_all_done(record, {334, 334, 333}, watch.seconds());
      const std::uint64_t uncounted = workload.handed_out() - 1001;
      EXPECT_EQ(uncounted > 0, has_warmup);
    }
  }
}

/// Workers without a share, of the last repetition, do nothing, and the others are not kept waiting.
TEST(CountedRun, MayHaveFewerOperationsThanWorkers) {
  const Machine machine;
  const auto engine = std::move(engines::shared_memory::Engine::create(
                                    machine.topology, machine.map,
                                    {.threads = 3, .oversubscribe = true, .expected_records = 200}))
                          .value();
  const Counting workload("ycsb-d");
  const StopWatch watch;
  const RunRecord record = measured(*engine, workload, counted(4), [&] { workload.begin(); });
  EXPECT_TRUE(record.verification.passed());
  expect_all_done(record, {2, 1, 1}, watch.seconds());
  EXPECT_EQ(workload.handed_out(), 4U);
}

TEST(CountedRun, DoesSoManyOperationsOnRanksAndClients) {
  const Machine machine;
  for (const unsigned clients : {0U, 1U, 2U}) {
    SCOPED_TRACE(std::to_string(clients) + " clients");
    const auto engine =
        std::move(
            engines::shared_nothing::RingEngine::create(
                machine.topology, machine.map, 3,
                {.oversubscribe = true, .expected_records = 200, .value_bytes = 1000, .clients = clients}))
            .value();
    const Counting workload("ycsb-d");
    RunOptions options = counted(1001);
    options.engine = "shared-nothing";
    options.clients = clients;
    const StopWatch watch;
    const RunRecord record = measured(*engine, workload, options, [&] { workload.begin(); });
    EXPECT_TRUE(record.verification.passed());
    expect_all_done(record, {334, 334, 333}, watch.seconds());
    EXPECT_EQ(workload.handed_out(), 1001U);
  }
}

TEST(CountedRun, LastsNoLongerThanItsTime) {
  const Machine machine;
  const auto engine = std::move(engines::shared_memory::Engine::create(
                                    machine.topology, machine.map, {.threads = 1, .expected_records = 200}))
                          .value();
  const auto workload = made({});
  const RunRecord record = measured(*engine, *workload, counted(std::uint64_t{1} << 50, 0.06));
  EXPECT_TRUE(record.verification.passed());
  ASSERT_EQ(record.repetitions.size(), 3U);
  for (const Repetition& repetition : record.repetitions) {
    EXPECT_TRUE(repetition.complete);
    EXPECT_EQ(repetition.ended_by, EndedBy::time);
    EXPECT_DOUBLE_EQ(repetition.seconds, 0.02);
  }
}

TEST(CountedRun, OfATimeAloneSaysNothingOfCounts) {
  const Machine machine;
  const auto engine = std::move(engines::shared_memory::Engine::create(
                                    machine.topology, machine.map, {.threads = 1, .expected_records = 200}))
                          .value();
  const RunRecord record = measured(*engine, *made({}), counted(0, 0.03));
  ASSERT_EQ(record.repetitions.size(), 3U);
  for (const Repetition& repetition : record.repetitions) EXPECT_FALSE(repetition.ended_by);
}

/// What `limit` makes of these properties: seconds, operations, and what it says.
struct Limited {
  double seconds = 0;
  std::uint64_t operations = 0;
  std::string said;
  bool operator==(const Limited&) const = default;
};

Limited limited(const std::vector<std::string>& assignments, const LimitChoice& choice) {
  std::vector<std::string> warnings;
  const Schedule schedule{.seconds = 5, .repetitions = 10};
  const auto made_of = limit(schedule, choice, *made(assignments), warnings);
  if (!made_of) return {.said = made_of.error().to_string()};
  std::string said;
  for (const std::string& warning : warnings) said += warning + "\n";
  return {made_of->seconds, made_of->operations, said};
}

TEST(RunLimits, OfPropertiesRuleWhereNoSecondsWereAskedFor) {
  constexpr double unlimited = Schedule::unlimited_seconds;
  EXPECT_EQ(limited({}, {}), (Limited{5, 0, ""}));
  EXPECT_EQ(limited({"operationcount=0", "maxexecutiontime=0"}, {}), (Limited{5, 0, ""}));
  EXPECT_EQ(limited({"operationcount=1000"}, {}), (Limited{unlimited, 1000, ""}));
  EXPECT_EQ(limited({"maxexecutiontime=60"}, {}), (Limited{60, 0, ""}));
  EXPECT_EQ(limited({"operationcount=1000", "maxexecutiontime=60"}, {}), (Limited{60, 1000, ""}));
}

TEST(RunLimits, GiveWayToSecondsWithAWarning) {
  const LimitChoice seconds{.has_seconds = true, .open_by = "--rate", .moves_partitions = true};
  EXPECT_EQ(limited({"operationcount=1", "maxexecutiontime=60"}, seconds),
            (Limited{5, 0,
                     "operationcount: has no effect: --seconds says how long is measured\n"
                     "maxexecutiontime: has no effect: --seconds says how long is measured\n"}));
  EXPECT_EQ(limited({}, seconds), (Limited{5, 0, ""}));
}

TEST(RunLimits, RefuseACountOfWhatNeedsATime) {
  EXPECT_EQ(limited({"operationcount=1000"}, {.open_by = "--rate"}).said,
            "operationcount: found it beside --rate, expected --seconds: what arrives at a rate is measured "
            "for a time");
  EXPECT_EQ(limited({"maxexecutiontime=60"}, {.open_by = "--rate"}), (Limited{60, 0, ""}));
  EXPECT_EQ(
      limited({"operationcount=1000"}, {.moves_partitions = true}).said,
      "operationcount: found it beside --rebalance, expected --seconds: a partition moves in the middle "
      "of a window");
  EXPECT_EQ(limited({"operationcount=9"}, {}).said,
            "operationcount: found '9', expected at least one for each of the 10 repetitions, or --seconds");
}

}  // namespace
}  // namespace upout::harness
