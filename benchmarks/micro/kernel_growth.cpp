#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>

#include "harness/histogram.h"
#include "kernel.h"
#include "platform/clock.h"
#include "registry.h"

namespace upout::micro {

namespace {

using kernel::IndexKind;
using kernel::Status;

/// What one insert or remove, alone, takes while the store grows from nothing to all records, or while all of
/// them make place for others: each is timed by itself, so that a stop of the world would show in the last
/// percentiles. (The reading of the clock, some ten nanoseconds, is in each.)
template <class Policy>
class TimedWrites {
 public:
  explicit TimedWrites(IndexKind index) {
    auto created = kernel::Store<Policy>::create({.index = index});
    if (!created) throw std::runtime_error(created.error().to_string());
    store_ = std::move(*created);
    worker_ = std::make_unique<kernel::Worker>(store_->heap());
  }
  ~TimedWrites() { kernel::announce_quiescent(); }
  TimedWrites(const TimedWrites&) = delete;
  TimedWrites& operator=(const TimedWrites&) = delete;

  void insert_all() {
    for (std::uint64_t number = 0; number < record_count; ++number) insert(number);
  }
  /// Removes each record and inserts another one in its place, so that memory and slots are used again.
  void replace_all() {
    latency_ = std::make_unique<harness::Histogram>();
    for (std::uint64_t number = 0; number < record_count; ++number) {
      time([&] { return store_->remove(*worker_, key_of(number)); });
      insert(record_count + number);
    }
  }

  const harness::Histogram& latency() const { return *latency_; }
  bool failed() const { return failed_; }

 private:
  void insert(std::uint64_t number) {
    time([&] { return store_->insert(*worker_, key_of(number), std::as_bytes(std::span(&number, 1))); });
  }
  template <class Do>
  void time(Do&& operate) {
    const platform::Timestamp begin = clock_.now();
    const Status status = operate();
    latency_->record(static_cast<std::uint64_t>((clock_.now() - begin).count()));
    failed_ |= status != Status::ok;
    if (++done_ % 64 == 0) kernel::announce_quiescent();
  }

  kernel::ReaderRegistration registration_;
  platform::Clock clock_ = platform::Clock::calibrate();
  OwnedStore<Policy> store_;
  std::unique_ptr<kernel::Worker> worker_;
  std::unique_ptr<harness::Histogram> latency_ = std::make_unique<harness::Histogram>();
  std::uint64_t done_ = 0;
  bool failed_ = false;
};

void report(benchmark::State& state, const harness::Histogram& latency) {
  state.SetItemsProcessed(static_cast<std::int64_t>(latency.count()));
  state.counters["p50_ns"] = static_cast<double>(latency.quantile(0.5));
  state.counters["p99_ns"] = static_cast<double>(latency.quantile(0.99));
  state.counters["p9999_ns"] = static_cast<double>(latency.quantile(0.9999));
  state.counters["max_ns"] = static_cast<double>(latency.max());
}

template <class Policy>
void insert_while_growing(benchmark::State& state, IndexKind index) {
  for (auto _ : state) {
    TimedWrites<Policy> writes(index);
    writes.insert_all();
    if (writes.failed()) state.SkipWithError("an insert failed");
    report(state, writes.latency());
  }
}

template <class Policy>
void remove_and_insert(benchmark::State& state, IndexKind index) {
  TimedWrites<Policy> writes(index);
  writes.insert_all();
  for (auto _ : state) {
    writes.replace_all();
    if (writes.failed()) state.SkipWithError("a remove or an insert failed");
    report(state, writes.latency());
  }
}

}  // namespace

void register_kernel_growth() {
  for (const auto& [index, name] : {std::pair{IndexKind::hash, "hash"}, {IndexKind::ordered, "ordered"}}) {
    benchmark::RegisterBenchmark(
        (std::string("kernel/") + name + "/insert_while_growing/shared").c_str(),
        [kind = index](benchmark::State& state) { insert_while_growing<kernel::Shared>(state, kind); })
        ->Iterations(1);
    benchmark::RegisterBenchmark(
        (std::string("kernel/") + name + "/remove_and_insert/shared").c_str(),
        [kind = index](benchmark::State& state) { remove_and_insert<kernel::Shared>(state, kind); })
        ->Iterations(1);
  }
}

}  // namespace upout::micro
