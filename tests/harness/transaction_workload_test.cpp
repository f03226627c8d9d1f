#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "engines/shared_nothing/partition_map.h"
#include "engines/shared_nothing/ring_engine.h"
#include "harness/measurement.h"
#include "tests/harness/forwarding_engine.h"
#include "workloads/registry.h"

/// Workloads of transactions, on threads that ThreadSanitizer sees: of both engines.
namespace upout::harness {
namespace {

using kernel::ConcurrencyControl;
namespace shared_memory = engines::shared_memory;
namespace shared_nothing = engines::shared_nothing;

constexpr std::size_t depth = 8;

std::unique_ptr<workloads::Workload> made(const std::string& name,
                                          const std::vector<std::string>& assignments) {
  workloads::Properties properties;
  for (const std::string& assignment : assignments) EXPECT_TRUE(properties.assign(assignment));
  std::vector<std::string> warnings;
  return std::move(workloads::make_workload(name, properties, warnings)).value();
}

/// Few records, so that transactions meet.
std::vector<std::string> few(const std::string& name) {
  if (name == "tpcc") return {"warehouses=6", "items=50", "customers=10"};
  if (name == "tatp") return {"subscribers=60"};
  return {name == "smallbank" ? "customers=150" : "recordcount=300"};
}

const platform::Topology& topology() {
  static const platform::Topology found = std::move(*platform::Topology::discover());
  return found;
}
platform::WorkerMap map() {
  return platform::WorkerMap::create(topology()).value();
}

std::unique_ptr<shared_memory::Engine> threads(unsigned count, ConcurrencyControl control) {
  return std::move(shared_memory::Engine::create(
                       topology(), map(),
                       {.threads = count, .oversubscribe = true, .concurrency_control = control}))
      .value();
}
std::unique_ptr<shared_nothing::RingEngine> ranks(unsigned count, ConcurrencyControl control,
                                                  const workloads::Workload& workload) {
  return std::move(shared_nothing::RingEngine::create(topology(), map(), count,
                                                      {.oversubscribe = true,
                                                       .concurrency_control = control,
                                                       .partitioning = engines::PartitioningKind::range,
                                                       .largest_key = workload.largest_key(),
                                                       .value_bytes = workload.output_bytes()}))
      .value();
}

template <class E>
RunRecord measure(E& engine, const workloads::Workload& workload, double seconds = 0.1) {
  RunOptions options;
  options.depth = depth;
  options.schedule = {.seconds = seconds, .warmup_seconds = 0.01, .repetitions = 2};
  const platform::Clock clock;
  const Interrupt interrupt;
  Progress progress(ProgressMode::silent);
  RunRecord record;
  Measurement measurement(engine, workload, options, clock, interrupt, progress);
  EXPECT_TRUE(measurement.perform(record));
  return record;
}

std::string detail_of(const RunRecord& record, const std::string& name) {
  const auto check = std::ranges::find(record.verification.checks, name, &Check::name);
  return check == record.verification.checks.end() ? "" : check->detail;
}

void expect_verified(const RunRecord& record) {
  for (const Check& check : record.verification.checks)
    EXPECT_TRUE(check.passed) << check.name << check.detail;
  EXPECT_TRUE(record.verification.passed());
  // Windows are short, and a machine may be busy: what is committed before and after them counts here.
  EXPECT_NE(detail_of(record, "after_run_sum"), detail_of(record, "after_load_sum"));
  EXPECT_EQ(record.repetitions.size(), 2U);
  std::uint64_t committed = 0;
  for (const Repetition& repetition : record.repetitions) {
    committed += repetition.operations;
    EXPECT_EQ(repetition.failed, 0U);
    EXPECT_TRUE(repetition.aborts_by_cause);
  }
  std::uint64_t timed = 0;
  for (const auto& [type, histogram] : record.latency) timed += histogram.count();
  EXPECT_EQ(timed, committed);
  EXPECT_GT(record.generator_ns.value_or(0), 0);
}

class TransactionWorkloads
    : public ::testing::TestWithParam<std::tuple<const char*, ConcurrencyControl, int>> {
 protected:
  std::string name() const { return std::get<0>(GetParam()); }
  ConcurrencyControl control() const { return std::get<1>(GetParam()); }
  std::unique_ptr<workloads::Workload> workload() const {
    std::vector<std::string> assignments = few(name());
    assignments.push_back("crosspartition=" + std::to_string(std::get<2>(GetParam())));
    return made(name(), assignments);
  }
};

TEST_P(TransactionWorkloads, LoseNothingInSharedMemory) {
  for (const unsigned workers : {1U, 2U}) {
    const auto work = workload();
    expect_verified(measure(*threads(workers, control()), *work));
  }
}

TEST_P(TransactionWorkloads, LoseNothingOverRanks) {
  for (const unsigned workers : {1U, 2U, 3U}) {
    const auto work = workload();
    expect_verified(measure(*ranks(workers, control(), *work), *work));
  }
}

constexpr const char* names[] = {"ycsb-multi", "smallbank", "tatp", "tpcc"};
constexpr auto short_ones = std::span(names).first<3>();

std::string name_of(const ::testing::TestParamInfo<TransactionWorkloads::ParamType>& of) {
  const auto [workload, control, crossing] = of.param;
  std::string name = workload;
  std::erase(name, '-');
  return name + (control == ConcurrencyControl::occ ? "Occ" : "Serial") + std::to_string(crossing);
}
INSTANTIATE_TEST_SUITE_P(, TransactionWorkloads,
                         ::testing::Combine(::testing::ValuesIn(short_ones),
                                            ::testing::Values(ConcurrencyControl::occ,
                                                              ConcurrencyControl::serial),
                                            ::testing::Values(0, 50, 100)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Long, TransactionWorkloads,
                         ::testing::Combine(::testing::Values("tpcc"),
                                            ::testing::Values(ConcurrencyControl::occ,
                                                              ConcurrencyControl::serial),
                                            ::testing::Values(50)),
                         name_of);

/// Remote lines and payments are the specification's, in place of a share that crosses partitions.
TEST(Tpcc, LosesNothingAsItIsSpecified) {
  for (const ConcurrencyControl control : {ConcurrencyControl::occ, ConcurrencyControl::serial}) {
    const auto work = made("tpcc", few("tpcc"));
    expect_verified(measure(*threads(2, control), *work));
    expect_verified(measure(*ranks(2, control, *work), *work));
  }
}

// What would not be right
// -----------------------------------------------------------------------------------------------------------

enum class Fault { update_is_lost, insert_is_lost, removal_is_lost, read_is_torn };

/// The shared-memory engine, whose transactions have such a fault every `interval`-th time; 0: have none.
class EngineThatLoses : public ForwardingEngine {
  using Base = shared_memory::Transaction;
  using Result = kernel::Task<kernel::Status>;

 public:
  using ForwardingEngine::ForwardingEngine;
  static inline std::atomic<unsigned> interval{0};  // there is one at a time
  static inline std::atomic<Fault> fault{Fault::update_is_lost};
  static inline std::atomic<unsigned> times{0};  ///< that there was occasion for that fault

  class Transaction : public Base {
   public:
    using Base::Base;
    Result read(kernel::Key key, std::uint32_t offset, std::span<std::byte> output, std::uint32_t& copied) {
      const kernel::Status status = co_await Base::read(key, offset, output, copied);
      if (status == kernel::Status::ok && has(Fault::read_is_torn)) output.back() ^= std::byte{1};
      co_return status;
    }
    Result update(kernel::Key key, std::uint32_t offset, std::span<const std::byte> input) {
      if (has(Fault::update_is_lost)) co_return kernel::Status::ok;
      co_return co_await Base::update(key, offset, input);
    }
    Result insert(kernel::Key key, std::span<const std::byte> value) {
      if (has(Fault::insert_is_lost)) co_return kernel::Status::ok;
      co_return co_await Base::insert(key, value);
    }
    Result remove(kernel::Key key) {
      if (has(Fault::removal_is_lost)) co_return kernel::Status::ok;
      co_return co_await Base::remove(key);
    }

   private:
    bool has(Fault one) {
      const unsigned every = interval.load();
      return every != 0 && fault.load() == one && ++times % every == 0;
    }
  };
};
static_assert(engines::TransactingEngine<EngineThatLoses>);

RunRecord measure_with(Fault fault, unsigned interval, const std::string& name) {
  constexpr unsigned enough_faults = 10;       // some transactions abort, whatever they have lost
  for (double seconds = 0.1;; seconds *= 2) {  // a machine may be busy
    const auto work = made(name, few(name));
    const auto engine = threads(1, ConcurrencyControl::occ);
    EngineThatLoses::fault = fault;
    EngineThatLoses::interval = interval;
    EngineThatLoses::times = 0;
    EngineThatLoses losing(*engine);
    RunRecord record = measure(losing, *work, seconds);
    EngineThatLoses::interval = 0;
    if (EngineThatLoses::times >= interval * enough_faults) return record;
  }
}

class LostUpdates : public ::testing::TestWithParam<const char*> {
 protected:
  /// Whether the check of the sum has passed, after a run that has lost some.
  bool sum_is_right(unsigned interval) {
    const RunRecord record = measure_with(Fault::update_is_lost, interval, GetParam());
    const auto sum = std::ranges::find(record.verification.checks, "after_run_sum", &Check::name);
    EXPECT_NE(sum, record.verification.checks.end());
    EXPECT_EQ(record.verification.passed(), sum->passed);
    return sum->passed;
  }
};

TEST_P(LostUpdates, FailTheRun) {
  EXPECT_TRUE(sum_is_right(0));
  EXPECT_FALSE(sum_is_right(3));
}

INSTANTIATE_TEST_SUITE_P(, LostUpdates, ::testing::ValuesIn(names), [](const auto& of) {
  std::string name = of.param;
  std::erase(name, '-');
  return name;
});

/// The checks that have not passed.
std::set<std::string> failed_checks(const RunRecord& record) {
  std::set<std::string> failed;
  for (const Check& check : record.verification.checks) {
    if (!check.passed) failed.insert(check.name);
  }
  return failed;
}

TEST(Tatp, IsNotVerifiedIfAnInsertWasLost) {
  const auto failed = failed_checks(measure_with(Fault::insert_is_lost, 3, "tatp"));
  EXPECT_EQ(failed,
            (std::set<std::string>{"after_run_records_present", "after_run_record_count", "after_run_sum"}));
}

TEST(Tatp, IsNotVerifiedIfARemovalWasLost) {
  const auto failed = failed_checks(measure_with(Fault::removal_is_lost, 3, "tatp"));
  EXPECT_EQ(failed,
            (std::set<std::string>{"after_run_records_present", "after_run_record_count", "after_run_sum"}));
}

TEST(Tatp, HasFailedTransactionsIfReadsAreTorn) {
  const RunRecord record = measure_with(Fault::read_is_torn, 100, "tatp");
  std::uint64_t failed = 0;
  for (const Repetition& repetition : record.repetitions) failed += repetition.failed;
  EXPECT_GT(failed, 0U);
  EXPECT_TRUE(record.verification.passed()) << "what they had read did no harm";
}

TEST(Tpcc, IsNotVerifiedIfAnInsertWasLost) {
  const auto failed = failed_checks(measure_with(Fault::insert_is_lost, 3, "tpcc"));
  EXPECT_TRUE(failed.contains("after_run_records_present"));
  EXPECT_TRUE(failed.contains("after_run_record_count"));
  EXPECT_TRUE(failed.contains("after_run_values_valid")) << "the consistency conditions";
}

/// An entry of NEW-ORDER, whose order has been delivered all the same.
TEST(Tpcc, IsNotVerifiedIfARemovalWasLost) {
  const auto failed = failed_checks(measure_with(Fault::removal_is_lost, 3, "tpcc"));
  EXPECT_TRUE(failed.contains("after_run_records_present"));
  EXPECT_TRUE(failed.contains("after_run_record_count"));
  EXPECT_TRUE(failed.contains("after_run_values_valid")) << "the consistency conditions";
}

/// Rows have no checksums, but what has been read wrongly cannot be, or is written, and found afterwards.
TEST(Tpcc, IsNotVerifiedIfReadsAreTorn) {
  const RunRecord record = measure_with(Fault::read_is_torn, 100, "tpcc");
  std::uint64_t failed = 0;
  for (const Repetition& repetition : record.repetitions) failed += repetition.failed;
  EXPECT_GT(failed, 0U);
  EXPECT_FALSE(record.verification.passed());
}

// What is counted
// -----------------------------------------------------------------------------------------------------------

TEST(TransactionRecorder, CountsWhatEndsWithinTheWindowWithAllOfItsAttempts) {
  using std::chrono::nanoseconds;
  TransactionRecorder recorder({nanoseconds(100), nanoseconds(200)}, 2);
  constexpr auto changed = static_cast<std::size_t>(kernel::AbortCause::read_changed);
  constexpr auto requested = static_cast<std::size_t>(kernel::AbortCause::requested);
  kernel::TransactionCounts committed;
  committed.committed = 1;
  committed.aborted[changed] = 3;
  kernel::TransactionCounts gave_up;
  gave_up.aborted[requested] = 1;
  recorder.ended(0, nanoseconds(50), nanoseconds(99), committed);   // too early
  recorder.ended(1, nanoseconds(50), nanoseconds(100), committed);  // begun before, ended within
  recorder.ended(0, nanoseconds(120), nanoseconds(199), gave_up);
  EXPECT_FALSE(recorder.is_over(nanoseconds(199)));
  recorder.ended(0, nanoseconds(150), nanoseconds(200), committed);  // too late
  EXPECT_TRUE(recorder.is_over(nanoseconds(200)));
  EXPECT_EQ(recorder.committed(), 1U);
  EXPECT_EQ(recorder.aborted()[changed], 3U);
  EXPECT_EQ(recorder.aborted()[requested], 1U);
  EXPECT_EQ(recorder.histograms()[0].count(), 0U);
  EXPECT_EQ(recorder.histograms()[1].count(), 1U);
  EXPECT_EQ(recorder.histograms()[1].max(), 50U);
  EXPECT_EQ(recorder.last(), nanoseconds(199));
}

/// As in a Recorder: whoever arrives within the window counts, whenever it ends, and throughput is of those
/// that end within it.
TEST(TransactionRecorder, OfAnOpenLoopTimesWhatArrivesWithinTheWindow) {
  using std::chrono::nanoseconds;
  TransactionRecorder recorder({nanoseconds(100), nanoseconds(200)}, 1, TransactionRecorder::Loop::open,
                               TimeSeries(nanoseconds(100), nanoseconds(30)));
  kernel::TransactionCounts committed;
  committed.committed = 1;
  recorder.ended(0, nanoseconds(90), nanoseconds(110), committed);                     // arrived too early
  recorder.ended(0, nanoseconds(120), nanoseconds(135), committed);                    // all within
  recorder.ended(0, nanoseconds(195), nanoseconds(400), committed);                    // ended afterwards
  recorder.ended(0, nanoseconds(140), nanoseconds(150), kernel::TransactionCounts{});  // wanted to abort
  recorder.ended(0, nanoseconds(200), nanoseconds(201), committed);                    // arrived too late
  EXPECT_EQ(recorder.committed(), 2U);
  EXPECT_EQ(recorder.ended(), 3U);
  EXPECT_EQ(recorder.committed_by_type(), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(recorder.histograms()[0].count(), 2U);
  EXPECT_EQ(recorder.histograms()[0].max(), 205U);
  EXPECT_EQ(recorder.series().done(), (std::vector<std::uint64_t>{1, 1, 0, 0}));
  EXPECT_EQ(recorder.series().latencies()[0].count(), 1U);
  EXPECT_EQ(recorder.series().latencies()[3].max(), 205U) << "the last one is shorter";
}

// What is drawn
// -----------------------------------------------------------------------------------------------------------

TEST(YcsbMulti, TouchesAsManyPartitionsAsItIsAskedTo) {
  constexpr std::uint32_t workers = 4;
  workloads::YcsbMultiSettings settings{.record_count = 1000, .crossing = {.percent = 30, .touched = 3}};
  const workloads::YcsbMulti workload(settings);
  const engines::Partitioning partitioning(engines::PartitioningKind::range, workers, workload.largest_key());
  unsigned crossing = 0;
  constexpr unsigned drawn = 4000;
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    const auto stream = workload.transactions({worker, workers}, 1, 42, workers);
    for (unsigned i = 0; i < drawn; ++i) {
      const auto& request = stream->draw(0);
      std::vector<std::uint32_t> partitions;
      for (const kernel::Key key : request.keys()) {
        EXPECT_LT(key, 1000U);
        partitions.push_back(partitioning.partition_of(key));
      }
      EXPECT_EQ(partitions[0], worker);
      std::ranges::sort(partitions);
      partitions.erase(std::ranges::unique(partitions).begin(), partitions.end());
      EXPECT_EQ(partitions.size(), request.type == 1 ? 3U : 1U);
      crossing += request.type == 1 ? 1 : 0;
      std::vector<kernel::Key> keys(request.keys().begin(), request.keys().end());
      std::ranges::sort(keys);
      EXPECT_EQ(std::ranges::unique(keys).begin(), keys.end()) << "a key twice";
    }
  }
  // Of 16000 draws with probability 0.3: six standard deviations are 348.
  EXPECT_NEAR(crossing, 0.3 * workers * drawn, 348);
}

TEST(SmallBank, DrawsCustomersOfItsPartitionsAlone) {
  using workloads::SmallBank;
  constexpr std::uint32_t workers = 3;
  // Ranges of 67 keys: the customers at their ends are divided.
  const SmallBank workload({.customers = 100, .crossing = {.percent = 50}});
  const engines::Partitioning partitioning(engines::PartitioningKind::range, workers, workload.largest_key());
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    const auto stream = workload.transactions({worker, workers}, 1, 42, workers);
    std::array<unsigned, SmallBank::types.size()> drawn{};
    std::array<unsigned, SmallBank::types.size()> crossing{};
    for (unsigned i = 0; i < 10'000; ++i) {
      const auto& request = stream->draw(0);
      ++drawn[request.type];
      const kernel::Key first = request.keys().front();
      const kernel::Key last = request.keys().back();
      EXPECT_LT(std::max(first, last), 200U);
      EXPECT_EQ(partitioning.partition_of(first), worker);
      EXPECT_EQ(partitioning.partition_of(first ^ 1), worker) << "a divided customer";
      crossing[request.type] += partitioning.partition_of(last) == worker ? 0 : 1;
    }
    for (std::size_t type = 0; type < drawn.size(); ++type) {
      const bool has_two = SmallBank::types[type] == "amalgamate" || SmallBank::types[type] == "send_payment";
      // Six standard deviations of 10000 draws are 260 at most, of 2500 of them 150.
      EXPECT_NEAR(drawn[type], 100 * SmallBank::percent[type], 260) << SmallBank::types[type];
      EXPECT_NEAR(crossing[type], has_two ? drawn[type] / 2 : 0, has_two ? 150 : 0);
    }
  }
}

TEST(SmallBank, CountsAsFailedWhatHasNotBegunAfterOneThatWantedToBeAborted) {
  const workloads::SmallBank workload({.customers = 100, .crossing = {}});
  const auto stream = workload.transactions({0, 1}, 1, 42, 1);
  auto& refused = stream->draw(0);
  refused.wants_abort = true;
  stream->ended(refused, false);
  EXPECT_EQ(stream->failed(), 0U);
  stream->ended(stream->draw(0), false);
  EXPECT_EQ(stream->failed(), 1U);
}

TEST(SmallBank, KeepsTheSumWhereMoneyOnlyMoves) {
  using workloads::SmallBank;
  const auto after = [](SmallBank::Type type, SmallBank::Balances balances) {
    EXPECT_TRUE(SmallBank::decide(type, balances));
    return balances;
  };
  using Type = SmallBank::Type;
  EXPECT_EQ(after(Type::amalgamate, {10, 20, 30}), (SmallBank::Balances{0, 0, 60}));
  EXPECT_EQ(after(Type::balance, {10, 20}), (SmallBank::Balances{10, 20}));
  EXPECT_EQ(after(Type::deposit_checking, {10}), (SmallBank::Balances{140}));
  EXPECT_EQ(after(Type::send_payment, {500, 20}), (SmallBank::Balances{0, 520}));
  EXPECT_EQ(after(Type::transact_savings, {10}), (SmallBank::Balances{2030}));
  EXPECT_EQ(after(Type::write_check, {300, 200}), (SmallBank::Balances{300, -300}));
  EXPECT_EQ(after(Type::write_check, {300, 199}), (SmallBank::Balances{300, -302}));
  SmallBank::Balances poor{499, 20};
  EXPECT_FALSE(SmallBank::decide(Type::send_payment, poor));
}

TEST(YcsbMulti, DrawsFromEveryPartitionOfAWorker) {
  const workloads::YcsbMulti workload({.record_count = 1000, .crossing = {.partitions = 6}});
  const engines::Partitioning partitioning(engines::PartitioningKind::range, 6, workload.largest_key());
  for (std::uint32_t worker = 0; worker < 2; ++worker) {
    const auto stream = workload.transactions({worker, 2}, 1, 42, 1);
    std::vector<unsigned> touched(6);
    for (unsigned i = 0; i < 300; ++i) ++touched[partitioning.partition_of(stream->draw(0).keys()[0])];
    for (unsigned partition = 0; partition < 6; ++partition)
      EXPECT_EQ(touched[partition] > 0, partition / 3 == worker) << partition;
  }
}

TEST(YcsbMulti, HasPartitionsThatDivideTheEngines) {
  const workloads::YcsbMulti unasked({.record_count = 1200, .crossing = {}});
  // Two clients of three ranks that have data: each of these is one partition, or several.
  EXPECT_TRUE(unasked.check_deployment(2, 3));
  const engines::Partitioning engine(engines::PartitioningKind::range, 3, unasked.largest_key());
  for (std::uint32_t client = 0; client < 2; ++client) {
    const auto stream = unasked.transactions({client, 2}, 1, 42, 3);
    for (unsigned i = 0; i < 300; ++i) {
      std::set<std::uint32_t> touched;
      for (const kernel::Key key : stream->draw(0).keys()) touched.insert(engine.partition_of(key));
      EXPECT_EQ(touched.size(), 1U);
    }
  }
  // Whose ends, each rounded for itself, are others than the engine's.
  const workloads::YcsbMulti uneven({.record_count = 1000, .crossing = {.partitions = 6}});
  const engines::Partitioning halves(engines::PartitioningKind::range, 2, uneven.largest_key());
  const auto of_first = uneven.transactions({0, 2}, 1, 42, 2);
  for (unsigned i = 0; i < 300; ++i) {
    for (const kernel::Key key : of_first->draw(0).keys()) EXPECT_EQ(halves.partition_of(key), 0U) << key;
  }
  const workloads::YcsbMulti asked({.record_count = 1200, .crossing = {.partitions = 5}});
  EXPECT_TRUE(asked.check_deployment(2, 1));
  EXPECT_TRUE(asked.check_deployment(2, 5));
  EXPECT_EQ(asked.check_deployment(2, 3).error().to_string(),
            "-p partitions: found 5, expected a multiple of the 3 over ranks (--partitions)");
}

TEST(PartitionChooser, DrawsFirstWhatItsRankHas) {
  for (const std::uint32_t partitions : {2U, 5U, 7U, 8U}) {
    for (std::uint32_t ranks = 1; ranks <= partitions; ++ranks) {
      const shared_nothing::PartitionMap map({engines::PartitioningKind::range, partitions, 1000}, ranks);
      std::set<std::uint32_t> drawn;
      for (std::uint32_t rank = 0; rank < ranks; ++rank) {
        const workloads::PartitionChooser chooser({.partitions = partitions}, {rank, ranks}, partitions);
        workloads::Random random(42, rank);
        for (unsigned i = 0; i < 200; ++i) {
          std::uint32_t partition = 0;
          chooser.draw(random, std::span(&partition, 1));
          EXPECT_EQ(map.owner(partition), rank) << partition << " of " << partitions;
          drawn.insert(partition);
        }
      }
      EXPECT_EQ(drawn.size(), partitions);
    }
  }
}

}  // namespace
}  // namespace upout::harness
