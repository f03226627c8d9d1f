#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernel/reclamation.h"
#include "kernel/store.h"
#include "kernel/task.h"
#include "keys.h"
#include "lazy.h"
#include "registry.h"

namespace upout::micro {

namespace {

using kernel::Exclusive;
using kernel::Operation;
using kernel::Shared;
using kernel::Status;
using kernel::Store;

template <class Policy>
using OwnedStore = std::unique_ptr<Store<Policy>>;

template <class Policy>
OwnedStore<Policy> filled_store() {
  auto store = Store<Policy>::create({.expected_records = record_count});
  if (!store) throw std::runtime_error(store.error().to_string());
  const kernel::ReaderRegistration registration;
  kernel::Worker worker((*store)->heap());
  for (std::uint64_t number = 0; number < record_count; ++number) {
    (*store)->insert(worker, key_of(number), std::as_bytes(std::span(&number, 1)));
  }
  // A growth that the last inserts have begun is not left to the readers that are measured.
  for (std::uint64_t number = 0; number < record_count; ++number) (*store)->execute(worker, {});
  return std::move(*store);
}

/// Reads by the batch, `depth` at a time.
template <class Policy>
void get(benchmark::State& state, Lazy<OwnedStore<Policy>>& lazy, std::size_t depth) {
  Store<Policy>& store = *lazy.value();
  const kernel::ReaderRegistration registration;
  kernel::Worker worker(store.heap());
  std::vector<std::uint64_t> values(depth);
  std::vector<Operation> operations(depth);
  std::vector<Operation*> batch(depth);
  for (std::size_t i = 0; i < depth; ++i) {
    operations[i].output = std::as_writable_bytes(std::span(&values[i], 1));
    batch[i] = &operations[i];
  }
  UniformNumbers numbers(record_count);
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (std::size_t read = 0; read < batch_size; read += depth) {
      for (Operation& operation : operations) operation.key = key_of(numbers.next());
      store.execute(worker, batch);
      for (const std::uint64_t value : values) sum += value;
    }
    benchmark::DoNotOptimize(sum);
  }
  if (operations[0].status != Status::ok) state.SkipWithError("a record is missing");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_size));
}

/// One coroutine that reads until `remaining` is used up, a coroutine of its own for each read.
template <class Policy>
kernel::Task<Status> reader(kernel::Worker& worker, const Store<Policy>& store, UniformNumbers& numbers,
                            std::uint64_t& remaining, std::uint64_t& sum) {
  while (remaining != 0) {
    --remaining;
    std::uint64_t value = 0;
    std::uint32_t copied = 0;
    co_await store.get_interleaved(worker, key_of(numbers.next()), 0,
                                   std::as_writable_bytes(std::span(&value, 1)), copied);
    sum += value;
  }
  co_return Status::ok;
}

template <class Policy>
void get_interleaved(benchmark::State& state, Lazy<OwnedStore<Policy>>& lazy, std::size_t depth) {
  constexpr std::uint64_t reads = 4096;
  Store<Policy>& store = *lazy.value();
  const kernel::ReaderRegistration registration;
  kernel::Worker worker(store.heap());
  UniformNumbers numbers(record_count);
  for (auto _ : state) {
    std::uint64_t remaining = reads;
    std::uint64_t sum = 0;
    std::vector<kernel::Task<Status>> readers;
    for (std::size_t i = 0; i < depth; ++i) readers.push_back(reader(worker, store, numbers, remaining, sum));
    worker.interleaver().run([&] {
      for (auto& task : readers) task.start();
    });
    kernel::announce_quiescent();
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(reads));
}

template <class Policy>
void register_policy(const std::string& policy) {
  const auto store = std::make_shared<Lazy<OwnedStore<Policy>>>(filled_store<Policy>);
  for (const std::size_t depth : {1, 16}) {
    benchmark::RegisterBenchmark(
        ("kernel/hash/get/" + policy + "/" + std::to_string(depth)).c_str(),
        [store, depth](benchmark::State& state) { get<Policy>(state, *store, depth); });
  }
  benchmark::RegisterBenchmark(
      ("kernel/hash/get_interleaved/" + policy + "/16").c_str(),
      [store](benchmark::State& state) { get_interleaved<Policy>(state, *store, 16); });
}

}  // namespace

void register_kernel_get() {
  register_policy<Shared>("shared");
  register_policy<Exclusive>("exclusive");
}

}  // namespace upout::micro
