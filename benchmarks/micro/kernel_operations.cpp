#include <benchmark/benchmark.h>

#include "kernel.h"
#include "kernel/scan_entry.h"
#include "kernel/task.h"
#include "registry.h"

namespace upout::micro {

namespace {

using kernel::Exclusive;
using kernel::IndexKind;
using kernel::OperationKind;
using kernel::Shared;
using kernel::Status;
using kernel::Task;

constexpr std::uint32_t scan_length = 100;

template <class Policy>
void get(benchmark::State& state, LazyStore<Policy>& store, std::size_t depth, std::size_t value_bytes) {
  Batches<Policy>(state, store, OperationKind::get, depth, value_bytes).run();
}

/// Of the whole value, in place.
template <class Policy>
void update(benchmark::State& state, LazyStore<Policy>& store, std::size_t depth) {
  Batches<Policy>(state, store, OperationKind::update, depth, sizeof(std::uint64_t)).run();
}

/// Keys and values copied out; counted in scans.
template <class Policy>
void scan(benchmark::State& state, LazyStore<Policy>& store, OperationKind kind, std::size_t depth) {
  Batches<Policy> batches(state, store, kind, depth, scan_length * kernel::scan_entry_bytes(8));
  for (kernel::Operation& operation : batches.operations()) operation.limit = scan_length;
  batches.run();
}

/// One coroutine, which awaits one read after the other.
template <class Policy>
Task<std::uint64_t> reader(kernel::Worker& worker, const kernel::Store<Policy>& store,
                           UniformNumbers& numbers, std::uint64_t& remaining) {
  std::uint64_t failed = 0;
  while (remaining != 0) {
    --remaining;
    std::uint64_t value = 0;
    std::uint32_t copied = 0;
    const Status status = co_await store.get_interleaved(
        worker, key_of(numbers.next()), 0, std::as_writable_bytes(std::span(&value, 1)), copied);
    failed += status != Status::ok;
    benchmark::DoNotOptimize(value);
  }
  co_return failed;
}

template <class Policy>
void get_interleaved(benchmark::State& state, LazyStore<Policy>& lazy, std::size_t depth) {
  constexpr std::uint64_t reads = 4096;
  kernel::Store<Policy>& store = *lazy.value();
  const kernel::ReaderRegistration registration;
  kernel::Worker worker(store.heap());
  UniformNumbers numbers(record_count);
  std::uint64_t failed = 0;
  for (auto _ : state) {
    std::uint64_t remaining = reads;
    std::vector<Task<std::uint64_t>> readers;
    for (std::size_t i = 0; i < depth; ++i) readers.push_back(reader(worker, store, numbers, remaining));
    worker.interleaver().run([&] {
      for (auto& task : readers) task.start();
    });
    for (const auto& task : readers) failed += task.value();
    kernel::announce_quiescent();
  }
  if (failed != 0) state.SkipWithError("a record is missing");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(reads));
}

/// Registers the benchmarks of stores of one kind: kernel/INDEX/OPERATION/POLICY/DEPTH.
template <class Policy>
class Kind {
 public:
  Kind(IndexKind index, std::string name, std::size_t value_bytes = 8)
      : name_(std::move(name)),
        value_bytes_(value_bytes),
        store_(std::make_shared<LazyStore<Policy>>(
            [index, value_bytes] { return filled_store<Policy>({.index = index}, value_bytes); })) {}

  /// `measure(state, store, depth)`, at each depth and with each number of threads.
  template <class Measure>
  const Kind& add(const std::string& operation, std::initializer_list<std::size_t> depths, Measure measure,
                  std::initializer_list<int> threads = {1}) const {
    for (const std::size_t depth : depths) {
      const std::string full =
          "kernel/" + name_ + "/" + operation + "/" + policy_name<Policy>() + "/" + std::to_string(depth);
      for (const int count : threads) {
        auto* benchmark = benchmark::RegisterBenchmark(
            full.c_str(), [store = store_, depth, measure, bytes = value_bytes_](benchmark::State& state) {
              measure(state, *store, depth);
              state.counters["bytes_beyond_key_and_value"] =
                  benchmark::Counter(static_cast<double>(store->value()->used_bytes()) / record_count -
                                         static_cast<double>(sizeof(kernel::Key) + bytes),
                                     benchmark::Counter::kAvgThreads);
            });
        // Those of several threads, and what they are compared with, count by the clock on the wall.
        if (threads.size() > 1) benchmark->Threads(count)->UseRealTime();
      }
    }
    return *this;
  }

 private:
  std::string name_;
  std::size_t value_bytes_;
  std::shared_ptr<LazyStore<Policy>> store_;
};

template <class Policy>
void register_policy() {
  const auto get8 = [](auto& state, auto& store, auto depth) { get<Policy>(state, store, depth, 8); };
  const auto update8 = [](auto& state, auto& store, auto depth) { update<Policy>(state, store, depth); };
  const auto awaited = [](auto& state, auto& store, auto depth) { get_interleaved(state, store, depth); };

  const Kind<Policy> hash(IndexKind::hash, "hash");
  hash.add("get", {1, 16, 32, 64, 256}, get8)
      .add("update", {16}, update8)
      .add("get_interleaved", {16}, awaited);
  const Kind<Policy> ordered(IndexKind::ordered, "ordered");
  ordered.add("get", {1, 16, 64}, get8).add("update", {16}, update8).add("get_interleaved", {16}, awaited);
  for (const auto kind : {OperationKind::scan, OperationKind::scan_backwards}) {
    const char* name = kind == OperationKind::scan ? "scan_100" : "scan_100_backwards";
    ordered.add(name, {1, 4},
                [kind](auto& state, auto& store, auto depth) { scan<Policy>(state, store, kind, depth); });
  }
  if constexpr (Policy::is_shared) {
    hash.add("get_by_threads", {16}, get8, {1, 2}).add("update_by_threads", {16}, update8, {1, 2});
    const Kind<Policy> long_values(IndexKind::hash, "hash_100_bytes", 100);
    long_values.add("get", {16, 256},
                    [](auto& state, auto& store, auto depth) { get<Policy>(state, store, depth, 100); });
  }
}

}  // namespace

void register_kernel_operations() {
  register_policy<Shared>();
  register_policy<Exclusive>();
}

}  // namespace upout::micro
