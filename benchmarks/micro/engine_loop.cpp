#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engines/shared_memory/engine.h"
#include "engines/shared_memory/one_store.h"
#include "harness/closed_loop.h"
#include "harness/recorder.h"
#include "kernel/reclamation.h"
#include "kernel/store.h"
#include "keys.h"
#include "lazy.h"
#include "platform/clock.h"
#include "registry.h"
#include "workloads/registry.h"

namespace upout::micro {

namespace {

using engines::shared_memory::DirectAccess;
using Session = engines::shared_memory::Engine::Session;
using Store = kernel::Store<kernel::Shared>;

constexpr std::uint64_t reads_an_iteration = 1 << 20;

/// YCSB-C loaded into a store: what a run of the shared-memory engine has before it, without its threads.
struct Loaded {
  explicit Loaded(const char* distribution) {
    workloads::Properties properties;
    properties.set("recordcount", std::to_string(record_count), "upout-micro");
    properties.set("fieldcount", "1", "upout-micro");
    properties.set("fieldlength", "8", "upout-micro");
    properties.set("requestdistribution", distribution, "upout-micro");
    std::vector<std::string> warnings;
    auto made = workloads::make_workload("ycsb-c", properties, warnings);
    if (!made) throw std::runtime_error(made.error().to_string());
    workload = std::move(*made);
    auto created = Store::create({.expected_records = record_count});
    if (!created) throw std::runtime_error(created.error().to_string());
    store = std::move(*created);
    const kernel::ReaderRegistration registration;
    Session session(std::make_unique<DirectAccess>(*store, nullptr), start, true);
    harness::ClosedLoop loop(session, clock, batch_size);
    loop.drive(*workload->load({}, batch_size), [](auto, auto, auto) { return true; });
  }

  platform::Clock clock = platform::Clock::calibrate();
  engines::Start start{1};
  std::unique_ptr<workloads::Workload> workload;
  std::unique_ptr<Store> store;
};

/// For a loop that records nothing: it has no use for the time.
struct NoClock {
  platform::Timestamp now() const noexcept { return {}; }
};

std::unique_ptr<harness::Recorder> make_recorder() {
  return std::make_unique<harness::Recorder>(
      harness::Window{platform::Timestamp::zero(), platform::Timestamp::max()});
}

/// Generator and session with a loop that `clock` and `count` make dear or cheap: `count(done, started, now)`
/// is the operations that have come back so far.
template <class Clock, class Count>
void loop_with(benchmark::State& state, Loaded& loaded, const Clock& clock, Count&& count) {
  const kernel::ReaderRegistration registration;
  Session session(std::make_unique<DirectAccess>(*loaded.store, nullptr), loaded.start, true);
  harness::ClosedLoop loop(session, clock, batch_size);
  const auto stream = loaded.workload->run({}, batch_size, 1);
  std::uint64_t reads = 0;
  for (auto _ : state) {
    const std::uint64_t enough = reads + reads_an_iteration;
    loop.drive(*stream, [&](auto done, auto started, auto now) {
      reads = count(done, started, now);
      return reads < enough;
    });
  }
  if (stream->failed() != 0) state.SkipWithError("a record is missing");
  state.SetItemsProcessed(static_cast<std::int64_t>(reads));
}

/// The whole loop: generator, session and recorder.
void whole_loop(benchmark::State& state, Loaded& loaded) {
  const auto recorder = make_recorder();
  loop_with(state, loaded, loaded.clock, [&](auto done, auto started, auto now) {
    recorder->observe(done, started, now);
    return recorder->operations();
  });
}

/// The same without the recorder, and without the clock that is read for it.
void unrecorded_loop(benchmark::State& state, Loaded& loaded) {
  std::uint64_t reads = 0;
  loop_with(state, loaded, NoClock{}, [&](auto done, auto, auto) { return reads += done.size(); });
}

/// The recorder alone, with both readings of the clock: batches of so many operations that began and ended
/// together, or (`apart`) at a time of their own each.
void recorder_alone(benchmark::State& state, bool apart) {
  const platform::Clock clock = platform::Clock::calibrate();
  const auto recorder = make_recorder();
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<kernel::Operation> operations(size);
  std::vector<kernel::Operation*> batch;
  std::vector<platform::Timestamp> started(size);
  for (std::size_t i = 0; i < size; ++i) {
    operations[i].slot = static_cast<std::uint32_t>(i);
    batch.push_back(&operations[i]);
  }
  for (auto _ : state) {
    const platform::Timestamp now = clock.now();
    for (std::size_t i = 0; i < size; ++i) started[i] = now - platform::Timestamp(apart ? i * 100 : 0);
    recorder->observe(batch, started, clock.now());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(recorder->operations()));
}

/// The same keys in the same order, made beforehand, through the bare kernel.
void bare_kernel(benchmark::State& state, Loaded& loaded) {
  const kernel::ReaderRegistration registration;
  kernel::Worker worker(loaded.store->heap());
  std::vector<std::uint64_t> values(batch_size);
  std::vector<kernel::Operation> operations(batch_size);
  std::vector<kernel::Operation*> batch;
  for (std::size_t i = 0; i < batch_size; ++i) {
    operations[i].slot = static_cast<std::uint32_t>(i);
    batch.push_back(&operations[i]);
  }
  const auto stream = loaded.workload->run({}, batch_size, 1);
  std::vector<kernel::Key> keys;
  while (keys.size() < 4 * reads_an_iteration) {
    stream->next(batch);
    for (const kernel::Operation& operation : operations) keys.push_back(operation.key);
  }
  for (std::size_t i = 0; i < batch_size; ++i)
    operations[i].output = std::as_writable_bytes(std::span(&values[i], 1));
  std::size_t next = 0;
  for (auto _ : state) {
    for (std::uint64_t reads = 0; reads < reads_an_iteration; reads += batch_size) {
      for (kernel::Operation& operation : operations) operation.key = keys[next++];
      if (next == keys.size()) next = 0;
      loaded.store->execute(worker, batch);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(reads_an_iteration));
}

void register_distribution(const char* distribution) {
  const auto loaded = std::make_shared<Lazy<std::unique_ptr<Loaded>>>(
      [distribution] { return std::make_unique<Loaded>(distribution); });
  const std::string suffix = std::string("/ycsb-c/") + distribution + "/16";
  benchmark::RegisterBenchmark(("engine/whole_loop" + suffix).c_str(),
                               [loaded](benchmark::State& state) { whole_loop(state, *loaded->value()); });
  benchmark::RegisterBenchmark(
      ("engine/unrecorded_loop" + suffix).c_str(),
      [loaded](benchmark::State& state) { unrecorded_loop(state, *loaded->value()); });
  benchmark::RegisterBenchmark(("engine/bare_kernel" + suffix).c_str(),
                               [loaded](benchmark::State& state) { bare_kernel(state, *loaded->value()); });
}

}  // namespace

void register_engine_loop() {
  register_distribution("uniform");
  register_distribution("zipfian");
  benchmark::RegisterBenchmark("engine/recorder/together", recorder_alone, false)->Arg(1)->Arg(batch_size);
  benchmark::RegisterBenchmark("engine/recorder/apart", recorder_alone, true)->Arg(batch_size);
}

}  // namespace upout::micro
